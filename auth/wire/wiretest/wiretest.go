// Package wiretest has the hostile other side for tests: raw TCP servers that
// misbehave in ways net/http is too polite for, certificates of every bad kind, and
// the search for a leaked secret.
//
// Tests of auth import it, nothing else may. Servers listen on 127.0.0.1 only and end
// with the test.
package wiretest

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"ferry/model"
)

// Raw is a TCP server whose handler writes whatever bytes it likes.
type Raw struct {
	Host  string // 127.0.0.1:port
	count atomic.Int64
	stop  chan struct{}
	mu    sync.Mutex
	conns map[net.Conn]bool
}

// Conn is one request to a Raw server: what arrived, and the connection to answer on.
type Conn struct {
	net.Conn
	Request *http.Request
	Body    string
	Stop    <-chan struct{} // closed when the test ends
}

// NewRaw starts a server. With conf it speaks TLS.
func NewRaw(t testing.TB, conf *tls.Config, handle func(*Conn)) *Raw {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Raw{Host: l.Addr().String(), stop: make(chan struct{}), conns: map[net.Conn]bool{}}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if conf != nil {
				c = tls.Server(c, conf)
			}
			s.keep(c, true)
			wg.Go(func() { s.serve(c, handle) })
		}
	})
	t.Cleanup(func() {
		close(s.stop)
		_ = l.Close()
		s.mu.Lock()
		for c := range s.conns {
			_ = c.Close()
		}
		s.mu.Unlock()
		wg.Wait()
	})
	return s
}

// URL is an http URL of the server.
func (s *Raw) URL(path string) string { return "http://" + s.Host + path }

// Count is how many requests arrived.
func (s *Raw) Count() int { return int(s.count.Load()) }

func (s *Raw) keep(c net.Conn, add bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if add {
		s.conns[c] = true
	} else {
		delete(s.conns, c)
	}
}

func (s *Raw) serve(c net.Conn, handle func(*Conn)) {
	defer func() {
		_ = c.Close()
		s.keep(c, false)
	}()
	req, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		return
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	s.count.Add(1)
	handle(&Conn{Conn: c, Request: req, Body: string(body), Stop: s.stop})
}

// Say answers with a status line, header lines and a body, with the right length.
func (c *Conn) Say(status int, headers, body string) {
	fmt.Fprintf(c, "HTTP/1.1 %d %s\r\n%sContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		status, http.StatusText(status), headers, len(body), body)
}

// Reset ends the connection with a TCP reset.
func (c *Conn) Reset() {
	if t, ok := c.Conn.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = c.Close()
}

// Leaks fails the test when v, printed in any way, holds one of the secrets in a form
// that gives it away.
func Leaks(t testing.TB, what string, v any, secrets ...string) {
	t.Helper()
	text := Dump(v)
	for _, s := range secrets {
		for _, form := range []string{
			s, url.QueryEscape(s), url.PathEscape(s), base64.StdEncoding.EncodeToString([]byte(s)),
			base64.RawURLEncoding.EncodeToString([]byte(s)), fmt.Sprintf("%x", s),
		} {
			if strings.Contains(text, form) {
				t.Errorf("%s leaks %q as %q:\n%s", what, s, form, text)
			}
		}
	}
}

// Dump prints v in every way in which it might be printed.
func Dump(v any) string {
	var b strings.Builder
	if err, ok := v.(error); ok {
		for e := err; e != nil; e = errors.Unwrap(e) {
			fmt.Fprintf(&b, "%v %+v %#v\n", e, e, e)
		}
		fmt.Fprintf(&b, "%+v\n", model.AsError(err))
		return b.String()
	}
	js, _ := json.Marshal(v)
	fmt.Fprintf(&b, "%+v\n%#v\n%s", v, v, js)
	return b.String()
}

// Controls fails the test when text that is shown holds a raw control character.
func Controls(t testing.TB, what, text string) {
	t.Helper()
	if clean := model.PrintableLines(text); clean != text {
		t.Errorf("%s holds control characters: %q", what, text)
	}
}
