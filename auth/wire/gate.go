package wire

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"ferry/model"
)

// maxGates bounds how many clients are remembered; those that need not wait are
// forgotten first.
const maxGates = 1024

// maxHold is the longest that another side can make a client wait: who says a day
// most often means a mistake, and is asked again after this.
const maxHold = time.Hour

// gates hold back requests: one gate a client, for token and API requests alike. The
// zero value is ready.
type gates struct {
	mu  sync.Mutex
	all map[string]*gate
}

// gate is when the next request of one client may go. RateLimit spaces all of them
// evenly. What a 429 or 503 asked for holds for the origin that said so only: a busy
// API is no reason not to renew a token elsewhere.
type gate struct {
	next  time.Time            // of the client's own rate
	holds map[string]time.Time // by origin
}

func (g *gate) idle(now time.Time) bool {
	for origin, until := range g.holds {
		if !until.After(now) {
			delete(g.holds, origin)
		}
	}
	return len(g.holds) == 0 && !g.next.After(now)
}

// of returns c's gate; gs.mu is held.
func (gs *gates) of(c *model.Client, now time.Time) *gate {
	key := string(c.ID)
	if key == "" {
		key = c.Name + "\x00" + c.BaseURL // a draft that is tried out
	}
	if g := gs.all[key]; g != nil {
		return g
	}
	if gs.all == nil {
		gs.all = map[string]*gate{}
	}
	if len(gs.all) >= maxGates {
		for k, g := range gs.all {
			if g.idle(now) {
				delete(gs.all, k)
			}
		}
	}
	g := &gate{holds: map[string]time.Time{}}
	gs.all[key] = g
	return g
}

// hold makes c's next requests to origin wait for d.
func (gs *gates) hold(c *model.Client, origin string, d time.Duration) {
	now := time.Now()
	until := now.Add(min(d, maxHold))
	gs.mu.Lock()
	defer gs.mu.Unlock()
	if g := gs.of(c, now); until.After(g.holds[origin]) {
		g.holds[origin] = until
	}
}

// turn is when a request may go.
type turn struct {
	wait  time.Duration
	until time.Time
	asked bool // by the other side; else by the client's own rate
}

// take gives c's next turn for origin. A turn of the client's own rate is taken from
// the others, unless it comes later than within; one that the other side asked to
// wait for is looked at again when the wait is over.
func (gs *gates) take(c *model.Client, origin string, within time.Duration) turn {
	now := time.Now()
	gs.mu.Lock()
	defer gs.mu.Unlock()
	g := gs.of(c, now)
	if until := g.holds[origin]; until.After(now) {
		return turn{until.Sub(now), until, true}
	}
	rate := c.Transport.RateLimit
	if rate <= 0 {
		return turn{}
	}
	at := now
	if g.next.After(at) {
		at = g.next
	}
	t := turn{wait: at.Sub(now), until: at}
	if t.wait <= within {
		g.next = at.Add(interval(rate))
	}
	return t
}

// giveBack returns a turn that is not used, when nobody queues behind it.
func (gs *gates) giveBack(c *model.Client, t turn) {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	if g := gs.of(c, t.until); g.next.Equal(t.until.Add(interval(c.Transport.RateLimit))) {
		g.next = t.until
	}
}

func interval(rate float64) time.Duration {
	return time.Duration(min(float64(time.Second)/rate, float64(maxHold)))
}

// turnError is a turn that comes after the end of the exchange.
type turnError struct {
	turn
	rate float64
}

func (e *turnError) Error() string {
	return "nothing may be sent until " + e.until.UTC().Format(time.RFC3339)
}

// HeldUntil reports whether err says that nothing was sent because it was not the client's
// turn within the time of the exchange, and when its turn comes.
func HeldUntil(err error) (time.Time, bool) {
	var t *turnError
	if !errors.As(err, &t) {
		return time.Time{}, false
	}
	return t.until, true
}

// wait returns when c may send to origin, and a note of why it waited. A *turnError
// when that is later than ctx ends, at once; ctx's error when it ends meanwhile.
func (gs *gates) wait(ctx context.Context, c *model.Client, origin string) (time.Duration, string, error) {
	begin, note := time.Now(), ""
	for {
		within := time.Duration(1<<63 - 1)
		if end, ok := ctx.Deadline(); ok {
			within = time.Until(end)
		}
		t := gs.take(c, origin, within)
		if t.wait <= 0 {
			return queued(begin, note)
		}
		if t.wait > within {
			return time.Since(begin), note, &turnError{t, c.Transport.RateLimit}
		}
		note = fmt.Sprintf("for its own limit of %g requests a second", c.Transport.RateLimit)
		if t.asked {
			note = "because the other side asked for it"
		}
		timer := time.NewTimer(t.wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			if !t.asked {
				gs.giveBack(c, t)
			}
			return time.Since(begin), note, ctx.Err()
		case <-timer.C:
		}
		if !t.asked && !gs.held(c, origin) {
			return queued(begin, note)
		}
	}
}

func queued(begin time.Time, note string) (time.Duration, string, error) {
	if note == "" {
		return 0, "", nil
	}
	d := time.Since(begin)
	return d, fmt.Sprintf("waited %s %s", d.Round(time.Millisecond), note), nil
}

// held reports whether origin asked to wait meanwhile.
func (gs *gates) held(c *model.Client, origin string) bool {
	now := time.Now()
	gs.mu.Lock()
	defer gs.mu.Unlock()
	return gs.of(c, now).holds[origin].After(now)
}
