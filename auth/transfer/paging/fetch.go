package paging

import (
	"context"
	"errors"
	"net/http"

	"github.com/cenkalti/backoff/v5"

	"ferry/auth/wire"
	"ferry/model"
)

// fetch is one page on its way, with every attempt at it.
type fetch struct {
	r      *reader
	plan   plan // as it was then: the reader's own changes
	place  string
	first  bool // of all: it carries the validators
	cancel context.CancelFunc
	ready  chan answer // one
	tries  int         // attempts that were made before
	pauses *backoff.ExponentialBackOff
}

// answer is what came of a fetch: a body that is held, a body that streams, or an error.
type answer struct {
	request model.Request
	resp    model.Response // of a stream: not there before the body is at its end
	body    *body
	late    chan model.Response // of a stream: the response
	err     error
}

// start begins to fetch a page.
func (r *reader) start(ctx context.Context, place string, first bool) *fetch {
	f := &fetch{r: r, plan: r.plan, place: place, first: first, pauses: pauses()}
	f.begin(ctx)
	return f
}

// begin makes the next attempts; those before have ended.
func (f *fetch) begin(ctx context.Context) {
	f.abandon()
	ctx, f.cancel = context.WithCancel(ctx)
	f.ready = make(chan answer, 1)
	f.r.running.Go(func() { f.run(ctx) })
}

// abandon ends a fetch whose page is not needed.
func (f *fetch) abandon() {
	if f != nil && f.cancel != nil {
		f.cancel()
	}
}

// run makes attempts until one is an answer, or will never be one.
func (f *fetch) run(ctx context.Context) {
	for {
		a, handed := f.attempt(ctx)
		if handed {
			return
		}
		if a.err == nil && !again(a.resp.Status) || a.err != nil && !passing(a.err) || ctx.Err() != nil {
			f.ready <- a
			return
		}
		a.body.free()
		a.body = nil
		if f.tries >= maxAttempts {
			f.ready <- a
			return
		}
		if err := f.r.hold(ctx, &a, f.pauses); err != nil {
			a.err = err
			f.ready <- a
			return
		}
	}
}

// attempt makes one request. Handed says that the body was given away as a stream.
func (f *fetch) attempt(ctx context.Context) (a answer, handed bool) {
	r := f.r
	a.request = f.plan.request(f.place)
	a.request.Headers = f.conditions(a.request.Headers)
	limit, whole := maxHeld, r.filter != nil
	switch {
	case whole:
		limit = maxFiltered
	case r.src.held > 0:
		limit = r.src.held
	}
	var late chan model.Response
	b := newBody(ctx.Done(), limit, whole)
	b.handOver = func() {
		late = make(chan model.Response, 1)
		f.ready <- answer{request: a.request, body: b, late: late}
	}
	req := a.request
	req.Sink, req.Flow = b, true
	resp, err := r.src.Link.Do(ctx, req)
	r.bytes.Add(resp.Size)
	if _, held := wire.HeldUntil(err); !held { // else nothing was sent
		f.tries++
		r.requests.Add(1)
		if f.tries > 1 {
			r.retries.Add(1)
		}
	}
	if b.streamed {
		late <- resp
		b.finish(err)
		return a, true
	}
	if b.tooLong {
		err = errTooLongToFilter
	}
	a.resp, a.err, a.body = resp, err, b
	return a, false
}

var errTooLongToFilter = errors.New("too long for the filter")

// conditions adds the validators of an earlier reading (RFC 9110 §13.1).
func (f *fetch) conditions(h []model.Param) []model.Param {
	m := f.r.src.Modified
	if !f.first || m == nil {
		return h
	}
	h = append([]model.Param(nil), h...)
	if m.ETag != "" {
		h = append(h, model.Param{Name: "If-None-Match", Value: m.ETag})
	}
	if m.LastModified != "" {
		h = append(h, model.Param{Name: "If-Modified-Since", Value: m.LastModified})
	}
	return h
}

// header returns the first header of a name.
func header(resp *model.Response, name string) string {
	for _, h := range resp.Headers {
		if http.CanonicalHeaderKey(h.Name) == name {
			return h.Value
		}
	}
	return ""
}
