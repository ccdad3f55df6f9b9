package transfers

import (
	"context"
	"time"

	"ferry/model"
	"ferry/model/spaces"
)

// CreateSync stores a sync. Confirm is the name of a protected target client. EInvalid
// with every field at fault, ENotFound for a client, EExists when the name is taken,
// EDisabled for a client that is not usable, EProtected, EPermission for an API user that
// may not call both clients itself.
func (s *Service) CreateSync(ctx context.Context, space model.Space, d Draft, confirm string) (Status, error) {
	if err := isSync(d.Kind); err != nil {
		return Status{}, err
	}
	p, err := s.compose(ctx, space, d)
	if err != nil {
		return Status{}, err
	}
	now := s.p.Now()
	t := p.t
	t.ID, t.Revision = s.p.NewID(now), 1
	t.Created = model.Stamp{At: now, By: model.ActorFrom(ctx).Label()}
	t.Updated = t.Created
	entryID := s.p.NewID(now)
	var out Status
	err = s.p.Store.Update(ctx, func(tx model.Tx) error {
		sp, err := spaces.Live(tx, space.ID)
		if err != nil {
			return err
		}
		names, err := s.mayBe(ctx, tx, sp, &t, confirm)
		if err != nil {
			return err
		}
		st := model.TransferState{Transfer: t.ID, Phase: model.PhaseWaiting, Next: s.next(&t, now)}
		if err := tx.Transfers().Put(t); err != nil {
			return err
		}
		if err := tx.Transfers().PutState(sp.ID, st); err != nil {
			return err
		}
		out = newStatus(&t, &st, names, now)
		return tx.Audit().Append(entry(ctx, sp, entryID, now, "transfer.create", &t, t.Name, changes(nil, &t, names)))
	})
	return out, taken(err, space, t.Name)
}

func isSync(kind model.TransferKind) error {
	if kind == model.KindSync {
		return nil
	}
	return model.Errorf(model.EInvalid, "only a sync is saved; an export or an import is started").WithField("kind").
		WithNext("ferry export, or ferry import")
}

// mayBe is every rule about a sync that is to be saved, as everything is stored now. It
// remembers in t whether its target was confirmed, and returns the names of its clients.
func (s *Service) mayBe(ctx context.Context, tx model.Tx, sp model.Space, t *model.Transfer, confirm string) (map[model.ID]string, error) {
	source, err := needed(tx, sp.ID, t.Source.Client, "source")
	if err != nil {
		return nil, err
	}
	target, err := needed(tx, sp.ID, t.Target.Client, "target")
	if err != nil {
		return nil, err
	}
	if err := calling(ctx, t); err != nil {
		return nil, err
	}
	if err := usable(source, target); err != nil {
		return nil, err
	}
	t.Sync.Confirmed = false // it is for this save to confirm
	if err := model.RequireName(sp.Protected || target.Protected, target.Name, confirm); err != nil {
		return nil, err
	}
	t.Sync.Confirmed = confirm == target.Name
	return namesOf(source, target), nil
}

// taken explains a name that another sync has.
func taken(err error, space model.Space, name string) error {
	if model.CodeOf(err) != model.EExists {
		return err
	}
	return model.Errorf(model.EExists, "the name %q is taken by another sync in space %s", model.Printable(name), space.Name).
		WithField("name").WithNext("choose another name, or update that sync")
}

