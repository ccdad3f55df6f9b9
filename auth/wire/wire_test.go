package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ferry/auth/wire/wiretest"
	"ferry/model"
)

const canary = "canary-7f3a+%:=é/Q"

// proxied counts what reaches the proxy of the environment; tests on loopback must not.
var proxied atomic.Int64

func TestMain(m *testing.M) {
	p := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		proxied.Add(1)
		fmt.Fprint(w, "proxied "+r.URL.String())
	}))
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY"} {
		_ = os.Setenv(name, p.URL)
	}
	_ = os.Unsetenv("NO_PROXY")
	_ = os.Unsetenv("no_proxy")
	code := m.Run()
	p.Close()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func testClient(base string) *model.Client {
	return &model.Client{Name: "analytics", BaseURL: base, Auth: model.Auth{ClientID: "hub", ClientSecret: model.NewSecret(canary)}}
}

// quick are limits short enough for tests that must run into them.
var quick = Limits{Dial: 300 * time.Millisecond, TLS: 300 * time.Millisecond, FirstByte: 200 * time.Millisecond, Total: 600 * time.Millisecond}

// get sends one GET with a credential and returns everything.
func get(t *testing.T, l Limits, c *model.Client, url string, edit func(*Call)) (Answer, *Record, error) {
	t.Helper()
	p := NewPool(l)
	defer p.Close()
	return getFrom(t, context.Background(), p, c, url, edit)
}

func getFrom(t *testing.T, ctx context.Context, p *Pool, c *model.Client, url string, edit func(*Call)) (Answer, *Record, error) {
	t.Helper()
	ctx, cancel := p.Bound(ctx, c)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+canary)
	req.Header.Set("Accept-Encoding", "gzip")
	call := Call{Client: c, Target: Target{What: `the API of "analytics"`, Flag: "--base-url URL"}, Request: req, Limit: model.MaxShownBody}
	if edit != nil {
		edit(&call)
	}
	return p.Send(ctx, call)
}

// failure is what a person must be told.
type failure struct {
	code  model.Code
	says  string // in the message
	where string // in the message and in the record
}

func (f failure) check(t *testing.T, rec *Record, err error) {
	t.Helper()
	if model.CodeOf(err) != f.code {
		t.Fatalf("code %q, want %q: %v", model.CodeOf(err), f.code, wiretest.Dump(err))
	}
	e := model.AsError(err)
	if !strings.Contains(e.Message, f.says) || !strings.Contains(e.Message, f.where) || !strings.HasPrefix(e.Message, `the API of "analytics" (`) {
		t.Errorf("message %q; want %q and %q", e.Message, f.says, f.where)
	}
	if e.Next == "" && f.code != model.EInterrupted {
		t.Errorf("no next step beside %q", e.Message)
	}
	x := rec.Exchange(NewRedactor([]model.Secret{model.NewSecret(canary)}))
	if !strings.Contains(x.Failure, f.where) {
		t.Errorf("the record's failure is %q, want %q in it", x.Failure, f.where)
	}
	wiretest.Leaks(t, "error", err, canary)
	wiretest.Leaks(t, "exchange", x, canary)
	wiretest.Controls(t, "message", e.Message)
}

// CASES: server down, DNS failure, reset mid-body, timeout → what failed, where, what to try.
func TestServerDown(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + l.Addr().String()
	_ = l.Close()
	_, rec, err := get(t, Limits{}, testClient(url), url, nil)
	failure{model.EUnreachable, "connection refused", "while connecting"}.check(t, rec, err)
}

// nameServer answers every question with this response code, or never with -1.
func nameServer(t *testing.T, rcode int) *net.Resolver {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 512)
		for {
			n, from, err := pc.ReadFrom(buf)
			if err != nil {
				return
			}
			if rcode < 0 {
				continue
			}
			q := append([]byte(nil), buf[:n]...)
			q[2] |= 0x80 // this is a response
			q[3] = q[3]&0xf0 | byte(rcode)
			// Only the question is echoed, not the additional records.
			q[10], q[11] = 0, 0
			end := 12
			for q[end] != 0 {
				end += int(q[end]) + 1
			}
			_, _ = pc.WriteTo(q[:end+5], from)
		}
	}()
	// A look-up outlives the dial that gave it up, until its own connection ends.
	var (
		mu    sync.Mutex
		open  []net.Conn
		ended bool
	)
	t.Cleanup(func() {
		mu.Lock()
		ended = true
		for _, c := range open {
			_ = c.Close()
		}
		mu.Unlock()
		_ = pc.Close()
		<-done
	})
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		mu.Lock()
		defer mu.Unlock()
		if ended {
			return nil, net.ErrClosed
		}
		c, err := (&net.Dialer{}).DialContext(ctx, "udp", pc.LocalAddr().String())
		if err == nil {
			open = append(open, c)
		}
		return c, err
	}}
}

