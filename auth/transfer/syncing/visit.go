package syncing

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"ferry/auth/transfer/paging"
	"ferry/auth/transfer/record"
	"ferry/model"
)

// reading is what is known of the source in this run.
type reading struct {
	stats paging.Stats
	whole bool // all of it was read
	// nameless is set when a record could not be told from others: which records are gone
	// is not known then.
	nameless bool

	records int64    // number of the newest record of the source
	page    pageMark // of the page that is being read
}

// pageMark is what has to be undone when a page breaks off and comes again.
type pageMark struct {
	records   int64
	seen      []digest
	pending   int // how many changes were pending when it began
	unchanged int64
	conflicts int64
	faults    []model.TransferFault
	more      int64 // faults beyond those that can be kept
	nameless  bool
}

// visitor is the run as paging sees it.
type visitor struct {
	*run
	ctx context.Context
}

// Limits on what is found before it is sent: few enough to lose little, many enough that
// saving costs little.
const (
	maxPending = 4000
	maxHeld    = 8 << 20 // bytes
	maxDelay   = time.Second
	maxKey     = 1 << 10 // bytes of a key
)

// Begin implements paging.Visitor.
func (v *visitor) Begin(_ int64, again bool) error {
	if again {
		v.undoPage()
	}
	v.page = pageMark{records: v.records, pending: len(v.pending), seen: v.page.seen[:0]}
	return nil
}

// undoPage forgets what a page brought that broke off. What was sent of it stays: it
// will be found unchanged.
func (v *visitor) undoPage() {
	v.records = v.page.records
	for _, d := range v.page.seen {
		s := v.mem.slots.get(d)
		s.flags &^= seen
		v.mem.slots.set(d, s)
	}
	for _, c := range v.pending[v.page.pending:] {
		v.held -= len(c.body)
	}
	v.pending = v.pending[:v.page.pending]
}

// End implements paging.Visitor.
func (v *visitor) End(p paging.Position) error {
	v.count(func(q *model.Progress) {
		q.Pages, q.Total, q.Waiting = p.Page, p.Total, ""
		q.Records = v.records
		q.Unchanged += v.page.unchanged
		q.Conflicts += v.page.conflicts
		q.Rejected += v.page.more
	})
	for _, f := range v.page.faults {
		v.fault(f)
	}
	v.nameless = v.nameless || v.page.nameless
	v.page = pageMark{records: v.records, pending: len(v.pending), seen: v.page.seen[:0]}
	v.report()
	if err := v.failure(); err != nil {
		return err
	}
	return v.tidy()
}

// tidy sends what is pending and saves what was sent once there is enough of it, or once
// it has waited long enough.
func (v *visitor) tidy() error {
	now := v.e.Now()
	if len(v.pending) >= sendAtOnce || len(v.pending) > 0 && now.Sub(v.since) > maxDelay {
		if err := v.flush(v.ctx); err != nil {
			return err
		}
	}
	if now.Sub(v.kept) <= maxDelay {
		return nil
	}
	if err := v.save(v.ctx, nil); err != nil {
		return err
	}
	return v.keep(v.ctx, v.was)
}

// Record implements paging.Visitor.
func (v *visitor) Record(rec []byte) error {
	v.records++
	if v.filter == nil {
		return v.take(rec)
	}
	var failed error
	err := v.filter.Each(v.ctx, rec, func(result []byte) error {
		failed = v.take(result)
		return failed
	})
	switch {
	case failed != nil || v.ctx.Err() != nil:
		return err
	case err != nil:
		v.refuse("", "jq does not fit the record: "+err.Error())
	}
	return nil
}

// take looks whether a record changed.
func (v *visitor) take(rec []byte) error {
	key, ok := record.Text(record.Field(rec, v.t.Sync.Key))
	switch {
	case !ok || key == "":
		v.refuse("", fmt.Sprintf("the record has no %s, or it is no text and no number", model.Printable(v.t.Sync.Key)))
		return nil
	case len(key) > maxKey:
		v.refuse(key, fmt.Sprintf("the key is longer than %d bytes", maxKey))
		return nil
	}
	d := v.mem.digest(key)
	s := v.mem.slots.get(d)
	if s.flags&seen != 0 {
		v.note(key, "the source has this key twice: the first record counts")
		return nil
	}
	s.flags |= seen
	v.mem.slots.set(d, s)
	v.page.seen = append(v.page.seen, d)
	hash, err := record.Hash(rec)
	if err != nil {
		v.note(key, err.Error())
		return nil
	}
	switch {
	case s.flags&stored == 0 || s.flags&unsure != 0 || s.hash != hash:
	case s.flags&conflict != 0 && v.t.Sync.Overwrite:
	case s.flags&conflict != 0:
		v.page.conflicts++ // as it was: who overwrites nothing does not ask each time
		return nil
	default:
		if s.flags&sent == 0 {
			v.page.unchanged++
		}
		return nil
	}
	if len(v.pending) == 0 {
		v.since = v.e.Now()
	}
	v.pending = append(v.pending, &change{key: key, digest: d, was: s, hash: hash, body: bytes.Clone(rec), number: v.records})
	v.held += len(rec)
	if len(v.pending) >= maxPending || v.held >= maxHeld {
		if err := v.flush(v.ctx); err != nil {
			return err
		}
		v.page.pending = 0
	}
	return nil
}

// refuse notes a record that cannot be told from others.
func (v *visitor) refuse(key, reason string) {
	v.page.nameless = true
	v.note(key, reason)
}

// note keeps a fault until the page is whole.
func (v *visitor) note(key, reason string) {
	if len(v.page.faults) == model.MaxFaults {
		v.page.more++
		return
	}
	v.page.faults = append(v.page.faults, model.TransferFault{Record: v.records, Key: key, Kind: model.FaultRejected, Reason: reason})
}
