package wire

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"ferry/auth/wire/wiretest"
	"ferry/model"
)

// Settings of different clients never share a transport; equal ones do, and no key holds a
// secret.
func TestTransportsAreSharedByEqualSettingsOnly(t *testing.T) {
	ca := wiretest.NewCA(t)
	cert, key := ca.IssueClient(t, nil)
	base := model.Client{Name: "a", BaseURL: "https://api.example", TLS: model.TLS{CertPEM: cert, KeyPEM: model.NewSecret(key)}}
	base.Transport = model.Transport{Proxy: "http://p.example:1", ProxyUser: "u", ProxyPassword: model.NewSecret("one")}
	p := NewPool(Limits{})
	defer p.Close()
	of := func(c model.Client) *http.Transport {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.BaseURL, nil)
		if err != nil {
			t.Fatal(err)
		}
		s, err := p.settings(&Call{Client: &c, Request: req})
		if err != nil {
			t.Fatal(err)
		}
		tr, err := p.transport(s)
		if err != nil {
			t.Fatal(err)
		}
		return tr
	}
	seen := map[*http.Transport]string{of(base): "base"}
	same := base
	same.Name, same.Transport.RateLimit, same.Transport.UserAgent = "b", 7, "x"
	if _, ok := seen[of(same)]; !ok {
		t.Error("equal settings have two transports")
	}
	otherCert, otherKey := ca.IssueClient(t, nil)
	for what, edit := range map[string]func(*model.Client){
		"proxy":          func(c *model.Client) { c.Transport.Proxy = "http://p.example:2" },
		"proxy scheme":   func(c *model.Client) { c.Transport.Proxy = "https://p.example:1" },
		"proxy password": func(c *model.Client) { c.Transport.ProxyPassword = model.NewSecret("two") },
		"user and password, moved": func(c *model.Client) {
			c.Transport.ProxyUser, c.Transport.ProxyPassword = "uo", model.NewSecret("ne")
		},
		"none":        func(c *model.Client) { c.Transport.Proxy = model.ProxyNone },
		"certificate": func(c *model.Client) { c.TLS.CertPEM, c.TLS.KeyPEM = otherCert, model.NewSecret(otherKey) },
		"insecure":    func(c *model.Client) { c.TLS.Insecure = true },
		"server name": func(c *model.Client) { c.TLS.ServerName = "x" },
		"CA":          func(c *model.Client) { c.TLS.CAPEM = ca.PEM },
		"version":     func(c *model.Client) { c.TLS.MinVersion = "1.3" },
		"connect":     func(c *model.Client) { c.Transport.Connect = time.Second },
		"first byte":  func(c *model.Client) { c.Transport.FirstByte = time.Second },
	} {
		c := base
		edit(&c)
		tr := of(c)
		if was, ok := seen[tr]; ok {
			t.Errorf("%s shares a transport with %s", what, was)
		}
		seen[tr] = what
	}
	keys := ""
	for k := range p.transports {
		keys += k.certPEM + k.caPEM + string(k.digest[:])
	}
	wiretest.Leaks(t, "the keys", keys, "one", "two", key)
}

// CASES: the pool is bounded, and old transports are closed with their connections.
func TestTransportsAreBounded(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer srv.Close()
	p := NewPool(Limits{})
	defer p.Close()
	for i := range 2 * maxTransports {
		c := testClient(srv.URL)
		c.Transport.FirstByte = time.Minute + time.Duration(i)
		if _, _, err := getFrom(t, context.Background(), p, c, srv.URL, nil); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(p.transports); n != maxTransports {
		t.Errorf("%d transports", n)
	}
	// What nobody used for a while goes with the next that is made.
	for _, tr := range p.transports {
		tr.used.Store(time.Now().Add(-2 * keepTransport).UnixNano())
	}
	if _, _, err := getFrom(t, context.Background(), p, testClient(srv.URL), srv.URL, nil); err != nil || len(p.transports) != 1 {
		t.Errorf("%d transports, %v", len(p.transports), err)
	}
}

// Many clients at once while transports come and go: nobody's request fails for it.
func TestManyClientsAtOnce(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.URL.Path) }))
	defer srv.Close()
	p := NewPool(Limits{})
	defer p.Close()
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 60 {
				c := testClient(srv.URL)
				c.Transport.FirstByte = time.Minute + time.Duration((g*37+i)%(2*maxTransports))
				path := fmt.Sprintf("/%d/%d", g, i)
				if a, _, err := getFrom(t, context.Background(), p, c, srv.URL+path, nil); err != nil || string(a.Body) != path {
					t.Errorf("%s: %q %v", path, a.Body, err)
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkSend(b *testing.B) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") }))
	defer srv.Close()
	p := NewPool(Limits{})
	defer p.Close()
	c := testClient(srv.URL)
	for b.Loop() {
		req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, srv.URL, nil)
		if err != nil {
			b.Fatal(err)
		}
		if _, _, err := p.Send(b.Context(), Call{Client: c, Request: req, Limit: 1 << 20}); err != nil {
			b.Fatal(err)
		}
	}
}

// What a client with a certificate, a CA bundle and a proxy costs before anything is sent.
func BenchmarkSettings(b *testing.B) {
	p := NewPool(Limits{})
	defer p.Close()
	c := testClient("https://api.example")
	c.TLS = model.TLS{CAPEM: string(make([]byte, 200_000)), CertPEM: string(make([]byte, 4000)), KeyPEM: model.NewSecret(string(make([]byte, 3000)))}
	c.Transport.Proxy = "http://p.example:3128"
	req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, c.BaseURL, nil)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s, err := p.settings(&Call{Client: c, Request: req})
		if err != nil {
			b.Fatal(err)
		}
		key := s.key(p.salt)
		if p.transports[key] != nil {
			b.Fatal("there is one")
		}
	}
}
