package gateway

import (
	"sync"
	"time"

	"ferry/model"
)

// When a breaker opens, and for how long.
const (
	maxInARow   = 5  // failures one after the other
	breakerSpan = 10 // seconds that are looked at
	minRequests = 20 // in them, before a share of failures counts
	firstPause  = 5 * time.Second
	longPause   = time.Minute
)

// outcome is what a request says about its upstream.
type outcome int

// The outcomes.
const (
	unknown outcome = iota // the caller left, or nothing was sent
	worked
	failed
)

// ticket is the leave to send one request.
type ticket struct {
	period uint64 // of the breaker: what a request of an older one says counts no more
	probe  bool
}

// breaker holds requests back from an upstream that fails. The zero breaker is closed.
type breaker struct {
	mu     sync.Mutex
	state  model.BreakerState // "" is closed
	period uint64             // counts changes of state
	inARow int
	slots  [breakerSpan]struct {
		second   int64
		all, bad int
	}
	pause   time.Duration // of the last opening
	until   time.Time     // it is open
	probing bool
}

// allow returns the leave to send a request, or how long to wait for it.
func (b *breaker) allow(now time.Time) (ticket, time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch b.state {
	case model.BreakerOpen:
		if wait := b.until.Sub(now); wait > 0 && wait <= b.pause {
			return ticket{}, wait
		}
		b.turn(model.BreakerHalfOpen)
	case model.BreakerHalfOpen:
		if b.probing {
			return ticket{}, time.Second
		}
	default:
		return ticket{period: b.period}, 0
	}
	b.probing = true
	return ticket{b.period, true}, 0
}

// done takes note of what came of a request. It is called once for each ticket.
func (b *breaker) done(t ticket, o outcome, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case t.period != b.period:
	case t.probe:
		b.probing = false
		switch o {
		case worked:
			b.pause = 0
			b.turn(model.BreakerClosed)
		case failed:
			b.open(now)
		}
	case o != unknown:
		b.count(o, now)
	}
}

// count adds to what is known of a closed breaker, and opens it when that is too much.
func (b *breaker) count(o outcome, now time.Time) {
	second := now.Unix()
	slot := &b.slots[uint64(second)%breakerSpan] //nolint:gosec // seconds are positive
	if slot.second != second {
		slot.second, slot.all, slot.bad = second, 0, 0
	}
	slot.all++
	if o == worked {
		b.inARow = 0
		return
	}
	slot.bad++
	b.inARow++
	all, bad := 0, 0
	for i := range b.slots {
		if s := &b.slots[i]; second-s.second < breakerSpan && s.second <= second {
			all += s.all
			bad += s.bad
		}
	}
	if b.inARow >= maxInARow || all >= minRequests && 2*bad >= all {
		b.open(now)
	}
}

// open holds requests back, for longer each time that a probe fails.
func (b *breaker) open(now time.Time) {
	b.pause = min(max(2*b.pause, firstPause), longPause)
	b.until = now.Add(b.pause)
	b.turn(model.BreakerOpen)
}

func (b *breaker) turn(s model.BreakerState) {
	b.state, b.probing, b.inARow = s, false, 0
	b.period++
	clear(b.slots[:])
}

// tell returns the state, and until when an open one stays so.
func (b *breaker) tell(now time.Time) (model.BreakerState, *time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.state == "":
		return model.BreakerClosed, nil
	case b.state != model.BreakerOpen:
		return b.state, nil
	case !now.Before(b.until):
		return model.BreakerHalfOpen, nil // the next request is the probe
	}
	until := b.until.UTC()
	return b.state, &until
}
