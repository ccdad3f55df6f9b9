package gateway

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"ferry/model"
)

const app = "https://app.example.com"

// TestAPreflightIsAnsweredHere: issue 6, "CORS per client (origins, methods) … OPTIONS answered by us".
func TestAPreflightIsAnsweredHere(t *testing.T) {
	k := newKit(t)
	up := newUpstream(t, nil)
	c := k.client("erp", up.URL, func(c *model.Client) {
		c.Gateway.Origins, c.Gateway.Methods = []string{app, "http://localhost:3000"}, []string{"GET", "DELETE"}
	})
	k.clientOf(noAuth("closed", up.URL), nil)
	ask := func(path, origin, method, headers string) answered {
		return k.ask("OPTIONS", path, nil, func(r *http.Request) {
			r.Header.Del("Authorization")
			r.Header.Set("Origin", origin)
			r.Header.Set("Access-Control-Request-Method", method)
			if headers != "" {
				r.Header.Set("Access-Control-Request-Headers", headers)
			}
		})
	}
	for name, c := range map[string]struct {
		path, origin, method, headers string
		allowed                       bool
	}{
		"allowed":            {"/gw/erp/x", app, "GET", "authorization, x-foo", true},
		"another origin":     {"/gw/erp/x", "http://localhost:3000", "DELETE", "", true},
		"the space is named": {"/spaces/default/gw/erp/x", app, "GET", "", true},
		"no such origin":     {"/gw/erp/x", "https://evil.example.com", "GET", "", false},
		"null":               {"/gw/erp/x", "null", "GET", "", false},
		"a longer origin":    {"/gw/erp/x", app + ".evil.com", "GET", "", false},
		"http for https":     {"/gw/erp/x", "http://app.example.com", "GET", "", false},
		"no such method":     {"/gw/erp/x", app, "POST", "", false},
		"a method's case":    {"/gw/erp/x", app, "get", "", false},
		"no CORS at all":     {"/gw/closed/x", app, "GET", "", false},
		"no such client":     {"/gw/nothing/x", app, "GET", "", false},
	} {
		a := ask(c.path, c.origin, c.method, c.headers)
		h := a.Header
		if !c.allowed {
			k.want(a, 403, "cors_refused")
			for name := range h {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("%s: %s is set", "refused", name)
				}
			}
		} else if a.StatusCode != 204 || h.Get("Access-Control-Allow-Origin") != c.origin || h.Get("Access-Control-Allow-Methods") != "GET, DELETE" || h.Get("Access-Control-Allow-Headers") != c.headers || h.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: %d %v", name, a.StatusCode, h)
		}
		if !strings.Contains(h.Get("Vary"), "Origin") {
			t.Errorf("%s: Vary: %q", name, h.Get("Vary"))
		}
	}
	if a := ask("/gw/erp/x", app, "GET", "a b, <script>, x-ok"); a.Header.Get("Access-Control-Allow-Headers") != "x-ok" {
		t.Errorf("%v", a.Header)
	}
	if len(up.requests()) != 0 {
		t.Error("a preflight reached the upstream")
	}
	k.edit(c.ID, func(c *model.Client) { c.Gateway.Methods = nil })
	if a := ask("/gw/erp/x", app, "POST", ""); a.Header.Get("Access-Control-Allow-Methods") != "GET, HEAD, POST" {
		t.Errorf("%v", a.Header)
	}
}

// TestAPageReadsTheAnswerAndTheErrors: actual requests, those that are refused too.
func TestAPageReadsTheAnswerAndTheErrors(t *testing.T) {
	k := newKit(t)
	up := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Allow-Credentials", "true")
		w.Header().Set("Vary", "Accept")
		_, _ = io.WriteString(w, "origin "+r.Header.Get("Origin"))
	})
	k.client("erp", up.URL, func(c *model.Client) { c.Gateway.Origins = []string{app} })
	from := func(origin string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Origin", origin) }
	}
	a := k.ask("GET", "/gw/erp/x", nil, from(app))
	if a.Header.Get("Access-Control-Allow-Origin") != app || len(a.Header["Access-Control-Allow-Origin"]) != 1 || a.Header.Get("Access-Control-Allow-Credentials") != "" ||
		a.Header.Get("Access-Control-Expose-Headers") != exposed || strings.Join(a.Header["Vary"], ",") != "Origin,Accept" || a.body != "origin " {
		t.Errorf("%v %q", a.Header, a.body)
	}
	a = k.ask("GET", "/gw/erp/x", nil, from("https://evil.example.com"))
	if a.Header.Get("Access-Control-Allow-Origin") != "" || a.Header["Vary"][0] != "Origin" || a.StatusCode != 200 {
		t.Errorf("%d %v", a.StatusCode, a.Header)
	}
	a = k.ask("GET", "/gw/erp/x", nil, from(app), func(r *http.Request) { r.Header.Del("Authorization") })
	if a.StatusCode != 401 || a.Header.Get("Access-Control-Allow-Origin") != app {
		t.Errorf("%d %v", a.StatusCode, a.Header)
	}
	up.Close()
	a = k.ask("GET", "/gw/erp/x", nil, from(app))
	if a.StatusCode != 502 || a.Header.Get("Access-Control-Allow-Origin") != app {
		t.Errorf("%d %v", a.StatusCode, a.Header)
	}
	// OPTIONS without the rest of a preflight is a request like others.
	a = k.ask("OPTIONS", "/gw/erp/x", nil, func(r *http.Request) { r.Header.Del("Authorization") })
	k.want(a, 401, "no_token")
}
