package gateway

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ferry/model"
)

// TestEventsArriveOneByOne: issue 6, "streaming both ways, no buffering".
func TestEventsArriveOneByOne(t *testing.T) {
	for name, head := range map[string]func(http.Header){
		"events":  func(h http.Header) { h.Set("Content-Type", "text/event-stream") },
		"chunked": func(h http.Header) { h.Set("Content-Type", "application/json") },
		"counted": func(h http.Header) { h.Set("Content-Length", "24") },
	} {
		k := newKit(t)
		next := make(chan struct{})
		up := newUpstream(t, func(w http.ResponseWriter, _ *http.Request) {
			head(w.Header())
			for i := range 3 {
				_, _ = fmt.Fprintf(w, "data: %d\n", i)
				_ = http.NewResponseController(w).Flush()
				<-next
			}
		})
		k.client("erp", up.URL, nil)
		req, _ := http.NewRequest("GET", k.server.URL+"/gw/erp/x", nil)
		req.Header.Set("Authorization", "Bearer "+k.token)
		resp, err := k.http.Do(req)
		k.check(err)
		in := bufio.NewReader(resp.Body)
		for i := range 3 {
			line, err := in.ReadString('\n') // the upstream says no more before this was read
			if want := fmt.Sprintf("data: %d\n", i); line != want {
				t.Fatalf("%s: %q %v", name, line, err)
			}
			next <- struct{}{}
		}
		_ = resp.Body.Close()
	}
}

// TestAnUpstreamMayAnswerWhileItReads: both bodies flow at once.
func TestAnUpstreamMayAnswerWhileItReads(t *testing.T) {
	k := newKit(t)
	up := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		c := http.NewResponseController(w)
		_ = c.EnableFullDuplex()
		in := bufio.NewReader(r.Body)
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			_, _ = io.WriteString(w, "re: "+line)
			_ = c.Flush()
		}
	})
	k.client("erp", up.URL, nil)
	body, feed := io.Pipe()
	req, _ := http.NewRequest("POST", k.server.URL+"/gw/erp/x", body)
	req.Header.Set("Authorization", "Bearer "+k.token)
	go func() { _, _ = io.WriteString(feed, "one\n") }()
	resp, err := k.http.Do(req)
	k.check(err)
	defer resp.Body.Close()
	in := bufio.NewReader(resp.Body)
	for _, next := range []string{"two", "three", ""} {
		line, err := in.ReadString('\n')
		if !strings.HasPrefix(line, "re: ") {
			t.Fatalf("%q %v", line, err)
		}
		if next == "" {
			_ = feed.Close()
			break
		}
		_, _ = io.WriteString(feed, next+"\n")
	}
	if rest, err := io.ReadAll(in); err != nil || len(rest) != 0 {
		t.Errorf("%q %v", rest, err)
	}
}

// zeroes is a body of n zeroes.
func zeroes(n int64) io.Reader { return io.LimitReader(nothing{}, n) }

type nothing struct{}

func (nothing) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestBodiesAreCutAtTheLimit: issue 6, "body size"; with a length and without.
func TestBodiesAreCutAtTheLimit(t *testing.T) {
	k := newKit(t)
	var got atomic.Int64
	up := newUpstream(t, func(_ http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		got.Store(n)
	})
	k.client("erp", up.URL, nil)
	k.ruleOf(model.GatewayRule{MaxBody: 100_000})
	chunked := func(n int64) answered { return k.ask("POST", "/gw/erp/x", zeroes(n)) }
	counted := func(n int64) answered {
		return k.ask("POST", "/gw/erp/x", zeroes(n), func(r *http.Request) { r.ContentLength = n })
	}
	for _, n := range []int64{0, 1, 99_999, 100_000} {
		if a := chunked(n); a.StatusCode != 200 || got.Load() != n {
			t.Errorf("chunked %d: %d, %d came", n, a.StatusCode, got.Load())
		}
		if a := counted(n); a.StatusCode != 200 || got.Load() != n {
			t.Errorf("counted %d: %d, %d came", n, a.StatusCode, got.Load())
		}
	}
	for _, n := range []int64{100_001, 200_000} {
		k.want(chunked(n), 413, "body_too_large")
		k.want(counted(n), 413, "body_too_large")
	}
	if a := chunked(1); a.StatusCode != 200 {
		t.Errorf("afterwards: %d", a.StatusCode)
	}
	if state, _ := k.lane().breaker.tell(k.now()); state != model.BreakerClosed {
		t.Errorf("long bodies opened the breaker: %s", state)
	}
}

