package paging

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/cenkalti/backoff/v5"
	"github.com/go-json-experiment/json/jsontext"

	"ferry/model"
)

// visit hands a page to the visitor.
func (r *reader) visit(ctx context.Context, pg *page, v Visitor) error {
	if pg.stream != nil {
		return r.visitStream(ctx, pg, v)
	}
	if err := v.Begin(pg.n, false); err != nil {
		return err
	}
	for i, s := range pg.spans {
		if i&0xff == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := v.Record(pg.data[s.from:s.to]); err != nil {
			return err
		}
	}
	pg.free()
	return v.End(pg.after)
}

// free gives the memory of a held page back.
func (pg *page) free() {
	pg.body.free()
	if cap(pg.spans) > 0 && cap(pg.spans) < maxHeld/8 {
		spans.Put(pg.spans) //nolint:staticcheck // a slice header a page is nothing beside the page
	}
	pg.data, pg.spans = nil, nil
}

// visitStream reads a page that is too long to be held, while it arrives. When it breaks
// off, it is asked for again from its beginning.
func (r *reader) visitStream(ctx context.Context, pg *page, v Visitor) error {
	defer close(pg.settled)
	a := *pg.stream
	for again := false; ; again = true {
		err := r.streamOnce(ctx, pg, &a, v, again)
		var off *errBroken
		failed := answer{err: err, resp: a.resp}
		switch {
		case err == nil:
			return v.End(pg.after)
		case errors.As(err, &off):
			failed.err = off.err
			if !passing(off.err) || pg.fetch.tries >= maxAttempts || ctx.Err() != nil {
				pg.err = r.refused(pg, &failed)
				return pg.err
			}
		case !pg.torn || pg.fetch.tries >= maxTorn:
			pg.err = err
			return err
		}
		pg.torn = false
		if a, err = r.refetch(ctx, pg, &failed); err != nil {
			pg.err = err
			return err
		}
	}
}

// refetch asks for a page once more, after a while.
func (r *reader) refetch(ctx context.Context, pg *page, failed *answer) (answer, error) {
	over := make(chan error, 1)
	r.running.Go(func() { over <- r.hold(ctx, failed, pg.fetch.pauses) })
	if held, err := receive(ctx, r, over); err != nil || held != nil {
		return answer{}, firstError(err, held)
	}
	pg.fetch.begin(ctx)
	a, err := receive(ctx, r, pg.fetch.ready)
	switch {
	case err != nil:
		return a, err
	case a.late == nil && (a.err != nil || a.resp.Status/100 != 2):
		return a, r.refused(pg, &a)
	}
	return a, nil
}

func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// streamOnce reads a stream to its end and settles the page.
func (r *reader) streamOnce(ctx context.Context, pg *page, a *answer, v Visitor, again bool) error {
	defer a.body.free()
	if err := v.Begin(pg.n, again); err != nil {
		return err
	}
	prefix := bytes.TrimPrefix(*a.body.held, bom)
	g := &guard{in: a.body, bom: len(prefix) < len(*a.body.held)}
	if a.late == nil {
		g.in = bytes.NewReader(*a.body.held)
	}
	var sum digest
	var own error // the visitor's
	f := newFacts()
	count := int64(0)
	left := int64(-1)
	if limit := r.src.Reading.Limit; limit > 0 {
		left = limit - pg.before.Records
	}
	err := r.walk(g, prefix, a.late == nil, &f, func(rec jsontext.Value, _ int64) error {
		if count == left {
			return errEnough
		}
		if count&0xff == 0 && ctx.Err() != nil {
			own = ctx.Err()
			return own
		}
		count++
		sum.add(rec)
		own = v.Record(rec)
		return own
	})
	switch {
	case own != nil:
		return own
	case errors.Is(err, errEnough): // the rest is not needed
	case err != nil:
		var off *errBroken
		if errors.As(err, &off) {
			return off
		}
		pg.torn = isEOF(err)
		return r.malformed(pg, a, prefix[:min(len(prefix), 1<<10)], err)
	case a.late != nil:
		a.resp = <-a.late
	}
	return r.settle(pg, a, &f, count, count, sum.sum())
}

var errEnough = errors.New("enough")

// errLong stops a value that is longer than a record may be.
var errLong = fmt.Errorf("a value is longer than %d MiB", model.MaxTransferValue>>20)

// longError is a record that is too long.
type longError struct{ record int }

func (e *longError) Error() string { return errLong.Error() }
func (e *longError) Unwrap() error { return errLong }

// guard reads a stream for a decoder, and bounds what the decoder has to hold at once.
type guard struct {
	in    io.Reader
	d     *jsontext.Decoder
	given int64
	bom   bool // there is one to leave out
}

// Read implements io.Reader.
func (g *guard) Read(p []byte) (int, error) {
	if g.bom {
		g.bom = false
		if _, err := io.ReadFull(g.in, make([]byte, len(bom))); err != nil {
			return 0, err
		}
	}
	if g.given-g.d.InputOffset() > model.MaxTransferValue {
		return 0, errLong
	}
	n, err := g.in.Read(p)
	g.given += int64(n)
	return n, err
}

// sift finds the records of a held page with the filter.
func (r *reader) sift(ctx context.Context, pg *page, data []byte, f *facts, sum *digest) (count int64, err error) {
	d := jsontext.NewDecoder(bytes.NewBuffer(data))
	w := walker{d: d, path: []string{"\x00"}, cursor: splitPlace(r.src.Reading.CursorField), facts: f, record: func(jsontext.Value) error { count++; return nil }}
	// How many there were before the filter tells whether the source is at its end.
	if place, _, ferr := find(data); ferr == nil {
		w.path = splitPlace(place)
	}
	if err := w.run(); err != nil {
		return 0, err
	}
	add := func(rec []byte) error {
		if len(rec) > model.MaxTransferValue {
			return &longError{record: len(pg.spans) + 1}
		}
		from := len(pg.data)
		pg.data = append(pg.data, rec...)
		if len(pg.data) > maxSifted {
			return upstream("the filter makes more than %d MiB of one page", maxSifted>>20).WithNext("ask for smaller pages with --page-size")
		}
		pg.spans = append(pg.spans, span{uint32(from), uint32(len(pg.data))}) //nolint:gosec // bounded above
		sum.add(rec)
		return nil
	}
	err = r.filter.Each(ctx, data, func(result []byte) error {
		if len(result) == 0 || result[0] != '[' {
			return add(result)
		}
		// A list of records, as .data.rows gives it.
		l := walker{d: jsontext.NewDecoder(bytes.NewBuffer(result)), facts: &facts{}, record: func(rec jsontext.Value) error { return add(rec) }}
		return l.run()
	})
	return max(count, int64(len(pg.spans))), err
}

// maxSifted bounds what a filter makes of one page.
const maxSifted = 64 << 20

// hold waits before the next attempt, and says why.
func (r *reader) hold(ctx context.Context, a *answer, b *backoff.ExponentialBackOff) error {
	d, why := pauseFor(&a.resp, a.err, b, r.now())
	r.say(why)
	err := r.src.pause(ctx, d)
	r.say("")
	return err
}
