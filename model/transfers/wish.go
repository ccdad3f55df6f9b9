package transfers

import (
	"context"

	"ferry/model"
	"ferry/model/spaces"
)

// Trigger asks whoever serves the store to run a sync now: of a webhook, or of the API. A
// run under way is followed by one more. EDisabled when it is paused; EPermission when the
// trigger is a webhook and the sync has none.
func (s *Service) Trigger(ctx context.Context, space model.Space, id model.ID, trigger model.RunTrigger) error {
	now := s.p.Now()
	entryID := s.p.NewID(now)
	return s.p.Store.Update(ctx, func(tx model.Tx) error {
		sp, t, err := liveSync(tx, space.ID, id)
		if err != nil {
			return err
		}
		switch {
		case trigger == model.TriggerWebhook && !t.Sync.Webhook:
			return model.Errorf(model.EPermission, "the sync %s has no webhook", t.Name).WithNext("ferry sync update %s --webhook", t.Name)
		case t.Sync.Paused:
			return model.Errorf(model.EDisabled, "the sync %s is paused", t.Name).WithNext("ferry sync resume %s", t.Name)
		}
		st, err := tx.Transfers().State(sp.ID, id)
		if err != nil || st.Wish == model.WishRun {
			return err // who asks again asks for the same run
		}
		st.Transfer, st.Wish, st.WishFor, st.WishBy = id, model.WishRun, trigger, model.ActorFrom(ctx).Label()
		if err := tx.Transfers().PutState(sp.ID, st); err != nil {
			return err
		}
		return tx.Audit().Append(event(ctx, sp, entryID, now, "transfer.trigger", &t, t.Name, []model.Change{{Field: "trigger", To: string(trigger)}}))
	})
}

// Pause stops an export or import after what is in flight, or keeps a sync from running. It
// returns at once; what runs elsewhere stops within about a second. EInvalid when there is
// nothing to be paused. What is paused already stays so.
func (s *Service) Pause(ctx context.Context, space model.Space, id model.ID) error {
	idle := s.idle(ctx, id)
	return s.wish(ctx, space, id, "transfer.pause", func(t *model.Transfer, st *model.TransferState) (bool, error) {
		running := st.Phase == model.PhaseRunning
		switch {
		case t.Kind == model.KindSync && t.Sync.Paused:
			return false, nil
		case t.Kind == model.KindSync:
			t.Sync.Paused = true
			st.Wish, st.WishFor, st.WishBy = model.WishNone, "", ""
		case st.Phase == model.PhasePaused:
			return false, nil
		case !running:
			return false, model.Errorf(model.EInvalid, "it does not run: it is %s", phaseOf(t, st, s.p.Now())).WithField("id").
				WithNext("see what runs with: ferry transfer list")
		}
		switch {
		case running && idle: // whoever ran it is gone
			e := interrupted(t)
			st.Phase, st.Ended = model.PhasePaused, st.Reported
			st.Code, st.Message, st.Advice = e.Code, e.Message, e.Next
		case running:
			st.Wish, st.WishBy = model.WishPause, model.ActorFrom(ctx).Label()
		}
		return true, nil
	})
}

// idle reports whether nobody runs a transfer just now: its lock is free.
func (s *Service) idle(ctx context.Context, id model.ID) bool {
	unlock, err := s.lock(ctx, runLock(id), lockWait/5, func() error { return errBusy })
	if err != nil {
		return false
	}
	unlock()
	return true
}

var errBusy = model.Errorf(model.EBusy, "it runs")

// Resume lets a paused sync run again. Exports and imports go on with Continue: EInvalid.
func (s *Service) Resume(ctx context.Context, space model.Space, id model.ID) error {
	return s.wish(ctx, space, id, "transfer.resume", func(t *model.Transfer, st *model.TransferState) (bool, error) {
		if t.Kind != model.KindSync {
			return false, model.Errorf(model.EInvalid, "an export or an import goes on where it is asked to").WithField("id").
				WithNext("ferry transfer resume %s", id)
		}
		if !t.Sync.Paused {
			return false, nil
		}
		t.Sync.Paused = false
		if st.Wish == model.WishPause {
			st.Wish, st.WishBy = model.WishNone, ""
		}
		if st.Phase == model.PhasePaused {
			st.Phase = model.PhaseWaiting
			st.Code, st.Message, st.Advice = "", "", ""
		}
		return true, nil
	})
}

