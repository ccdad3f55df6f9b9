package gateway

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ferry/model"
)

// TestCallersOverHTTP2: the same rules, whatever the caller's connection speaks.
func TestCallersOverHTTP2(t *testing.T) {
	k := newKit(t)
	up := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		w.Header().Set("Trailer", "X-Sum")
		w.Header().Set("Set-Cookie", "s=1")
		_, _ = fmt.Fprintf(w, "%s %d", r.Header.Get("Authorization"), n)
		w.Header().Set("X-Sum", "42")
	})
	k.client("erp", up.URL, func(c *model.Client) { c.Gateway.Upgrades = true })
	k.ruleOf(model.GatewayRule{Methods: []string{"GET", "POST"}, MaxBody: 1 << 20})
	secure := httptest.NewUnstartedServer(k.server.Config.Handler)
	secure.EnableHTTP2 = true
	secure.StartTLS()
	defer secure.Close()
	k.server.URL, k.http = secure.URL, secure.Client()
	a := k.ask("POST", "/gw/erp/x", zeroes(1<<20), func(r *http.Request) {
		r.Header["X-Forwarded-For"], r.Header["Cookie"] = []string{"1.2.3.4"}, []string{"a=b"}
	})
	if a.ProtoMajor != 2 || a.body != "Bearer upstream-t0ken-1 1048576" || a.Trailer.Get("X-Sum") != "42" || a.Header.Get("Set-Cookie") != "" {
		t.Errorf("%s %d %q %v %v", a.Proto, a.StatusCode, a.body, a.Header, a.Trailer)
	}
	if h := up.only(t).Header; h.Get("X-Forwarded-For") != "" || h.Get("Cookie") != "" {
		t.Errorf("%v", h)
	}
	k.want(k.ask("POST", "/gw/erp/x", zeroes(1<<20+1)), 413, "body_too_large")
	k.want(k.ask("DELETE", "/gw/erp/x", nil), 403, "method_refused")
	k.want(k.ask("GET", "/gw/erp/a%2e%2e/../x", nil, func(r *http.Request) { r.URL.Path, r.URL.RawPath = "/gw/erp/a/../x", "" }), 400, "path_unclean")
	k.want(k.ask("GET", "/gw/erp/x", nil, func(r *http.Request) { r.Header.Add("Authorization", "Bearer "+strings.Repeat("x", 10)) }), 400, "invalid_request")
}

// TestHTTP2Upstream: issue 6, "HTTP/2 upstream".
func TestHTTP2Upstream(t *testing.T) {
	k := newKit(t)
	up := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := sha256.New()
		n, _ := io.Copy(h, r.Body)
		w.Header().Set("Trailer", "X-Sum")
		_, _ = fmt.Fprintf(w, "%s %d %s", r.Proto, n, r.Header.Get("Authorization"))
		w.Header().Set("X-Sum", fmt.Sprintf("%x", h.Sum(nil)[:4]))
	}))
	up.EnableHTTP2 = true
	up.StartTLS()
	defer up.Close()
	k.client("erp", up.URL, func(c *model.Client) { c.TLS.Insecure = true })
	a := k.ask("POST", "/gw/erp/x", zeroes(1<<20), func(r *http.Request) { r.Header.Set("Te", "trailers") })
	if a.body != "HTTP/2.0 1048576 Bearer upstream-t0ken-1" || a.Trailer.Get("X-Sum") == "" {
		t.Errorf("%d %q %v", a.StatusCode, a.body, a.Trailer)
	}
}
