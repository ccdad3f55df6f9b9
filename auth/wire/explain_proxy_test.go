package wire

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"ferry/auth/wire/wiretest"
	"ferry/model"
)

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
