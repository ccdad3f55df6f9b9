package transfers

import (
	"context"
	"time"

	"ferry/model"
	"ferry/model/spaces"
)

// tend writes the progress every HeartbeatEvery, and stops the run when somebody wishes
// that, or when a client may not be used any longer.
func (r *runner) tend(ctx context.Context, changes <-chan struct{}, done <-chan struct{}) {
	beat := time.NewTicker(model.HeartbeatEvery)
	defer beat.Stop()
	asked := r.o.Stop
	var later <-chan time.Time // the next look: a burst of changes makes one
	for {
		select {
		case <-done:
			return
		case <-ctx.Done():
			<-done // the engine gives up by itself
			return
		case <-asked:
			asked = nil
			r.live.askToStop(&cause{model.PhasePaused, interrupted(&r.t)})
		case <-beat.C:
			r.beat(ctx)
		case _, ok := <-changes:
			if !ok {
				changes = nil
			} else if later == nil {
				later = time.After(lookEvery)
			}
		case <-later:
			later = nil
			r.beatOrLook(ctx, r.s.p.Store.View, false)
		}
	}
}

// lookEvery is how long changes of the store are gathered before the run looks at them.
const lookEvery = 50 * time.Millisecond

func (r *runner) beat(ctx context.Context) { r.beatOrLook(ctx, r.s.p.Store.Update, true) }

// beatOrLook looks at what others wish and, where it may write, tells how far the run is.
func (r *runner) beatOrLook(ctx context.Context, transact func(context.Context, func(model.Tx) error) error, writes bool) {
	now := r.s.p.Now()
	p, rate := r.live.now(now)
	var stop *cause
	err := transact(ctx, func(tx model.Tx) error {
		stop = nil
		st, err := r.own(tx)
		if model.CodeOf(err) == model.EPaused {
			stop = &cause{model.PhasePaused, model.AsError(err)}
			return nil
		}
		if err != nil {
			return err
		}
		if stop, err = r.wished(tx, &st); err != nil || !writes {
			return err
		}
		st.Progress, st.Rate, st.Reported = p, rate, now
		return tx.Transfers().PutState(r.space.ID, st)
	})
	if stop != nil {
		r.live.askToStop(stop)
	}
	logUnlessOver(ctx, "progress of a transfer not written", err)
}

// wished returns why the run has to stop, nil when it has not.
func (r *runner) wished(tx model.Tx, st *model.TransferState) (*cause, error) {
	switch st.Wish {
	case model.WishPause:
		return &cause{model.PhasePaused, paused(&r.t, st.WishBy)}, nil
	case model.WishCancel:
		return &cause{model.PhaseCancelled, cancelled(st.WishBy)}, nil
	}
	_, err := spaces.Live(tx, r.space.ID)
	if err == nil {
		err = r.stillUsable(tx)
	}
	switch model.CodeOf(err) {
	case "":
		return nil, nil //nolint:nilnil // nothing stops it
	case model.EDisabled, model.EIncomplete, model.ENotFound:
		return &cause{model.PhasePaused, model.AsError(err)}, nil
	}
	return nil, err
}

// tell reports to whoever started the run, at most every reportEvery.
func (r *runner) tell(done <-chan struct{}) {
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	for {
		r.o.Report(r.status())
		select {
		case <-done:
			return
		case <-tick.C:
		}
	}
}
