package gateway

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"slices"
	"strings"
	"sync"
	"time"

	"ferry/model"
)

// flight is one request on its way to an upstream and back. It carries a ReverseProxy of its
// own, whose functions are bound once: flights are used again.
type flight struct {
	g     *Gateway
	proxy httputil.ReverseProxy

	x       *asked
	w       writer
	courier model.Courier
	client  model.Client
	token   model.Token
	target  *target
	body    *body  // of the caller, when it is streamed
	packed  []byte // or all of it, when it can be sent twice
	stream  *stream
	asks    string // the protocol to switch to
	secrets []string
	result  outcome // what it says about the upstream
	code    model.Code
	whole   bool // it came to its end; a panic leaves it false
}

// copyBuffer is how much of an answer is carried at once.
const copyBuffer = 32 << 10

// buffers implements httputil.BufferPool.
type buffers struct{ pool sync.Pool }

var shared = &buffers{sync.Pool{New: func() any { return new([copyBuffer]byte) }}}

func (b *buffers) Get() []byte {
	buf, _ := b.pool.Get().(*[copyBuffer]byte)
	return buf[:]
}

func (b *buffers) Put(buf []byte) { b.pool.Put((*[copyBuffer]byte)(buf)) }

// quiet takes what ReverseProxy logs: it may name the upstream.
var quiet = log.New(io.Discard, "", 0)

func newFlight(g *Gateway) *flight {
	f := &flight{g: g}
	f.proxy = httputil.ReverseProxy{
		Rewrite: f.rewrite, Transport: f, ModifyResponse: f.modify, ErrorHandler: f.fail, BufferPool: shared, ErrorLog: quiet,
	}
	return f
}

func (f *flight) board(x *asked) {
	f.x = x
	f.w = writer{ResponseWriter: x.w, f: f}
}

// land counts what came of the request and makes the flight ready for the next one. What
// broke off by a panic may still be in use.
func (f *flight) land() {
	x, now := f.x, f.g.now()
	if f.stream != nil {
		f.stream.leave()
	}
	x.lane.breaker.done(x.ticket, f.result, now)
	switch {
	case f.wasCut():
		x.entry.Reason = string(cutOff)
	case f.whole:
	case x.r.Context().Err() != nil:
		x.entry.Reason = "client_gone"
	default:
		x.entry.Reason = "upstream_aborted"
	}
	took := now.Sub(x.began)
	if f.w.upstream == http.StatusSwitchingProtocols && f.w.status == 0 {
		took = 0 // how long two sides talk says nothing about how fast they are
	}
	x.lane.traffic.add(x.began, took, f.w.status)
	if f.courier != nil {
		f.courier.Note(now, f.w.upstream, f.code)
	}
	if f.whole {
		proxy := f.proxy
		*f = flight{g: f.g, proxy: proxy}
		f.g.flights.Put(f)
	}
}

// pass gets the client as it is now and a token to send. It has answered when it returns false.
func (f *flight) pass() bool {
	var err error
	if f.courier, err = f.g.courierOf(f.x.lane); err == nil {
		f.client, f.token, err = f.courier.Pass(f.x.r.Context())
	}
	if err == nil {
		f.target, err = f.g.targetOf(f.x.lane, &f.client)
	}
	if err != nil {
		f.fail(&f.w, f.x.r, &passError{err})
		return false
	}
	return true
}

// passError is why there is no token, or no way to the upstream.
type passError struct{ err error }

func (e *passError) Error() string { return e.err.Error() }
func (e *passError) Unwrap() error { return e.err }

// RoundTrip implements http.RoundTripper: it puts the credentials in, and sends a request that
// the upstream refuses (401) once more with another token.
func (f *flight) RoundTrip(out *http.Request) (*http.Response, error) {
	resp, err := f.send(out)
	if err != nil || resp.StatusCode != http.StatusUnauthorized || !f.token.Access.IsSet() {
		return resp, err
	}
	if err := f.courier.Refused(out.Context(), f.token); err != nil || f.body != nil {
		return resp, nil //nolint:nilerr // that another token is needed could not be kept; the answer stands
	}
	client, token, err := f.courier.Pass(out.Context())
	switch {
	case err != nil:
		_ = resp.Body.Close() // the answer is not looked at
		return nil, &passError{err}
	case client.Revision != f.client.Revision, token.Access.Equal(f.token.Access):
		return resp, nil
	}
	drain(resp.Body)
	f.token = token
	again := out.Clone(out.Context())
	if f.packed != nil {
		again.Body, _ = out.GetBody()
	}
	again.URL.RawQuery = f.target.without(f.x.r.URL.RawQuery)
	return f.send(again)
}

