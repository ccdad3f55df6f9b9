package importing

import (
	"context"
	"fmt"
	"time"

	"ferry/model"
)

// How often a run tells how far it is, and makes what it did survive a power cut.
const (
	reportEvery = 100 * time.Millisecond
	keepEvery   = time.Second
	syncAfter   = 256 // units
)

// What may wait in memory to be sent.
const (
	maxWaiting = 1024
	maxHeap    = 32 << 20
)

// mover is the loop of a run: one goroutine that takes units from the reader, starts their
// requests as the target allows, and keeps what came of them.
type mover struct {
	*run
	ready   []*unit
	last    map[string]*unit // the newest unit of each key that is not over
	running int
	waiting int // units that are not over
	heap    int // bytes that they hold
	units   chan *unit
	results chan result
	ended   chan error // how the reading ended
	read    bool       // it did
	broken  error      // the file could not be read on; what stands before goes out
	err     error      // why nothing more is begun
	stop    <-chan struct{}
	settled int // since the last sync
	kept    time.Time
	// The disk is waited for beside the loop, by one goroutine at a time: a target that is
	// fast does not wait for an fsync.
	durable chan error
	saving  bool
}

type result struct {
	unit *unit
	err  error
}

// move sends everything. It returns when nothing is in flight any more.
func (r *run) move(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	m := &mover{
		run: r, last: map[string]*unit{}, units: make(chan *unit), results: make(chan result, model.MaxParallel),
		ended: make(chan error, 1), stop: r.job.Stop, kept: time.Now(), durable: make(chan error, 1),
	}
	go m.feed(ctx)
	err := m.loop(ctx)
	cancel()
	for ; m.running > 0; m.running-- {
		<-m.results
	}
	if m.saving {
		if kerr := <-m.durable; err == nil {
			err = kerr
		}
	}
	if !m.read && r.source.file != nil {
		// A file is let go of by its reader; a stream may never answer.
		if rerr := <-m.ended; err == nil && m.err == nil {
			err = rerr
		}
	}
	return err
}

// feed reads the file.
func (m *mover) feed(ctx context.Context) {
	err := m.planner.each(ctx, func(u *unit) error {
		select {
		case m.units <- u:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	close(m.units)
	m.ended <- err
}

func (m *mover) loop(ctx context.Context) error {
	tick := time.NewTicker(min(reportEvery, m.engine.every))
	defer tick.Stop()
	for {
		m.launch(ctx)
		if m.running == 0 && (m.err != nil || m.read && m.waiting == 0) {
			return m.verdict()
		}
		var units <-chan *unit
		if m.err == nil && !m.read && m.room() {
			units = m.units
		}
		select {
		case u, ok := <-units:
			if !ok {
				m.read, m.broken = true, <-m.ended
			} else {
				m.fail(m.take(u))
			}
		case res := <-m.results:
			m.over(res)
		case <-m.stop:
			m.stop = nil
			m.fail(model.ErrStopped)
		case err := <-m.durable:
			m.saving = false
			m.fail(err)
		case <-tick.C:
			m.beat(ctx)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// room reports whether another unit may be taken.
func (m *mover) room() bool {
	return m.waiting < maxWaiting && m.heap < maxHeap
}

// fail ends the run with its first reason: nothing more is begun.
func (m *mover) fail(err error) {
	if err == nil || m.err != nil {
		return
	}
	m.err = err
	close(m.quit)
}

// take puts a unit where it belongs: what was over before a cut is passed over.
func (m *mover) take(u *unit) error {
	switch m.ledger.add(u) {
	case over:
		return nil
	case sent:
		if !m.sender.repeatable() {
			return m.ledger.uncertain(u, "it was in flight when the import was cut off, and may have arrived")
		}
		u.again = true
	}
	if len(u.items) == 0 {
		if err := m.ledger.local(u); err != nil {
			return err
		}
		return m.tooMany()
	}
	m.waiting++
	m.heap += u.size
	for _, key := range u.keys {
		if before := m.last[key]; before != nil && before != u {
			before.behind = append(before.behind, u)
			u.waits++
		}
		m.last[key] = u
	}
	if u.waits == 0 {
		m.ready = append(m.ready, u)
	}
	return nil
}

// launch begins requests as the target allows.
func (m *mover) launch(ctx context.Context) {
	for m.err == nil && len(m.ready) > 0 && m.running < m.sender.lanes.Width() {
		u := m.ready[0]
		if low := m.lowKept.Load(); u.seq >= low+span {
			// Either a checkpoint is due, or one that began long ago is still not over.
			if m.ledger.lowest() != low {
				m.save(ctx)
			}
			return
		}
		m.ready = m.ready[1:]
		m.running++
		go func() { m.results <- result{u, m.sender.send(ctx, u)} }()
	}
}

// over takes a unit whose request is over, and lets those go that waited for it.
func (m *mover) over(res result) {
	m.running--
	m.waiting--
	m.heap -= res.unit.size
	m.settled++
	for _, key := range res.unit.keys {
		if m.last[key] == res.unit {
			delete(m.last, key)
		}
	}
	for _, u := range res.unit.behind {
		if u.waits--; u.waits == 0 {
			m.ready = append(m.ready, u)
		}
	}
	if m.fail(res.err); res.err == nil {
		m.fail(m.tooMany())
	}
}

// tooMany is the error of an import of which more is refused than was allowed.
func (m *mover) tooMany() error {
	limit := m.job.Transfer.Write.MaxRejects
	if limit == 0 {
		return nil
	}
	p, last := m.ledger.counts()
	if p.Rejected <= limit {
		return nil
	}
	return model.Errorf(model.EUpstream, "%d records were refused, more than the %d that --max-rejects allows; the last one: %s", p.Rejected, limit, last).
		WithNext("look at the refused records%s, then go on with --resume and a higher --max-rejects", m.where())
}

// beat reports, and has made durable what is due.
func (m *mover) beat(ctx context.Context) {
	m.report()
	switch {
	case m.saving:
	case time.Since(m.kept) >= m.engine.every && m.ledger.changed():
		m.save(ctx)
	case m.settled >= syncAfter:
		m.settled, m.saving = 0, true
		go func() { m.durable <- m.ledger.sync() }()
	}
}

// save begins a checkpoint, unless something is being made durable now.
func (m *mover) save(ctx context.Context) {
	if m.saving {
		return
	}
	m.kept, m.settled, m.saving = time.Now(), 0, true
	go func() { m.durable <- m.keep(ctx) }()
}

// verdict is how a run ended whose requests are all over.
func (m *mover) verdict() error {
	if m.err != nil {
		return m.err
	}
	if m.broken != nil {
		return m.broken
	}
	p, last := m.ledger.counts()
	if p.Rejected > 0 && p.Created+p.Updated+p.Uncertain == 0 {
		what := fmt.Sprintf("all of the %d records", p.Rejected)
		if p.Rejected == 1 {
			what = "the only record there is"
		}
		who := "the target refused"
		if m.sender.requests.Load() == 0 {
			who = "nothing was sent, because there is something wrong with"
		}
		return model.Errorf(model.EUpstream, "%s %s; the last reason: %s", who, what, last).
			WithNext("look at the refused records%s, and at the path and the method", m.where())
	}
	return nil
}
