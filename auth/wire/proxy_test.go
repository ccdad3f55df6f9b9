package wire

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

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

// silent accepts and says nothing.
func silent(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}

// talker speaks first, as some servers do.
func talker(t *testing.T, line string) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte(line))
			_, _ = c.Read(make([]byte, 64)) // so that closing is no reset
			_ = c.Close()
		}
	})
	t.Cleanup(func() { _ = l.Close(); wg.Wait() })
	return l.Addr().String()
}

func TestFailuresOfTheProxyAreToldFromTheTargets(t *testing.T) {
	down, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = down.Close()
	garbage := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) { _, _ = c.Write([]byte(canary + "\x1b[2J\r\n\r\n")) })
	other := wiretest.NewCA(t)
	strange := wiretest.NewProxy(t, &tls.Config{Certificates: []tls.Certificate{other.Issue(t, nil)}})
	type setup struct {
		url  func(kind string) string
		want failure
		next string
	}
	fixed := func(host string) func(string) string {
		return func(kind string) string { return kind + "://" + host }
	}
	replying := func(user string, reply int) func(string) string {
		return func(kind string) string {
			p := via(t, kind, "127.0.0.1:1", other)
			p.Reply = reply
			if user != "" {
				p.User, p.Password = user, "another"
			}
			return kind + "://" + p.Host
		}
	}
	for name, tc := range map[string]setup{
		"http down":             {fixed(down.Addr().String()), failure{model.EUnreachable, "could not be reached: connection refused", "while connecting"}, "--proxy URL"},
		"socks5h down":          {fixed(down.Addr().String()), failure{model.EUnreachable, "could not be reached: connection refused", "while connecting"}, "--proxy URL"},
		"https not trusted":     {fixed(strange.Host), failure{model.EUnreachable, "could not be reached: the certificate was issued by an authority that is not trusted", "while connecting"}, "--ca-file FILE"},
		"http silent":           {fixed(silent(t)), failure{model.ETimeout, "did not answer within 300ms", "while asking the proxy"}, "--proxy URL"},
		"socks5h silent":        {fixed(silent(t)), failure{model.ETimeout, "did not answer within 300ms", "while asking the proxy"}, "--proxy URL"},
		"http garbage":          {fixed(garbage.Host), failure{model.EUnreachable, "answered with what is no http proxy's answer", "while asking the proxy"}, "--proxy URL"},
		"http but socks":        {fixed(wiretest.NewSOCKS5(t).Host), failure{model.EUnreachable, "closed the connection without an answer", "while asking the proxy"}, "--proxy URL"},
		"socks5h garbage":       {fixed(talker(t, "SSH-2.0-"+canary)), failure{model.EUnreachable, "answered with what is no socks5h proxy's answer", "while asking the proxy"}, "--proxy URL"},
		"http wrong password":   {replying("jump", 0), failure{model.EUnreachable, "refused the user name and the password", "while asking the proxy"}, "--proxy-password-file"},
		"socks wrong password":  {func(string) string { return replying("jump", 0)("socks5h") }, failure{model.EUnreachable, "refused the user name and the password", "while asking the proxy"}, "--proxy-password-file"},
		"http not allowed":      {replying("", 403), failure{model.EUnreachable, "does not allow a connection to api.internal (403)", "while asking the proxy"}, "--proxy URL|none"},
		"http target down":      {replying("", 0), failure{model.EUnreachable, "could not connect to api.internal (502)", "while asking the proxy"}, "--base-url"},
		"socks5h not allowed":   {replying("", 2), failure{model.EUnreachable, "does not allow a connection to api.internal (not allowed)", "while asking the proxy"}, "--proxy URL|none"},
		"socks5h target down":   {replying("", 0), failure{model.EUnreachable, "could not connect to api.internal (connection refused)", "while asking the proxy"}, "--base-url"},
		"socks5h unknown reply": {replying("", 99), failure{model.EUnreachable, "could not connect to api.internal (reply 99)", "while asking the proxy"}, "--base-url"},
	} {
		t.Run(name, func(t *testing.T) {
			kind, _, _ := strings.Cut(name, " ")
			c := testClient("https://api.internal")
			c.Transport.Proxy = tc.url(kind)
			c.Transport.ProxyUser, c.Transport.ProxyPassword = "jump", model.NewSecret(proxySecret)
			limits := Limits{}
			if strings.HasSuffix(name, "silent") {
				limits = quick
			}
			_, rec, err := get(t, limits, c, "https://api.internal/", nil)
			tc.want.check(t, rec, err)
			if next := model.AsError(err).Next; !strings.Contains(next, tc.next) {
				t.Errorf("next step %q, want %q", next, tc.next)
			}
			if !strings.Contains(err.Error(), "the proxy 127.0.0.1:") {
				t.Errorf("the proxy is not named: %v", err)
			}
			wiretest.Leaks(t, "error", err, proxySecret)
			wiretest.Leaks(t, "exchange", rec.Exchange(RedactorFor(c)), proxySecret)
		})
	}
}

func TestProxyThatWantsAPassword(t *testing.T) {
	s, ca, c := secured(t)
	for _, kind := range []string{"http", "socks5h"} {
		p := via(t, kind, s.Host, ca)
		p.User, p.Password = "jump", proxySecret
		c.Transport.Proxy = kind + "://" + p.Host
		_, rec, err := get(t, Limits{}, c, "https://api.internal/", nil)
		failure{model.EUnreachable, "asks for a user name and a password", "while asking the proxy"}.check(t, rec, err)
		if next := model.AsError(err).Next; !strings.Contains(next, "--proxy-user USER --proxy-password-file FILE") {
			t.Error(next)
		}
	}
	// Of a plain http request the proxy's 407 is an answer; it is not the API's.
	p := via(t, "http", s.Host, ca)
	p.User, p.Password = "jump", "another"
	c = testClient("http://api.internal")
	c.AllowHTTP = true
	c.Transport = model.Transport{Proxy: "http://" + p.Host, ProxyUser: "jump", ProxyPassword: model.NewSecret(proxySecret)}
	_, rec, err := get(t, Limits{}, c, c.BaseURL, nil)
	failure{model.EUnreachable, "refused the user name and the password", "while"}.check(t, rec, err)
	wiretest.Leaks(t, "exchange", rec.Exchange(RedactorFor(c)), proxySecret)
}

// What a proxy of the environment knows of us stays out of records too.
func TestCredentialsOfTheEnvironmentsProxyAreMasked(t *testing.T) {
	u := &url.URL{Scheme: "https", Host: "p.example"}
	r := route{proxy: u, user: "jump", password: model.NewSecret(proxySecret)}
	rec := &Record{req: &http.Request{Method: "GET", URL: u}, client: testClient(""), trace: newTrace(), route: r, answer: &Answer{Status: 502, Body: []byte("you are jump:" + proxySecret)}}
	wiretest.Leaks(t, "exchange", rec.Exchange(NewRedactor(nil)), proxySecret)
}

func TestCancelledWhileTheProxyIsAsked(t *testing.T) {
	c := testClient("https://api.internal")
	c.Transport.Proxy = "socks5h://" + silent(t)
	p := NewPool(Limits{Dial: 500 * time.Millisecond})
	defer p.Close()
	ctx, cancel := contextSoon(t)
	defer cancel()
	_, rec, err := getFrom(t, ctx, p, c, "https://api.internal/", nil)
	failure{model.EInterrupted, "interrupted", "while"}.check(t, rec, err)
}