// CASES: DNS failure.
func TestDNSFailure(t *testing.T) {
	for name, tc := range map[string]struct {
		rcode int
		want  failure
	}{
		"no such host":         {3, failure{model.EUnreachable, `there is no host called "no-such.example"`, "while looking up the host"}},
		"server failure":       {2, failure{model.EUnreachable, `no-such.example`, "while looking up the host"}},
		"no answer from there": {-1, failure{model.ETimeout, "", "while looking up the host"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := NewPool(quick)
			defer p.Close()
			p.resolver, p.direct = nameServer(t, tc.rcode), true
			c := testClient("https://no-such.example")
			_, rec, err := getFrom(t, context.Background(), p, c, "https://no-such.example/", nil)
			tc.want.check(t, rec, err)
		})
	}
}

// CASES: reset mid-body.
func TestResetMidBody(t *testing.T) {
	s := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) {
		fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhello")
		c.Reset()
	})
	a, rec, err := get(t, Limits{}, testClient(s.URL("")), s.URL("/"), nil)
	failure{model.EUnreachable, "broke off its answer", "of the body, while reading the body"}.check(t, rec, err)
	if a.Status != 200 {
		t.Errorf("status %d is lost", a.Status)
	}
}

func TestClosedMidBodyKeepsWhatCame(t *testing.T) {
	s := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) {
		fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhello")
	})
	a, rec, err := get(t, Limits{}, testClient(s.URL("")), s.URL("/"), nil)
	failure{model.EUnreachable, "the connection was closed after 5 bytes", "while reading the body"}.check(t, rec, err)
	if string(a.Body) != "hello" {
		t.Errorf("body %q", a.Body)
	}
}

func TestClosedBeforeAnAnswer(t *testing.T) {
	s := wiretest.NewRaw(t, nil, func(*wiretest.Conn) {})
	_, rec, err := get(t, Limits{}, testClient(s.URL("")), s.URL("/"), nil)
	failure{model.EUnreachable, "the connection was closed", "while waiting for the first byte"}.check(t, rec, err)
}

// CASES: timeout.
func TestNoFirstByte(t *testing.T) {
	s := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) { <-c.Stop })
	_, rec, err := get(t, quick, testClient(s.URL("")), s.URL("/"), nil)
	failure{model.ETimeout, "no answer within 200ms", "while waiting for the first byte"}.check(t, rec, err)
}

func TestNoTLSHandshake(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }() // the backlog accepts, nobody answers
	url := "https://" + l.Addr().String()
	_, rec, err := get(t, quick, testClient(url), url, nil)
	failure{model.ETimeout, "no TLS handshake within 300ms", "in the TLS handshake"}.check(t, rec, err)
}

// CASES: one byte per 10 s, endless body → capped, can be cancelled.
func drip(c *wiretest.Conn) {
	fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		select {
		case <-c.Stop:
			return
		case <-tick.C:
			if _, err := c.Write([]byte{'x'}); err != nil {
				return
			}
		}
	}
}

func TestOneByteAtATimeEndsWithTheTotal(t *testing.T) {
	s := wiretest.NewRaw(t, nil, drip)
	_, rec, err := get(t, quick, testClient(s.URL("")), s.URL("/"), nil)
	failure{model.ETimeout, "took longer than 600ms in all", "while reading the body"}.check(t, rec, err)
}

func TestOneByteAtATimeCanBeCancelled(t *testing.T) {
	s := wiretest.NewRaw(t, nil, drip)
	ctx, cancel := context.WithCancel(context.Background())
	p := NewPool(Limits{})
	defer p.Close()
	time.AfterFunc(100*time.Millisecond, cancel)
	begin := time.Now()
	_, rec, err := getFrom(t, ctx, p, testClient(s.URL("")), s.URL("/"), nil)
	failure{model.EInterrupted, "interrupted", "while reading the body"}.check(t, rec, err)
	if !errors.Is(err, context.Canceled) {
		t.Error("the cause is not context.Canceled")
	}
	if took := time.Since(begin); took > 3*time.Second {
		t.Errorf("cancelling took %s", took)
	}
}

func TestEndlessBodyIsCapped(t *testing.T) {
	s := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) {
		fmt.Fprint(c, "HTTP/1.1 200 OK\r\n\r\n")
		for block := []byte(strings.Repeat("a", 64<<10)); ; {
			if _, err := c.Write(block); err != nil {
				return
			}
		}
	})
	a, _, err := get(t, Limits{}, testClient(s.URL("")), s.URL("/"), nil)
	if err != nil || !a.Truncated || len(a.Body) != model.MaxShownBody {
		t.Errorf("%d bytes, truncated %t, %v", len(a.Body), a.Truncated, err)
	}
	_, rec, err := get(t, Limits{}, testClient(s.URL("")), s.URL("/"), func(c *Call) { c.Strict, c.Limit = true, model.MaxTokenBody })
	failure{model.EUpstream, "longer than 1024 KiB", "while reading the body"}.check(t, rec, err)
}

