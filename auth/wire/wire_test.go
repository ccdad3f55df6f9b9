package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
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

func TestTheClientsOwnTimeLimitsEndAnExchange(t *testing.T) {
	s := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) { <-c.Stop })
	mute := silent(t)
	for url, tc := range map[string]struct {
		want failure
		next string
	}{
		s.URL("/"):        {failure{model.ETimeout, "no answer within 400ms", "while waiting for the first byte"}, "--first-byte-timeout"},
		"https://" + mute: {failure{model.ETimeout, "no TLS handshake within 400ms", "in the TLS handshake"}, "--connect-timeout"},
	} {
		c := testClient(url)
		c.Transport.Connect, c.Transport.FirstByte = 400*time.Millisecond, 400*time.Millisecond
		_, rec, err := get(t, Limits{}, c, url, nil)
		tc.want.check(t, rec, err)
		if next := model.AsError(err).Next; !strings.Contains(next, tc.next) {
			t.Errorf("next %q", next)
		}
	}
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

// Other ways to answer for ever or wrongly, each of which net/http names differently.
func TestAnswersThatBreakHTTP(t *testing.T) {
	long := strings.Repeat("a", 1000)
	for name, tc := range map[string]struct {
		first, again string // again is repeated for ever
		code         model.Code
		says         string
	}{
		"endless 103":           {"", "HTTP/1.1 103 Early Hints\r\nLink: " + long + "\r\n\r\n", model.EUpstream, "the headers are longer than 64 KiB"},
		"endless trailers":      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "X-T: " + long + "\r\n", model.EUpstream, "not correct HTTP"},
		"endless chunk options": {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", long, model.EUpstream, "not correct HTTP"},
		"chunk of no size":      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "", model.EUpstream, "not correct HTTP"},
		"two lengths":           {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "", model.EUpstream, "not correct HTTP"},
		"negative length":       {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "", model.EUpstream, "not correct HTTP"},
		"ESC in a header":       {"HTTP/1.1 200 OK\r\nX-A\x1b: b\r\n\r\n", "", model.EUpstream, "not correct HTTP"},
		"no status":             {"HTTP/1.1 OK\r\n\r\n", "", model.EUpstream, "not correct HTTP"},
		"switching protocols":   {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "", model.EUpstream, "not correct HTTP"},
	} {
		t.Run(name, func(t *testing.T) {
			s := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) {
				fmt.Fprint(c, tc.first)
				for tc.again != "" {
					if _, err := fmt.Fprint(c, tc.again); err != nil {
						return
					}
				}
				<-c.Stop
			})
			_, rec, err := get(t, quick, testClient(s.URL("")), s.URL("/"), nil)
			failure{tc.code, tc.says, "while"}.check(t, rec, err)
		})
	}
}

func TestNotHTTP(t *testing.T) {
	s := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) { fmt.Fprint(c, "\x1b[2J"+canary+"\r\n\r\n") })
	_, rec, err := get(t, Limits{}, testClient(s.URL("")), s.URL("/"), nil)
	failure{model.EUpstream, "not correct HTTP", "while waiting for the first byte"}.check(t, rec, err)
}

// quiet is a log that nobody reads: servers complain there about what a test does to them.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }
