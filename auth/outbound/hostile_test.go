package outbound

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"ferry/auth/wire"
	"ferry/auth/wire/wiretest"
	"ferry/model"
)

// endpoints are all that a client authenticates at, each with every secret it can carry.
var endpoints = map[string]struct {
	name string
	ask  func(context.Context, *Source, model.Client, string) (model.Exchange, error)
}{
	"token by secret": {"token endpoint", func(ctx context.Context, s *Source, c model.Client, at string) (model.Exchange, error) {
		_, x, err := s.Fetch(ctx, model.TokenRequest{Client: c, TokenURL: at, Send: model.SendBody})
		return x, err
	}},
	"token by key": {"token endpoint", func(ctx context.Context, s *Source, c model.Client, at string) (model.Exchange, error) {
		_, x, err := s.Fetch(ctx, model.TokenRequest{Client: c, TokenURL: at, Send: model.SendKey})
		return x, err
	}},
	"poll": {"token endpoint", func(ctx context.Context, s *Source, c model.Client, at string) (model.Exchange, error) {
		c.Auth.Grant = model.GrantDevice
		_, x, err := s.Fetch(ctx, model.TokenRequest{Client: c, TokenURL: at, Send: model.SendBody, Device: model.NewSecret(canaryDevice)})
		return x, err
	}},
	"refresh": {"token endpoint", func(ctx context.Context, s *Source, c model.Client, at string) (model.Exchange, error) {
		c.Auth.Grant = model.GrantDevice
		_, x, err := s.Fetch(ctx, model.TokenRequest{Client: c, TokenURL: at, Send: model.SendHeader, Refresh: model.NewSecret(canaryRefresh)})
		return x, err
	}},
	"device": {"device authorization endpoint", func(ctx context.Context, s *Source, c model.Client, at string) (model.Exchange, error) {
		_, x, err := s.StartDevice(ctx, c, at, model.SendHeader)
		return x, err
	}},
	"introspection": {"introspection endpoint", func(ctx context.Context, s *Source, c model.Client, at string) (model.Exchange, error) {
		_, x, err := s.Introspect(ctx, c, at, model.SendKey, model.Token{Access: model.NewSecret(canaryToken)})
		return x, err
	}},
	"revocation": {"revocation endpoint", func(ctx context.Context, s *Source, c model.Client, at string) (model.Exchange, error) {
		return s.Revoke(ctx, c, at, model.SendBody, model.Token{Access: model.NewSecret(canaryToken)})
	}},
}

const canaryHeader = "header-canary-8e+/=&"

// hostileClient carries a canary in everything.
func hostileClient(t *testing.T) model.Client {
	t.Helper()
	c := keyClient("", pkcs8(t, testKeys().ec))
	c.Auth.Headers = []model.Header{{Name: "X-Odd", Value: model.NewSecret(canaryHeader), Secret: true}}
	return c
}

// survives asks every endpoint and holds it to one request, a code, and no leak.
func survives(t *testing.T, l wire.Limits, code model.Code, says string, edit func(*model.Client), start func(*testing.T) (at string, count func() int)) {
	t.Helper()
	for name, e := range endpoints {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at, count := start(t)
			c := hostileClient(t)
			edit(&c)
			x, err := e.ask(t.Context(), newSource(t, l), c, at)
			if model.CodeOf(err) != code {
				t.Fatalf("%s: %s", model.CodeOf(err), wiretest.Dump(err))
			}
			mustContain(t, "message", err.Error(), "the "+e.name+` of "analytics" (`, says)
			if model.AsError(err).Next == "" && code != model.EInterrupted {
				t.Error("no next step")
			}
			wiretest.Leaks(t, "exchange", x, canarySecret, canaryToken, canaryDevice, canaryRefresh, canaryHeader)
			wiretest.Leaks(t, "error", err, canarySecret, canaryToken, canaryDevice, canaryRefresh, canaryHeader)
			for _, text := range []string{err.Error(), x.ResponseBody, x.Failure} {
				wiretest.Controls(t, "text", text)
			}
			if n := count(); n > 1 {
				t.Errorf("%d requests arrived", n)
			}
		})
	}
}

func noEdit(*model.Client) {}

func zipped(body []byte) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(body)
	_ = z.Close()
	return b.String()
}

