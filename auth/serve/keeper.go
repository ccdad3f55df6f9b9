package serve

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"ferry/model"
	"ferry/model/serving"
)

// keeper holds the newest picture of the store. Requests read it without a lock; one
// goroutine replaces it. When the store cannot be read the one before stays.
type keeper struct {
	load  func(context.Context) (*serving.Directory, error)
	watch func(context.Context) (<-chan struct{}, error)
	lim   limits
	asks  chan chan error // who wants a picture of what is stored now
	over  chan struct{}   // closed when run has returned

	published func() // is called for each picture after the first; nil: by nobody

	now   atomic.Pointer[picture]
	fault atomic.Pointer[fault]
}

type picture struct {
	*serving.Directory
	read time.Time // when reading it began; monotonic, whatever the wall clock does
}

type fault struct {
	since  time.Time
	reason string
}

func newKeeper(load func(context.Context) (*serving.Directory, error), watch func(context.Context) (<-chan struct{}, error), lim limits) *keeper {
	return &keeper{load: load, watch: watch, lim: lim, asks: make(chan chan error), over: make(chan struct{})}
}

// directory returns the newest picture.
func (k *keeper) directory() *serving.Directory { return k.now.Load().Directory }

// age is how old the newest picture is.
func (k *keeper) age() time.Duration { return time.Since(k.now.Load().read) }

// first reads the store for the first time: a server that cannot has nothing to say.
func (k *keeper) first(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, k.lim.maxAge)
	defer cancel()
	at := time.Now()
	d, err := k.load(ctx)
	if err == nil {
		k.now.Store(&picture{d, at})
	}
	return err
}

// refresh waits for a picture whose reading began after now.
func (k *keeper) refresh(ctx context.Context) error {
	reply := make(chan error, 1)
	select {
	case k.asks <- reply:
	case <-k.over:
		return stopping()
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-reply:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func stopping() error { return model.Errorf(model.EBusy, "the server is stopping") }

// run reads the store whenever it changed until ctx ends. Changes that follow one
// another quickly share one reading.
func (k *keeper) run(ctx context.Context) {
	defer close(k.over)
	var waiting []chan error
	changes := k.listen(ctx)
	// What changed between the first reading and the watch is read now.
	ended := time.Now()
	due := ended.Add(k.lim.gap)
	timer := time.NewTimer(k.lim.gap)
	defer timer.Stop()
	gap := k.lim.gap
	for {
		select {
		case <-ctx.Done():
			answerAll(waiting, stopping())
			return
		case _, ok := <-changes:
			if !ok {
				changes = nil
			}
			due = earlier(due, ended.Add(gap))
		case reply := <-k.asks:
			waiting = append(waiting, reply)
			due = earlier(due, ended.Add(gap))
		case <-timer.C:
			began := time.Now()
			err := k.again(ctx)
			answerAll(waiting, err)
			waiting = nil
			ended = time.Now()
			// A large store is not read all the time, however often it changes.
			gap = min(max(k.lim.gap, 3*ended.Sub(began)), k.lim.late)
			if changes == nil {
				changes = k.listen(ctx)
			}
			due = ended.Add(k.pause(err, changes))
		}
		timer.Reset(time.Until(due))
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func answerAll(waiting []chan error, err error) {
	for _, w := range waiting {
		w <- err
	}
}

// pause is how long the store may go unread without a change.
func (k *keeper) pause(err error, changes <-chan struct{}) time.Duration {
	if err != nil || changes == nil {
		return k.lim.retry
	}
	return k.lim.maxAge
}

func (k *keeper) listen(ctx context.Context) <-chan struct{} {
	changes, err := k.watch(ctx)
	if err != nil {
		return nil // read often until it can be watched
	}
	return changes
}

// again reads the store once more.
func (k *keeper) again(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, k.lim.maxAge)
	defer cancel()
	at := time.Now()
	d, err := k.load(ctx)
	if err != nil {
		if k.fault.Load() == nil && ctx.Err() == nil {
			slog.Warn("the store cannot be read; what was read before is used meanwhile", "err", describe(err))
		}
		k.failed(at, err)
		return err
	}
	k.now.Store(&picture{d, at})
	if k.published != nil {
		k.published()
	}
	if was := k.fault.Swap(nil); was != nil {
		slog.Info("the store can be read again", "after", time.Since(was.since).Round(time.Millisecond))
	}
	return nil
}

func (k *keeper) failed(at time.Time, err error) {
	f := &fault{at, model.Printable(model.AsError(err).Message)}
	if was := k.fault.Load(); was != nil {
		f.since = was.since
	}
	k.fault.Store(f)
}

// usable is false when the picture is too old to let anybody in.
func (k *keeper) usable() bool { return k.age() <= k.lim.refuse }

// problem says what is wrong with the picture; ready is false when it is too old for a
// load balancer to send anybody here.
func (k *keeper) problem() (reason string, ready bool) {
	f, age := k.fault.Load(), k.age()
	ready = age <= k.lim.unready
	switch {
	case f != nil:
		reason = "the store cannot be read since " + f.since.UTC().Format(time.RFC3339) + ": " + f.reason
	case !ready:
		reason = "the store was last read " + age.Round(time.Second).String() + " ago"
	}
	return reason, ready
}
