package h1

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"sync/atomic"
	"syscall"
	"time"
)

// conn is one connection, with one exchange on it at a time.
type conn struct {
	net.Conn
	h      *Host
	r      *bufio.Reader
	w      *bufio.Writer
	raw    syscall.RawConn       // of the socket; nil where it cannot be looked at
	peek   func(fd uintptr) bool // c.look, bound once
	silent bool                  // what it saw
	cut    func()                // ends an exchange whose context ended

	host     string    // that requests went to
	left     int64     // bytes that may still be read of a head; below 0: as many as come
	deadline time.Time // as it was last set; zero: none
	since    time.Time // when it was put back
	heard    bool      // anything of the answer has come
}

// buffer is how much is read and written at once, as much as in net/http.
const buffer = 4 << 10

// past is a deadline that is over.
var past = time.Unix(1, 0)

func newConn(h *Host, nc net.Conn) *conn {
	c := &conn{Conn: nc, h: h}
	c.r, c.w = bufio.NewReaderSize(limited{c}, buffer), bufio.NewWriterSize(nc, buffer)
	c.cut = func() { _ = nc.SetDeadline(past) } // a connection that is closed has none to set
	if s, ok := nc.(syscall.Conn); ok {
		if raw, err := s.SyscallConn(); err == nil {
			c.raw, c.peek = raw, c.look
		}
	}
	return c
}

// limited is how the head of an answer is bounded.
type limited struct{ c *conn }

// Read implements io.Reader.
func (l limited) Read(p []byte) (int, error) {
	c := l.c
	if c.left < 0 {
		return c.Conn.Read(p)
	}
	if c.left == 0 {
		return 0, tooLong(c.h.MaxHeader)
	}
	if int64(len(p)) > c.left {
		p = p[:c.left]
	}
	n, err := c.Conn.Read(p)
	c.left -= int64(n)
	return n, err
}

// alive reports whether a connection that waited is still open and silent.
func (c *conn) alive(now time.Time) bool {
	if c.raw == nil {
		return false
	}
	c.bound(now) // one that is over would not let it be looked at
	c.silent = false
	return c.raw.Read(c.peek) == nil && c.silent
}

// look finds nothing to read, which is as it has to be, an end, or what nobody asked for.
func (c *conn) look(fd uintptr) bool {
	var b [1]byte
	_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK)
	c.silent = err == syscall.EAGAIN
	return true
}

// bound sets the deadline of an exchange that begins now. Setting one is not free: it is late
// by up to an eighth, and by a second at the most, so that the next exchange may do with it.
func (c *conn) bound(now time.Time) {
	if c.deadline.Sub(now) >= c.h.FirstByte {
		return
	}
	c.deadline = now.Add(c.h.FirstByte + min(time.Second, c.h.FirstByte/8))
	_ = c.SetDeadline(c.deadline) // what is wrong shows with the request
}

// unbound takes the deadline away: a body may take as long as its reader lets it.
func (c *conn) unbound() {
	c.deadline = time.Time{}
	_ = c.SetDeadline(c.deadline) // the same
}

// exchange makes one exchange. The connection goes back when the answer is read.
func (c *conn) exchange(r *http.Request, now time.Time) (*http.Response, error) {
	ctx := r.Context()
	c.heard = false
	c.bound(now)
	stop := context.AfterFunc(ctx, c.cut)
	sent := c.send(r)
	if sent != nil {
		_ = c.SetDeadline(time.Now().Add(lastWord)) // what is wrong shows with the answer
	}
	resp, err := c.head(r)
	if err != nil {
		stop()
		_ = c.Close() // it is of no use any more
		if sent != nil {
			err = sent // the cause
		}
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, err
	}
	x := &body{
		ReadCloser: resp.Body, c: c, ctx: ctx, stop: stop, chunked: len(resp.TransferEncoding) > 0,
		last: resp.Close || sent != nil || resp.StatusCode == http.StatusSwitchingProtocols,
	}
	c.left = -1
	switch n := resp.ContentLength; {
	case resp.Body == http.NoBody:
		x.over(true)
		return resp, nil
	case n < 0 || n > int64(c.r.Buffered()):
		c.unbound()
		if ctx.Err() != nil {
			c.cut() // it may have been undone just now
		}
	}
	resp.Body = x
	return resp, nil
}

// lastWord is how long the answer is waited for of a server that did not take the request.
const lastWord = 50 * time.Millisecond

// head reads the head of the answer, and of what is said before it.
func (c *conn) head(r *http.Request) (*http.Response, error) {
	c.left = c.h.MaxHeader
	for {
		if _, err := c.r.Peek(1); err != nil {
			return nil, err
		}
		c.heard = true
		resp, err := http.ReadResponse(c.r, r)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode >= 200 || resp.StatusCode == http.StatusSwitchingProtocols {
			return resp, nil
		}
		if t := httptrace.ContextClientTrace(r.Context()); t != nil && t.Got1xxResponse != nil {
			if err := t.Got1xxResponse(resp.StatusCode, textproto.MIMEHeader(resp.Header)); err != nil {
				return nil, err
			}
		}
	}
}

// body is the body of an answer. It gives its connection back at its end.
type body struct {
	io.ReadCloser
	c    *conn
	ctx  context.Context // of the request
	stop func() bool
	last bool // no other exchange may follow on the connection

	chunked bool
	done    atomic.Bool
}

// Ready reports whether some of the body has come already: reading it waits for nothing.
func (b *body) Ready() bool {
	has, _ := b.c.r.Peek(b.c.r.Buffered()) // no more than there is
	if b.chunked {
		line := bytes.IndexByte(has, '\n') // behind the length of the first chunk
		return line >= 0 && line+1 < len(has)
	}
	return len(has) > 0
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		whole := err == io.EOF //nolint:errorlint // net/http returns it as it is
		b.over(whole)
		if !whole && b.ctx.Err() != nil {
			err = b.ctx.Err()
		}
	}
	return n, err
}

// Close implements io.Closer.
func (b *body) Close() error {
	b.over(false)
	return nil
}

// over ends the exchange once. A connection is used again when the answer was read to its end
// and nothing came behind it.
func (b *body) over(whole bool) {
	if !b.done.CompareAndSwap(false, true) {
		return
	}
	c := b.c
	if stopped := b.stop(); !stopped || !whole || b.last || c.r.Buffered() > 0 {
		_ = c.Close() // it is of no use any more
		return
	}
	c.since = time.Now()
	c.h.put(c)
}
