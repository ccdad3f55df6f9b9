package transfers

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"ferry/model"
	"ferry/model/spaces"
)

// outcome is how a run ended.
type outcome struct {
	phase model.TransferPhase // of the run
	err   *model.Error        // nil when all went well
}

// outcome turns what the engine returned into what becomes of the run.
func (r *runner) outcome(ctx context.Context, err error) outcome {
	asked := r.live.stopped()
	switch {
	case err == nil:
		return outcome{phase: model.PhaseDone}
	case asked != nil:
		return outcome{asked.phase, asked.err}
	case ctx.Err() != nil, errors.Is(err, context.Canceled), errors.Is(err, model.ErrStopped):
		return outcome{model.PhasePaused, interrupted(&r.t)}
	}
	e := *model.AsError(err)
	switch e.Code {
	case model.EInternal: // a person is told to look into the log
		slog.ErrorContext(ctx, "a transfer failed", "transfer", r.t.ID, "run", r.run.ID, "err", errors.Unwrap(&e))
	case model.ENoSpace, model.EDisabled, model.EIncomplete, model.EProtected, model.EPaused, model.EInterrupted:
		return outcome{model.PhasePaused, r.advised(&e)}
	}
	return outcome{model.PhaseFailed, r.advised(&e)}
}

// advised adds to what is advised how the transfer goes on.
func (r *runner) advised(e *model.Error) *model.Error {
	switch scheduled := r.t.Kind == model.KindSync && r.t.Sync.Schedule != ""; {
	case e.Next == "":
		e.Next = goingOn(&r.t)
	case !scheduled:
		e.Next += "; then " + goingOn(&r.t)
	}
	return e
}

// goingOn says how a transfer goes on.
func goingOn(t *model.Transfer) string {
	switch {
	case t.Kind == model.KindSync && t.Sync.Schedule != "":
		return "it is tried again when it is due"
	case t.Kind == model.KindSync:
		return "run it again: ferry sync run " + t.Name
	case t.File.Path == stream:
		return "start it again"
	}
	return "go on with: ferry transfer resume " + string(t.ID)
}

func interrupted(t *model.Transfer) *model.Error {
	e := model.Errorf(model.EInterrupted, "interrupted")
	if t.Kind != model.KindSync && t.File.Path != stream {
		return e.WithNext("what was kept stays; it goes on with --resume, or with: ferry transfer resume %s", t.ID)
	}
	return e.WithNext("%s", goingOn(t))
}

func paused(t *model.Transfer, by string) *model.Error {
	if t.Kind == model.KindSync {
		return model.Errorf(model.EPaused, "%s paused it", who(by)).WithNext("ferry sync resume %s", t.Name)
	}
	return model.Errorf(model.EPaused, "%s paused it", who(by)).WithNext("%s", goingOn(t))
}

func cancelled(by string) *model.Error {
	return model.Errorf(model.EPaused, "%s cancelled it", who(by)).WithNext("start it again when it is wanted after all")
}

func who(by string) string {
	if by == "" {
		return "somebody"
	}
	return model.Printable(by)
}

// finish writes how the run ended, also when its own context is over, and returns it.
func (r *runner) finish(ctx context.Context, moved error) (Status, error) {
	out := r.outcome(ctx, moved)
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), finalWait)
	defer cancel()
	if r.t.File.Path == stream && out.phase == model.PhasePaused {
		out.phase = model.PhaseCancelled // a stream cannot go on
	}
	if out.phase == model.PhaseCancelled || !out.phase.Ended() && r.spaceGoes(last) {
		r.s.Discard(last, &r.t)
	}
	now := r.s.p.Now()
	ended, err := r.end(last, out, now)
	if err != nil {
		err = r.notWritten(out, err)
	} else if out.err != nil {
		err = out.err
	}
	status := newStatus(&r.t, &ended, namesOf(r.source, r.target), now)
	if r.o.Report != nil {
		r.o.Report(status)
	}
	return status, err
}

// spaceGoes reports whether the space of the run is deleted. Whoever does that may have
// discarded what the run left while it was still being written.
func (r *runner) spaceGoes(ctx context.Context) bool {
	err := r.s.p.Store.View(ctx, func(tx model.Tx) error {
		_, err := spaces.Live(tx, r.space.ID)
		return err
	})
	code := model.CodeOf(err)
	return code == model.ENotFound || code == model.EDisabled
}

// notWritten is the error of a run whose end could not be written down.
func (r *runner) notWritten(out outcome, err error) error {
	if out.err != nil {
		return out.err
	}
	e := *model.AsError(err)
	e.Message = "all is moved, but that could not be written down: " + e.Message
	return &e
}