// CASES: gzip bomb, endless body, one byte per 10 s, endless headers → capped; server
// down, reset mid-body, timeout → what failed, where in the exchange.
func TestHostileServers(t *testing.T) {
	// Only what ends by time is short of it.
	short := wire.Limits{FirstByte: 100 * time.Millisecond, Total: 250 * time.Millisecond}
	bomb := zipped(make([]byte, 12<<20))
	for name, tc := range map[string]struct {
		handle func(*wiretest.Conn)
		code   model.Code
		says   string
	}{
		"gzip bomb": {func(c *wiretest.Conn) { c.Say(200, "Content-Encoding: gzip\r\n", bomb) }, model.EUpstream, "expands more than 100 : 1"},
		"gzip that is none": {func(c *wiretest.Conn) {
			c.Say(200, "Content-Encoding: gzip\r\n", `{"access_token":"a"}`)
		}, model.EUpstream, "marked gzip and is not"},
		"endless body": {func(c *wiretest.Conn) {
			fmt.Fprint(c, "HTTP/1.1 200 OK\r\n\r\n")
			for _, err := c.Write(make([]byte, 64<<10)); err == nil; {
				_, err = c.Write(make([]byte, 64<<10))
			}
		}, model.EUpstream, "longer than 1024 KiB"},
		"one byte and no more": {func(c *wiretest.Conn) { fmt.Fprint(c, "HTTP/1.1 200 OK\r\n\r\n{"); <-c.Stop }, model.ETimeout, "while reading the body"},
		"endless headers": {func(c *wiretest.Conn) {
			fmt.Fprint(c, "HTTP/1.1 200 OK\r\n")
			for _, err := fmt.Fprint(c, "X: y\r\n"); err == nil; {
				_, err = fmt.Fprint(c, strings.Repeat("X: y\r\n", 1000))
			}
		}, model.EUpstream, "the headers are longer than 64 KiB"},
		"silence":        {func(c *wiretest.Conn) { <-c.Stop }, model.ETimeout, "while waiting for the first byte"},
		"reset":          {func(c *wiretest.Conn) { c.Reset() }, model.EUnreachable, "while waiting for the first byte"},
		"reset mid-body": {func(c *wiretest.Conn) { fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"); c.Reset() }, model.EUnreachable, "while reading the body"},
		"echo, not HTTP": {func(c *wiretest.Conn) { fmt.Fprintf(c, "%s %v\r\n\r\n", c.Body, c.Request.Header) }, model.EUpstream, "not correct HTTP"},
		"echo, HTML": {func(c *wiretest.Conn) {
			c.Say(500, "Content-Type: text/html\r\n", "<html>\x1b[2J"+c.Body+fmt.Sprint(c.Request.Header))
		}, model.EUpstream, "answered 500 with an HTML page"},
		"echo, elsewhere": {func(c *wiretest.Conn) {
			c.Say(307, "Location: http://127.0.0.1:1/?"+c.Body+"\r\n", "")
		}, model.EUpstream, "redirects to http://127.0.0.1:1/; ferry follows no redirect"},
		"switching protocols": {func(c *wiretest.Conn) {
			fmt.Fprint(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")
		}, model.EUpstream, "not correct HTTP"},
	} {
		t.Run(name, func(t *testing.T) {
			limits := wire.Limits{}
			if tc.code == model.ETimeout {
				limits = short
			}
			survives(t, limits, tc.code, tc.says, noEdit, func(t *testing.T) (string, func() int) {
				s := wiretest.NewRaw(t, nil, tc.handle)
				return s.URL("/endpoint"), s.Count
			})
		})
	}
	t.Run("down", func(t *testing.T) {
		survives(t, wire.Limits{}, model.EUnreachable, "connection refused, while connecting", noEdit, func(t *testing.T) (string, func() int) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			_ = l.Close()
			return "http://" + l.Addr().String() + "/", func() int { return 0 }
		})
	})
}

// CASES: expired, wrong-host, self-signed certificate; TLS 1.0; missing client certificate
// → refused, reason shown, and no credential on the wire.
func TestHostileCertificates(t *testing.T) {
	ca := wiretest.NewCA(t)
	good := ca.Issue(t, nil)
	for name, tc := range map[string]struct {
		conf *tls.Config
		says string
	}{
		"expired":       {&tls.Config{Certificates: []tls.Certificate{ca.Issue(t, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })}}, "the certificate expired on 20"},
		"wrong host":    {&tls.Config{Certificates: []tls.Certificate{ca.Issue(t, func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"other.example"} })}}, "the certificate is for other.example"},
		"self-signed":   {&tls.Config{Certificates: []tls.Certificate{wiretest.SelfSigned(t)}}, "the certificate is self-signed"},
		"not trusted":   {&tls.Config{Certificates: []tls.Certificate{wiretest.NewCA(t).Issue(t, nil)}}, "an authority that is not trusted here"},
		"TLS 1.0":       {&tls.Config{Certificates: []tls.Certificate{good}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}, "no TLS version that is allowed"},
		"no client one": {&tls.Config{Certificates: []tls.Certificate{good}, ClientAuth: tls.RequireAnyClientCert}, "asks for a client certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			survives(t, wire.Limits{}, model.EUnreachable, tc.says, func(c *model.Client) { c.TLS.CAPEM = ca.PEM }, func(t *testing.T) (string, func() int) {
				s := wiretest.NewRaw(t, tc.conf, func(c *wiretest.Conn) { c.Say(200, "", "{}") })
				return "https://" + s.Host + "/endpoint", func() int { return 2 * s.Count() } // not even one may arrive
			})
		})
	}
}

// CASES: endless body, one byte per 10 s → can be cancelled.
func TestEveryRequestCanBeCancelled(t *testing.T) {
	for name, e := range endpoints {
		t.Run(name, func(t *testing.T) {
			arrived := make(chan struct{}, 1)
			s := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) { arrived <- struct{}{}; <-c.Stop })
			ctx, cancel := context.WithCancel(t.Context())
			go func() { <-arrived; cancel() }()
			began := time.Now()
			_, err := e.ask(ctx, newSource(t, wire.Limits{}), hostileClient(t), s.URL("/"))
			if model.CodeOf(err) != model.EInterrupted || time.Since(began) > 5*time.Second {
				t.Errorf("after %s: %v", time.Since(began), err)
			}
			once(t, s)
		})
	}
}
