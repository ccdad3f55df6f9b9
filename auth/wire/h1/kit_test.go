package h1

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// server answers every request on its connections with whatever bytes a test likes.
type server struct {
	addr     string
	conns    atomic.Int64 // that were accepted
	requests atomic.Int64
}

// serve starts a server. answer writes to the connection; false ends it.
func serve(t testing.TB, answer func(c net.Conn, r *http.Request) bool) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{addr: l.Addr().String()}
	var open sync.Map
	var group sync.WaitGroup
	group.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.conns.Add(1)
			open.Store(c, true)
			group.Go(func() {
				defer c.Close()
				for in := bufio.NewReader(c); ; {
					r, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					s.requests.Add(1)
					if !answer(c, r) {
						return
					}
					_, _ = io.Copy(io.Discard, r.Body) // what is left of it
				}
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		open.Range(func(c, _ any) bool { _ = c.(net.Conn).Close(); return true })
		group.Wait()
	})
	return s
}

// says is a server that always answers the same.
func says(t testing.TB, answer string) *server {
	t.Helper()
	return serve(t, func(c net.Conn, r *http.Request) bool {
		_, _ = io.Copy(io.Discard, r.Body)
		_, err := io.WriteString(c, answer)
		return err == nil
	})
}

// to returns the connections to a server.
func to(t testing.TB, s *server) *Host {
	t.Helper()
	h := &Host{
		Dial: func(ctx context.Context) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", s.addr)
		},
		FirstByte: 5 * time.Second, Idle: time.Minute, MaxIdle: 8, MaxHeader: 1 << 16,
	}
	t.Cleanup(h.Close)
	return h
}

func request(t testing.TB, ctx context.Context, method, body string) *http.Request {
	t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://upstream.example/orders?page=2", in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// got is an answer as its reader sees it.
type got struct {
	status  int
	header  http.Header
	body    string
	trailer http.Header
	err     error
}

func ask(rt http.RoundTripper, r *http.Request) got {
	resp, err := rt.RoundTrip(r)
	if err != nil {
		return got{err: err}
	}
	body, err := io.ReadAll(resp.Body)
	return got{resp.StatusCode, resp.Header, string(body), resp.Trailer, errors.Join(err, resp.Body.Close())}
}

// answers asks and holds that this status and body come.
func answers(t *testing.T, rt http.RoundTripper, r *http.Request, status int, body string) {
	t.Helper()
	if g := ask(rt, r); g.err != nil || g.status != status || g.body != body {
		t.Errorf("%d %q, %v", g.status, g.body, g.err)
	}
}

func ok(body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}
