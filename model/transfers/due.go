package transfers

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"ferry/model"
	"ferry/model/spaces"
)

// dueAtOnce is how many syncs one process runs at the same time.
const dueAtOnce = 4

// What paces the search for syncs. States are read after every change of the store, changes
// within gatherEvery as one; whether there are other syncs is looked at less often the
// longer that takes.
const (
	gatherEvery = 50 * time.Millisecond
	lookAtLeast = time.Second
	scanEvery   = 250 * time.Millisecond
	scanShare   = 20 // a scan takes at most this part of the time
	heldFor     = time.Second
)

// scheduler runs syncs when they are due.
type scheduler struct {
	s      *Service
	tell   func(Status)
	slots  chan struct{}
	wake   chan struct{} // a run has ended
	runs   sync.WaitGroup
	known  []*scheduled
	stale  bool      // something in the store changed since the last scan
	scanAt time.Time // no scan before

	mu sync.Mutex // of what runs tell: scheduled.running and notBefore
}

// scheduled is one sync.
type scheduled struct {
	space     model.Space
	id        model.ID
	running   bool      // by this process
	notBefore time.Time // after an attempt that failed before it began
}

// RunDue runs the syncs of every space when they are due, until ctx ends and all that ran has
// come to a stop: what was sent is answered for, within ten seconds. Several servers on one
// store never run one sync twice at once. A time that was missed is made up for once.
func (s *Service) RunDue(ctx context.Context) error { return s.RunDueTold(ctx, func(Status) {}) }