// TestExpectContinueGoesEndToEnd: a long body is not sent before the upstream wants it.
func TestExpectContinueGoesEndToEnd(t *testing.T) {
	k := newKit(t)
	wants := false
	up := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		if wants {
			n, _ := io.Copy(io.Discard, r.Body)
			_, _ = fmt.Fprint(w, n)
			return
		}
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusConflict)
	})
	k.client("erp", up.URL, nil)
	k.http.Transport.(*http.Transport).ExpectContinueTimeout = 5 * time.Second
	var sent, said atomic.Int64
	expect := func(r *http.Request) {
		r.Header.Set("Expect", "100-continue")
		*r = *r.WithContext(httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{Got100Continue: func() { said.Add(1) }}))
	}
	long := func() io.Reader { return &counting{zeroes(1 << 20), &sent} }
	if a := k.ask("POST", "/gw/erp/x", long(), expect); a.StatusCode != http.StatusConflict || sent.Load() != 0 || said.Load() != 0 {
		t.Errorf("%d, %d bytes were sent, told %d times to", a.StatusCode, sent.Load(), said.Load())
	}
	wants = true
	if a := k.ask("POST", "/gw/erp/x", long(), expect); a.body != fmt.Sprint(1<<20) || said.Load() != 1 {
		t.Errorf("%d %q, told %d times", a.StatusCode, a.body, said.Load())
	}
	k.ruleOf(model.GatewayRule{MaxBody: 1000})
	sent.Store(0)
	a := k.ask("POST", "/gw/erp/x", long(), expect, func(r *http.Request) { r.ContentLength = 1 << 20 })
	k.want(a, 413, "body_too_large")
	if sent.Load() != 0 {
		t.Errorf("%d bytes of a body that is too long were asked for", sent.Load())
	}
}

type counting struct {
	io.Reader
	n *atomic.Int64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// TestTrailersPassBothWays, but for those that headers may not be either.
func TestTrailersPassBothWays(t *testing.T) {
	k := newKit(t)
	var got http.Header
	up := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		got = r.Trailer
		w.Header().Set("Trailer", "X-Sum, Set-Cookie")
		_, _ = io.WriteString(w, "body")
		w.Header().Set("X-Sum", "42")
		w.Header().Set("Set-Cookie", "s=1")
		w.Header().Set(http.TrailerPrefix+"X-Late", "l")
		w.Header().Set(http.TrailerPrefix+"WWW-Authenticate", "Basic")
	})
	k.client("erp", up.URL, nil)
	a := k.ask("POST", "/gw/erp/x", zeroes(10), func(r *http.Request) {
		r.Trailer = http.Header{"X-Check": {"7"}, "Authorization": {"Bearer " + k.token}, "X-Forwarded-For": {"1.2.3.4"}, "X_forwarded_for": {"1.2.3.4"}, "X-Leak": {k.token}}
	})
	if got.Get("X-Check") != "7" || got["Authorization"] != nil || got["X-Forwarded-For"] != nil || got["X_forwarded_for"] != nil || got.Get("X-Leak") != "" {
		t.Errorf("the upstream got %v", got)
	}
	if a.Trailer.Get("X-Sum") != "42" || a.Trailer.Get("X-Late") != "l" || a.Trailer.Get("Set-Cookie") != "" || a.Trailer.Get("WWW-Authenticate") != "" || a.body != "body" {
		t.Errorf("the caller got %v", a.Trailer)
	}
}

// TestWhatHTTPSaysAboutBodiesPasses: HEAD, 304, Range, If-None-Match, encodings.
func TestWhatHTTPSaysAboutBodiesPasses(t *testing.T) {
	k := newKit(t)
	text := strings.Repeat("0123456789", 1000)
	up := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"v1"`)
		http.ServeContent(w, r, "x.txt", time.Unix(1e9, 0), strings.NewReader(text))
	})
	k.client("erp", up.URL, nil)
	with := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	if a := k.ask("HEAD", "/gw/erp/x", nil); a.StatusCode != 200 || a.ContentLength != int64(len(text)) || a.body != "" {
		t.Errorf("HEAD: %d %d", a.StatusCode, a.ContentLength)
	}
	if a := k.ask("GET", "/gw/erp/x", nil, with("If-None-Match", `"v1"`)); a.StatusCode != 304 || a.Header.Get("ETag") != `"v1"` {
		t.Errorf("If-None-Match: %d %v", a.StatusCode, a.Header)
	}
	if a := k.ask("GET", "/gw/erp/x", nil, with("Range", "bytes=5-14")); a.StatusCode != 206 || a.body != "5678901234" || a.Header.Get("Content-Range") != "bytes 5-14/10000" {
		t.Errorf("Range: %d %q %v", a.StatusCode, a.body, a.Header)
	}
	if a := k.ask("GET", "/gw/erp/x", nil, with("Accept-Encoding", "br;q=0")); a.body != text || up.requests()[3].Header.Get("Accept-Encoding") != "br;q=0" {
		t.Error("a plain answer")
	}
}

// TestEarlyHintsPassWithTheirLinksAlone: RFC 9110 §15.2; the answer's own headers are whole.
func TestEarlyHintsPassWithTheirLinksAlone(t *testing.T) {
	k := newKit(t)
	up := newUpstream(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", "</a.css>; rel=preload")
		w.Header().Set("Set-Cookie", "s=1")
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Del("Set-Cookie")
		w.WriteHeader(http.StatusProcessing)
		_, _ = io.WriteString(w, "ok")
	})
	k.client("erp", up.URL, func(c *model.Client) { c.Gateway.Origins = []string{"https://app.example.com"} })
	var hints []textproto.MIMEHeader
	a := k.ask("GET", "/gw/erp/x", nil, func(r *http.Request) {
		r.Header.Set("Origin", "https://app.example.com")
		*r = *r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
			if code != 103 {
				t.Errorf("%d came", code)
			}
			hints = append(hints, h)
			return nil
		}}))
	})
	if len(hints) != 1 || len(hints[0]) != 1 || hints[0].Get("Link") == "" {
		t.Errorf("%v", hints)
	}
	if a.body != "ok" || a.Header.Get("X-Request-Id") == "" || a.Header.Get("Access-Control-Allow-Origin") == "" || a.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%v", a.Header)
	}
}
