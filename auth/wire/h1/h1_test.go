package h1

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestFits(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*http.Request)
		fits   bool
	}{
		"as it is":          {func(*http.Request) {}, true},
		"a body":            {func(r *http.Request) { r.Body, r.ContentLength = io.NopCloser(strings.NewReader("x")), 1 }, false},
		"no body after all": {func(r *http.Request) { r.Body = http.NoBody }, true},
		"a body that is held": {func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader("x")), 1
			r.GetBody = func() (io.ReadCloser, error) { return r.Body, nil }
		}, true},
		"CONNECT":            {func(r *http.Request) { r.Method = http.MethodConnect }, false},
		"chunked":            {func(r *http.Request) { r.TransferEncoding = []string{"chunked"} }, false},
		"trailers":           {func(r *http.Request) { r.Trailer = http.Header{"X": nil} }, false},
		"an upgrade":         {func(r *http.Request) { r.Header.Set("Upgrade", "websocket") }, false},
		"Connection":         {func(r *http.Request) { r.Header.Set("Connection", "close") }, false},
		"waits for a 100":    {func(r *http.Request) { r.Header.Set("Expect", "100-continue") }, false},
		"its connection end": {func(r *http.Request) { r.Close = true }, false},
	} {
		r := request(t, t.Context(), http.MethodGet, "")
		if tc.change(r); Fits(r) != tc.fits {
			t.Errorf("%s: %t", name, !tc.fits)
		}
	}
}

