package wire

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"ferry/auth/wire/h1"
	"ferry/model"
)

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
	plain    string // host and port, where requests may go without TLS and a proxy
	at       atomic.Pointer[way]
	used     atomic.Int64 // Unix time in nanoseconds
}

// way is the transport of the pool, and the connections of it for what takes less.
type way struct {
	*pooled
	host *h1.Host // nil: everything takes the transport
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
	if u.Scheme == "http" && t.settings.route.proxy == nil {
		t.plain = net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "80"))
	}
	if _, err := t.find(); err != nil {
		return nil, err
	}
	return t, nil
}

// find asks the pool for the way, which it may have dropped.
func (t *through) find() (*way, error) {
	at, err := t.pool.pooled(t.settings)
	if err != nil {
		return nil, err
	}
	w := &way{pooled: at}
	if t.plain != "" {
		w.host = at.host(t.plain)
	}
	t.at.Store(w)
	return w, nil
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
	var resp *http.Response
	if at.host != nil && h1.Fits(r) {
		resp, err = at.host.RoundTrip(r)
	} else {
		resp, err = at.RoundTrip(r)
	}
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
func (t *through) transport() (*way, error) {
	at := t.at.Load()
	if at.gone.Load() {
		var err error
		if at, err = t.find(); err != nil {
			return nil, err
		}
	}
	now := time.Now().UnixNano()
	at.used.Store(now)
	t.used.Store(now)
	return at, nil
}
