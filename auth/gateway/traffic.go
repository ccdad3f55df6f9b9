package gateway

import (
	"cmp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"ferry/model"
)

const (
	secondsKept = 60
	timesKept   = 1000
)

// traffic counts the requests of one client. Counting takes no lock.
type traffic struct {
	requests, failed, refused atomic.Uint64

	seconds [secondsKept + 4]atomic.Uint64 // upper half: which second, lower half: how many
	times   [timesKept]atomic.Int64        // nanoseconds; 0: none yet
	next    atomic.Uint64
}

// add counts a request that was answered, or broken off: status 0. One that took no time is
// left out of the times.
func (t *traffic) add(at time.Time, took time.Duration, status int) {
	t.requests.Add(1)
	if status >= 500 {
		t.failed.Add(1)
	}
	t.tick(at)
	if took > 0 {
		t.times[t.next.Add(1)%timesKept].Store(int64(took))
	}
}

// refuse counts a request that a rule forbade. That the breaker was open is a failure of the
// upstream's as well.
func (t *traffic) refuse(at time.Time, took time.Duration, status int) {
	t.refused.Add(1)
	t.add(at, took, status)
}

func half(at time.Time) uint64 { return uint64(at.Unix()) & 0xFFFFFFFF } //nolint:gosec // only these bits

func (t *traffic) tick(at time.Time) {
	sec := half(at)
	slot := &t.seconds[sec%uint64(len(t.seconds))]
	for {
		was := slot.Load()
		fresh := sec<<32 | 1
		switch {
		case was>>32 == sec:
			fresh = was + 1
		case was>>32 > sec && was>>32-sec < 1<<31:
			return // a request that took longer than is kept
		}
		if slot.CompareAndSwap(was, fresh) {
			return
		}
	}
}

// perSecond returns the requests of each of the last 60 seconds that are over, oldest first.
func (t *traffic) perSecond(now time.Time) []int {
	out := make([]int, secondsKept)
	for i := range out {
		sec := half(now.Add(time.Duration(i-secondsKept) * time.Second))
		if v := t.seconds[sec%uint64(len(t.seconds))].Load(); v>>32 == sec {
			out[i] = int(v & 0xFFFFFFFF)
		}
	}
	return out
}

// quantiles returns the median and the 99th percentile of the last requests (nearest rank).
func (t *traffic) quantiles() (p50, p99 time.Duration) {
	took := make([]int64, 0, timesKept)
	for i := range t.times {
		if v := t.times[i].Load(); v > 0 {
			took = append(took, v)
		}
	}
	if len(took) == 0 {
		return 0, 0
	}
	slices.Sort(took)
	rank := func(percent int) time.Duration { return time.Duration(took[(len(took)*percent+99)/100-1]) }
	return rank(50), rank(99)
}

// Traffic tells of every client that was asked for since the server started, by space and name.
func (g *Gateway) Traffic() []model.ClientTraffic {
	dir, now := g.o.Directory(), g.now()
	out := []model.ClientTraffic{}
	g.mu.RLock()
	for id, l := range g.lanes {
		c := dir.ClientByID(id)
		if c == nil {
			continue // it is gone; its lane goes with the next request
		}
		out = append(out, l.tell(c.Name, l.space.Load().Name, now))
	}
	g.mu.RUnlock()
	slices.SortFunc(out, func(a, b model.ClientTraffic) int {
		return cmp.Or(strings.Compare(a.Space, b.Space), strings.Compare(a.Client, b.Client))
	})
	return out
}

func (l *lane) tell(client, space string, now time.Time) model.ClientTraffic {
	t := &l.traffic
	out := model.ClientTraffic{
		Client: client, Space: space, Requests: t.requests.Load(), PerSecond: t.perSecond(now),
		Failed: t.failed.Load(), Refused: t.refused.Load(),
	}
	out.P50, out.P99 = t.quantiles()
	out.Breaker, out.OpenUntil = l.breaker.tell(now)
	return out
}
