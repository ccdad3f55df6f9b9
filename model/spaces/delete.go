package spaces

import (
	"context"
	"strconv"
	"time"

	"ferry/model"
)

// Deletion is how a space is deleted.
type Deletion struct {
	Everything bool           // also when the space is not empty
	Revision   uint64         // 0: whatever is stored
	Progress   func(left int) // records still there, after each transaction; may be nil
}

// Delete removes a space, for ever. It always needs the name: EConfirm without it.
// EConflict when the space is not empty and Everything is not asked for. A space that
// holds something goes in steps: nobody can enter it any more, and a deletion that was
// cut off goes on when it is asked for again. The default space stays: EInvalid.
func (s *Service) Delete(ctx context.Context, id model.ID, d Deletion, confirm string) error {
	had, err := s.Contents(ctx, id)
	if err != nil {
		return err
	}
	gone, err := s.begin(ctx, id, d, confirm, had)
	if gone || err != nil {
		return err
	}
	if err := s.discardTransfers(ctx, id); err != nil {
		return err
	}
	for left := had.total(); ; {
		removed, over, err := s.step(ctx, id)
		if err != nil || over {
			return err
		}
		left = max(left-removed, 0)
		if d.Progress != nil {
			d.Progress(left)
		}
	}
}

// begin removes an empty space at once (gone), or marks one that is not as being deleted.
func (s *Service) begin(ctx context.Context, id model.ID, d Deletion, confirm string, had Contents) (gone bool, err error) {
	now := s.now()
	end := s.entry(ctx, now, "space.delete", model.Space{})
	start := s.entry(ctx, now, "space.delete-begin", model.Space{})
	start.Changes = []model.Change{
		{Field: "clients", From: strconv.Itoa(had.Clients)},
		{Field: "users", From: strconv.Itoa(had.Users)},
		{Field: "keys", From: strconv.Itoa(had.Keys)},
		{Field: "transfers", From: strconv.Itoa(had.Transfers)},
	}
	err = s.store.Update(ctx, func(tx model.Tx) error {
		gone = false
		sp, err := tx.Spaces().Get(id)
		if err != nil {
			return err
		}
		if sp.Name == model.DefaultSpace {
			return stays("deleted", "space")
		}
		if !sp.Deleting { // what goes on has another revision than when it was begun
			if err := sameRevision(tx, sp, d.Revision, now); err != nil {
				return err
			}
		}
		if err := named(sp, confirm); err != nil {
			return err
		}
		empty, err := isEmpty(tx, id)
		switch {
		case err != nil:
			return err
		case empty:
			gone = true
			if _, _, err := someRules(tx, id); err != nil {
				return err
			}
			return remove(tx, sp, end)
		case sp.Deleting:
			return nil
		case !d.Everything:
			return model.Errorf(model.EConflict, "the space %s is not empty: it holds %s", sp.Name, had).
				WithNext("delete it with everything in it: ferry space delete %s --everything --confirm %s", sp.Name, sp.Name)
		}
		sp.Deleting, sp.Revision = true, sp.Revision+1
		sp.Updated = model.Stamp{At: now, By: model.ActorFrom(ctx).Label()}
		if err := tx.Spaces().Put(sp); err != nil {
			return err
		}
		return tx.Audit().Append(about(start, sp))
	})
	return gone, err
}

// named is the rule that deleting a space always needs its name.
func named(sp model.Space, confirm string) error {
	if err := model.RequireName(sp.Protected, sp.Name, confirm); err != nil || confirm == sp.Name {
		return err
	}
	return model.Errorf(model.EConfirm, "deleting the space %s is irreversible and needs its name", sp.Name).
		WithField("confirm").WithNext("add --confirm %s", sp.Name)
}

// writes is what one step may write: a transaction takes 100, its audit entry included.
const writes = 90

// What removing one record costs in writes: its value, its index, and what hangs on it.
const (
	clientWrites   = 4 // with token and run-time state; its history and saved calls come on top
	savedWrites    = 2
	keyWrites      = 3
	userWrites     = 2
	transferWrites = 4 // with state and faults; its runs and what a sync remembers come on top
)