// One connection serves requests one after another, whatever their answers look like.
func TestAConnectionIsUsedAgain(t *testing.T) {
	for name, tc := range map[string]struct {
		method, says, body string
		status             int
	}{
		"length":     {"GET", ok("hello"), "hello", 200},
		"empty":      {"GET", ok(""), "", 200},
		"chunked":    {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", "hello", 200},
		"no content": {"GET", "HTTP/1.1 204 No Content\r\n\r\n", "", 204},
		"unchanged":  {"GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 12\r\n\r\n", "", 304},
		"HEAD":       {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n", "", 200},
		"large":      {"GET", ok(strings.Repeat("x", 1<<20)), strings.Repeat("x", 1<<20), 200},
		"hints":      {"GET", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok("hello"), "hello", 200},
		"POST":       {"POST", ok("taken"), "taken", 200},
	} {
		t.Run(name, func(t *testing.T) {
			s := says(t, tc.says)
			h := to(t, s)
			for range 5 {
				body := ""
				if tc.method == http.MethodPost {
					body = strings.Repeat("y", 60<<10)
				}
				answers(t, h, request(t, t.Context(), tc.method, body), tc.status, tc.body)
			}
			if n := s.conns.Load(); n != 1 {
				t.Errorf("%d connections", n)
			}
		})
	}
}

// What ends with its connection, or says that it does, is followed by another connection.
func TestAConnectionIsNotUsedAgain(t *testing.T) {
	for name, tc := range map[string]struct {
		says, body string
		status     int
	}{
		"close":      {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi", "hi", 200},
		"HTTP/1.0":   {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", "hi", 200},
		"too much":   {ok("hi") + "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged", "hi", 200},
		"HEAD'd":     {"HTTP/1.1 204 No Content\r\n\r\nwhat nobody asked for", "", 204},
		"unasked101": {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", "", 101},
	} {
		t.Run(name, func(t *testing.T) {
			s := says(t, tc.says)
			h := to(t, s)
			for range 3 {
				answers(t, h, request(t, t.Context(), http.MethodGet, ""), tc.status, tc.body)
			}
			if n := s.conns.Load(); n != 3 {
				t.Errorf("%d connections", n)
			}
		})
	}
}

// What comes behind an answer later, while the connection waits, is not taken for the next one.
func TestAnAnswerThatNobodyAskedForIsNobodys(t *testing.T) {
	forged := make(chan bool)
	s := serve(t, func(c net.Conn, r *http.Request) bool {
		_, _ = io.WriteString(c, ok("own"))
		if r.Method == http.MethodGet {
			go func() {
				<-forged
				_, _ = io.WriteString(c, ok("forged"))
				forged <- true
			}()
		}
		return true
	})
	h := to(t, s)
	answers(t, h, request(t, t.Context(), http.MethodGet, ""), 200, "own")
	forged <- true
	<-forged
	answers(t, h, request(t, t.Context(), http.MethodPost, "x"), 200, "own")
	if n := s.conns.Load(); n != 2 {
		t.Errorf("%d connections", n)
	}
}

// A connection that the server closed while it waited costs nobody a request, not even one that
// must not be sent twice.
func TestAConnectionThatWasClosedMeanwhile(t *testing.T) {
	s := serve(t, func(c net.Conn, r *http.Request) bool {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(c, ok("hi"))
		return false
	})
	h := to(t, s)
	for range 20 {
		answers(t, h, request(t, t.Context(), http.MethodPost, "order"), 200, "hi")
		waitUntil(t, func() bool { // the end has come
			h.mu.Lock()
			defer h.mu.Unlock()
			return len(h.idle) == 0 || !h.idle[0].alive(time.Now())
		})
	}
	if n := s.requests.Load(); n != 20 {
		t.Errorf("%d requests", n)
	}
}

// One that is closed just when it is used again: what may be repeated is, once, and nothing else.
func TestAConnectionThatIsClosedOnUse(t *testing.T) {
	var mu sync.Mutex
	of := map[net.Conn]int{}
	s := serve(t, func(c net.Conn, r *http.Request) bool {
		mu.Lock()
		of[c]++
		n := of[c]
		mu.Unlock()
		_, _ = io.Copy(io.Discard, r.Body)
		if n > 1 {
			return false // without a word
		}
		_, _ = io.WriteString(c, ok("hi"))
		return true
	})
	h := to(t, s)
	answers(t, h, request(t, t.Context(), http.MethodGet, ""), 200, "hi")
	answers(t, h, request(t, t.Context(), http.MethodGet, ""), 200, "hi") // heard twice
	if n := s.requests.Load(); n != 3 {
		t.Errorf("%d requests", n)
	}
	if g := ask(h, request(t, t.Context(), http.MethodPost, "order")); !errors.Is(g.err, io.EOF) {
		t.Errorf("%d, %v", g.status, g.err)
	}
	if n := s.requests.Load(); n != 4 {
		t.Errorf("%d requests: an order was sent twice", n)
	}
	answers(t, h, request(t, t.Context(), http.MethodPost, "order"), 200, "hi")
	keyed := request(t, t.Context(), http.MethodPost, "order")
	keyed.Header.Set("Idempotency-Key", "1")
	answers(t, h, keyed, 200, "hi")
}

// What waits for too long, or is too many, goes.
func TestConnectionsThatWait(t *testing.T) {
	block := make(chan bool)
	s := serve(t, func(c net.Conn, _ *http.Request) bool {
		<-block
		_, err := io.WriteString(c, ok("hi"))
		return err == nil
	})
	h := to(t, s)
	h.MaxIdle, h.Idle = 2, 50*time.Millisecond
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { answers(t, h, request(t, t.Context(), http.MethodGet, ""), 200, "hi") })
	}
	waitUntil(t, func() bool { return s.requests.Load() == 4 })
	close(block)
	all.Wait()
	if n := h.waiting(); n > 2 {
		t.Errorf("%d wait", n)
	}
	waitUntil(t, func() bool { return h.waiting() == 0 })
	answers(t, h, request(t, t.Context(), http.MethodGet, ""), 200, "hi")
	h.Close()
	answers(t, h, request(t, t.Context(), http.MethodGet, ""), 200, "hi") // whoever holds it still may
	if h.waiting() != 0 {
		t.Error("a connection is kept of a host that was closed")
	}
}

func (h *Host) waiting() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.idle)
}

func waitUntil(t *testing.T, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not come")
		}
	}
}

// Of many at once each gets its own answer.
func TestEachGetsItsOwnAnswer(t *testing.T) {
	s := serve(t, func(c net.Conn, r *http.Request) bool {
		_, err := io.WriteString(c, ok(r.Header.Get("N")))
		return err == nil
	})
	h := to(t, s)
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			for k := range 50 {
				r, n := request(t, t.Context(), http.MethodGet, ""), strconv.Itoa(100*i+k)
				r.Header.Set("N", n)
				ctx, cancel := context.WithCancel(r.Context())
				g := ask(h, r.WithContext(ctx))
				cancel() // too late, each time
				if g.err != nil || g.body != n {
					t.Errorf("%q for %q, %v", g.body, n, g.err)
				}
			}
		})
	}
	all.Wait()
}
