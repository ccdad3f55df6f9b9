package call

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"ferry/auth/outbound"
	"ferry/auth/wire"
	"ferry/auth/wire/wiretest"
	"ferry/model"
)

// bomb is 12 MiB of blanks in some 12 KiB.
func bomb(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(bytes.Repeat([]byte(" "), 12<<20)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// forever repeats text until the client hangs up.
func forever(c *wiretest.Conn, text string) {
	for {
		if _, err := c.Write([]byte(text)); err != nil {
			return
		}
	}
}

// CASES: gzip bomb, endless body, one byte per 10 s, endless headers → capped; server down,
// reset mid-body, timeout → what failed, where in the exchange, what to try.
func TestHostileAPI(t *testing.T) {
	quick := wire.Limits{FirstByte: 700 * time.Millisecond, Total: 1500 * time.Millisecond}
	long, squeezed := strings.Repeat("a", 1000), bomb(t)
	for name, tc := range map[string]struct {
		handle func(*wiretest.Conn)
		code   model.Code
		says   string
	}{
		"gzip bomb":        {func(c *wiretest.Conn) { c.Say(200, "Content-Encoding: gzip\r\n", squeezed) }, model.EUpstream, "expands more than 100 : 1, while reading the body"},
		"endless headers":  {func(c *wiretest.Conn) { fmt.Fprint(c, "HTTP/1.1 200 OK\r\n"); forever(c, "X-A: "+long+"\r\n") }, model.EUpstream, "the headers are longer than 64 KiB, while waiting"},
		"one byte in 10 s": {func(c *wiretest.Conn) { fmt.Fprint(c, "HTTP/1.1 200 OK\r\n\r\nx"); <-c.Stop }, model.ETimeout, "took longer than 1.5s in all, while reading the body"},
		"silence":          {func(c *wiretest.Conn) { <-c.Stop }, model.ETimeout, "no answer within 700ms, while waiting for the first byte"},
		"reset mid-body": {func(c *wiretest.Conn) {
			fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nabc")
			c.Reset()
		}, model.EUnreachable, "broke off its answer"},
		"no HTTP": {func(c *wiretest.Conn) { fmt.Fprint(c, "220 smtp \x1b[2J\r\n") }, model.EUpstream, "the answer is not correct HTTP"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := wiretest.NewRaw(t, nil, tc.handle)
			resp, err := do(t, newCaller(t, quick), clientFor(s.URL("")), model.Request{Path: "/"})
			if model.CodeOf(err) != tc.code || !strings.Contains(err.Error(), tc.says) || model.AsError(err).Next == "" {
				t.Errorf("%s", wiretest.Dump(err))
			}
			if resp.Exchange.Failure == "" || s.Count() != 1 {
				t.Errorf("%d requests; %+v", s.Count(), resp.Exchange)
			}
		})
	}
}

// CASES: endless body → capped at what is shown, and not an error.
func TestEndlessBodyOfAnAPI(t *testing.T) {
	s := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) {
		fmt.Fprint(c, "HTTP/1.1 200 OK\r\n\r\n")
		forever(c, strings.Repeat("a", 64<<10))
	})
	resp, err := do(t, newCaller(t, wire.Limits{}), clientFor(s.URL("")), model.Request{Path: "/"})
	if err != nil || !resp.Truncated || len(resp.Body) != model.MaxShownBody {
		t.Errorf("%d bytes, truncated %t, %v", len(resp.Body), resp.Truncated, err)
	}
	// To a file it ends with the time.
	resp, err = do(t, newCaller(t, wire.Limits{Total: 300 * time.Millisecond}), clientFor(s.URL("")), model.Request{Path: "/", Sink: &progress{}})
	if model.CodeOf(err) != model.ETimeout || resp.Size == 0 {
		t.Errorf("%d bytes, %v", resp.Size, err)
	}
}

// CASES: server down.
func TestAPIDown(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	_, err = do(t, newCaller(t, wire.Limits{}), clientFor("http://"+l.Addr().String()), model.Request{Path: "/"})
	if model.CodeOf(err) != model.EUnreachable || !strings.Contains(err.Error(), "connection refused, while connecting") || !strings.Contains(model.AsError(err).Next, "--base-url URL") {
		t.Error(wiretest.Dump(err))
	}
}

