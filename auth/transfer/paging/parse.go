package paging

import (
	"bytes"
	"context"
	"errors"

	"github.com/go-json-experiment/json/jsontext"

	"ferry/model"
)

// parse takes a held page apart.
func (r *reader) parse(ctx context.Context, pg *page, a *answer) error {
	data := bytes.TrimPrefix(*a.body.held, bom)
	var sum digest
	f := newFacts()
	count, err := int64(0), error(nil)
	switch {
	case a.resp.Status == 204 || a.resp.Status == 205:
	case r.filter != nil:
		count, err = r.sift(ctx, pg, data, &f, &sum)
	default:
		pg.data, pg.spans = data, spans.Get().([]span)[:0]
		rd := bytes.NewBuffer(data)
		err = r.walk(rd, data, true, &f, func(rec jsontext.Value, end int64) error {
			pg.spans = append(pg.spans, span{uint32(end) - uint32(len(rec)), uint32(end)}) //nolint:gosec // a held page is far shorter
			return nil
		})
		if count = int64(len(pg.spans)); count > 0 {
			sum.add(data[pg.spans[0].from:pg.spans[count-1].to])
		}
	}
	if err != nil {
		pg.torn = isEOF(err) && len(data) > 0
		return r.malformed(pg, a, data, err)
	}
	return r.settle(pg, a, &f, count, int64(len(pg.spans)), sum.sum())
}

var bom = []byte("\ufeff")

// walk runs over one page. Prefix is its beginning, or all of it.
func (r *reader) walk(rd interface{ Read([]byte) (int, error) }, prefix []byte, whole bool, f *facts, record func(rec jsontext.Value, end int64) error) error {
	d := jsontext.NewDecoder(rd)
	if g, ok := rd.(*guard); ok {
		g.d = d
	}
	if !r.known {
		if err := r.discover(prefix, whole, f); err != nil {
			return err
		}
	}
	w := walker{d: d, path: r.path, whole: r.src.Reading.Items != "", cursor: splitPlace(r.src.Reading.CursorField), facts: f, record: func(rec jsontext.Value) error {
		return record(rec, d.InputOffset())
	}}
	if r.single {
		rec, err := d.ReadValue()
		if err != nil {
			return err
		}
		if err := w.record(rec); err != nil {
			return err
		}
		return w.trailing()
	}
	if !r.known { // nothing but what is about paging
		w.path = []string{"\x00"}
	}
	f.names, f.strange, f.failed = nil, false, false
	if err := w.run(); err != nil {
		return err
	}
	if w.found || w.absent || !f.strange && !f.failed && len(r.path) > 0 || !r.known {
		return nil
	}
	return errNotList
}

// discover finds where the records of the first page lie.
func (r *reader) discover(prefix []byte, whole bool, f *facts) error {
	place, candidates, err := find(prefix)
	if err == nil {
		r.keep(place)
		return nil
	}
	if !errors.Is(err, errNoList) && !errors.Is(err, errManyLists) {
		return err
	}
	if r.plan.scheme == model.PagingNone {
		r.keep(wholePlace)
		return nil
	}
	if errors.Is(err, errManyLists) {
		return &noListError{names: candidates, many: true}
	}
	w := walker{d: jsontext.NewDecoder(bytes.NewBuffer(prefix)), path: []string{"\x00"}, facts: f, record: func(jsontext.Value) error { return nil }}
	k := w.d.PeekKind()
	if err := w.run(); err != nil && (whole || !isEOF(err)) {
		return err
	}
	if k == '{' && !f.strange && !f.failed {
		return nil // an empty page: some leave the list out then
	}
	return &noListError{names: f.names, failed: f.failed, scalar: k != '{'}
}

// noListError is a page in which no records are found.
type noListError struct {
	names                []string
	many, failed, scalar bool
}

func (e *noListError) Error() string { return "no list" }

// wholePlace is the Position.Items of a page that is one record.
const wholePlace = "."
