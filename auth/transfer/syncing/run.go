package syncing

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"ferry/auth/transfer/paging"
	"ferry/auth/transfer/sending"
	"ferry/model"
)

// run is one run of one sync.
type run struct {
	e      Engine
	j      *model.Job
	t      *model.Transfer
	filter model.Filter // nil: records as they are
	mem    *memory
	lanes  *sending.Lanes
	was    checkpoint
	began  time.Time
	// look asks the target for each record before it is written for the first time: set
	// when nothing is remembered, for then the target may hold all of it.
	look bool

	halted <-chan struct{} // nothing new is to be sent
	halt   context.CancelFunc

	reading
	pending []*change // found, not yet sent
	begun   bool      // something was sent
	held    int       // bytes of them
	since   time.Time // when the first of them was found

	unsaved []model.SyncEntry // what became of those that were sent
	kept    time.Time         // when faults were last made durable

	wins atomic.Int64 // requests that went well

	mu      sync.Mutex // for what follows
	p       model.Progress
	faults  []model.TransferFault
	failed  error // the first error that ends the run
	own     owned // what the target sets itself; replaced, never changed
	lessons int   // answers from which that was learned
	// left is set when a record was not written that ought to be: the next run must find it again.
	left bool
}

func (e Engine) prepare(ctx context.Context, j *model.Job) (*run, error) {
	r := &run{e: e, j: j, t: &j.Transfer, lanes: sending.NewLanes(j.Transfer.Write.Parallel), began: e.Now()}
	var err error
	if r.t.Shape != "" {
		if r.filter, err = e.Compile(r.t.Shape); err != nil {
			return nil, err
		}
	}
	if r.was, err = readCheckpoint(j.Checkpoint); err != nil {
		return nil, err
	}
	if r.mem, err = loadMemory(ctx, j.Memory); err != nil {
		return nil, err
	}
	if err := r.settle(ctx); err != nil {
		return nil, err
	}
	r.own = owned{}
	for _, name := range r.was.Owned {
		r.own[name] = true
	}
	r.look = r.mem.known == 0
	// In flight is finished after a stop, so what is halted is a context of its own.
	halted, halt := context.WithCancel(ctx)
	r.halted, r.halt = halted.Done(), halt
	go func() {
		select {
		case <-j.Stop:
			halt()
		case <-halted.Done():
		}
	}()
	return r, nil
}

// settle forgets what is remembered of another target, and keeps which target this is
// before anything is written there.
func (r *run) settle(ctx context.Context) error {
	target := targetOf(r.t)
	if r.was.Target == target {
		return nil
	}
	if r.mem.known > 0 {
		if err := r.forgetAll(ctx); err != nil {
			return err
		}
		r.p.Notes = append(r.p.Notes, "the target is another one than before: what was remembered is forgotten")
	}
	r.was = checkpoint{Target: target}
	return r.keep(ctx, r.was)
}

func (r *run) forgetAll(ctx context.Context) error {
	var all []model.SyncEntry
	err := r.j.Memory.Each(ctx, func(e model.SyncEntry) error {
		all = append(all, model.SyncEntry{Key: e.Key, Gone: true})
		return nil
	})
	for err == nil && len(all) > 0 {
		n := min(len(all), saveAtOnce)
		err = r.j.Memory.Save(ctx, all[:n])
		all = all[n:]
	}
	r.mem.slots, r.mem.etags, r.mem.known = table{}, nil, 0
	return err
}

// read reads the source and sends what changed.
func (r *run) read(ctx context.Context) error {
	read, validators := r.was.reading(r.t)
	source := paging.Source{
		Link: r.j.Source, Endpoint: r.t.Source, Reading: read, Compile: r.e.Compile, Stop: r.j.Stop, Now: r.e.Now,
		Waiting: r.waiting, Modified: validators,
	}
	stats, err := source.Each(ctx, paging.Position{}, &visitor{r, ctx})
	r.count(func(p *model.Progress) {
		p.Requests, p.Retries, p.Bytes = p.Requests+stats.Requests, p.Retries+stats.Retries, p.Bytes+stats.Bytes
		p.Waiting = ""
	})
	r.stats = stats
	if err == nil {
		err = r.flush(ctx)
	}
	// Limited or asked for a part, a reading says nothing about what it did not bring.
	r.whole = err == nil && !stats.NotModified && read.Limit == 0 && read.Since == ""
	return err
}

// finish keeps what became of the run, whatever ended it.
func (r *run) finish(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	mild := err == nil || errors.Is(err, model.ErrStopped)
	if saved := r.save(ctx, nil); saved != nil && mild {
		err, mild = saved, false
	}
	next := r.was
	if err == nil && !r.left {
		next = r.next()
	}
	r.waiting("")
	if kept := r.keep(ctx, next); kept != nil && mild {
		err = kept
	}
	return err
}

// keep makes the checkpoint, the counts and the faults so far durable.
func (r *run) keep(ctx context.Context, c checkpoint) error {
	r.mu.Lock()
	p, faults := r.p, r.faults
	p.Notes = slices.Clone(p.Notes)
	r.faults = nil
	c.Owned = slices.Sorted(maps.Keys(r.own))
	r.mu.Unlock()
	r.kept = r.e.Now()
	return r.j.Keep(ctx, c.bytes(), p, faults)
}

// next is the checkpoint after a run that left nothing to do.
func (r *run) next() checkpoint {
	c := checkpoint{Target: r.was.Target, Settings: settingsOf(r.t), Since: r.began}
	switch {
	case r.t.Sync.Detect != model.DetectModified:
	case r.stats.NotModified:
		c.ETag, c.LastModified = r.was.ETag, r.was.LastModified
	case r.p.Pages <= 1:
		c.ETag, c.LastModified = r.stats.Validators.ETag, r.stats.Validators.LastModified
	default:
		// The validators are those of the first page: the others may change without it.
		r.p.Notes = append(r.p.Notes, "the source answers in pages, so its ETag does not tell whether all of it is unchanged: everything is compared each time")
	}
	return c
}

func (r *run) count(change func(p *model.Progress)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.p)
}

func (r *run) report() {
	if r.j.Report == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.j.Report(r.p)
}

func (r *run) waiting(why string) {
	r.count(func(p *model.Progress) { p.Waiting = why })
	r.report()
}

// fault notes a record with which something went wrong.
func (r *run) fault(f model.TransferFault) {
	f.At, f.Key, f.Reason = r.e.Now(), clipKey(f.Key), sending.Clip(f.Reason)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch f.Kind {
	case model.FaultConflict:
		r.p.Conflicts++
	case model.FaultUncertain:
		r.p.Uncertain++
		r.left = true
	case model.FaultRejected:
		r.p.Rejected++
		r.left = true
	default:
		r.left = true
	}
	if most := r.t.Write.MaxRejects; most > 0 && r.p.Rejected > most && r.failed == nil {
		r.failed = model.Errorf(model.EUpstream, "more than %d records were refused", most).WithNext("ferry sync errors NAME lists them with reasons")
	}
	if len(r.faults) == model.MaxFaults {
		r.faults = append(r.faults[:0], r.faults[1:]...)
	}
	r.faults = append(r.faults, f)
}

// clipKey makes a key fit for a list.
func clipKey(key string) string {
	const most = 120
	if runes := []rune(model.Printable(key)); len(runes) > most {
		return fmt.Sprintf("%s…", string(runes[:most-1]))
	}
	return model.Printable(key)
}
