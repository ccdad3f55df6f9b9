// Package runner runs the exports, imports and syncs that were started in a console, beside
// its screens: leaving a screen, or the space, does not stop them. The root owns the one
// Runner; screens begin runs with it, and everything else about a transfer they read from
// the store, as every other process does.
//
// It imports model and its use-cases. It decides nothing: whether a transfer may run is
// said by transfers.Service. It must never be called from Update or View, because its
// methods wait.
package runner

import (
	"context"
	"slices"
	"sync"
	"time"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/transfers"
)

// Runner is the transfers that run in this process. Its methods are safe for use by many
// goroutines.
type Runner struct {
	spawn  func(func())
	ctx    context.Context
	cancel context.CancelFunc
	wake   chan struct{} // holds a mark when there is news

	mu     sync.Mutex
	runs   []*run
	ended  []Ended
	closed bool
}

// run is one transfer that runs, or is about to.
type run struct {
	stop   chan struct{}
	begun  chan struct{} // closed when it was stored and runs
	done   chan struct{} // closed when it has ended
	status transfers.Status
	err    error
	began  bool
}

// Ended is how a run that had begun came to its end.
type Ended struct {
	Status transfers.Status
	Err    error // nil when all is done
}

// News is what changed since the news before.
type News struct {
	Running []transfers.Status // those that run here now, the oldest first
	Ended   []Ended
}

// New returns a runner whose goroutines are started by spawn, which sees to panics. Runs
// outlive ctx, of which the values alone count; Close ends them.
func New(ctx context.Context, spawn func(func())) *Runner {
	r := &Runner{spawn: spawn, wake: make(chan struct{}, 1)}
	r.ctx, r.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return r
}

// Start stores an export or an import and begins to run it. It returns once that runs, or
// with what kept it from running: the errors of transfers.Service.Start. When ctx ends
// nobody waits any more, and the run goes on.
func (r *Runner) Start(ctx context.Context, h *hub.Hub, d transfers.Draft, o transfers.Options) (transfers.Status, error) {
	return r.begin(ctx, o, func(o transfers.Options) (transfers.Status, error) {
		return h.Transfers.Start(h.Context(r.ctx), h.Space, d, o)
	})
}

// Continue is Start for an export or an import that was paused, cut off or failed.
func (r *Runner) Continue(ctx context.Context, h *hub.Hub, id model.ID, o transfers.Options) (transfers.Status, error) {
	return r.begin(ctx, o, func(o transfers.Options) (transfers.Status, error) {
		return h.Transfers.Continue(h.Context(r.ctx), h.Space, id, o)
	})
}

// RunSync is Start for one run of a sync.
func (r *Runner) RunSync(ctx context.Context, h *hub.Hub, id model.ID) (transfers.Status, error) {
	return r.begin(ctx, transfers.Options{}, func(o transfers.Options) (transfers.Status, error) {
		return h.Transfers.RunSync(h.Context(r.ctx), h.Space, id, model.TriggerPerson, o)
	})
}

func (r *Runner) begin(ctx context.Context, o transfers.Options, do func(transfers.Options) (transfers.Status, error)) (transfers.Status, error) {
	one := &run{stop: make(chan struct{}), begun: make(chan struct{}), done: make(chan struct{})}
	if !r.add(one) {
		return transfers.Status{}, model.Errorf(model.EInterrupted, "the console is being left")
	}
	o.Stop = one.stop
	o.Report = func(s transfers.Status) { r.report(one, s) }
	r.spawn(func() {
		var s transfers.Status
		err := error(model.Errorf(model.EInternal, "the run ended on a fault of ferry's own"))
		defer func() { r.finish(one, s, err) }()
		s, err = do(o)
	})
	select {
	case <-one.begun:
	case <-one.done:
	case <-ctx.Done():
		return transfers.Status{}, ctx.Err()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if one.began {
		return one.status, nil // how it ended, if it has, is told as news
	}
	return one.status, one.err
}

func (r *Runner) add(one *run) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.runs = append(r.runs, one)
	}
	return !r.closed
}

func (r *Runner) report(one *run, s transfers.Status) {
	r.mu.Lock()
	defer r.mu.Unlock()
	one.status = s
	if !one.began && s.Transfer.ID != "" {
		one.began = true
		close(one.begun)
	}
	r.tell()
}

func (r *Runner) finish(one *run, s transfers.Status, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.Transfer.ID != "" {
		one.status = s
	}
	one.err = err
	r.runs = slices.DeleteFunc(r.runs, func(have *run) bool { return have == one })
	if one.began || err == nil {
		r.ended = append(r.ended, Ended{one.status, err})
	}
	close(one.done)
	r.tell()
}

// tell leaves a mark that there is news. The lock is held.
func (r *Runner) tell() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Next waits for news, and reports false when ctx ended before there was any.
func (r *Runner) Next(ctx context.Context) (News, bool) {
	select {
	case <-ctx.Done():
		return News{}, false
	case <-r.wake:
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	news := News{Ended: r.ended}
	r.ended = nil
	for _, one := range r.runs {
		if one.began {
			news.Running = append(news.Running, one.status)
		}
	}
	return news, true
}

// Close pauses what runs and waits until it is durable, for limit at most; what has not
// ended by then is given up at its last checkpoint, as a kill would. It returns those that
// can be gone on with.
func (r *Runner) Close(limit time.Duration) []transfers.Status {
	r.mu.Lock()
	runs := r.runs
	r.runs = slices.Clone(runs) // finish takes from it
	if !r.closed {
		for _, one := range runs {
			close(one.stop)
		}
	}
	r.closed = true
	r.mu.Unlock()
	if !wait(runs, limit) {
		r.cancel()
		wait(runs, limit)
	}
	r.cancel()
	r.mu.Lock()
	defer r.mu.Unlock()
	var left []transfers.Status
	for _, one := range runs {
		if one.began && one.status.Transfer.Kind != model.KindSync && one.status.Phase != model.PhaseDone {
			left = append(left, one.status)
		}
	}
	return left
}

// wait waits until all of runs have ended, and reports whether they did within limit.
func wait(runs []*run, limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for _, one := range runs {
		select {
		case <-one.done:
		case <-timer.C:
			return false
		}
	}
	return true
}