// CASES: expired, wrong-host, self-signed certificate; TLS 1.0; missing client certificate →
// refused, reason shown, and no credential was sent. Insecure lifts what is about the
// server's certificate, and nothing else.
func TestCertificatesOfAnAPI(t *testing.T) {
	ca := wiretest.NewCA(t)
	of := func(c tls.Certificate) *tls.Config { return &tls.Config{Certificates: []tls.Certificate{c}} }
	issue := func(edit func(*x509.Certificate)) *tls.Config { return of(ca.Issue(t, edit)) }
	asks, old := issue(nil), issue(nil)
	asks.ClientAuth = tls.RequireAnyClientCert
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS10
	for name, tc := range map[string]struct {
		conf     *tls.Config
		says     string
		insecure bool // mends it
	}{
		"expired":     {issue(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }), "the certificate expired on", true},
		"wrong host":  {issue(func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"other.example"} }), "the certificate is for other.example", true},
		"self-signed": {of(wiretest.SelfSigned(t)), "the certificate is self-signed", true},
		"TLS 1.0":     {old, "no TLS version that is allowed (TLS 1.2 or newer)", false},
		"no client certificate": {
			asks, "asks for a client certificate, and ferry has none to give", false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := wiretest.NewRaw(t, tc.conf, fine)
			c := clientFor("https://" + s.Host)
			c.TLS.CAPEM = ca.PEM
			caller := newCaller(t, wire.Limits{})
			_, err := do(t, caller, c, model.Request{Path: "/"})
			if model.CodeOf(err) != model.EUnreachable || !strings.Contains(err.Error(), tc.says) || model.AsError(err).Next == "" || s.Count() != 0 {
				t.Errorf("%d requests; %s", s.Count(), wiretest.Dump(err))
			}
			c.TLS.Insecure = true
			resp, err := do(t, caller, c, model.Request{Path: "/"})
			if (err == nil) != tc.insecure {
				t.Errorf("insecure: %v", err)
			}
			if !strings.Contains(fmt.Sprint(resp.Exchange.Notes), "certificate not checked") {
				t.Errorf("notes %q", resp.Exchange.Notes)
			}
		})
	}
}

// CASES: error body that echoes the secret, holds ESC, is HTML, is 5 MiB → redacted, escaped,
// capped in what is kept; the answer itself comes as it was sent.
func TestErrorBodiesOfAnAPI(t *testing.T) {
	for name, body := range map[string]string{
		"echo":  `{"error":"` + canaryToken + `","key":"` + canaryHeader + `"}`,
		"ESC":   "\x1b]0;owned\x07\x1b[2J",
		"HTML":  "<html><script>alert('" + canaryToken + "')</script></html>",
		"5 MiB": strings.Repeat(canaryToken+" ", 5<<20/len(canaryToken)),
	} {
		for _, status := range []int{400, 401, 500} {
			s := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) { c.Say(status, "X-Echo: "+c.Request.Header.Get("Authorization")+"\r\n", body) })
			resp, err := do(t, newCaller(t, wire.Limits{}), clientFor(s.URL("")), model.Request{Path: "/"})
			if err != nil || resp.Status != status || string(resp.Body) != body || len(resp.Exchange.ResponseBody) > model.MaxErrorBody {
				t.Errorf("%s %d: status %d, %d bytes, %v", name, status, resp.Status, len(resp.Body), err)
			}
		}
	}
}

// One client's calls share its rate, whatever they call, and a call that cannot have its
// turn in time is not made.
func TestCallsKeepToTheRate(t *testing.T) {
	base, got := serve(t, func(http.ResponseWriter, *http.Request) {})
	s, c := newCaller(t, wire.Limits{}), clientFor(base)
	c.ID, c.Transport.RateLimit = "01", 50
	begin := time.Now()
	for range 6 {
		if _, err := do(t, s, c, model.Request{Path: "/"}); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(begin); took < 95*time.Millisecond {
		t.Errorf("6 calls at 50 a second took %s", took)
	}
	c.Transport.RateLimit = 0.01
	_, _ = do(t, s, c, model.Request{Path: "/"})
	n := len(*got)
	resp, err := do(t, s, c, model.Request{Path: "/"})
	if model.CodeOf(err) != model.ETimeout || len(*got) != n || resp.Status != 0 || resp.Exchange.Failure == "" {
		t.Errorf("%d requests, %v", len(*got)-n, err)
	}
}

// One rate for token requests and API calls of a client: 1 and 3 of them leave 20 ms apart.
func TestTokenRequestsAndCallsShareTheRate(t *testing.T) {
	base, got := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"access_token":"abc","token_type":"Bearer","expires_in":600}`)
	})
	pool := wire.NewPool(wire.Limits{})
	source, caller := outbound.New(outbound.Options{Pool: pool}), New(Options{Pool: pool})
	defer caller.Close()
	c := clientFor(base)
	c.ID, c.Transport.RateLimit = "01", 50
	c.Auth = model.Auth{Method: model.AuthOAuth2, ClientID: "hub", ClientSecret: model.NewSecret("s3cret-canary")}
	begin := time.Now()
	tok, x, err := source.Fetch(t.Context(), model.TokenRequest{Client: c, TokenURL: base + "/token", Send: model.SendHeader})
	if err != nil || x.Timing.Queue != 0 {
		t.Fatal(wiretest.Dump(err))
	}
	for range 3 {
		resp, err := caller.Do(t.Context(), c, tok, model.Request{Path: "/"})
		if tm := resp.Exchange.Timing; err != nil || tm.Queue > tm.Total {
			t.Fatal(wiretest.Dump(err))
		}
	}
	if took := time.Since(begin); took < 55*time.Millisecond || len(*got) != 4 {
		t.Errorf("%d requests in %s", len(*got), took)
	}
}