// step removes as much of a space that is being deleted as one transaction takes, and
// in the end the space itself (over). Each step finds what there is anew, so that it does
// not matter after which of them the last attempt ended.
func (s *Service) step(ctx context.Context, id model.ID) (removed int, over bool, err error) {
	end := s.entry(ctx, s.now(), "space.delete", model.Space{})
	err = s.store.Update(ctx, func(tx model.Tx) error {
		removed, over = 0, false
		sp, err := tx.Spaces().Get(id)
		if model.CodeOf(err) == model.ENotFound {
			over = true // somebody else went on with it too, and was faster
			return nil
		}
		if err != nil {
			return err
		}
		for _, some := range []func(model.Tx, model.ID) (removed int, left bool, err error){someTransfers, someRules, someClients, someKeys, someUsers} {
			var left bool
			if removed, left, err = some(tx, id); err != nil || removed > 0 || left {
				return err
			}
		}
		over = true
		return remove(tx, sp, end)
	})
	return removed, over, err
}

// someClients removes clients with their token, run-time state, history and saved calls.
// Left without any removed means that part of one's history or calls is gone.
func someClients(tx model.Tx, space model.ID) (removed int, left bool, err error) {
	page, err := tx.Clients().Page(space, "", writes/clientWrites)
	budget := writes
	for _, c := range page {
		if budget < clientWrites {
			break
		}
		calls, err := tx.History().List(c.ID)
		if err != nil {
			return 0, true, err
		}
		rest, err := tx.History().DeleteSome(c.ID, min(len(calls), budget-clientWrites))
		if err != nil {
			return 0, true, err
		}
		budget -= clientWrites + len(calls)
		if rest > 0 {
			break
		}
		saved, err := someSaved(tx, c.ID, budget/savedWrites)
		if err != nil {
			return 0, true, err
		}
		if budget -= savedWrites * saved; budget < 0 {
			break
		}
		if err := tx.Tokens().Delete(c.ID); err != nil {
			return 0, true, err
		}
		if err := tx.Runtimes().Delete(space, c.ID); err != nil {
			return 0, true, err
		}
		if err := tx.Clients().Delete(space, c.ID); err != nil {
			return 0, true, err
		}
		removed++
	}
	return removed, len(page) > 0, err
}

// someSaved removes up to limit saved calls of a client, and returns how many there were.
func someSaved(tx model.Tx, client model.ID, limit int) (had int, err error) {
	saved, err := tx.Saved().List(client)
	for _, call := range saved[:min(len(saved), max(limit, 0))] {
		if err := tx.Saved().Delete(client, call.ID); err != nil {
			return 0, err
		}
	}
	return len(saved), err
}

func someKeys(tx model.Tx, space model.ID) (removed int, left bool, err error) {
	page, err := tx.Keys().Page(space, "", writes/keyWrites)
	for _, k := range page {
		if err := tx.Keys().Delete(space, k.ID); err != nil {
			return 0, true, err
		}
	}
	return len(page), len(page) > 0, err
}

func someUsers(tx model.Tx, space model.ID) (removed int, left bool, err error) {
	page, err := tx.Users().Page(space, "", writes/userWrites)
	for _, u := range page {
		if err := tx.Users().Delete(space, u.ID); err != nil {
			return 0, true, err
		}
	}
	return len(page), len(page) > 0, err
}

func remove(tx model.Tx, sp model.Space, end model.AuditEntry) error {
	if err := tx.Spaces().Delete(sp.ID); err != nil {
		return err
	}
	return tx.Audit().Append(about(end, sp))
}

// entry begins an audit entry about a space; what is known only inside of a transaction
// is filled in there by about.
func (s *Service) entry(ctx context.Context, at time.Time, action string, sp model.Space) model.AuditEntry {
	e := model.AuditEntry{ID: s.newID(at), At: at, Actor: model.ActorFrom(ctx), Action: action}
	return about(e, sp)
}

func about(e model.AuditEntry, sp model.Space) model.AuditEntry {
	e.Space, e.In, e.Target, e.Name, e.Revision = sp.Name, sp.ID, sp.ID, sp.Name, sp.Revision
	return e
}
