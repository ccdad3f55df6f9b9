package serve

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"time"
)

// split is a listener for TLS that makes the handshakes itself, each in its own goroutine, and
// tells HTTP/2 from HTTP/1.1: net/http takes the first as it is, the other through strict.
type split struct {
	net.Listener
	config *tls.Config
	within time.Duration // of a handshake
	wrap   func(net.Conn) net.Conn
	ready  chan net.Conn

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	shakes sync.WaitGroup
	over   chan struct{} // accepting has ended
	err    error         // why; set before over is closed
}

func newSplit(l net.Listener, config *tls.Config, within time.Duration, wrap func(net.Conn) net.Conn) *split {
	s := &split{Listener: l, config: config, within: within, wrap: wrap, ready: make(chan net.Conn), over: make(chan struct{})}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	go s.run()
	return s
}

func (s *split) run() {
	defer close(s.over)
	for {
		c, err := s.Listener.Accept()
		if err != nil {
			s.err = err
			return
		}
		s.shakes.Go(func() { s.shake(c) })
	}
}

// shake makes one handshake and hands the connection on.
func (s *split) shake(c net.Conn) {
	ctx, cancel := context.WithTimeout(s.ctx, s.within)
	defer cancel()
	t := tls.Server(c, s.config)
	if t.HandshakeContext(ctx) != nil {
		_ = c.Close() // whoever it was speaks no TLS with us
		return
	}
	out := net.Conn(t)
	if t.ConnectionState().NegotiatedProtocol != "h2" {
		out = s.wrap(t)
	}
	select {
	case s.ready <- out:
	case <-s.ctx.Done():
		_ = out.Close() // nothing was said on it
	}
}

// Accept implements net.Listener.
func (s *split) Accept() (net.Conn, error) {
	select {
	case c := <-s.ready:
		return c, nil
	case <-s.over:
		return nil, s.err
	}
}

// Close implements net.Listener. No handshake outlives it.
func (s *split) Close() error {
	s.cancel()
	err := s.Listener.Close()
	<-s.over
	s.shakes.Wait()
	return err
}

// plain is a listener without TLS whose connections are strict.
type plain struct {
	net.Listener
	wrap func(net.Conn) net.Conn
}

// Accept implements net.Listener.
func (p plain) Accept() (net.Conn, error) {
	c, err := p.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return p.wrap(c), nil
}
