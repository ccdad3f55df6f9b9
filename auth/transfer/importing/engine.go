// Package importing runs one import: it reads a file record by record, makes requests of
// them, and notes what came of each, so that a run that was cut off goes on without sending
// again what was acknowledged.
//
// It imports model and its use-cases for rules, auth/call, auth/wire and the packages of
// auth/transfer. Files of a person are opened through model.Files; the journal lies in the store's
// own directory. It must never hold more than a bounded part of the file in memory, nor put a
// header or the body of a request into an error.
package importing

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"ferry/auth/transfer/importing/journal"
	"ferry/auth/transfer/sending"
	"ferry/model"
)

// Engine runs imports; it keeps nothing between them.
type Engine struct {
	Compile model.FilterCompiler
	Now     model.Clock

	create journal.Create // of journal files; nil is the disk
	every  time.Duration  // between two checkpoints; 0 is keepEvery
}

// Run implements model.Mover.Import.
func (e Engine) Run(ctx context.Context, j model.Job) error {
	r, err := e.open(&j)
	if err != nil {
		return err
	}
	defer r.close()
	if err := r.begin(ctx); err != nil {
		return err
	}
	err = r.move(ctx)
	return r.finish(ctx, err)
}

// run is one run of an import.
type run struct {
	job     *model.Job
	engine  Engine
	source  *source
	planner *planner
	ledger  *ledger
	sender  *sender
	quit    chan struct{}
	point   checkpoint    // what the next one has besides the ledger's
	lowKept atomic.Uint64 // low-water mark of the last checkpoint
	journal bool          // it can go on after a kill
	shorter bool          // the rejects file lost what stood in it
}

// open opens the file and settles what a run begins with. Nothing is written yet.
func (e Engine) open(j *model.Job) (*run, error) {
	if e.create == nil {
		e.create = journal.OnDisk
	}
	if e.every == 0 {
		e.every = keepEvery
	}
	filter, err := e.filter(j.Transfer.Shape)
	if err != nil {
		return nil, err
	}
	src, err := openSource(j)
	if err != nil {
		return nil, err
	}
	r := &run{job: j, engine: e, source: src, quit: make(chan struct{})}
	r.planner = newPlanner(&j.Transfer, src.reader, filter)
	r.ledger = &ledger{now: e.Now, low: 1, known: map[uint64]state{}, count: model.Progress{Notes: j.Progress.Notes}}
	r.sender = &sender{
		builder: newBuilder(&j.Transfer), link: j.Target, now: e.Now, lanes: sending.NewLanes(j.Transfer.Write.Parallel),
		quit: r.quit, ledger: r.ledger,
	}
	r.journal = j.Dir != "" && j.In == nil
	return r, nil
}

func (r *run) close() {
	r.ledger.rejects.close()
	if r.ledger.journal != nil {
		r.ledger.journal.Close()
	}
	r.source.close()
}

// begin goes on from the checkpoint, or reads the whole file first where that was asked
// for, and keeps a first checkpoint: before it nothing is sent.
func (r *run) begin(ctx context.Context) error {
	t := &r.job.Transfer
	r.point = checkpoint{Version: checkpointVersion, File: r.source.id, Settings: settings(t)}
	size, highest, err := r.restore()
	if err != nil {
		return err
	}
	if t.Write.WholeOnly && size < 0 {
		if err := r.rehearse(ctx); err != nil {
			return err
		}
	}
	if r.ledger.rejects, err = newRejects(r.job.Files, rejectsName(&t.File), size); err != nil {
		return err
	}
	r.shorter = size > r.ledger.rejects.size()
	r.ledger.count.Size = r.source.id.Size
	if r.journal {
		if r.ledger.journal, err = journal.Open(r.engine.create, r.job.Dir, t.ID, highest+1); err != nil {
			return err
		}
	}
	return r.keep(ctx)
}

// restore goes on from the checkpoint of the job, if there is one. Size is that of the
// rejects file then, -1 at the beginning.
func (r *run) restore() (size int64, highest uint64, err error) {
	if r.job.Checkpoint == nil || r.job.In != nil {
		if r.journal {
			// Before the first checkpoint nothing was sent: what lies there is of another life.
			highest, err = journal.Replay(r.job.Dir, r.job.Transfer.ID, 1<<63, func(journal.Entry) {})
		}
		return -1, highest, err
	}
	c, err := readCheckpoint(r.job.Checkpoint)
	if err != nil {
		return 0, 0, err
	}
	if c.File != r.point.File {
		return 0, 0, errChanged()
	}
	if c.Settings != r.point.Settings {
		return 0, 0, model.Errorf(model.EInvalid, "the import was begun with other settings, so that it cannot go on with these").
			WithNext("give the settings it was begun with, or begin anew with --restart")
	}
	if highest, err = r.ledger.restore(c, r.job.Dir, r.job.Transfer.ID); err != nil {
		return 0, 0, err
	}
	r.planner.seq, r.planner.skip = c.Low-1, c.Start.Index
	r.sender.requests.Store(c.Progress.Requests)
	r.sender.retries.Store(c.Progress.Retries)
	return c.Rejects, max(highest, c.Gen), r.source.forward(c.Start.Position)
}

// keep makes a checkpoint durable, after everything that it stands for.
func (r *run) keep(ctx context.Context) error {
	if err := r.ledger.sync(); err != nil {
		return err
	}
	c := r.point
	faults, err := r.ledger.snapshot(&c)
	if err != nil {
		return err
	}
	// The counts are those of the snapshot: what was over a moment later is in the journal.
	c.Progress = r.filled(c.Progress)
	data, err := c.encode(r.journal)
	if err != nil {
		return err
	}
	if err := r.job.Keep(ctx, data, c.Progress, faults); err != nil {
		r.ledger.unkept(faults)
		return err
	}
	r.lowKept.Store(c.Low)
	if r.journal {
		journal.Remove(r.job.Dir, r.job.Transfer.ID, c.Gen)
	}
	return nil
}

// finish keeps how the run ended. The reason why it ended goes first.
func (r *run) finish(ctx context.Context, why error) error {
	if ctx.Err() != nil {
		return ctx.Err() // given up: the journal holds what is not kept
	}
	r.sender.moving()
	r.report()
	err := r.keep(ctx)
	if err == nil && r.journal {
		// The checkpoint stands for everything; what is left of the journal is empty.
		r.ledger.journal.Close()
		journal.Remove(r.job.Dir, r.job.Transfer.ID, 1<<63)
	}
	if why != nil && !errors.Is(why, model.ErrStopped) {
		return why
	}
	if err != nil {
		return err
	}
	return why
}
