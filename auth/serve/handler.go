package serve

import (
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"runtime"
	"strings"
	"time"

	"ferry/auth/access"
	"ferry/model"
)

// ServeHTTP answers one request: it says who it is and where from, hands it to what
// matches, and writes down what came of it.
func (s *Server) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	began := time.Now()
	// One allocation for what belongs to a request.
	x := &exchange{entry: access.Entry{ID: s.ids.next(), Addr: s.peers.client(r)}, began: began}
	w := &x.w
	w.ResponseWriter, w.closing = rw, s.closing.Load()
	h := rw.Header()
	h["X-Request-Id"] = []string{x.entry.ID}
	h["X-Content-Type-Options"] = nosniff
	r = access.With(r, &x.entry)
	w.r = r
	flying, limit := &s.inFlight, s.lim.inFlight
	if x.gateway = ofGateway(r); x.gateway {
		flying, limit = &s.gateFlight, s.lim.gateFlight
	}
	many := flying.Add(1) > limit
	defer func() {
		flying.Add(-1)
		v, half := recover(), w.started
		if v != nil {
			s.panicked(x, v)
		}
		s.finish(x)
		if v != nil && half {
			panic(http.ErrAbortHandler) // half an answer must not look like a whole one
		}
	}()
	s.dispatch(x, r, many)
}

// exchange is one request under way.
type exchange struct {
	entry   access.Entry
	w       response
	gateway bool // for a client behind the gateway, or looks like it
	began   time.Time
	p       progress // of the gateway
}

var nosniff = []string{"nosniff"}

func (s *Server) dispatch(x *exchange, r *http.Request, many bool) {
	w := &x.w
	if r.ContentLength != 0 {
		// Also for a body that nobody reads: net/http reads some of it to its end.
		_ = http.NewResponseController(w.ResponseWriter).SetReadDeadline(time.Now().Add(s.lim.read))
	}
	switch {
	case many:
		w.Header().Set("Retry-After", "1")
		w.problem(http.StatusServiceUnavailable, "busy", "too many requests are under way; try again in a moment")
	case !s.pic.usable():
		w.Header().Set("Retry-After", "10")
		w.problem(http.StatusServiceUnavailable, "stale", "the hub cannot read its store at present")
	case x.gateway:
		s.forward(x, r)
	case !isClean(r.URL.Path):
		w.problem(http.StatusNotFound, "not_found", noSuchPath)
	default:
		s.mux.ServeHTTP(w, r)
	}
}

const noSuchPath = "there is nothing at this path"

// isClean reports whether nothing has to be taken out of a path. The mux would redirect
// to what is left, and repeat the query in its answer.
func isClean(p string) bool {
	if p == "" || p[0] != '/' {
		return false
	}
	c := path.Clean(p)
	return c == p || len(p) == len(c)+1 && p[len(c)] == '/'
}

// finish writes down what came of a request.
func (s *Server) finish(x *exchange) {
	w, e := &x.w, &x.entry
	if w.status == 0 {
		w.status = http.StatusOK // what net/http makes of a handler that says nothing
	}
	rec := &record{
		at: x.began, took: time.Since(x.began), id: e.ID, addr: e.Addr, client: e.Client, space: e.Space, upstream: e.Upstream,
		reason: e.Reason, route: e.Route, method: knownMethod(w.r.Method), status: w.status, bytes: w.bytes,
	}
	switch {
	case x.gateway:
		rec.route = gatewayRoute
		if e.Client != "" { // anybody may send anything
			rec.target = w.r.RequestURI
		}
	case rec.route == "":
		rec.route = routeOf(w.r.Pattern)
	}
	if rec.reason == "" && w.status >= http.StatusBadRequest {
		rec.reason = w.reason()
	}
	if rec.reason != "" && !isReason(rec.reason) {
		rec.reason = otherLabel
	}
	s.stats.add(rec, e.Issued)
	s.tails.add(rec)
	s.log.add(rec)
}

// routeOf takes the method off a pattern.
func routeOf(pattern string) string {
	if pattern == "" {
		return otherLabel
	}
	if cut := strings.IndexByte(pattern, ' '); cut >= 0 {
		return strings.TrimLeft(pattern[cut+1:], " \t")
	}
	return pattern
}

// knownMethod keeps what somebody made up out of logs and labels.
func knownMethod(m string) string {
	switch m {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodHead, http.MethodOptions:
		return m
	}
	return otherLabel
}

// panicked answers for a handler that panicked. What it panicked with may hold anything
// that was sent, so only where it happened is logged.
func (s *Server) panicked(x *exchange, v any) {
	if err, ok := v.(error); ok && err == http.ErrAbortHandler && x.w.started { //nolint:errorlint // net/http compares it like this
		// An answer that is cut off on purpose: an upstream broke off, or the caller left.
		if x.entry.Reason == "" {
			x.entry.Reason = "aborted"
		}
		return
	}
	s.stats.panics.Add(1)
	x.entry.Reason = "panic"
	slog.Error("a request failed inside ferry", "request", x.entry.ID, "route", routeOf(x.w.r.Pattern),
		"kind", fmt.Sprintf("%T", v), "at", callers())
	if x.w.started {
		x.w.status = http.StatusInternalServerError
		return
	}
	x.w.problem(http.StatusInternalServerError, model.EInternal, "something went wrong inside ferry")
}

// callers names the functions that led to a panic, from the inside out.
func callers() string {
	var pcs [24]uintptr
	n := runtime.Callers(4, pcs[:])
	frames := runtime.CallersFrames(pcs[:n])
	var b strings.Builder
	for {
		f, more := frames.Next()
		if !strings.HasPrefix(f.Function, "runtime.") {
			fmt.Fprintf(&b, "%s:%d ", f.Function, f.Line)
		}
		if !more {
			return strings.TrimSpace(b.String())
		}
	}
}