// RunDueTold is RunDue that tells of each run as Options.Report does, last when it has ended.
// Tell may be called for several syncs at the same time.
func (s *Service) RunDueTold(ctx context.Context, tell func(Status)) error {
	changes, err := s.p.Store.Watch(ctx)
	if err != nil {
		return err
	}
	d := &scheduler{s: s, tell: tell, slots: make(chan struct{}, dueAtOnce), wake: make(chan struct{}, 1), stale: true}
	defer d.runs.Wait()
	for {
		timer := time.NewTimer(d.look(ctx))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		case <-d.wake:
		case _, ok := <-changes:
			if !ok {
				changes = nil
			}
			d.stale = true
			pause(ctx, gatherEvery)
		}
		timer.Stop()
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// look starts what is due, and returns after which time to look again at the latest.
func (d *scheduler) look(ctx context.Context) time.Duration {
	wait := lookAtLeast
	if again := time.Until(d.scanAt); d.stale && again > 0 {
		wait = min(wait, again)
	} else if d.stale {
		began := time.Now()
		err := d.scan(ctx)
		d.stale = err != nil
		d.scanAt = time.Now().Add(max(scanEvery, scanShare*time.Since(began)))
		logUnlessOver(ctx, "syncs not read", err)
	}
	for chunk := range slices.Chunk(slices.Clone(d.known), 200) {
		soonest, err := d.lookAt(ctx, chunk)
		if err != nil {
			logUnlessOver(ctx, "states of syncs not read", err)
			continue
		}
		wait = min(wait, soonest)
	}
	return max(wait, 5*time.Millisecond)
}

// scan finds the syncs of every space.
func (d *scheduler) scan(ctx context.Context) error {
	all, err := spaces.All(ctx, d.s.p.Store)
	if err != nil {
		return err
	}
	was := map[model.ID]*scheduled{}
	for _, k := range d.known {
		was[k.id] = k
	}
	var found []*scheduled
	for _, sp := range all {
		if sp.Deleting {
			continue
		}
		err := model.EachPage(ctx, d.s.p.Store, func(tx model.Tx, after model.ID, limit int) ([]model.Transfer, error) {
			return tx.Transfers().Page(sp.ID, after, limit)
		}, func(t *model.Transfer) model.ID { return t.ID }, func(page []model.Transfer) {
			for i := range page {
				if page[i].Kind != model.KindSync {
					continue
				}
				k := was[page[i].ID]
				if k == nil {
					k = &scheduled{id: page[i].ID}
				}
				k.space = sp
				found = append(found, k)
			}
		})
		if err != nil {
			return err
		}
	}
	d.known = found
	return nil
}

// lookAt starts those of list that are due, and returns when the next one is.
func (d *scheduler) lookAt(ctx context.Context, list []*scheduled) (soonest time.Duration, err error) {
	now := d.s.p.Now()
	var due []*scheduled
	err = d.s.p.Store.View(ctx, func(tx model.Tx) error {
		due, soonest = nil, lookAtLeast
		for _, k := range list {
			t, err := tx.Transfers().Get(k.space.ID, k.id)
			if model.CodeOf(err) == model.ENotFound {
				continue // the next scan forgets it
			}
			if err != nil {
				return err
			}
			st, err := tx.Transfers().State(k.space.ID, k.id)
			if err != nil {
				return err
			}
			switch {
			case isDue(&t, &st, now, false):
				due = append(due, k)
			case !st.Next.IsZero() && !t.Sync.Paused && st.Phase != model.PhaseRunning:
				soonest = min(soonest, st.Next.Sub(now))
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	for _, k := range due {
		d.start(ctx, k)
	}
	return soonest, nil
}

// isDue reports whether a sync is to run at now. Alone says that its lock is held, so that a
// state that says running is of a run that was cut off.
func isDue(t *model.Transfer, st *model.TransferState, now time.Time, alone bool) bool {
	cut := st.Phase == model.PhaseRunning && (alone || st.Shown(now) == model.PhaseInterrupted)
	switch {
	case t.Kind != model.KindSync, t.Sync.Paused:
		return false
	case cut:
		return true
	case st.Phase == model.PhaseRunning:
		return false
	case st.Wish == model.WishRun:
		return true
	}
	return !st.Next.IsZero() && !now.Before(st.Next)
}

// start runs a sync unless it runs already or too many do; then a later look starts it.
func (d *scheduler) start(ctx context.Context, k *scheduled) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if k.running || time.Now().Before(k.notBefore) || ctx.Err() != nil {
		return
	}
	select {
	case d.slots <- struct{}{}:
	default:
		return
	}
	k.running = true
	space := k.space
	d.runs.Go(func() {
		held := d.s.runDue(ctx, space, k.id, d.tell)
		d.mu.Lock()
		k.running = false
		if held {
			k.notBefore = time.Now().Add(heldFor)
		}
		d.mu.Unlock()
		<-d.slots
		select {
		case d.wake <- struct{}{}:
		default:
		}
	})
}

// stopWithin is how long what is in flight may take when a server ends.
const stopWithin = 10 * time.Second

// outliving returns a context that ends stopWithin after ctx, so that a run which is asked
// to stop can answer for what it has sent.
func outliving(ctx context.Context) (context.Context, context.CancelFunc) {
	out, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-out.Done():
		case <-time.After(stopWithin):
			cancel()
		}
	})
	return out, func() { stop(); cancel() }
}

// runDue runs a sync that was due a moment ago. Held is true when it could not even begin.
func (s *Service) runDue(ctx context.Context, space model.Space, id model.ID, tell func(Status)) (held bool) {
	run, cancel := outliving(ctx)
	defer cancel()
	st, err := s.execute(run, space, id, Options{Report: tell, Stop: ctx.Done()}, how{trigger: model.TriggerSchedule, due: true})
	switch code := model.CodeOf(err); {
	case err == nil, st.Transfer.ID != "", errors.Is(err, errNotDue), ctx.Err() != nil: // what a run came to is written down
		return false
	case code == model.EBusy, code == model.ENotFound: // another server runs it; it was deleted
		return true
	}
	logUnlessOver(ctx, "a sync that cannot run was not marked", s.hold(ctx, space, id, model.AsError(err)))
	return true
}

// hold writes down why a sync that is due cannot run: its client is disabled, its target was
// protected. It is tried again when its schedule says so, and audited once.
func (s *Service) hold(ctx context.Context, space model.Space, id model.ID, why *model.Error) error {
	now := s.p.Now()
	entryID := s.p.NewID(now)
	return s.p.Store.Update(ctx, func(tx model.Tx) error {
		sp, t, err := liveSync(tx, space.ID, id)
		if err != nil {
			return err
		}
		st, err := tx.Transfers().State(sp.ID, id)
		if err != nil || !isDue(&t, &st, now, false) { // somebody else runs it by now
			return err
		}
		again := st.Code == why.Code && st.Phase == model.PhasePaused
		if err := cutOff(tx, &st); err != nil {
			return err
		}
		st.Transfer, st.Phase, st.Wish, st.WishFor, st.WishBy = id, model.PhasePaused, model.WishNone, "", ""
		st.Code, st.Message, st.Advice, st.Next = why.Code, why.Message, why.Next, s.next(&t, now)
		if err := tx.Transfers().PutState(sp.ID, st); err != nil || again {
			return err
		}
		return tx.Audit().Append(event(ctx, sp, entryID, now, "transfer.end", &t, t.Name, []model.Change{
			{Field: "phase", To: string(model.PhasePaused)}, {Field: "code", To: string(why.Code)},
		}))
	})
}
