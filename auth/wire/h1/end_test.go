package h1

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Who asks may go: while the answer is waited for, and while it is read.
func TestWhoAsksGoes(t *testing.T) {
	gone := make(chan bool, 2)
	s := serve(t, func(c net.Conn, r *http.Request) bool {
		if r.Method == http.MethodGet {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
		}
		_, err := c.Read(make([]byte, 1))
		gone <- err != nil
		return false
	})
	h := to(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if g := ask(h, request(t, ctx, http.MethodDelete, "")); !errors.Is(g.err, context.Canceled) {
		t.Errorf("%+v", g)
	}
	ctx, cancel = context.WithCancel(t.Context())
	resp, err := h.RoundTrip(request(t, ctx, http.MethodGet, ""))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	time.AfterFunc(20*time.Millisecond, cancel)
	if b, err := io.ReadAll(resp.Body); string(b) != "half" || !errors.Is(err, context.Canceled) {
		t.Errorf("%q, %v", b, err)
	}
	for range 2 {
		if !<-gone {
			t.Error("the connection went on")
		}
	}
}

// Who goes at the very moment at which the answer begins is followed all the same.
func TestWhoAsksGoesWhenTheAnswerBegins(t *testing.T) {
	var under atomic.Int64
	s := serve(t, func(c net.Conn, _ *http.Request) bool {
		under.Add(1)
		defer under.Add(-1)
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
		_, _ = c.Read(make([]byte, 1)) // until it is closed
		return false
	})
	h := to(t, s)
	for i := range 300 {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Duration(i)*time.Microsecond, cancel)
		if g := ask(h, request(t, ctx, http.MethodGet, "")); !errors.Is(g.err, context.Canceled) {
			t.Fatalf("%+v", g)
		}
	}
	waitUntil(t, func() bool { return under.Load() == 0 })
}

// A body may be closed before its end, more than once, and while it is read.
func TestABodyThatIsClosed(t *testing.T) {
	gone := make(chan bool, 1)
	s := serve(t, func(c net.Conn, _ *http.Request) bool {
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
		_, err := c.Read(make([]byte, 1))
		gone <- err != nil
		return false
	})
	resp, err := to(t, s).RoundTrip(request(t, t.Context(), http.MethodGet, ""))
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(20*time.Millisecond, func() { _ = resp.Body.Close() })
	if b, err := io.ReadAll(resp.Body); string(b) != "half" || err == nil {
		t.Errorf("%q, %v", b, err)
	}
	if err := resp.Body.Close(); err != nil || !<-gone {
		t.Errorf("%v", err)
	}
}

// The head has its time; a body takes as long as it takes, and so does the next head.
func TestTheTimeToTheFirstByte(t *testing.T) {
	const limit = 80 * time.Millisecond
	s := serve(t, func(c net.Conn, r *http.Request) bool {
		if r.Method == http.MethodPost {
			_, _ = c.Read(make([]byte, 1))
			return false
		}
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n")
		for i := range 6 {
			time.Sleep(limit / 3)
			_, _ = io.WriteString(c, strconv.Itoa(i))
		}
		return true
	})
	h := to(t, s)
	h.FirstByte = limit
	for range 2 {
		answers(t, h, request(t, t.Context(), http.MethodGet, ""), 200, "012345")
	}
	if g := ask(h, request(t, t.Context(), http.MethodPost, "x")); !errors.Is(g.err, os.ErrDeadlineExceeded) {
		t.Errorf("%+v", g)
	}
	if n := s.conns.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// A server that answers before it has read the request is heard.
func TestAnAnswerBeforeTheRequestWasRead(t *testing.T) {
	s := serve(t, func(c net.Conn, _ *http.Request) bool {
		_, _ = io.WriteString(c, "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		return false
	})
	r := request(t, t.Context(), http.MethodPost, strings.Repeat("x", 64<<10))
	h := to(t, s)
	for range 10 {
		again := r.Clone(t.Context())
		again.Body, _ = r.GetBody()
		if g := ask(h, again); g.status != 413 && !isReset(g.err) { // a reset takes what was said with it
			t.Errorf("%+v", g)
		}
	}
}

func isReset(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && !op.Timeout()
}
