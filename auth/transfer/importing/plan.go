package importing

import (
	"context"
	"errors"
	"io"
	"strings"

	"ferry/auth/transfer/importing/rows"
	"ferry/auth/transfer/record"
	"ferry/model"
	"ferry/model/calls"
)

// maxResults bounds what a filter makes of one record.
const maxResults = 100_000

// planner makes units of the records of a file.
type planner struct {
	reader rows.Reader
	filter model.Filter // nil: records stay as they are
	path   string       // of the target
	places bool         // path holds some
	key    string       // dotted field that tells records apart, or ""
	batch  int
	seq    uint64
	open   *unit // a batch that is being filled
	skip   int   // results of the first record that belong to units before
}

// each makes the units of the rest of the file and hands them over.
func (p *planner) each(ctx context.Context, yield func(*unit) error) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		at := p.reader.Position()
		row, err := p.reader.Next()
		if errors.Is(err, io.EOF) {
			return p.flush(yield)
		}
		if err != nil {
			if ferr := p.flush(yield); ferr != nil {
				return ferr
			}
			return err
		}
		if err := p.row(ctx, at, &row, yield); err != nil {
			return err
		}
	}
}

func (p *planner) row(ctx context.Context, at rows.Position, row *rows.Row, yield func(*unit) error) error {
	skip := p.skip
	p.skip = 0
	if row.Fault != "" {
		return p.fault(at, fault{record: row.Number, row: row.Line, reason: row.Fault, raw: row.Raw}, yield)
	}
	data := append(make([]byte, 0, len(row.Data)), row.Data...)
	results, why, err := p.shape(ctx, data)
	switch {
	case err != nil:
		return err
	case why != "":
		return p.fault(at, fault{record: row.Number, row: row.Line, reason: why, data: data}, yield)
	case len(results) == 0:
		return p.nothing(at, yield)
	}
	for i := range results {
		if i < skip {
			continue
		}
		it := item{record: row.Number, row: row.Line, index: i, body: results[i]}
		if p.filter != nil {
			it.data = data
		}
		if err := p.item(place{at, i}, it, i == len(results)-1, yield); err != nil {
			return err
		}
	}
	return nil
}

// shape applies the filter, and says why a record cannot be shaped. A record that fails
// half-way is refused whole.
func (p *planner) shape(ctx context.Context, data []byte) (results [][]byte, why string, err error) {
	if p.filter == nil {
		return [][]byte{data}, "", nil
	}
	size := 0
	err = p.filter.Each(ctx, data, func(result []byte) error {
		size += len(result)
		if string(result) == "null" {
			return model.Errorf(model.EInvalid, "the filter gives null")
		}
		if len(results) == maxResults || size > 2*model.MaxTransferValue {
			return model.Errorf(model.EInvalid, "the filter gives more than %d results or %d MiB", maxResults, 2*model.MaxTransferValue>>20)
		}
		results = append(results, append([]byte(nil), result...))
		return nil
	})
	switch {
	case ctx.Err() != nil:
		return nil, "", ctx.Err()
	case err != nil:
		return nil, clip(model.Printable(model.AsError(err).Message)), nil
	}
	return results, "", nil
}

// item puts one shaped record into a unit of its own, or into the batch.
func (p *planner) item(at place, it item, last bool, yield func(*unit) error) error {
	path, key, why := p.address(it.body)
	if p.batch <= 1 {
		u := p.begin(at)
		if last {
			u.ends = 1
		}
		if why != "" {
			u.faults = append(u.faults, fault{record: it.record, row: it.row, reason: why, data: it.original()})
		} else {
			u.path, u.items, u.size = path, []item{it}, len(it.body)+len(it.data)
			u.keys = keyed(nil, key)
		}
		return yield(u)
	}
	if p.open != nil && p.open.size+len(it.body)+len(it.data) > model.MaxTransferValue {
		if err := p.flush(yield); err != nil {
			return err
		}
	}
	u := p.filling(at)
	if last {
		u.ends++
	}
	if why != "" {
		u.faults = append(u.faults, fault{record: it.record, row: it.row, reason: why, data: it.original()})
	} else {
		u.path = path
		u.items = append(u.items, it)
		u.size += len(it.body) + len(it.data)
		u.keys = keyed(u.keys, key)
	}
	return p.full(yield)
}

func keyed(keys []string, key string) []string {
	if key == "" {
		return keys
	}
	return append(keys, key)
}

// address is where a record goes, and what it must not overtake.
func (p *planner) address(body []byte) (path, key, why string) {
	path = p.path
	if p.places {
		var err error
		if path, err = record.Expand(p.path, body); err != nil {
			return "", "", clip(model.Printable(model.AsError(err).Message))
		}
		key = path
	}
	if p.key != "" {
		if text, ok := record.Text(record.Field(body, p.key)); ok {
			key = text
		}
	}
	return path, key, ""
}

// fault puts a record that is none into a unit.
func (p *planner) fault(at rows.Position, f fault, yield func(*unit) error) error {
	if p.batch <= 1 {
		u := p.begin(place{at, 0})
		u.ends, u.faults = 1, []fault{f}
		return yield(u)
	}
	u := p.filling(place{at, 0})
	u.ends++
	u.faults = append(u.faults, f)
	return p.full(yield)
}

// nothing goes over a record of which the filter leaves nothing.
func (p *planner) nothing(at rows.Position, yield func(*unit) error) error {
	if p.batch <= 1 {
		u := p.begin(place{at, 0})
		u.ends = 1
		return yield(u)
	}
	p.filling(place{at, 0}).ends++
	return p.full(yield)
}

func (p *planner) begin(at place) *unit {
	p.seq++
	return &unit{seq: p.seq, start: at}
}

func (p *planner) filling(at place) *unit {
	if p.open == nil {
		p.open = p.begin(at)
	}
	return p.open
}

// maxIdle is how many records without a request a batch may go over: where a filter leaves
// little, progress is still seen.
const maxIdle = 10_000

func (p *planner) full(yield func(*unit) error) error {
	if u := p.open; len(u.items) >= p.batch || len(u.faults) >= p.batch || u.ends >= int64(p.batch)+maxIdle {
		return p.flush(yield)
	}
	return nil
}

func (p *planner) flush(yield func(*unit) error) error {
	u := p.open
	if p.open = nil; u == nil {
		return nil
	}
	return yield(u)
}

// newPlanner is a planner from the beginning of the file.
func newPlanner(t *model.Transfer, reader rows.Reader, filter model.Filter) *planner {
	return &planner{
		reader: reader, filter: filter, path: t.Target.Path, places: len(calls.Places(t.Target.Path)) > 0,
		key: t.Sync.Key, batch: t.Write.Batch,
	}
}

// maxReason is the most characters of a reason that is kept.
const maxReason = 300

// clip cuts a sanitised text to what is kept of a reason.
func clip(text string) string {
	text = strings.TrimSpace(text)
	if r := []rune(text); len(r) > maxReason {
		return string(r[:maxReason-1]) + "…"
	}
	return text
}
