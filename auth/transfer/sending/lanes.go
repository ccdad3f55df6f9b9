package sending

import (
	"context"
	"sync"

	"ferry/model"
)

// Lanes bounds how many requests are in flight, and adapts the bound to what the target
// can take: it halves when the target asks for fewer, and grows by one for each round of
// requests that went well. It is safe for use by many goroutines.
type Lanes struct {
	mu     sync.Mutex
	most   int
	width  float64 // how many may be in flight, 1 to most
	used   int
	round  int // counts halvings: a request that began before one cannot cause another
	freed  chan struct{}
	notify bool
}

// NewLanes begins with all of most lanes; 0 is model.DefaultParallel.
func NewLanes(most int) *Lanes {
	if most <= 0 {
		most = model.DefaultParallel
	}
	most = min(most, model.MaxParallel)
	return &Lanes{most: most, width: float64(most), freed: make(chan struct{})}
}

// Lane is the right to make one request.
type Lane struct {
	l     *Lanes
	round int
}

// Enter waits for a lane. ErrStopped once stop is closed, ctx's error once it ends: then
// nothing is to be sent.
func (l *Lanes) Enter(ctx context.Context, stop <-chan struct{}) (Lane, error) {
	for {
		select { // before a lane that is free
		case <-stop:
			return Lane{}, model.ErrStopped
		default:
		}
		if err := ctx.Err(); err != nil {
			return Lane{}, err
		}
		l.mu.Lock()
		if l.used < int(l.width) {
			l.used++
			lane := Lane{l: l, round: l.round}
			l.mu.Unlock()
			return lane, nil
		}
		l.notify = true
		freed := l.freed
		l.mu.Unlock()
		select {
		case <-freed:
		case <-stop:
		case <-ctx.Done():
		}
	}
}

// Leave gives the lane back and tells how it went.
func (n Lane) Leave(r model.Response, err error) {
	l := n.l
	l.mu.Lock()
	defer l.mu.Unlock()
	l.used--
	switch {
	case err == nil && Throttled(r):
		if n.round == l.round {
			l.width = max(1, l.width/2)
			l.round++
		}
	case err == nil && r.Status < 500:
		l.width = min(float64(l.most), l.width+1/l.width)
	}
	if l.notify {
		close(l.freed)
		l.freed, l.notify = make(chan struct{}), false
	}
}

// Width returns how many requests may be in flight now.
func (l *Lanes) Width() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return int(l.width)
}

// Most returns how many requests may be in flight at best.
func (l *Lanes) Most() int { return l.most }
