// Package sandbox is three small systems on one loopback port, for trying ferry out
// and for its tests: an HR system, an analytics API and an ERP, with token endpoints
// as such systems have them and 10,000 made-up records a feed. The records are the
// same bytes on every start; what is written to the ERP is forgotten at the end.
//
// It imports model and the packages of auth. It must never listen beyond loopback,
// hold a secret that is worth anything, write to a file or to the standard streams.
package sandbox

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"ferry/model"
)

// Limits of the server (DESIGN "Limits and defaults").
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 30 * time.Second
	writeTimeout  = 90 * time.Second // more than the slowest answer of /slow
	idleTimeout   = 60 * time.Second
	maxHeaders    = 32 << 10
	closeTimeout  = 500 * time.Millisecond // no answer but /slow takes longer
)

// DefaultTokenTTL is how long tokens live, short enough to watch one expire.
const DefaultTokenTTL = 2 * time.Minute

// Options of a sandbox. The zero value is what `ferry sandbox` uses.
type Options struct {
	Addr     string        // host:port on loopback; "" means 127.0.0.1:0
	TokenTTL time.Duration // 0 means DefaultTokenTTL
	Now      model.Clock   // nil means the system's clock
	Flaky    Flaky         // which requests fail; the zero value: none
}

// Server is a running sandbox.
type Server struct {
	url   string
	http  *http.Server
	stats *counters
	// system is what is behind the port.
	system *system
	quit   context.CancelFunc
	done   chan struct{} // closed when Serve has returned
	once   sync.Once
	err    error
}

// Listen opens a loopback address, "" meaning any free port of 127.0.0.1. Any other
// host is EInvalid, a port that is taken EBusy.
func Listen(ctx context.Context, addr string) (net.Listener, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, model.Errorf(model.EInvalid, "%s is not an address of the form host:port", model.Printable(addr)).
			WithField("listen").WithNext("use --listen 127.0.0.1:0").WithCause(err)
	}
	if !model.IsLoopback(host) {
		return nil, model.Errorf(model.EInvalid, "the sandbox listens on loopback only, not on %s", model.Printable(addr)).
			WithField("listen").WithNext("use --listen 127.0.0.1:0")
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, model.Errorf(model.EBusy, "%s is in use by another program", model.Printable(addr)).
			WithField("listen").WithNext("use --listen 127.0.0.1:0 for a free port").WithCause(err)
	}
	if err != nil {
		return nil, model.Errorf(model.EInvalid, "cannot listen on %s", model.Printable(addr)).
			WithField("listen").WithNext("use --listen 127.0.0.1:0").WithCause(err)
	}
	return l, nil
}

// Start opens the address and serves until ctx ends or Close is called. Errors are
// those of Listen.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.TokenTTL <= 0 {
		o.TokenTTL = DefaultTokenTTL
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if err := o.Flaky.check(); err != nil {
		return nil, err
	}
	l, err := Listen(ctx, o.Addr)
	if err != nil {
		return nil, err
	}
	s := &Server{url: "http://" + l.Addr().String(), done: make(chan struct{})}
	s.stats = newCounters()
	sys, err := newSystem(s.url, o, s.stats)
	if err != nil {
		_ = l.Close() // nothing was served on it
		return nil, err
	}
	s.system = sys
	base, quit := context.WithCancel(context.WithoutCancel(ctx))
	s.quit = quit
	s.http = &http.Server{
		Handler:           sys.routes(),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaders,
		BaseContext:       func(net.Listener) context.Context { return base },
		ErrorLog:          log.New(io.Discard, "", 0), // a console may own the terminal
	}
	go s.serve(ctx, l)
	return s, nil
}

// serve runs the server and closes it when ctx ends.
func (s *Server) serve(ctx context.Context, l net.Listener) {
	defer close(s.done)
	stop := context.AfterFunc(ctx, func() { _ = s.Close() })
	defer stop()
	_ = s.http.Serve(l) // returns http.ErrServerClosed after Close
}

// URL returns the base URL of everything here, without a slash at its end.
func (s *Server) URL() string { return s.url }

// Close stops listening, ends slow answers and lets the others finish for up to half a
// second; connections that are still open then are cut. It may be called again.
func (s *Server) Close() error {
	s.once.Do(func() {
		s.quit()
		ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
		defer cancel()
		if s.http.Shutdown(ctx) != nil {
			s.err = s.http.Close()
		}
	})
	<-s.done
	return s.err
}
