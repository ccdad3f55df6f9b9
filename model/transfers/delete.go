package transfers

import (
	"context"

	"ferry/model"
	"ferry/model/spaces"
)

// someWrites is how many runs and parts of a memory one transaction removes: it takes 100
// writes, the transfer itself and its audit entry included.
const someWrites = 80

// Delete removes a transfer that does not run, with its history. A sync needs its name to confirm when
// its target is protected. EBusy while it runs, EConflict for another revision, EProtected.
// A deletion that was cut off leaves a sync paused, and goes on when it is asked for again.
func (s *Service) Delete(ctx context.Context, space model.Space, id model.ID, revision uint64, confirm string) error {
	now := s.p.Now()
	entryID := s.p.NewID(now)
	return s.remove(ctx, space, id, func(tx model.Tx, t *model.Transfer, last bool) error {
		sp, err := spaces.Live(tx, space.ID)
		if err != nil {
			return err
		}
		names, err := namesIn(tx, sp.ID, t)
		if err != nil {
			return err
		}
		if last {
			return tx.Audit().Append(entry(ctx, sp, entryID, now, "transfer.delete", t, title(t, names), nil))
		}
		if err := seen(tx, t, revision, now); err != nil {
			return err
		}
		return deletable(tx, sp, t, confirm)
	})
}

// deletable is the rule that a sync that writes protected data needs its name.
func deletable(tx model.Tx, sp model.Space, t *model.Transfer, confirm string) error {
	if t.Kind != model.KindSync {
		return nil
	}
	target, err := clientOf(tx, sp.ID, t.Target.Client)
	if err != nil {
		return err
	}
	return model.RequireName(sp.Protected || target != nil && target.Protected, t.Name, confirm)
}

// remove deletes a transfer with all that belongs to it. With is called in the first
// transaction, which it may refuse, and again (last) in the one in which the transfer goes.
func (s *Service) remove(ctx context.Context, space model.Space, id model.ID, with func(tx model.Tx, t *model.Transfer, last bool) error) error {
	unlock, err := s.lockRun(ctx, space, id)
	if err != nil {
		return err
	}
	defer unlock()
	var t model.Transfer
	var st model.TransferState
	for first, left := true, 1; left > 0; first = false {
		err := s.p.Store.Update(ctx, func(tx model.Tx) (err error) {
			if t, err = tx.Transfers().Get(space.ID, id); err != nil {
				return err
			}
			if st, err = tx.Transfers().State(space.ID, id); err != nil {
				return err
			}
			if first && with != nil {
				if err := with(tx, &t, false); err != nil {
					return err
				}
			}
			if left, err = tx.Transfers().DeleteSome(id, someWrites); err != nil {
				return err
			}
			if left > 0 {
				return halfGone(tx, &t)
			}
			if with != nil {
				if err := with(tx, &t, true); err != nil {
					return err
				}
			}
			return tx.Transfers().Delete(space.ID, id)
		})
		if err != nil {
			return err
		}
	}
	if !st.Phase.Ended() {
		s.Discard(ctx, &t)
	}
	return nil
}

// halfGone keeps a sync whose memory is partly gone from running.
func halfGone(tx model.Tx, t *model.Transfer) error {
	if t.Kind != model.KindSync || t.Sync.Paused {
		return nil
	}
	is := *t
	is.Sync.Paused = true
	return tx.Transfers().Put(is)
}