// CASES: endless headers.
func TestEndlessHeaders(t *testing.T) {
	for name, line := range map[string]string{
		"many": "X-Filler: " + strings.Repeat("a", 1000) + "\r\n", "one long": strings.Repeat("a", 1000),
	} {
		t.Run(name, func(t *testing.T) {
			s := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) {
				fmt.Fprint(c, "HTTP/1.1 200 OK\r\nX-Begin: ")
				for {
					if _, err := c.Write([]byte(line)); err != nil {
						return
					}
				}
			})
			_, rec, err := get(t, Limits{}, testClient(s.URL("")), s.URL("/"), nil)
			failure{model.EUpstream, "the headers are longer than 64 KiB", "while waiting for the first byte"}.check(t, rec, err)
		})
	}
}

func TestNotHTTP(t *testing.T) {
	s := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) { fmt.Fprint(c, "\x1b[2J"+canary+"\r\n\r\n") })
	_, rec, err := get(t, Limits{}, testClient(s.URL("")), s.URL("/"), nil)
	failure{model.EUpstream, "not correct HTTP", "while waiting for the first byte"}.check(t, rec, err)
}

// tlsServer answers every handshake with this configuration.
func tlsServer(t *testing.T, conf *tls.Config) string {
	t.Helper()
	return "https://" + wiretest.NewRaw(t, conf, func(c *wiretest.Conn) { c.Say(200, "", "ok") }).Host
}

// CASES: expired, wrong-host, self-signed certificate; TLS 1.0; missing client
// certificate → refused, reason shown.
func TestCertificates(t *testing.T) {
	ca := wiretest.NewCA(t)
	conf := func(c tls.Certificate) *tls.Config { return &tls.Config{Certificates: []tls.Certificate{c}} }
	good := ca.Issue(t, nil)
	for name, tc := range map[string]struct {
		conf *tls.Config
		tls  model.TLS
		want failure
	}{
		"expired": {
			conf: conf(ca.Issue(t, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })),
			want: failure{says: "the certificate expired on 20"},
		},
		"not yet valid": {
			conf: conf(ca.Issue(t, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) })),
			want: failure{says: "the certificate is not valid before 20"},
		},
		"wrong host": {
			conf: conf(ca.Issue(t, func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"other.example"} })),
			want: failure{says: `the certificate is for other.example, not for "127.0.0.1"`},
		},
		"wrong expected name": {
			conf: conf(good), tls: model.TLS{ServerName: "api.internal"},
			want: failure{says: `the certificate is for 127.0.0.1, not for "api.internal"`},
		},
		"self-signed":       {conf: conf(wiretest.SelfSigned(t)), want: failure{says: "the certificate is self-signed"}},
		"unknown authority": {conf: conf(wiretest.NewCA(t).Issue(t, nil)), want: failure{says: "an authority that is not trusted here: CN=ferry test CA"}},
		"TLS 1.0": {
			conf: &tls.Config{Certificates: []tls.Certificate{good}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10},
			want: failure{says: "no TLS version that is allowed (TLS 1.2 or newer)"},
		},
		"TLS 1.2 where 1.3 is asked for": {
			conf: &tls.Config{Certificates: []tls.Certificate{good}, MaxVersion: tls.VersionTLS12}, tls: model.TLS{MinVersion: "1.3"},
			want: failure{says: "no TLS version that is allowed (TLS 1.3 or newer)"},
		},
		"no client certificate, TLS 1.3": {
			conf: &tls.Config{Certificates: []tls.Certificate{good}, ClientAuth: tls.RequireAnyClientCert},
			want: failure{says: "asks for a client certificate", where: "while"},
		},
		"no client certificate, TLS 1.2": {
			conf: &tls.Config{Certificates: []tls.Certificate{good}, ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12},
			want: failure{says: "asks for a client certificate"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			url := tlsServer(t, tc.conf)
			c := testClient(url)
			c.TLS = tc.tls
			c.TLS.CAPEM = ca.PEM
			tc.want.code = model.EUnreachable
			if tc.want.where == "" {
				tc.want.where = "in the TLS handshake"
			}
			_, rec, err := get(t, Limits{}, c, url, nil)
			tc.want.check(t, rec, err)
		})
	}
}

func TestNoTLSOnThePort(t *testing.T) {
	s := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) { c.Say(200, "", "ok") })
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	for _, host := range []string{s.Host, strings.TrimPrefix(plain.URL, "http://")} {
		_, rec, err := get(t, quick, testClient("https://"+host), "https://"+host, nil)
		if code := model.CodeOf(err); code != model.EUnreachable && code != model.ETimeout {
			t.Errorf("%s", wiretest.Dump(err))
		}
		wiretest.Leaks(t, "exchange", rec.Exchange(NewRedactor(nil)), canary)
	}
}

