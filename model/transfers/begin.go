package transfers

import (
	"cmp"
	"context"
	"errors"
	"time"

	"ferry/model"
	"ferry/model/spaces"
)

// how a run comes about.
type how struct {
	fresh   *model.Transfer // to be stored with the first transaction; nil: it is stored
	trigger model.RunTrigger
	due     bool   // it ends at once with errNotDue when somebody else has run it meanwhile
	begun   func() // called when the run is stored; may be nil
	// tune holds what may differ when an import goes on: Parallel and MaxRejects, unless 0.
	tune *model.Writing
}

var errNotDue = errors.New("the sync is not due any more")

// runner is one run of a transfer by this process.
type runner struct {
	s       *Service
	space   model.Space
	o       Options
	how     how
	t       model.Transfer
	run     model.TransferRun
	source  *model.Client // as they were when it began
	target  *model.Client
	start   model.TransferState // as the first transaction wrote it
	origins map[model.ID]string
	live    live

	panicked any // what the engine panicked with
}

// execute runs a transfer to its end, under its lock.
func (s *Service) execute(ctx context.Context, space model.Space, id model.ID, o Options, h how) (Status, error) {
	unlock, err := s.lockRun(ctx, space, id)
	if err != nil {
		return Status{}, err
	}
	defer unlock()
	r := &runner{s: s, space: space, o: o, how: h}
	if err := r.begin(ctx, id); err != nil {
		return Status{}, err
	}
	if h.begun != nil {
		h.begun()
	}
	st, err := r.finish(ctx, r.move(ctx))
	if r.panicked != nil && !h.due {
		panic(r.panicked) // what is left to tell is for whoever sees to panics
	}
	return st, err
}

// begin checks that the transfer may run, as everything is stored now, and marks it as
// running: one transaction, with a run in its history and an audit entry.
func (r *runner) begin(ctx context.Context, id model.ID) error {
	s, now := r.s, r.s.p.Now()
	runID, made, tuned, ran := s.p.NewID(now), s.p.NewID(now), s.p.NewID(now), s.p.NewID(now)
	return s.p.Store.Update(ctx, func(tx model.Tx) error {
		sp, err := spaces.Live(tx, r.space.ID)
		if err != nil {
			return err
		}
		t, st, err := r.stored(tx, id)
		if err != nil {
			return err
		}
		if err := r.mayRun(ctx, tx, sp, &t, &st, now); err != nil {
			return err
		}
		names := namesOf(r.source, r.target)
		if r.how.fresh != nil {
			if err := tx.Transfers().Put(t); err != nil {
				return err
			}
			if err := tx.Audit().Append(entry(ctx, sp, made, now, "transfer.create", &t, title(&t, names), changes(nil, &t, names))); err != nil {
				return err
			}
		}
		if err := r.tuned(ctx, tx, sp, &t, tuned, now); err != nil {
			return err
		}
		if err := cutOff(tx, &st); err != nil {
			return err
		}
		r.space, r.t = sp, t
		r.run = model.TransferRun{ID: runID, Transfer: id, Trigger: r.how.trigger, By: model.ActorFrom(ctx).Label(), Started: now, Phase: model.PhaseRunning}
		if st.Wish == model.WishRun {
			r.run.Trigger, r.run.By = st.WishFor, st.WishBy
		}
		r.start = r.begun(st, now)
		r.run.Progress = r.start.Progress
		if err := tx.Transfers().PutState(sp.ID, r.start); err != nil {
			return err
		}
		if err := tx.Transfers().PutRun(r.run); err != nil {
			return err
		}
		if r.quiet() {
			return nil
		}
		return tx.Audit().Append(event(ctx, sp, ran, now, "transfer.run", &t, title(&t, names), []model.Change{
			{Field: "trigger", To: string(r.run.Trigger)}, {Field: "by", To: r.run.By},
		}))
	})
}

