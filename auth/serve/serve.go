package serve

import (
	"context"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"ferry/auth/authority"
	"ferry/auth/gateway"
	"ferry/auth/resource"
	"ferry/auth/wire"
	"ferry/model"
	"ferry/model/hub"
	"ferry/model/serving"
)

// Options of a server.
type Options struct {
	Hub         *hub.Hub          // use-cases; its Watch keeps the picture fresh
	Digest      model.KeyDigest   // how API keys are kept
	Config      model.ServeConfig // settings with the flags of this run over them, checked
	AdminSocket string            // path; "" means none
	AccessLog   io.Writer         // one line of JSON a request; nil means none
	Version     string

	limits *limits // nil: the defaults; a test makes time pass faster
}

// Server is a running server.
type Server struct {
	o      Options
	lim    limits
	url    string
	listen string
	began  time.Time

	http     *http.Server
	listener *listener
	admin    *admin
	certs    *certs // nil without TLS
	mux      *http.ServeMux
	peers    peers
	pic      *keeper
	uses     *uses
	stats    *stats
	tails    *tails
	gate     *gateway.Gateway
	pool     *wire.Pool // connections to what is behind the gateway
	runs     *runs
	log      *accessLog
	ids      ids

	spare      []byte       // see spareHeap; reachable for as long as requests are
	inFlight   atomic.Int64 // but for the gateway's
	gateFlight atomic.Int64
	closing    atomic.Bool
	quit       context.CancelFunc // ends what runs beside the requests
	endRuns    context.CancelFunc // asks the syncs that run to stop
	cut        context.CancelFunc // ends the contexts of requests
	running    sync.WaitGroup
	once       sync.Once
	done       chan struct{}
	err        error
	stopWatch  func() bool
}

// Start listens and serves until ctx ends or Close is called. EBusy when the address or
// the admin socket is taken by a live server; EInvalid for settings that cannot be, or
// certificates that cannot be read; otherwise why the store could not be read.
func Start(ctx context.Context, o Options) (*Server, error) {
	s := &Server{o: o, lim: defaults, began: time.Now(), done: make(chan struct{}), spare: make([]byte, spareHeap)}
	if o.limits != nil {
		s.lim = *o.limits
	}
	if err := serving.Check(o.Config); err != nil {
		return nil, err
	}
	s.peers = peers{trusted: o.Config.BehindProxy, onlyThose: len(o.Config.BehindProxy) > 0 && o.Config.TLSCert == ""}
	s.tails, s.pool = newTails(), wire.NewPool(wire.Limits{})
	s.ids, s.stats, s.runs, s.uses = newIDs(), newStats(), newRuns(), newUses(o.Hub.Serving.Record)
	s.pic = newKeeper(o.Hub.Serving.Load, o.Hub.Watch, s.lim)
	if err := s.open(ctx); err != nil {
		s.abandon()
		return nil, err
	}
	s.serve(ctx)
	return s, nil
}

// open takes what can be taken only once, then reads the store. Nothing is served yet.
func (s *Server) open(ctx context.Context) (err error) {
	if c := s.o.Config; c.TLSCert != "" {
		if s.certs, err = newCerts(c.TLSCert, c.TLSKey); err != nil {
			return err
		}
	}
	if s.admin, err = openAdmin(ctx, s); err != nil {
		return err
	}
	if s.listener, err = listen(ctx, s.o.Config.Listen, s.lim.conns, s.peers.admits, s.stats); err != nil {
		return err
	}
	s.listen = s.listener.Addr().String()
	if s.url = s.o.Config.PublicURL; s.url == "" {
		s.url = scheme(s.certs != nil) + s.listen
	}
	ctx = s.o.Hub.Context(ctx)
	if err := s.o.Hub.Serving.Upkeep(ctx); err != nil {
		return err
	}
	return s.pic.first(ctx)
}

func scheme(tls bool) string {
	if tls {
		return "https://"
	}
	return "http://"
}

// abandon gives back what open took before it failed.
func (s *Server) abandon() {
	s.pool.Close()
	if s.admin != nil {
		s.admin.close()
	}
	if s.listener != nil {
		_ = s.listener.Close() // nothing was served on it
	}
}

