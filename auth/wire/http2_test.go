package wire

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ferry/auth/wire/wiretest"
	"ferry/model"
)

// over2 is a server that speaks HTTP/2, and a client that trusts it.
func over2(t *testing.T, handle http.HandlerFunc) (string, *model.Client) {
	t.Helper()
	srv := httptest.NewUnstartedServer(handle)
	srv.EnableHTTP2 = true
	ca := wiretest.NewCA(t)
	srv.TLS = &tls.Config{Certificates: []tls.Certificate{ca.Issue(t, nil)}}
	srv.StartTLS()
	t.Cleanup(srv.Close)
	c := testClient(srv.URL)
	c.TLS.CAPEM = ca.PEM
	return srv.URL, c
}

// headers answers with this many header lines of 1,000 bytes.
func headers(n int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := range n {
			w.Header().Set(fmt.Sprint("X-Filler-", i), strings.Repeat("a", 1000))
		}
	}
}

// The limits and their wording hold over HTTP/2 too, whose failures have other names.
func TestHTTP2(t *testing.T) {
	for name, tc := range map[string]struct {
		handle http.HandlerFunc
		limits Limits
		want   failure
	}{
		"reset mid-body": {
			handle: func(w http.ResponseWriter, _ *http.Request) {
				fmt.Fprint(w, "hello")
				_ = http.NewResponseController(w).Flush()
				panic(http.ErrAbortHandler)
			},
			want: failure{model.EUnreachable, "broke off its answer: the server gave the request up", "while reading the body"},
		},
		"no first byte": {
			handle: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, limits: quick,
			want: failure{model.ETimeout, "no answer within 200ms", "while waiting for the first byte"},
		},
		"drip": {
			handle: func(w http.ResponseWriter, r *http.Request) {
				_ = http.NewResponseController(w).Flush()
				<-r.Context().Done()
			}, limits: quick,
			want: failure{model.ETimeout, "took longer than 600ms in all", "while"},
		},
		"long headers":  {handle: headers(70), want: failure{model.EUpstream, "headers are longer than 64 KiB", "while waiting for the first byte"}},
		"a lot of them": {handle: headers(200), want: failure{model.EUpstream, "headers are longer than 64 KiB", "while waiting for the first byte"}},
	} {
		t.Run(name, func(t *testing.T) {
			url, c := over2(t, tc.handle)
			_, rec, err := get(t, tc.limits, c, url, nil)
			tc.want.check(t, rec, err)
		})
	}
}

func TestHTTP2IsSpokenTimedAndReused(t *testing.T) {
	url, c := over2(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Proto) })
	p := NewPool(Limits{})
	defer p.Close()
	for i, reused := range []bool{false, true} {
		a, rec, err := getFrom(t, context.Background(), p, c, url, nil)
		if err != nil || string(a.Body) != "HTTP/2.0" || a.Proto != "HTTP/2.0" {
			t.Fatalf("%q %v", a.Body, err)
		}
		if x := rec.Timing(); x.Reused != reused || (x.TLS > 0) == reused || x.Total < x.Wait || x.Total > 10*time.Second {
			t.Errorf("request %d: %+v", i+1, x)
		}
	}
}

// A tunnel carries HTTP/2 and a client certificate as a direct connection does.
func TestHTTP2WithAClientCertificateThroughProxies(t *testing.T) {
	ca := wiretest.NewCA(t)
	srv := mutual(t, ca, tls.RequireAndVerifyClientCert, tls.VersionTLS13)
	for _, kind := range []string{"http", "https", "socks5", "socks5h"} {
		proxy := via(t, kind, "", ca)
		c := withCert(t, srv.URL, ca, ca, nil)
		c.Transport.Proxy = kind + "://" + proxy.Host
		p := NewPool(Limits{})
		for range 3 {
			a, _, err := getFrom(t, t.Context(), p, c, srv.URL, nil)
			if err != nil || a.Proto != "HTTP/2.0" || string(a.Body) != "hub" {
				t.Errorf("%s: %s %q %v", kind, a.Proto, a.Body, err)
			}
		}
		if asked := proxy.Asked(); len(asked) != 1 {
			t.Errorf("%s: asked %q", kind, asked)
		}
		p.Close()
	}
}