// drain reads a short body to its end, so that its connection can be used again.
func drain(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, 4<<10)
	_ = body.Close()
}

func (f *flight) send(out *http.Request) (*http.Response, error) {
	p := f.target.pass(f.x.lane, f.token)
	p.inject(f.target, out)
	if f.secrets == nil {
		f.secrets = p.secrets
	} else {
		f.secrets = slices.Concat(f.secrets, p.secrets) // of the first token too
	}
	resp, err := f.target.transport.RoundTrip(out)
	if err == nil {
		f.result, f.w.upstream = worked, resp.StatusCode
		switch resp.StatusCode {
		case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			f.result = failed
		}
	}
	return resp, err
}

// rewrite makes the request to the upstream. net/http took away what belongs to the caller's
// connection before.
func (f *flight) rewrite(p *httputil.ProxyRequest) {
	x, out := f.x, p.Out
	f.target.takeFrom(out.Header, x)
	if len(x.r.Header["Connection"]) > 0 && f.client.Gateway.Upgrades && strings.Contains(strings.ToLower(strings.Join(x.r.Header["Connection"], ",")), "upgrade") {
		if f.asks = upgrade(x.r.Header); f.asks != "" {
			out.Header["Connection"], out.Header["Upgrade"] = []string{"Upgrade"}, []string{f.asks}
		}
	}
	f.dress(out)
	f.load(p)
}

// dress says where a request goes, and puts in what is not a credential.
func (f *flight) dress(out *http.Request) {
	x, t := f.x, f.target
	t.at(out.URL, x.at.rest, x.r.URL.RawQuery)
	out.Host = ""
	for _, line := range x.r.Header["Te"] {
		if strings.Contains(strings.ToLower(line), "trailers") {
			out.Header["Te"] = []string{"trailers"}
		}
	}
	if x.cors.origin != "" && f.asks == "" {
		delete(out.Header, "Origin") // it was answered here
	}
	if t.agent != "" {
		out.Header["User-Agent"] = []string{t.agent}
	}
	out.Header["X-Request-Id"] = []string{x.entry.ID}
}

var (
	errSwitched = errors.New("the upstream switched protocols without being asked")
	errRefused  = errors.New("the upstream refused the credentials")
	errCut      = errors.New("what let the request in was taken away")
)

// modify makes the answer to the caller out of the upstream's.
func (f *flight) modify(resp *http.Response) error {
	e := &f.client.Gateway
	switch resp.StatusCode {
	case http.StatusSwitchingProtocols:
		if f.asks == "" || !strings.EqualFold(resp.Header.Get("Upgrade"), f.asks) {
			f.result = failed
			return errSwitched
		}
	case http.StatusUnauthorized, http.StatusProxyAuthRequired:
		if !e.Realm {
			return errRefused
		}
	}
	f.relocate(resp) // first: a query that repeats the token loses it
	f.target.withhold(resp.Header, e, f.secrets)
	f.target.withhold(resp.Trailer, e, f.secrets)
	f.setOwn()
	if len(resp.Header["Content-Type"]) == 0 {
		f.w.Header()["Content-Type"] = nil // net/http would guess one
	}
	if len(resp.Trailer) > 0 && f.x.r.ProtoMajor == 1 {
		resp.Header.Del("Content-Length") // HTTP/2 may have both, HTTP/1.1 has no trailers behind a length
		resp.ContentLength = -1
	}
	f.proxy.FlushInterval = 100 * time.Millisecond
	return f.follow(resp)
}

// setOwn puts our own headers into the answer: what an upstream says before its answer (1xx)
// takes them away.
func (f *flight) setOwn() {
	h := f.w.Header()
	if len(h["X-Request-Id"]) == 0 {
		h["X-Request-Id"] = []string{f.x.entry.ID}
	}
	h["X-Content-Type-Options"] = nosniff
	f.x.cors.set(h)
}

var nosniff = []string{"nosniff"}

// fail answers for an upstream, or a caller, that did not do its part.
func (f *flight) fail(_ http.ResponseWriter, _ *http.Request, err error) {
	v := f.verdict(err)
	if v.status >= 500 && f.result != worked {
		f.result = v.outcome
	}
	f.code = v.code
	if v.status == http.StatusForbidden || v.status == http.StatusRequestEntityTooLarge {
		f.x.lane.traffic.refused.Add(1) // a rule that showed late
	}
	f.x.entry.Reason = string(v.reason)
	f.setOwn()
	if f.body != nil && !f.body.finished() {
		f.w.Header().Set("Connection", "close") // what is left of the request is not waited for
	}
	v.write(&f.w, f.x.entry.ID)
}

// canceled reports whether the caller left.
func (f *flight) canceled() bool { return errors.Is(f.x.r.Context().Err(), context.Canceled) }