// tuned saves what may differ when an import goes on, with an entry of its own.
func (r *runner) tuned(ctx context.Context, tx model.Tx, sp model.Space, t *model.Transfer, entryID model.ID, now time.Time) error {
	if r.how.tune == nil {
		return nil
	}
	was, names := *t, namesOf(r.source, r.target)
	t.Write.Parallel = cmp.Or(r.how.tune.Parallel, t.Write.Parallel)
	t.Write.MaxRejects = cmp.Or(r.how.tune.MaxRejects, t.Write.MaxRejects)
	diff := changes(&was, t, names)
	if len(diff) == 0 {
		return nil
	}
	t.Revision, t.Updated = was.Revision+1, model.Stamp{At: now, By: model.ActorFrom(ctx).Label()}
	if err := tx.Transfers().Put(*t); err != nil {
		return err
	}
	return tx.Audit().Append(entry(ctx, sp, entryID, now, "transfer.update", t, title(t, names), diff))
}

// quiet reports whether a run is audited only when something came of it: `every 30s` would
// flood the log.
func (r *runner) quiet() bool {
	return r.run.Trigger == model.TriggerSchedule || r.run.Trigger == model.TriggerWebhook
}

func (r *runner) stored(tx model.Tx, id model.ID) (t model.Transfer, st model.TransferState, err error) {
	if r.how.fresh != nil {
		return *r.how.fresh, model.TransferState{Transfer: id}, nil
	}
	if t, err = tx.Transfers().Get(r.space.ID, id); err != nil {
		return t, st, err
	}
	st, err = tx.Transfers().State(r.space.ID, id)
	st.Transfer = id
	return t, st, err
}

func originsOf(list ...*model.Client) map[model.ID]string {
	out := map[model.ID]string{}
	for _, c := range list {
		if c != nil {
			out[c.ID] = model.Origin(c.BaseURL)
		}
	}
	return out
}

// cutOff completes the run in the history that whoever ran it could not.
func cutOff(tx model.Tx, st *model.TransferState) error {
	if st.Phase != model.PhaseRunning {
		return nil
	}
	runs, err := tx.Transfers().Runs(st.Transfer)
	if err != nil {
		return err
	}
	for _, run := range runs {
		if run.ID == st.Run && run.Ended.IsZero() {
			run.Ended, run.Phase, run.Progress = st.Reported, model.PhaseInterrupted, st.Progress
			return tx.Transfers().PutRun(run)
		}
	}
	return nil
}

// begun returns the state of a transfer that begins to run. What goes on counts on from
// its checkpoint; a sync counts anew, and remembers where it was.
func (r *runner) begun(was model.TransferState, now time.Time) model.TransferState {
	st := model.TransferState{
		Transfer: r.run.Transfer, Phase: model.PhaseRunning, Run: r.run.ID, Started: now, Reported: now,
		Checkpoint: was.Checkpoint, Kept: was.Kept, Progress: was.Kept,
	}
	if r.t.Kind == model.KindSync {
		st.Kept, st.Progress = model.Progress{}, model.Progress{}
		st.Next = r.s.next(&r.t, now)
	}
	st.Progress.Waiting = ""
	return st
}

// next returns when a sync is due after a time, the zero time for one without a schedule.
func (s *Service) next(t *model.Transfer, after time.Time) time.Time {
	if t.Sync.Schedule == "" || t.Sync.Paused {
		return time.Time{}
	}
	at, err := s.p.Mover.NextRun(t.Sync.Schedule, after)
	if err != nil {
		return time.Time{} // checked when it was saved
	}
	return at
}

// links makes the ways to the clients, until ctx ends.
func (r *runner) links(ctx context.Context, j *model.Job) (err error) {
	if r.source != nil {
		if j.Source, err = r.s.p.Calls.Link(ctx, r.space, r.source, false, "", false); err != nil {
			return err
		}
	}
	if r.target != nil {
		j.Target, err = r.s.p.Calls.Link(ctx, r.space, r.target, true, r.o.Confirm, r.t.Kind == model.KindSync && r.t.Sync.Confirmed)
	}
	return err
}
