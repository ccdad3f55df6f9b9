package wire

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"ferry/model"
)

// Fault is where a request that went Through failed.
type Fault string

// The faults. Those of the client's own settings (EInvalid, EIncomplete) are none of the
// upstream's, nor is one that is held back.
const (
	FaultSettings  Fault = "settings"  // they cannot be used
	FaultHeld      Fault = "held"      // not its turn: HeldUntil
	FaultGuard     Fault = "guard"     // it led to an address that nobody may be led to
	FaultProxy     Fault = "proxy"     // of the client, or of the environment
	FaultDNS       Fault = "dns"       // the look-up
	FaultConnect   Fault = "connect"   // no connection
	FaultTLS       Fault = "tls"       // no handshake, a certificate that is refused
	FaultTimeout   Fault = "timeout"   // no first byte in time
	FaultReset     Fault = "reset"     // the connection ended before there was an answer
	FaultProtocol  Fault = "protocol"  // the answer is not correct HTTP
	FaultCancelled Fault = "cancelled" // the caller's context ended
)

// ThroughError is what a request that went Through failed with. Its text names the upstream's
// host and the cause: it is for operators and the log, not for callers of a gateway.
type ThroughError struct {
	Fault Fault
	Err   *model.Error // EUnreachable, ETimeout, EUpstream, EInterrupted, EInvalid, EIncomplete
	cause error        // as it came, for errors.Is alone: the reader of a request's body has errors of its own
}

// Error implements error.
func (e *ThroughError) Error() string { return e.Err.Error() }

// Unwrap lets model.CodeOf, HeldUntil and errors.Is see the cause.
func (e *ThroughError) Unwrap() []error { return []error{e.Err, e.cause} }

// FaultOf returns the fault of an error of Through, "" for any other.
func FaultOf(err error) Fault {
	var e *ThroughError
	if !errors.As(err, &e) {
		return ""
	}
	return e.Fault
}

// maxQueue is how long a request waits for its turn under the client's own rate limit, which
// spaces them evenly: short bursts pass, and no more wait than the rate has room for.
const maxQueue = time.Second

// maxAsked is how long a 429 or 503 with Retry-After holds back the requests of others: all
// callers of a client share its credentials, and so what the other side allows these, but one of
// them may have provoked the answer. Then one request tries again.
const maxAsked = time.Minute

// Through returns the transport of c's own connections for requests of others: the same
// proxies, certificates and limits, tuned for many requests at once, and closed to addresses
// that the base URL does not name: loopback, link-local and metadata addresses in every
// spelling, as they are dialled. It follows no redirect and decodes nothing.
//
// Requests go to the origin of the base URL only. The time to the first byte is bounded, the
// whole exchange by the request's context alone. A request that is not its client's turn
// fails at once (HeldUntil); what the other side asked to wait for counts for a minute at most. Failures are *ThroughError.
//
// It is cheap to call for every request. EInvalid, EIncomplete.
func (p *Pool) Through(c *model.Client) (http.RoundTripper, error) {
	now := time.Now()
	p.mu.Lock()
	t := p.throughs[c.ID]
	p.mu.Unlock()
	if t != nil && t.same(c) {
		return t, nil
	}
	t, err := p.through(c)
	if err != nil || c.ID == "" { // a draft
		return t, err
	}
	t.used.Store(now.UnixNano())
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.throughs) >= maxGates {
		clear(p.throughs) // whoever is in use is made again
	}
	if p.throughs == nil {
		p.throughs = map[model.ID]*through{}
	}
	p.throughs[c.ID] = t
	return t, nil
}

// through is the way of one client.
type through struct {
	pool     *Pool
	client   model.Client // a copy
	base     *url.URL
	origin   string
	settings *settings
	at       atomic.Pointer[pooled]
	used     atomic.Int64 // Unix time in nanoseconds
}

// same reports whether c goes the same way.
func (t *through) same(c *model.Client) bool {
	o := &t.client
	return o.Revision == c.Revision && o.BaseURL == c.BaseURL && o.TLS == c.TLS && o.Transport == c.Transport &&
		o.AllowHTTP == c.AllowHTTP && o.Timeout == c.Timeout && o.Name == c.Name
}

func (p *Pool) through(c *model.Client) (*through, error) {
	u, err := CheckURL(c, c.BaseURL, "base_url")
	if err != nil {
		return nil, err
	}
	t := &through{pool: p, client: c.Clone(), base: u, origin: model.Origin(c.BaseURL)}
	if t.settings, err = p.settings(&Call{Client: &t.client, Request: &http.Request{URL: u}}); err != nil {
		return nil, err
	}
	t.settings.guard = guardFor(u)
	at, err := p.pooled(t.settings)
	if err != nil {
		return nil, err
	}
	t.at.Store(at)
	return t, nil
}

// RoundTrip implements http.RoundTripper.
func (t *through) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.roundTrip(r)
	if err == nil {
		return resp, nil
	}
	if r.Body != nil {
		_ = r.Body.Close() // also where nothing was sent, as RoundTripper has it; twice does no harm
	}
	return nil, t.fail(r, err)
}

