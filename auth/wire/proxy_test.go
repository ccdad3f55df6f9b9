package wire

import (
	"crypto/tls"
	"net"
	"slices"
	"strings"
	"testing"

	"ferry/auth/wire/wiretest"
	"ferry/model"
)

const proxySecret = "proxy-canary+%:/é-41"

// secured is an https server called api.internal, and a client that trusts it.
func secured(t *testing.T) (*wiretest.Raw, *wiretest.CA, *model.Client) {
	t.Helper()
	ca := wiretest.NewCA(t)
	s := wiretest.NewRaw(t, &tls.Config{Certificates: []tls.Certificate{ca.Issue(t, named("api.internal"))}}, func(c *wiretest.Conn) { c.Say(200, "", "ok") })
	c := testClient("https://api.internal")
	c.TLS.CAPEM = ca.PEM
	return s, ca, c
}

// via is a proxy of one kind that knows api.internal.
func via(t *testing.T, kind string, target string, ca *wiretest.CA) *wiretest.Proxy {
	t.Helper()
	var p *wiretest.Proxy
	switch kind {
	case "http":
		p = wiretest.NewProxy(t, nil)
	case "https":
		p = wiretest.NewProxy(t, &tls.Config{Certificates: []tls.Certificate{ca.Issue(t, nil)}})
	default:
		p = wiretest.NewSOCKS5(t)
	}
	p.Hosts = map[string]string{"api.internal": target}
	return p
}

func TestHTTPSThroughEveryKindOfProxy(t *testing.T) {
	for _, kind := range []string{"http", "https", "socks5h"} {
		for _, user := range []string{"", "jump"} {
			t.Run(kind+" "+user, func(t *testing.T) {
				s, ca, c := secured(t)
				p := via(t, kind, s.Host, ca)
				c.Transport.Proxy = kind + "://" + p.Host
				if user != "" {
					p.User, p.Password = user, proxySecret
					c.Transport.ProxyUser, c.Transport.ProxyPassword = user, model.NewSecret(proxySecret)
				}
				a, rec, err := get(t, Limits{}, c, "https://api.internal/x", nil)
				if err != nil || string(a.Body) != "ok" {
					t.Fatal(wiretest.Dump(err))
				}
				asked := strings.Join(p.Asked(), " ")
				if !strings.Contains(asked, "api.internal:443") || strings.Contains(asked, canary) {
					t.Errorf("the proxy was asked %q", asked)
				}
				x := rec.Exchange(RedactorFor(c))
				wiretest.Leaks(t, "exchange", x, canary, proxySecret)
				if !slices.Contains(x.Notes, "through the proxy "+p.Host) {
					t.Errorf("notes %q", x.Notes)
				}
				if tm := x.Timing; tm.Connect <= 0 || tm.TLS <= 0 || tm.Total < tm.Connect+tm.TLS {
					t.Errorf("%+v", tm)
				}
			})
		}
	}
}

func TestPlainHTTPThroughEveryKindOfProxy(t *testing.T) {
	for _, kind := range []string{"http", "https", "socks5h"} {
		t.Run(kind, func(t *testing.T) {
			s := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) {
				wiretest.Leaks(t, "the target's request", c.Request.Header, proxySecret)
				c.Say(200, "", "ok")
			})
			ca := wiretest.NewCA(t)
			p := via(t, kind, s.Host, ca)
			p.User, p.Password = "jump", proxySecret
			c := testClient("http://api.internal")
			c.TLS.CAPEM, c.AllowHTTP = ca.PEM, true
			c.Transport = model.Transport{Proxy: kind + "://" + p.Host, ProxyUser: "jump", ProxyPassword: model.NewSecret(proxySecret)}
			a, rec, err := get(t, Limits{}, c, "http://api.internal/x", nil)
			if err != nil || string(a.Body) != "ok" || !slices.Equal(p.Credentials(), []string{"jump:" + proxySecret}) {
				t.Fatal(p.Asked(), p.Credentials(), wiretest.Dump(err))
			}
			wiretest.Leaks(t, "exchange", rec.Exchange(RedactorFor(c)), proxySecret)
		})
	}
}