func TestPrivateCAAndExpectedName(t *testing.T) {
	ca := wiretest.NewCA(t)
	url := tlsServer(t, &tls.Config{Certificates: []tls.Certificate{ca.Issue(t, func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"api.internal"} })}})
	c := testClient(url)
	c.TLS = model.TLS{CAPEM: ca.PEM, ServerName: "api.internal", MinVersion: "1.3"}
	a, _, err := get(t, Limits{}, c, url, nil)
	if err != nil || string(a.Body) != "ok" {
		t.Fatal(wiretest.Dump(err))
	}
	// The name belongs to the host of the base URL: another host must show its own.
	c.BaseURL = "https://api.example"
	_, rec, err := get(t, Limits{}, c, url, nil)
	failure{model.EUnreachable, "the certificate is for api.internal", "in the TLS handshake"}.check(t, rec, err)
}

func TestUnusableTLSSettings(t *testing.T) {
	for field, set := range map[string]model.TLS{"ca": {CAPEM: "no PEM"}, "tls_min_version": {MinVersion: "1.0"}} {
		c := testClient("https://127.0.0.1:1")
		c.TLS = set
		_, _, err := get(t, Limits{}, c, "https://127.0.0.1:1/", nil)
		if e := model.AsError(err); e.Code != model.EInvalid || e.Field != field {
			t.Errorf("%s: %v", field, wiretest.Dump(err))
		}
	}
}

func TestConnectionsAreReusedAndTimed(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") }))
	defer srv.Close()
	p := NewPool(Limits{})
	defer p.Close()
	c := testClient(srv.URL)
	for i, reused := range []bool{false, true, true} {
		_, rec, err := getFrom(t, context.Background(), p, c, srv.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := rec.Timing()
		if got.Reused != reused || (got.Connect > 0) == reused || got.Total <= 0 || got.Wait <= 0 || got.TLS != 0 {
			t.Errorf("request %d: %+v", i+1, got)
		}
	}
}

func TestProxyOfTheEnvironmentButNeverForLoopback(t *testing.T) {
	c := testClient("http://api.example")
	before := proxied.Load()
	a, _, err := get(t, Limits{}, c, "http://api.example/x", nil)
	if err != nil || string(a.Body) != "proxied http://api.example/x" || proxied.Load() != before+1 {
		t.Errorf("%q %v", a.Body, err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "direct") }))
	defer srv.Close()
	for _, host := range []string{"127.0.0.1", "localhost"} {
		url := strings.Replace(srv.URL, "127.0.0.1", host, 1)
		a, _, err := get(t, Limits{}, testClient(url), url, nil)
		if err != nil || string(a.Body) != "direct" {
			t.Errorf("%s: %q %v", host, a.Body, err)
		}
	}
	if proxied.Load() != before+1 {
		t.Error("a request to loopback went to the proxy")
	}
}

func TestPlainHTTPBeyondLoopbackIsRefused(t *testing.T) {
	for raw, ok := range map[string]bool{
		"http://api.example/": false, "http://10.0.0.1/": false, "http://127.0.0.1:8080/x": true, "http://[::1]/": true, "http://localhost/": true,
		"https://api.example/": true, "ftp://x/": false, "//x/": false, "https://": false, "https://u:p@x/": false, "http://127.0.0.1.example/": false,
		"http://localhost.example/": false, "\x00": false, "https://:443/": false,
	} {
		if _, err := CheckURL(testClient(""), raw, "token_url"); (err == nil) != ok {
			t.Errorf("%q: %v", raw, err)
		} else if err != nil && (model.CodeOf(err) != model.EInvalid || model.AsError(err).Field != "token_url") {
			t.Errorf("%q: %s", raw, wiretest.Dump(err))
		}
	}
	c := testClient("")
	c.AllowHTTP = true
	if _, err := CheckURL(c, "http://api.example/", "x"); err != nil {
		t.Error(err)
	}
	_, err := CheckURL(c, "https://user:"+canary+"@h h/", "x")
	wiretest.Leaks(t, "error", err, canary)
}

func TestFirstByteGrowsWithTheClientsTimeout(t *testing.T) {
	p := NewPool(Limits{})
	for timeout, want := range map[time.Duration]time.Duration{0: 15 * time.Second, 5 * time.Second: 15 * time.Second, 2 * time.Minute: time.Minute} {
		if got := p.firstByte(&model.Client{Timeout: timeout}); got != want {
			t.Errorf("timeout %s: first byte %s, want %s", timeout, got, want)
		}
	}
}
