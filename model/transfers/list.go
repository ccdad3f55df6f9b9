package transfers

import (
	"context"
	"slices"
	"strings"
	"time"

	"ferry/model"
)

// Find returns the transfer that a name or an id is of. ENotFound.
func (s *Service) Find(ctx context.Context, space model.Space, ref string) (Status, error) {
	var id model.ID
	err := s.p.Store.View(ctx, func(tx model.Tx) error {
		t, err := tx.Transfers().ByName(space.ID, ref)
		if model.CodeOf(err) == model.ENotFound {
			t, err = tx.Transfers().Get(space.ID, model.ID(ref))
		}
		id = t.ID
		return err
	})
	if code := model.CodeOf(err); code == model.ENotFound || code == model.EInvalid {
		return Status{}, model.Errorf(model.ENotFound, "no transfer %q in space %s", model.Printable(ref), space.Name).
			WithNext("see which there are with: ferry transfer list")
	}
	if err != nil {
		return Status{}, err
	}
	return s.get(ctx, space, id)
}

// get returns a transfer by its id. ENotFound.
func (s *Service) get(ctx context.Context, space model.Space, id model.ID) (Status, error) {
	now := s.p.Now()
	var out Status
	err := s.p.Store.View(ctx, func(tx model.Tx) error {
		t, err := tx.Transfers().Get(space.ID, id)
		if err != nil {
			return err
		}
		st, err := tx.Transfers().State(space.ID, id)
		if err != nil {
			return err
		}
		names, err := namesIn(tx, space.ID, &t)
		st.Transfer = id
		out = newStatus(&t, &st, names, now)
		return err
	})
	return out, err
}

// List returns the transfers of a space: those that run first, then the newest. Progress, which
// may be nil, is told how many are loaded.
func (s *Service) List(ctx context.Context, space model.Space, progress func(n int)) ([]Status, error) {
	now := s.p.Now()
	var out []Status
	ids := map[model.ID]bool{}
	err := s.each(ctx, space, func(t *model.Transfer, st *model.TransferState) {
		out = append(out, Status{Transfer: *t, State: *st})
		ids[t.Source.Client], ids[t.Target.Client] = true, true
		if progress != nil && len(out)%listEvery == 0 {
			progress(len(out))
		}
	})
	if err != nil {
		return nil, err
	}
	if progress != nil {
		progress(len(out))
	}
	list := make([]model.ID, 0, len(ids))
	for id := range ids {
		list = append(list, id)
	}
	names, err := s.clientNames(ctx, space, list)
	if err != nil {
		return nil, err
	}
	for i := range out {
		out[i].State.Transfer = out[i].Transfer.ID
		out[i] = newStatus(&out[i].Transfer, &out[i].State, names, now)
	}
	slices.SortFunc(out, func(a, b Status) int {
		if ra, rb := a.Phase == model.PhaseRunning, b.Phase == model.PhaseRunning; ra != rb {
			if ra {
				return -1
			}
			return 1
		}
		if n := newest(&b).Compare(newest(&a)); n != 0 {
			return n
		}
		return strings.Compare(string(b.Transfer.ID), string(a.Transfer.ID))
	})
	return out, nil
}

// listEvery is after how many transfers a list says how far it is.
const listEvery = 1000

// newest is when something last began: the newest run, or the transfer itself.
func newest(s *Status) time.Time {
	if s.State.Started.After(s.Transfer.Created.At) {
		return s.State.Started
	}
	return s.Transfer.Created.At
}

// Runs returns the history of a transfer, newest first. A run that was cut off and not
// gone on with shows as running still; its transfer's phase says how it is.
func (s *Service) Runs(ctx context.Context, id model.ID) ([]model.TransferRun, error) {
	var out []model.TransferRun
	err := s.p.Store.View(ctx, func(tx model.Tx) (err error) {
		out, err = tx.Transfers().Runs(id)
		return err
	})
	return out, err
}

// Faults returns the records with which something went wrong, newest first.
func (s *Service) Faults(ctx context.Context, space model.Space, id model.ID) ([]model.TransferFault, error) {
	var out []model.TransferFault
	err := s.p.Store.View(ctx, func(tx model.Tx) (err error) {
		out, err = tx.Transfers().Faults(space.ID, id)
		return err
	})
	return out, err
}

// Using returns the titles of the syncs and unfinished transfers that use a client, sorted.
func (s *Service) Using(ctx context.Context, space model.Space, client model.ID) ([]string, error) {
	var found []model.Transfer
	var ids []model.ID
	err := s.each(ctx, space, func(t *model.Transfer, st *model.TransferState) {
		if (t.Source.Client == client || t.Target.Client == client) && !over(t, st) {
			found = append(found, *t)
			ids = append(ids, t.Source.Client, t.Target.Client)
		}
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(ids)
	names, err := s.clientNames(ctx, space, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	out := make([]string, len(found))
	for i := range found {
		out[i] = title(&found[i], names)
	}
	slices.Sort(out)
	return out, nil
}
