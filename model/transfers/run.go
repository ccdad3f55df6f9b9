package transfers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"ferry/model"
)

// live is what changes while a transfer runs.
type live struct {
	mu       sync.Mutex
	progress model.Progress
	meter    meter
	stop     chan struct{}
	cause    *cause // why stop is closed, nil when it is not
}

// cause is why a run was asked to stop, and what becomes of it then.
type cause struct {
	phase model.TransferPhase
	err   *model.Error
}

// askToStop closes Job.Stop. The first cause counts, but whoever cancels overrules.
func (l *live) askToStop(c *cause) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cause == nil {
		close(l.stop)
	} else if c.phase != model.PhaseCancelled {
		return
	}
	l.cause = c
}

func (l *live) stopped() *cause {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cause
}

// note takes what the engine reports.
func (l *live) note(p model.Progress, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.progress = p
	l.meter.add(at, p.Records)
}

// now returns the progress and the rate. While nothing is reported the rate falls.
func (l *live) now(at time.Time) (model.Progress, float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.meter.add(at, l.progress.Records)
	p := l.progress
	p.Notes = slices.Clone(p.Notes)
	return p, l.meter.rate()
}

// reportEvery is how often whoever started a run hears of it at most.
const reportEvery = 100 * time.Millisecond

// move lets the engine do its work, and looks after it meanwhile.
func (r *runner) move(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r.live.stop, r.live.progress = make(chan struct{}), r.start.Progress
	r.live.meter.add(r.s.p.Now(), r.start.Progress.Records)
	j := r.job()
	defer func() { closeLinks(&j) }()
	if err := r.links(ctx, &j); err != nil {
		return err
	}
	changes, err := r.s.p.Store.Watch(ctx)
	if err != nil {
		return err
	}
	done := make(chan struct{})
	var minders sync.WaitGroup
	minders.Go(func() { r.tend(ctx, changes, done) })
	if r.o.Report != nil {
		minders.Go(func() { r.tell(done) })
	}
	err = r.engine(ctx, j)
	close(done)
	minders.Wait()
	return err
}

// engine hands the job over. Before a panic goes on its way the run is ended as one that
// failed; a server, which runs others too, it does not end.
func (r *runner) engine(ctx context.Context, j model.Job) (err error) {
	defer func() {
		if r.panicked = recover(); r.panicked != nil {
			err = fmt.Errorf("panic: %v\n%s", r.panicked, debug.Stack())
		}
	}()
	switch r.t.Kind {
	case model.KindExport:
		return r.s.p.Mover.Export(ctx, j)
	case model.KindImport:
		return r.s.p.Mover.Import(ctx, j)
	default:
		return r.s.p.Mover.Sync(ctx, j)
	}
}

// closeLinks lets the links write down their last call.
func closeLinks(j *model.Job) {
	for _, link := range []model.Link{j.Source, j.Target} {
		if c, ok := link.(io.Closer); ok {
			_ = c.Close() // what lists show of the last call is no reason to fail
		}
	}
}

func (r *runner) job() model.Job {
	j := model.Job{
		Transfer: r.t, Run: r.run.ID, Checkpoint: r.start.Checkpoint, Progress: r.start.Progress, Files: r.s.p.Files,
		Replace: r.o.Replace, Dir: r.s.p.Dir, Stop: r.live.stop,
		Keep: r.keep, Report: func(p model.Progress) { r.live.note(p, r.s.p.Now()) },
	}
	if r.t.File.Path == stream {
		j.In, j.Out = r.o.In, r.o.Out
	}
	if r.t.Kind == model.KindSync {
		j.Memory = newMemory(r.s.p.Store, r.t.ID)
	}
	return j
}

// keep is Job.Keep: checkpoint, progress and faults become durable together.
func (r *runner) keep(ctx context.Context, checkpoint []byte, p model.Progress, faults []model.TransferFault) error {
	now := r.s.p.Now()
	r.live.note(p, now)
	_, rate := r.live.now(now)
	faults = slices.Clone(faults)
	for i := range faults {
		if faults[i].At.IsZero() {
			faults[i].At = now
		}
		faults[i].Reason = clip(model.Printable(faults[i].Reason))
		faults[i].Key = clip(model.Printable(faults[i].Key))
	}
	return r.s.p.Store.Update(ctx, func(tx model.Tx) error {
		st, err := r.own(tx)
		if err != nil {
			return err
		}
		st.Checkpoint, st.Kept, st.Progress, st.Rate, st.Reported = checkpoint, p, p, rate, now
		if err := addFaults(tx, r.space.ID, r.t.ID, faults); err != nil {
			return err
		}
		return tx.Transfers().PutState(r.space.ID, st)
	})
}

// maxReason is the longest reason of a fault, in characters.
const maxReason = 300

func clip(s string) string {
	for i := range s {
		if i >= maxReason-1 {
			return s[:i] + "…"
		}
	}
	return s
}

// addFaults adds faults to those that are kept, the newest first; of a record of a sync
// the newest one alone.
func addFaults(tx model.Tx, space, id model.ID, faults []model.TransferFault) error {
	if len(faults) == 0 {
		return nil
	}
	kept, err := tx.Transfers().Faults(space, id)
	if err != nil {
		return err
	}
	fresh, again := slices.Clone(faults), map[string]bool{}
	slices.Reverse(fresh)
	for i := range fresh {
		again[fresh[i].Key] = true
	}
	for _, f := range kept {
		if f.Key == "" || !again[f.Key] {
			fresh = append(fresh, f)
		}
	}
	return tx.Transfers().PutFaults(space, id, fresh[:min(len(fresh), model.MaxFaults)])
}

// own returns the state of the transfer as long as this run is its newest one.
func (r *runner) own(tx model.Tx) (model.TransferState, error) {
	st, err := tx.Transfers().State(r.space.ID, r.t.ID)
	if err == nil && st.Run != r.run.ID {
		err = model.Errorf(model.EPaused, "the transfer was deleted or taken over while it ran").WithNext("see which there are with: ferry transfer list")
	}
	return st, err
}

// status is the transfer as this run knows it.
func (r *runner) status() Status {
	now := r.s.p.Now()
	st := r.start
	st.Progress, st.Rate = r.live.now(now)
	st.Reported = now
	return newStatus(&r.t, &st, namesOf(r.source, r.target), now)
}

// logUnlessOver logs what is no reason to fail.
func logUnlessOver(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil && !errors.Is(err, context.Canceled) {
		slog.WarnContext(ctx, what, "err", err)
	}
}