// UpdateSync saves what was edited. EConflict when the sync was changed meanwhile;
// otherwise as CreateSync. A run under way ends with the settings it began with. What the
// sync remembers stays: the engine knows of which target and key it is.
func (s *Service) UpdateSync(ctx context.Context, space model.Space, id model.ID, d Draft, confirm string) (Status, error) {
	d.Kind = model.KindSync
	p, err := s.compose(ctx, space, d)
	if err != nil {
		return Status{}, err
	}
	now := s.p.Now()
	entryID := s.p.NewID(now)
	var out Status
	err = s.p.Store.Update(ctx, func(tx model.Tx) error {
		sp, was, err := liveSync(tx, space.ID, id)
		if err != nil {
			return err
		}
		if err := seen(tx, &was, d.Revision, now); err != nil {
			return err
		}
		// A client that is gone nobody has the permission to call any more.
		if err := calling(ctx, &was); err != nil && !clientsGone(tx, &was) {
			return err
		}
		is := p.t
		is.ID, is.Created, is.Sync.Paused = was.ID, was.Created, was.Sync.Paused
		names, err := s.mayBe(ctx, tx, sp, &is, confirm)
		if err != nil {
			return err
		}
		st, err := tx.Transfers().State(sp.ID, id)
		if err != nil {
			return err
		}
		out, err = s.put(ctx, tx, sp, edit{"transfer.update", entryID, now}, &was, &is, &st, names)
		return err
	})
	return out, taken(err, space, p.t.Name)
}

// clientsGone reports whether a client of a transfer was deleted: nobody has the
// permission to call it any more.
func clientsGone(tx model.Tx, t *model.Transfer) bool {
	for _, id := range []model.ID{t.Source.Client, t.Target.Client} {
		if c, err := clientOf(tx, t.Space, id); err == nil && c == nil {
			return true
		}
	}
	return false
}

// edit is what an audit entry needs to know of an edit.
type edit struct {
	action string
	entry  model.ID
	at     time.Time
}

// put saves an edited sync with its schedule and an audit entry; one that changes nothing is
// not saved.
func (s *Service) put(ctx context.Context, tx model.Tx, sp model.Space, e edit, was, is *model.Transfer, st *model.TransferState, names map[model.ID]string) (Status, error) {
	diff := changes(was, is, names)
	if len(diff) == 0 {
		return newStatus(was, st, names, e.at), nil
	}
	is.Revision, is.Updated = was.Revision+1, model.Stamp{At: e.at, By: model.ActorFrom(ctx).Label()}
	st.Transfer = is.ID
	if was.Sync.Schedule != is.Sync.Schedule || was.Sync.Paused != is.Sync.Paused {
		st.Next = s.next(is, e.at)
	}
	if err := tx.Transfers().Put(*is); err != nil {
		return Status{}, err
	}
	if err := tx.Transfers().PutState(sp.ID, *st); err != nil {
		return Status{}, err
	}
	return newStatus(is, st, names, e.at), tx.Audit().Append(entry(ctx, sp, e.entry, e.at, e.action, is, is.Name, diff))
}

// liveSync is syncOf in a space as it is stored now: as spaces.Live.
func liveSync(tx model.Tx, space, id model.ID) (sp model.Space, t model.Transfer, err error) {
	if sp, err = spaces.Live(tx, space); err != nil {
		return sp, t, err
	}
	t, err = syncOf(tx, sp, id)
	return sp, t, err
}

// syncOf returns a sync. ENotFound, also for an export or an import.
func syncOf(tx model.Tx, sp model.Space, id model.ID) (model.Transfer, error) {
	t, err := tx.Transfers().Get(sp.ID, id)
	if err == nil && t.Kind != model.KindSync {
		err = model.Errorf(model.ENotFound, "%s is no sync", id).WithNext("see the syncs with: ferry sync list")
	}
	return t, err
}

// seen is EConflict when revision, unless 0, is not the stored one any more.
func seen(tx model.Tx, t *model.Transfer, revision uint64, now time.Time) error {
	if revision == 0 || revision == t.Revision {
		return nil
	}
	return model.Conflict(tx, model.Edited{ID: t.ID, Name: t.Name, Revision: t.Revision, Updated: t.Updated}, revision, now)
}

// RunSync runs a sync now, in this process, until the run ends. EBusy when it runs already,
// EDisabled when it is paused, EProtected, and as Start.
func (s *Service) RunSync(ctx context.Context, space model.Space, id model.ID, trigger model.RunTrigger, o Options) (Status, error) {
	err := s.p.Store.View(ctx, func(tx model.Tx) error {
		_, err := syncOf(tx, space, id)
		return err
	})
	if err != nil {
		return Status{}, err
	}
	return s.execute(ctx, space, id, o, how{trigger: trigger})
}
