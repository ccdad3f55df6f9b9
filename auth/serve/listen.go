package serve

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"time"

	"ferry/model"
	"ferry/model/serving"
)

// listener bounds how many connections are open, and lets in only the peers that may
// come, before anything that they sent is read.
type listener struct {
	net.Listener
	limit  int64
	admits func(net.Addr) bool
	stats  *stats
	open   atomic.Int64
}

// listen opens the address. EBusy when it is taken.
func listen(ctx context.Context, addr string, limit int64, admits func(net.Addr) bool, st *stats) (*listener, error) {
	if addr == "" {
		addr = serving.DefaultListen
	}
	l, err := listenTCP(ctx, addr, "listen", "--listen")
	if err != nil {
		return nil, err
	}
	return &listener{Listener: l, limit: limit, admits: admits, stats: st}, nil
}

func listenTCP(ctx context.Context, addr, field, flag string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, model.Errorf(model.EBusy, "%s is in use by another program", model.Printable(addr)).
			WithField(field).WithNext("name another address with %s", flag).WithCause(err)
	}
	if err != nil {
		return nil, model.Errorf(model.EInvalid, "cannot listen on %s", model.Printable(addr)).
			WithField(field).WithNext("name an address of this host with %s HOST:PORT", flag).WithCause(err)
	}
	return l, nil
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		tcp, ok := c.(*net.TCPConn)
		switch {
		case !ok || !l.admits(tcp.RemoteAddr()):
			l.stats.refuse("outside_proxy", now())
		case l.open.Add(1) > l.limit:
			l.open.Add(-1)
			l.stats.refuse("too_many_connections", now())
		default:
			return &conn{TCPConn: tcp, open: &l.open}, nil
		}
		_ = c.Close() // nothing was said on it
	}
}

// conn is a connection that is counted while it is open.
type conn struct {
	*net.TCPConn
	open   *atomic.Int64
	closed atomic.Bool
	cut    atomic.Bool
}

// SetWriteDeadline implements net.Conn. A deadline of long ago is the last: on a connection that
// was cut TLS would else take five seconds to take its leave of a client that does not read.
func (c *conn) SetWriteDeadline(t time.Time) error {
	if !t.IsZero() && t.Unix() <= 1 {
		c.cut.Store(true)
	} else if c.cut.Load() {
		return nil
	}
	return c.TCPConn.SetWriteDeadline(t)
}

// Close implements net.Conn.
func (c *conn) Close() error {
	if c.closed.CompareAndSwap(false, true) {
		c.open.Add(-1)
	}
	return c.TCPConn.Close()
}

// accept serves on the listener; of HTTP/1.1 every connection is strict.
func (s *Server) accept() error {
	wrap := func(c net.Conn) net.Conn {
		return newStrict(c, s.lim.headerBytes, func(reason string) { s.stats.refuse(reason, now()) })
	}
	if s.certs != nil {
		return s.http.Serve(newSplit(s.listener, s.http.TLSConfig, s.lim.header, wrap))
	}
	return s.http.Serve(plain{s.listener, wrap})
}

// turned tells a connection when a request was answered, and when another protocol is spoken on it.
func turned(c net.Conn, state http.ConnState) {
	s, ok := c.(*strict)
	switch {
	case !ok:
	case state == http.StateHijacked:
		s.raw.Store(true)
	case state == http.StateIdle:
		s.calm.Store(true)
	}
}
