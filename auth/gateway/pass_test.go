package gateway

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestARequestPassesWithTheTokenOfTheUpstream: issue 6, "the upstream's token and the client's
// custom headers are put in".
func TestARequestPassesWithTheTokenOfTheUpstream(t *testing.T) {
	k := newKit(t)
	var body string
	up := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		body = string(b)
		w.Header().Set("ETag", `"1"`)
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, "made")
	})
	k.client("erp", up.URL+"/api/v1", nil)
	a := k.ask("POST", "/gw/erp/orders/a%2Cb%20c?x=1&y=%zz;q", strings.NewReader(`{"n":1}`))
	if a.StatusCode != http.StatusCreated || a.body != "made" || a.Header.Get("ETag") != `"1"` {
		t.Fatalf("%d %q %v", a.StatusCode, a.body, a.Header)
	}
	r := up.only(t)
	if r.RequestURI != "/api/v1/orders/a%2Cb%20c?x=1&y=%zz;q" || body != `{"n":1}` || r.Method != "POST" {
		t.Errorf("%s %s %q", r.Method, r.RequestURI, body)
	}
	if got := r.Header["Authorization"]; len(got) != 1 || got[0] != "Bearer upstream-t0ken-1" {
		t.Errorf("Authorization: %q", got)
	}
	if got := r.Header.Get("X-Request-Id"); got == "" || got != a.Header.Get("X-Request-Id") || r.Host != strings.TrimPrefix(up.URL, "http://") {
		t.Errorf("id %q, host %q", got, r.Host)
	}
	if e := k.last(); e.Client != "robot" || e.Space != "default" || e.Upstream != "erp" || e.Reason != "" {
		t.Errorf("%+v", e)
	}
}