func (t *through) roundTrip(r *http.Request) (*http.Response, error) {
	if err := t.mayGo(r.URL); err != nil {
		return nil, err
	}
	if err := t.turn(r.Context()); err != nil {
		return nil, err
	}
	at, err := t.transport()
	if err != nil {
		return nil, &ThroughError{FaultSettings, model.AsError(err), err}
	}
	resp, err := at.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	switch resp.StatusCode {
	case http.StatusProxyAuthRequired:
		if t.settings.forward {
			_ = resp.Body.Close()
			return nil, &proxyError{fault: proxyAuth, says: "407"}
		}
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		if d := retryAfter(resp.StatusCode, resp.Header, time.Now()); d > 0 {
			t.pool.gates.hold(&t.client, t.origin, min(d, maxAsked))
		}
	}
	return resp, nil
}

// mayGo lets requests go to the origin of the base URL. A proxy looks the host up itself, so
// that only what is written can be looked at here.
func (t *through) mayGo(u *url.URL) error {
	if (u.Scheme != t.base.Scheme || u.Host != t.base.Host) && model.Origin(u.Scheme+"://"+u.Host) != t.origin {
		return &guardError{u.Host, "not the origin of the base URL"}
	}
	if t.settings.route.proxy != nil {
		return t.settings.guard.checkHost(u.Hostname())
	}
	return nil
}

// turn waits for the client's own rate, no longer than maxQueue. What the other side asked to
// wait for is not waited for at all.
func (t *through) turn(ctx context.Context) error {
	within := maxQueue
	if end, ok := ctx.Deadline(); ok {
		within = min(within, time.Until(end))
	}
	turn := t.pool.gates.take(&t.client, t.origin, within)
	switch {
	case turn.wait <= 0:
		return nil
	case turn.asked, turn.wait > within:
		return &turnError{turn, t.client.Transport.RateLimit}
	}
	timer := time.NewTimer(turn.wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		t.pool.gates.giveBack(&t.client, turn)
		return ctx.Err()
	}
	if t.pool.gates.held(&t.client, t.origin) { // since then
		return &turnError{t.pool.gates.take(&t.client, t.origin, 0), t.client.Transport.RateLimit}
	}
	return nil
}

// transport returns the pool's transport, and notes that it is used. One that the pool has
// dropped meanwhile, for others, is made again.
func (t *through) transport() (*pooled, error) {
	at := t.at.Load()
	if at.gone.Load() {
		again, err := t.pool.pooled(t.settings)
		if err != nil {
			return nil, err
		}
		t.at.Store(again)
		at = again
	}
	now := time.Now().UnixNano()
	at.used.Store(now)
	t.used.Store(now)
	return at, nil
}

// fail says in a person's words what went wrong.
func (t *through) fail(r *http.Request, err error) error {
	var known *ThroughError
	if errors.As(err, &known) {
		return known
	}
	fault, at := place(r.Context(), err)
	way := t.at.Load()
	x := &explainer{
		pool: t.pool, ctx: r.Context(), err: err, at: at, asked: way.asked.Load(), gave: way.gave.Load(),
		client: &t.client, flag: "--base-url URL", host: r.URL.Hostname(), settings: t.settings,
	}
	c := Call{Client: &t.client, Request: r, Target: Target{What: "the API of " + quoted(t.client.Name)}}
	e := x.explain(c, 0)
	if fault == FaultReset && e.Code == model.EUpstream {
		fault = FaultProtocol
	}
	return &ThroughError{fault, e.Error, err}
}

// place tells from an error alone where in the exchange it happened: following each request
// costs more than the few that fail are worth.
func place(ctx context.Context, err error) (Fault, stage) {
	var (
		held  *turnError
		proxy *proxyError
		dns   *net.DNSError
		op    *net.OpError
		slow  net.Error
	)
	text := err.Error()
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return FaultTimeout, stageWait
	case ctx.Err() != nil:
		return FaultCancelled, stageWait
	case errors.As(err, &held):
		return FaultHeld, stageQueue
	case guardErrorOf(err) != nil:
		return FaultGuard, stageConnect
	case errors.As(err, &proxy):
		return FaultProxy, stageProxy
	case errors.As(err, &dns):
		return FaultDNS, stageDNS
	case errors.As(err, &op) && op.Op == "dial":
		return FaultConnect, stageConnect
	case strings.Contains(text, "TLS handshake"), strings.Contains(text, "tls: "), strings.Contains(text, "x509: "), errors.Is(err, http.ErrSchemeMismatch):
		return FaultTLS, stageTLS
	case errors.As(err, &slow) && slow.Timeout():
		return FaultTimeout, stageWait
	}
	return FaultReset, stageWait
}

func guardErrorOf(err error) *guardError {
	var e *guardError
	_ = errors.As(err, &e)
	return e
}

func quoted(name string) string { return `"` + model.Printable(name) + `"` }
