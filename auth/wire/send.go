package wire

import (
	"context"
	"io"
	"net/http"
	"time"

	"ferry/model"
)

// Call is one request to make.
type Call struct {
	Client  *model.Client
	Target  Target
	Request *http.Request // its URL was checked with CheckURL
	Body    []byte        // what Request.Body sends, for the record
	Limit   int64         // decoded bytes of the answer that are kept
	Strict  bool          // a longer body is an error, not a truncation
	// Sink, when set, may return a writer for this answer: the decoded body then goes
	// there as it arrives, without a cap, and the answer keeps only what the record shows.
	Sink func(status int) io.Writer
	Now  model.Clock
	// Own vouches for the URL as one of the client's own endpoints though its host is in
	// none of the client's fields (the issuer's metadata named it): the client
	// certificate goes there.
	Own bool
	// Left says that a redirect led away from the client's origin: no client certificate,
	// no user agent of the client's, and the certificate there is always checked.
	Left bool
	// Secrets are those that the request carries beside the client's own and a bearer.
	Secrets []model.Secret
}

// Answer is what came back.
type Answer struct {
	Status    int
	Proto     string
	Header    http.Header
	Body      []byte
	Size      int64
	Truncated bool
	Sunk      bool // the body went to the sink
}

// Send makes at most one request and reads its answer. It follows no redirect and
// repeats nothing. It waits first for the client's turn (model.Transport.RateLimit, and
// what a 429 or 503 of this origin asked for). The context bounds it all; take it from
// Bound. The record is never nil, and the answer holds what came before an error.
// Errors are *model.Error: EInvalid and EIncomplete when settings cannot be used,
// EUnreachable, ETimeout (a turn too late included), EInterrupted, EUpstream.
func (p *Pool) Send(ctx context.Context, c Call) (Answer, *Record, error) {
	now := c.Now
	if now == nil {
		now = time.Now
	}
	tr := newTrace()
	rec := &Record{at: now(), req: c.Request, reqBody: c.Body, client: c.Client, trace: tr}
	defer tr.finish()
	refuse := func(err error) (Answer, *Record, error) {
		rec.failure = err.Error()
		return Answer{}, rec, err
	}
	if err := c.agent(); err != nil {
		return refuse(err)
	}
	rec.req = c.Request
	s, err := p.settings(&c)
	if err != nil {
		return refuse(err)
	}
	t, err := p.transport(s)
	if err != nil {
		return refuse(err)
	}
	rec.route = s.route
	out := &outgoing{pool: p, call: &c, settings: s, record: rec}
	if err := out.queue(ctx); err != nil {
		return out.fail(ctx, Answer{}, err)
	}
	return out.exchange(ctx, t)
}

// outgoing is one exchange under way.
type outgoing struct {
	pool     *Pool
	call     *Call
	settings *settings
	record   *Record
}

func (o *outgoing) origin() string { return model.Origin(o.call.Request.URL.String()) }

// queue waits for the client's turn.
func (o *outgoing) queue(ctx context.Context) error {
	tr := o.record.trace
	tr.enter(stageQueue, nil)
	d, note, err := o.pool.gates.wait(ctx, o.call.Client, o.origin())
	tr.enter(stageConnect, func() { tr.queue = d })
	if err != nil {
		tr.enter(stageQueue, nil)
		return err
	}
	if note != "" {
		o.record.note(note)
	}
	return nil
}

func (o *outgoing) exchange(ctx context.Context, t *http.Transport) (Answer, *Record, error) {
	tr, rec, c := o.record.trace, o.record, o.call
	if o.settings.route.proxy != nil {
		rec.note("through " + o.settings.route.String())
	}
	resp, err := t.RoundTrip(c.Request.WithContext(tr.with(ctx)))
	rec.noteTLS(o.settings, o.explainer(ctx, nil), stateOf(resp))
	if err != nil {
		return o.fail(ctx, Answer{}, err)
	}
	// Closing ends the connection when the body was not read to its end.
	defer func() { _ = resp.Body.Close() }()
	if tr.wantsCertificate.Load() && !tr.gaveCertificate.Load() {
		rec.note(noteAsked)
	}
	switch {
	case resp.StatusCode == http.StatusSwitchingProtocols:
		// Nobody asked for it, and such a body is no longer ended by the context.
		return o.fail(ctx, Answer{}, errSwitched)
	case resp.StatusCode == http.StatusProxyAuthRequired && o.settings.forward:
		return o.fail(ctx, Answer{}, &proxyError{fault: proxyAuth, says: "407"})
	}
	if d := retryAfter(resp.StatusCode, resp.Header, time.Now()); d > 0 {
		o.pool.gates.hold(c.Client, o.origin(), d)
	}
	tr.enter(stageBody, nil)
	a := Answer{Status: resp.StatusCode, Proto: resp.Proto, Header: resp.Header}
	rec.answer = &a
	got, err := c.read(resp, &a)
	a.Body, a.Size, a.Truncated = got.body, got.size, got.more
	if err != nil {
		return o.fail(ctx, a, err)
	}
	if a.Truncated && c.Strict {
		return o.fail(ctx, a, errTooLong)
	}
	return a, rec, nil
}

func (o *outgoing) fail(ctx context.Context, a Answer, err error) (Answer, *Record, error) {
	e := o.explainer(ctx, err).explain(*o.call, a.Size)
	o.record.failure = e.why
	return a, o.record, e.Error
}

func (c *Call) read(resp *http.Response, a *Answer) (taken, error) {
	body := decoded(resp)
	if c.Sink != nil {
		if w := c.Sink(resp.StatusCode); w != nil {
			a.Sunk = true
			return pour(body, w, model.MaxErrorBody+1)
		}
	}
	return take(body, c.Limit)
}
