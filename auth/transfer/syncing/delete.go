package syncing

import (
	"context"

	"ferry/model"
)

// deleteGone deletes at the target what the source has no more, when that was asked for and
// the source was read whole. EConflict, and nothing is deleted, when that would be more
// than was allowed.
func (r *run) deleteGone(ctx context.Context) error {
	if !r.t.Sync.Deletes || !r.whole {
		return nil
	}
	gone := r.mem.gone()
	switch {
	case gone == 0:
		return nil
	case r.nameless:
		r.count(func(p *model.Progress) {
			p.Notes = append(p.Notes, "records of the source could not be told apart, so nothing was deleted")
		})
		return nil
	}
	if err := r.guard(gone); err != nil {
		return err
	}
	changes, err := r.deletions(ctx, gone)
	for err == nil && len(changes) > 0 {
		n := min(len(changes), sendAtOnce)
		err = r.send(ctx, changes[:n])
		changes = changes[n:]
	}
	return err
}

func (r *run) guard(gone int) error {
	most := r.t.Sync.MaxDeletes
	if most == 0 {
		most = model.DefaultMaxDeletes
	}
	if gone*100 <= most*r.mem.known {
		return nil
	}
	need := min(100, (gone*100+r.mem.known-1)/max(1, r.mem.known))
	return model.Errorf(model.EConflict, "%d of %d records are gone from the source, more than the %d per cent that may be deleted at once: nothing was deleted", gone, r.mem.known, most).
		WithNext("look at the source; if they are to go, allow it with --max-deletes %d and run the sync again", need)
}

// deletions finds the keys of what is gone: only their digests are in memory.
func (r *run) deletions(ctx context.Context, gone int) ([]*change, error) {
	out := make([]*change, 0, gone)
	conflicts := int64(0)
	err := r.j.Memory.Each(ctx, func(e model.SyncEntry) error {
		d := r.mem.digest(e.Key)
		s := r.mem.slots.get(d)
		switch {
		case e.Gone || s.flags&(stored|seen) != stored:
		case s.flags&conflict != 0 && !r.t.Sync.Overwrite:
			conflicts++
		default:
			out = append(out, &change{key: e.Key, digest: d, was: s, hash: s.hash})
		}
		return nil
	})
	r.count(func(p *model.Progress) { p.Conflicts += conflicts })
	return out, err
}
