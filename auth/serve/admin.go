package serve

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"ferry/model"
)

// admin answers about the server itself: on a socket that only the account of the store
// can reach, and, without /status, on an address when one is set.
type admin struct {
	s         *Server
	socket    *socket      // nil: none
	tcp       net.Listener // nil: none
	onSocket  *http.Server
	onAddress *http.Server
	serving   sync.WaitGroup // ends with close, after all else
}

// openAdmin takes the socket and the address. Nothing is answered yet.
func openAdmin(ctx context.Context, s *Server) (*admin, error) {
	a := &admin{s: s}
	var err error
	if s.o.AdminSocket != "" {
		if a.socket, err = listenSocket(ctx, s.o.AdminSocket); err != nil {
			return nil, err
		}
	}
	if addr := s.o.Config.AdminListen; addr != "" {
		if a.tcp, err = listenTCP(ctx, addr, "admin_listen", "--admin-listen"); err != nil {
			a.close()
			return nil, err
		}
	}
	return a, nil
}

// serve begins to answer.
func (a *admin) serve() {
	if a.socket != nil {
		a.onSocket = a.server(true)
		a.serving.Go(func() { _ = a.onSocket.Serve(a.socket) }) // ends with close
	}
	if a.tcp != nil {
		a.onAddress = a.server(false)
		a.serving.Go(func() { _ = a.onAddress.Serve(a.tcp) })
	}
}

func (a *admin) server(status bool) *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	mux.HandleFunc("GET /readyz", a.s.readyz)
	mux.HandleFunc("GET /metrics", a.s.metrics)
	if status {
		mux.HandleFunc("GET /status", a.s.statusPage)
		mux.HandleFunc("GET /tail", a.s.tailPage)
	}
	lim := a.s.lim
	return &http.Server{
		Handler: mux, ReadHeaderTimeout: lim.header, ReadTimeout: lim.read, WriteTimeout: lim.read, IdleTimeout: lim.idle,
		MaxHeaderBytes: lim.headerBytes, ErrorLog: log.New(io.Discard, "", 0),
	}
}

// adminStop is how long answers on the admin socket may take when the server stops.
const adminStop = time.Second

// close stops answering and takes the socket away.
func (a *admin) close() {
	for _, srv := range []*http.Server{a.onSocket, a.onAddress} {
		if srv == nil {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), adminStop)
		if srv.Shutdown(ctx) != nil {
			_ = srv.Close() // its answers are short; whoever reads them this slowly reads no more
		}
		cancel()
	}
	if a.socket != nil {
		_ = a.socket.Close() // closed before, when something was served on it
		a.socket.remove()
	}
	if a.tcp != nil {
		_ = a.tcp.Close() // the same
	}
	a.serving.Wait()
}

// problem says what is wrong with the server, and whether it is ready all the same.
func (s *Server) problem() (text string, ready bool) {
	text, ready = s.pic.problem()
	at := s.o.Hub.Now()
	var all []string
	if text != "" {
		all = append(all, text)
	}
	if s.pic.directory().Signer(at) == nil {
		all, ready = append(all, "there is no signing key"), false
	}
	if s.certs != nil {
		if p := s.certs.problem(at); p != "" {
			all = append(all, p)
		}
	}
	if s.closing.Load() {
		all, ready = append(all, "the server is stopping"), false
	}
	return strings.Join(all, "; "), ready
}

func (s *Server) readyz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	text, ready := s.problem()
	if !ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	if text == "" {
		text = "ready"
	}
	_, _ = io.WriteString(w, text+"\n")
}

func (s *Server) statusPage(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(s.status()) // whoever asked may have gone
}

func (s *Server) status() model.ServerStatus {
	at := now()
	dir := s.pic.directory()
	out := model.ServerStatus{
		URL: s.url, Listen: s.listen, Version: s.o.Version, PID: os.Getpid(), StartedAt: s.began.UTC(),
		FreshAt: s.pic.now.Load().read.UTC(), Aliases: s.o.Config.Aliases, PerSecond: s.stats.perSecond(at),
		Totals: s.stats.totals(), Refusals: s.stats.refusalsByCount(), Recent: s.stats.recent(), Running: s.runs.count(),
		Gateway: s.gate.Traffic(),
	}
	if out.Aliases == nil {
		out.Aliases = []string{}
	}
	if out.Gateway == nil {
		out.Gateway = []model.ClientTraffic{}
	}
	out.Problem, out.Ready = s.problem()
	if k := dir.Signer(s.o.Hub.Now()); k != nil {
		out.KeyID, out.Algorithm = k.ID, k.Algorithm
	}
	if s.certs != nil {
		until := s.certs.until().UTC()
		out.TLSUntil = &until
	}
	return out
}
