package syncing

import (
	"context"
	"maps"
	"slices"
	"sync"

	"ferry/model"
)

// change is one record that is to be written or deleted at the target. Whoever delivers it
// is the only one to touch it.
type change struct {
	key    string
	digest digest
	was    slot
	hash   [16]byte
	mark   [16]byte // its hash while it is not known whether it arrived
	body   []byte   // nil: delete the record
	number int64    // of the record in the source

	path    string
	method  string
	ifMatch string
	look    bool // ask for the record before it is written (again)
	refuted bool // the target answered 412 already
	found   bool // the target has the record
	maybe   bool // a write was sent, and it is not known whether it arrived

	result result
	etag   string // with wrote
}

// result is what became of a change.
type result int

const (
	untouched  result = iota // nothing changed at the target
	wrote                    // the target has it
	removed                  // the target has it no more
	conflicted               // somebody else changed it at the target
)

// Sizes of what is saved at once: marks of what is to be sent next go together with what
// became of what was sent before.
const (
	saveAtOnce = 1000
	sendAtOnce = saveAtOnce / 2
)

// flush sends what is pending.
func (r *run) flush(ctx context.Context) error {
	pending := r.pending
	r.pending, r.held = r.pending[:0], 0
	for len(pending) > 0 {
		n := min(len(pending), sendAtOnce)
		if !r.begun {
			n, r.begun = 1, true // what the target makes of one record is a lesson for the others
		}
		if err := r.send(ctx, pending[:n]); err != nil {
			return err
		}
		clear(pending[:n])
		pending = pending[n:]
	}
	return nil
}

// send marks changes as unsure, delivers them, and notes what became of them.
func (r *run) send(ctx context.Context, changes []*change) error {
	if err := r.failure(); err != nil {
		return err
	}
	if err := r.stir(ctx); err != nil {
		return err
	}
	if err := r.save(ctx, r.marks(changes)); err != nil {
		return err
	}
	r.deliverAll(ctx, changes)
	for _, c := range changes {
		r.settleChange(c)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if own := r.owned(); len(own) > len(r.was.Owned) {
		r.was.Owned = slices.Sorted(maps.Keys(own))
		if err := r.keep(ctx, r.was); err != nil {
			return err
		}
	}
	return r.failure()
}

// stir forgets the validators of the last good run before anything is written: were this
// run cut off and the source to go back to what it was, 304 would be no longer true.
func (r *run) stir(ctx context.Context) error {
	if r.was.ETag == "" && r.was.LastModified == "" {
		return nil
	}
	r.was.ETag, r.was.LastModified = "", ""
	return r.keep(ctx, r.was)
}

// marks are the entries of changes while it is not known whether they arrived.
func (r *run) marks(changes []*change) []model.SyncEntry {
	marks, own := make([]model.SyncEntry, 0, len(changes)), r.owned()
	for _, c := range changes {
		c.mark = c.hash
		if c.body != nil && len(own) > 0 {
			c.mark = markHash(own, c.body)
		}
		marks = append(marks, r.mark(c))
	}
	return marks
}

func (r *run) mark(c *change) model.SyncEntry {
	return model.SyncEntry{Key: c.key, Hash: c.mark, ETag: r.mem.etag(c.was), Unsure: true}
}

// save makes durable what became of what was sent, and the given marks, in one.
func (r *run) save(ctx context.Context, marks []model.SyncEntry) error {
	entries := slices.Concat(r.unsaved, marks)
	if len(entries) == 0 {
		return nil
	}
	if err := r.j.Memory.Save(ctx, entries); err != nil {
		return err
	}
	r.unsaved = nil
	return nil
}

// settleChange notes what became of a change, to be saved later.
func (r *run) settleChange(c *change) {
	e := r.mem.entry(c.key, c.was) // as it was, or none
	switch {
	case c.result == wrote:
		e = model.SyncEntry{Key: c.key, Hash: c.hash, ETag: c.etag}
	case c.result == removed:
		e = model.SyncEntry{Key: c.key, Gone: true}
	case c.result == conflicted:
		e = model.SyncEntry{Key: c.key, Hash: c.hash, ETag: e.ETag, Conflict: true}
	case c.maybe:
		e = r.mark(c)
	}
	flags := r.mem.slots.get(c.digest).flags & seen
	if c.result == wrote {
		flags |= sent
	}
	r.mem.put(c.digest, e, flags)
	r.unsaved = append(r.unsaved, e)
}

// deliverAll delivers changes, several at once. After a stop or a failure the rest stays
// as it is.
func (r *run) deliverAll(ctx context.Context, changes []*change) {
	work := make(chan *change)
	var workers sync.WaitGroup
	for range min(r.lanes.Most(), len(changes)) {
		workers.Go(func() {
			for c := range work {
				r.deliver(ctx, c)
				r.report()
			}
		})
	}
	for _, c := range changes {
		if r.failure() != nil || ctx.Err() != nil {
			break
		}
		work <- c
	}
	close(work)
	workers.Wait()
}

// fail ends the run with the first error.
func (r *run) fail(err error) {
	r.mu.Lock()
	if r.failed == nil {
		r.failed = err
	}
	r.mu.Unlock()
	r.halt()
}

// failure returns why nothing more is to be sent: the first error, or ErrStopped.
func (r *run) failure() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failed != nil {
		return r.failed
	}
	select {
	case <-r.halted:
		return model.ErrStopped
	default:
		return nil
	}
}