// wish changes what is wanted of a transfer, and of a sync the record itself, with its
// revision and an audit entry, in one transaction. Do reports whether anything changed.
func (s *Service) wish(ctx context.Context, space model.Space, id model.ID, action string, do func(*model.Transfer, *model.TransferState) (bool, error)) error {
	now := s.p.Now()
	entryID := s.p.NewID(now)
	return s.p.Store.Update(ctx, func(tx model.Tx) error {
		sp, err := spaces.Live(tx, space.ID)
		if err != nil {
			return err
		}
		was, err := tx.Transfers().Get(sp.ID, id)
		if err != nil {
			return err
		}
		st, err := tx.Transfers().State(sp.ID, id)
		if err != nil {
			return err
		}
		names, err := namesIn(tx, sp.ID, &was)
		if err != nil {
			return err
		}
		is := was
		st.Transfer = id
		changed, err := do(&is, &st)
		if err != nil || !changed {
			return err
		}
		if is.Kind == model.KindSync {
			_, err := s.put(ctx, tx, sp, edit{action, entryID, now}, &was, &is, &st, names)
			return err
		}
		if err := tx.Transfers().PutState(sp.ID, st); err != nil {
			return err
		}
		return tx.Audit().Append(entry(ctx, sp, entryID, now, action, &is, title(&is, names), nil))
	})
}

// namesIn returns the names of the clients of a transfer.
func namesIn(tx model.Tx, space model.ID, t *model.Transfer) (map[model.ID]string, error) {
	source, err := clientOf(tx, space, t.Source.Client)
	if err != nil {
		return nil, err
	}
	target, err := clientOf(tx, space, t.Target.Client)
	return namesOf(source, target), err
}

// Cancel ends an export or an import for good; its unfinished file goes. What runs elsewhere
// ends within about a second. EInvalid when it has ended, or is a sync.
func (s *Service) Cancel(ctx context.Context, space model.Space, id model.ID) error {
	var t model.Transfer
	var st model.TransferState
	err := s.p.Store.View(ctx, func(tx model.Tx) (err error) {
		if t, err = tx.Transfers().Get(space.ID, id); err != nil {
			return err
		}
		st, err = tx.Transfers().State(space.ID, id)
		return err
	})
	if err == nil {
		err = mayCancel(&t, &st)
	}
	if err != nil {
		return err
	}
	err = s.giveUp(ctx, space, &t, "")
	if model.CodeOf(err) != model.EBusy {
		return err
	}
	return s.wish(ctx, space, id, "transfer.cancel", func(t *model.Transfer, st *model.TransferState) (bool, error) {
		st.Wish, st.WishBy = model.WishCancel, model.ActorFrom(ctx).Label()
		return true, mayCancel(t, st)
	})
}

func mayCancel(t *model.Transfer, st *model.TransferState) error {
	switch {
	case t.Kind == model.KindSync:
		return model.Errorf(model.EInvalid, "a sync does not end: it is paused or deleted").WithField("id").
			WithNext("ferry sync pause %s", t.Name)
	case st.Phase.Ended():
		return model.Errorf(model.EInvalid, "it is %s already", st.Phase).WithField("id").WithNext("see what runs with: ferry transfer list")
	}
	return nil
}

// giveUp cancels what does not run: EBusy when it does.
func (s *Service) giveUp(ctx context.Context, space model.Space, t *model.Transfer, why string) error {
	unlock, err := s.lockRun(ctx, space, t.ID)
	if err != nil {
		return err
	}
	defer unlock()
	err = s.wish(ctx, space, t.ID, "transfer.cancel", func(_ *model.Transfer, st *model.TransferState) (bool, error) {
		e := cancelled(model.ActorFrom(ctx).Label())
		if why != "" {
			e.Message = why
		}
		st.Phase, st.Wish, st.WishBy, st.Checkpoint, st.Ended = model.PhaseCancelled, model.WishNone, "", nil, s.p.Now()
		st.Code, st.Message, st.Advice = e.Code, e.Message, e.Next
		return true, nil
	})
	if err == nil {
		s.Discard(ctx, t)
	}
	return err
}