// socks5 looks the host up here; socks5h leaves that to the proxy.
func TestWhoLooksTheHostUp(t *testing.T) {
	for kind, host := range map[string]string{"socks5": "127.0.0.1", "socks5h": "localhost"} {
		s := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) { c.Say(200, "", "ok") })
		p := wiretest.NewSOCKS5(t)
		p.Hosts = map[string]string{"localhost": s.Host}
		_, port, _ := net.SplitHostPort(s.Host)
		c := testClient("http://localhost:" + port)
		c.Transport.Proxy = kind + "://" + p.Host
		if _, _, err := get(t, Limits{}, c, c.BaseURL, nil); err != nil {
			t.Fatal(wiretest.Dump(err))
		}
		if got := p.Asked(); len(got) != 1 || got[0] != host+":"+port {
			t.Errorf("%s: asked for %q", kind, got)
		}
	}
	p := wiretest.NewSOCKS5(t)
	c := testClient("https://no-such.example")
	c.Transport.Proxy = "socks5://" + p.Host
	pool := NewPool(quick)
	defer pool.Close()
	pool.resolver = nameServer(t, 3)
	_, rec, err := getFrom(t, t.Context(), pool, c, c.BaseURL, nil)
	failure{model.EUnreachable, `there is no host called "no-such.example"`, "while"}.check(t, rec, err)
}

// A client's own proxy is used for loopback too; "none" beats the environment.
func TestClientsOwnProxyAndNone(t *testing.T) {
	s := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) { c.Say(200, "", "ok") })
	p := wiretest.NewProxy(t, nil)
	c := testClient(s.URL(""))
	c.Transport.Proxy = "http://" + p.Host
	if _, _, err := get(t, Limits{}, c, s.URL("/"), nil); err != nil || len(p.Asked()) != 1 {
		t.Errorf("%v %v", p.Asked(), err)
	}
	before := proxied.Load()
	c = testClient("http://no-such.example")
	c.Transport.Proxy = model.ProxyNone
	pool := NewPool(quick)
	defer pool.Close()
	pool.resolver = nameServer(t, 3)
	if _, rec, err := getFrom(t, t.Context(), pool, c, c.BaseURL, nil); proxied.Load() != before {
		t.Error("none went to the proxy of the environment")
	} else {
		failure{model.EUnreachable, "there is no host called", "while looking up"}.check(t, rec, err)
	}
}

func TestProxiesThatCannotBe(t *testing.T) {
	for _, raw := range []string{"ftp://p:1", "proxy.example:3128", "http://", "http://u:" + canary + "@p:1", "socks4://p:1", "\x00"} {
		c := testClient("https://api.example")
		c.Transport.Proxy = raw
		_, _, err := get(t, Limits{}, c, c.BaseURL, nil)
		if e := model.AsError(err); e.Code != model.EInvalid || e.Field != "proxy" || e.Next == "" {
			t.Errorf("%q: %s", raw, wiretest.Dump(err))
		}
		wiretest.Leaks(t, "error", err, canary)
	}
}

// A proxy elsewhere makes "loopback" the network: plain http is refused as to any host.
func TestPlainHTTPToLoopbackThroughAProxyElsewhere(t *testing.T) {
	for _, raw := range []string{"http://p.example:3128", "socks5h://p.example"} {
		c := testClient("http://127.0.0.1:8080")
		c.Transport.Proxy = raw
		_, _, err := get(t, quick, c, c.BaseURL, nil)
		if e := model.AsError(err); e.Code != model.EInvalid || e.Field != "proxy" || !strings.Contains(e.Next, "--allow-http") {
			t.Errorf("%s: %s", raw, wiretest.Dump(err))
		}
	}
}