// end writes the state, the run and the audit entry in one transaction.
func (r *runner) end(ctx context.Context, out outcome, now time.Time) (model.TransferState, error) {
	entryID := r.s.p.NewID(now)
	run := r.run
	run.Progress, _ = r.live.now(now)
	run.Progress.Waiting = ""
	run.Ended, run.Phase = now, out.phase
	if out.err != nil {
		run.Code, run.Message = out.err.Code, out.err.Message
	}
	var st model.TransferState
	err := r.s.p.Store.Update(ctx, func(tx model.Tx) error {
		was, err := r.own(tx)
		if err != nil {
			return err
		}
		// A sync that was edited or paused meanwhile is scheduled as it is stored now.
		t, err := tx.Transfers().Get(r.space.ID, r.t.ID)
		if err != nil {
			return err
		}
		if st, err = r.ended(tx, &t, was, &run, out, now); err != nil {
			return err
		}
		if err := tx.Transfers().PutState(r.space.ID, st); err != nil {
			return err
		}
		if err := tx.Transfers().PutRun(run); err != nil {
			return err
		}
		if r.quiet() && out.err == nil && run.Progress.Created+run.Progress.Updated+run.Progress.Deleted == 0 {
			return nil
		}
		return tx.Audit().Append(event(ctx, r.space, entryID, now, "transfer.end", &r.t, title(&r.t, namesOf(r.source, r.target)), endChanges(&run)))
	})
	if err != nil {
		st = r.start
		st.Progress, st.Phase, st.Ended = run.Progress, out.phase, now
	}
	return st, err
}

func endChanges(run *model.TransferRun) []model.Change {
	out := []model.Change{{Field: "phase", To: string(run.Phase)}}
	if run.Code != "" {
		out = append(out, model.Change{Field: "code", To: string(run.Code)})
	}
	return append(out, counts(&run.Progress)...)
}

// ended returns the state after the run.
func (r *runner) ended(tx model.Tx, t *model.Transfer, st model.TransferState, run *model.TransferRun, out outcome, now time.Time) (model.TransferState, error) {
	st.Phase, st.Progress, st.Rate = out.phase, run.Progress, 0
	st.Reported, st.Ended = now, now
	st.Code, st.Message, st.Advice = "", "", ""
	if out.err != nil {
		st.Code, st.Message, st.Advice = out.err.Code, out.err.Message, out.err.Next
	}
	if t.Kind != model.KindSync {
		st.Wish, st.WishBy = model.WishNone, ""
		if out.phase.Ended() {
			st.Checkpoint = nil
		}
		return st, nil
	}
	if st.Wish != model.WishRun { // asked for once more while it ran
		st.Wish, st.WishBy, st.WishFor = model.WishNone, "", ""
	}
	switch {
	case out.phase == model.PhaseDone:
		st.Phase = model.PhaseWaiting
	case st.Code == model.EInterrupted:
		st.Phase = model.PhaseInterrupted
		if run.Trigger != model.TriggerPerson && st.Wish == "" { // by a server that ended: the next one goes on
			st.Wish, st.WishFor, st.WishBy = model.WishRun, run.Trigger, run.By
		}
	}
	return r.s.rescheduled(tx, t, st, now)
}

// rescheduled sets when a sync is due after a run: as its schedule says, and later the more
// runs in a row have failed.
func (s *Service) rescheduled(tx model.Tx, t *model.Transfer, st model.TransferState, now time.Time) (model.TransferState, error) {
	if t.Sync.Schedule == "" || t.Sync.Paused {
		st.Next = time.Time{}
		return st, nil
	}
	if st.Next.IsZero() {
		st.Next = s.next(t, now)
	}
	if st.Phase != model.PhaseFailed {
		return st, nil
	}
	runs, err := tx.Transfers().Runs(t.ID)
	if err != nil {
		return st, err
	}
	failures := slices.IndexFunc(append(runs, model.TransferRun{}), func(run model.TransferRun) bool {
		return run.ID != st.Run && run.Phase != model.PhaseFailed
	})
	if wait := backoff(failures); st.Next.Before(now.Add(wait)) {
		st.Next = s.next(t, now)
		if st.Next.Before(now.Add(wait)) {
			st.Next = now.Add(wait)
		}
	}
	return st, nil
}

// The waits of a sync that failed: firstWait after the second failure in a row, twice as
// long after each further one.
const (
	firstWait = 30 * time.Second
	longWait  = 30 * time.Minute
)

// backoff returns how long a sync waits at least after so many failures in a row.
func backoff(failures int) time.Duration {
	if failures < 2 {
		return 0
	}
	wait := firstWait
	for i := 2; i < failures && wait < longWait; i++ {
		wait *= 2
	}
	return min(wait, longWait)
}

// Discard removes what is left of a transfer that will not go on: the unfinished file of an
// export, the journal of an import.
func (s *Service) Discard(ctx context.Context, t *model.Transfer) {
	if s.p.Dir != "" {
		s.p.Mover.Forget(s.p.Dir, t.ID)
	}
	if t.Kind == model.KindExport && t.File.Path != stream {
		logUnlessOver(ctx, "unfinished file not removed", s.p.Files.Discard(t.File.Path))
	}
}