// serve begins to answer.
func (s *Server) serve(ctx context.Context) {
	s.log = newAccessLog(s.o.AccessLog, s.stats)
	beside, quit := context.WithCancel(s.o.Hub.Context(context.WithoutCancel(ctx)))
	requests, cut := context.WithCancel(context.WithoutCancel(ctx))
	due, endRuns := context.WithCancel(beside)
	s.quit, s.cut, s.endRuns = quit, cut, endRuns
	s.mux = s.routes(beside)
	s.http = &http.Server{
		Handler:           s,
		ReadHeaderTimeout: s.lim.header,
		// No ReadTimeout: dispatch sets one, for requests with a body.
		WriteTimeout:                 s.lim.write,
		IdleTimeout:                  s.lim.idle,
		MaxHeaderBytes:               s.lim.headerBytes,
		BaseContext:                  func(net.Listener) context.Context { return requests },
		ErrorLog:                     log.New(io.Discard, "", 0), // it may quote what a client sent
		DisableGeneralOptionsHandler: true,
		ConnState:                    turned,
	}
	s.running.Go(func() { s.pic.run(beside) })
	s.running.Go(func() { s.housekeep(beside) })
	s.running.Go(func() { s.transfer(due) })
	if s.certs != nil {
		s.http.TLSConfig = s.certs.config()
		s.http.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: maxStreams}
		s.running.Go(func() { s.certs.run(beside, s.lim.certs) })
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		if err := s.accept(); !errors.Is(err, http.ErrServerClosed) && !s.closing.Load() {
			slog.Error("the server stopped listening", "err", err)
			s.err = model.Errorf(model.EInternal, "the server stopped listening").WithCause(err)
			go func() { _ = s.Close() }() // Wait returns why
		}
	}()
	s.running.Go(func() { <-served })
	s.admin.serve()
	s.stopWatch = context.AfterFunc(ctx, func() { _ = s.Close() })
}

// routes puts everything that is served on one mux, but for the gateway, which has the same
// authority.
func (s *Server) routes(ctx context.Context) *http.ServeMux {
	mux := http.NewServeMux()
	auth := authority.NewHub(authority.HubOptions{
		PublicURL: s.url, Aliases: s.o.Config.Aliases, Directory: s.pic.directory, Digest: s.o.Digest,
		Now: s.o.Hub.Now, Revoke: s.revoke, Used: s.uses.add,
	})
	auth.Register(mux)
	resource.New(resource.Options{Hub: s.o.Hub, Verify: auth.Verify, PublicURL: s.url, Version: s.o.Version}).Register(mux)
	s.gate = gateway.New(gateway.Options{
		Ctx: ctx, Hub: s.o.Hub, Directory: s.pic.directory, Verify: auth.VerifyCaller, Holds: auth.Holds, Pool: s.pool, PublicURL: s.url,
	})
	s.pic.published = s.gate.Sweep
	return mux
}

// revoke stores that a token is revoked and waits for the picture that holds it, so that
// the answer is given when it is true.
func (s *Server) revoke(ctx context.Context, t model.RevokedToken) error {
	if err := s.o.Hub.Serving.RevokeToken(s.o.Hub.Context(ctx), t); err != nil {
		return err
	}
	return s.pic.refresh(ctx)
}

// housekeep does what is due from time to time.
func (s *Server) housekeep(ctx context.Context) {
	flush, upkeep := time.NewTicker(s.lim.flush), time.NewTicker(s.lim.upkeep)
	defer flush.Stop()
	defer upkeep.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-flush.C:
			s.uses.flush(ctx)
		case <-upkeep.C:
			if err := s.o.Hub.Serving.Upkeep(ctx); err != nil && ctx.Err() == nil {
				slog.Warn("the upkeep of signing keys failed; it is tried again", "err", describe(err))
			}
		}
	}
}

// describe is an error with its cause, for the log. Neither holds a secret.
func describe(err error) string {
	e := model.AsError(err)
	if e.Err == nil {
		return e.Message
	}
	return e.Message + ": " + model.Printable(e.Err.Error())
}

// URL returns the public URL, or where it listens on loopback.
func (s *Server) URL() string { return s.url }

// Listen returns the address that it listens on, with the port that was found for 0.
func (s *Server) Listen() string { return s.listen }

// Wait waits until the server has stopped and returns what Close returned.
func (s *Server) Wait() error {
	<-s.done
	return s.err
}

// Close stops accepting, lets requests finish for up to 10 s, and the syncs that run answer
// for what they have sent, writes down what was counted and what the access log still
// holds, and takes the admin socket away. It may be called again.
func (s *Server) Close() error {
	s.once.Do(func() {
		defer close(s.done)
		s.closing.Store(true)
		s.stopWatch()
		s.endRuns() // they stop while requests finish
		s.tails.end()
		s.stop()
		s.gate.Close()
		s.quit()
		s.running.Wait()
		ctx, cancel := context.WithTimeout(s.o.Hub.Context(context.Background()), s.lim.lastFlush)
		defer cancel()
		if err := s.uses.flush(ctx); err != nil && s.err == nil {
			s.err = err
		}
		s.pool.Close()
		s.log.close(s.lim.lastFlush)
		s.admin.close()
	})
	<-s.done
	return s.err
}

// stop lets go of the connections. Those that are kept alive are told on their next
// answer for a moment; a client that was about to send another request would lose it
// if they were cut at once.
func (s *Server) stop() {
	_ = s.listener.Close() // closed again by Shutdown
	deadline := time.Now().Add(s.lim.drain)
	for s.listener.open.Load() > 0 && time.Now().Before(deadline) {
		time.Sleep(s.lim.drain / 20)
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.lim.stop)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		s.cut()
		_ = s.http.Close() // those that took too long
	}
	s.cut()
}
