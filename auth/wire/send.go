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
	// there without a cap and the answer keeps only what the record shows.
	Sink func(status int) io.Writer
	Now  model.Clock
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

// Send makes exactly one request and reads its answer. It follows no redirect. The
// context bounds it all; take it from Bound. The record is never nil, and the answer
// holds what came before an error. Errors are *model.Error: EInvalid, EUnreachable,
// ETimeout, EInterrupted, EUpstream.
func (p *Pool) Send(ctx context.Context, c Call) (Answer, *Record, error) {
	now := c.Now
	if now == nil {
		now = time.Now
	}
	tr := newTrace()
	rec := &Record{at: now(), req: c.Request, reqBody: c.Body, client: c.Client, trace: tr}
	defer tr.finish()
	fail := func(a Answer, err error) (Answer, *Record, error) {
		e := p.explain(ctx, err, tr, c, a.Size)
		rec.failure = e.why
		return a, rec, e.Error
	}
	t, err := p.transport(c.Client, c.Request.URL.Hostname())
	if err != nil {
		rec.failure = err.Error()
		return Answer{}, rec, err
	}
	resp, err := t.RoundTrip(c.Request.WithContext(tr.with(ctx)))
	if err != nil {
		return fail(Answer{}, err)
	}
	// Closing ends the connection when the body was not read to its end.
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		// Nobody asked for it, and such a body is no longer ended by the context.
		return fail(Answer{}, errSwitched)
	}
	tr.enter(stageBody, nil)
	a := Answer{Status: resp.StatusCode, Proto: resp.Proto, Header: resp.Header}
	rec.answer = &a
	got, err := c.read(resp, &a)
	a.Body, a.Size, a.Truncated = got.body, got.size, got.more
	if err != nil {
		return fail(a, err)
	}
	if a.Truncated && c.Strict {
		return fail(a, errTooLong)
	}
	return a, rec, nil
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
