package authority

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Failures of client authentication in a minute that close an endpoint for another
// minute: for one client id from one address, and for one address whatever it tries.
// There is no limit for a client id alone: nobody can lock a partner out by knowing it.
const (
	maxPair = 10
	maxAddr = 100
	window  = time.Minute
)

// The table of counters: 4,096 buckets of eight, one MiB in all, however many addresses an
// attacker has.
const (
	limiterBuckets = 4096
	bucketSlots    = 8
	bucketLocks    = 64
)

// limiter counts failures of client authentication. Ids are kept as a keyed hash: what a
// stranger sends is never stored. The zero limiter is not ready; newLimiter makes one.
type limiter struct {
	seed    maphash.Seed
	start   time.Time    // times are kept as the span since then
	closed  atomic.Int64 // until when somebody is refused; before that alone a request looks into the table
	locks   [bucketLocks]sync.Mutex
	buckets [limiterBuckets][bucketSlots]counter
}

// counter is the failures of one pair or one address.
type counter struct {
	key   uint64        // 0: free
	count uint32        // in this window
	begin time.Duration // of the window
	until time.Duration // refused until then
}

func newLimiter(now time.Time) *limiter { return &limiter{seed: maphash.MakeSeed(), start: now} }

// wait returns for how long a client id from an address is refused, 0 when it is not.
// While nobody is refused it takes no lock.
func (l *limiter) wait(client string, addr netip.Addr, now time.Time) time.Duration {
	at := now.Sub(l.start)
	if l.closed.Load() <= int64(at) {
		return 0
	}
	pair, source := l.keysOf(client, addr)
	return max(l.left(pair, at), l.left(source, at))
}

// fail counts one failure.
func (l *limiter) fail(client string, addr netip.Addr, now time.Time) {
	at := now.Sub(l.start)
	pair, source := l.keysOf(client, addr)
	l.count(pair, maxPair, at)
	l.count(source, maxAddr, at)
}

// keysOf names both counters. An IPv6 address counts by its /64: a host has all of it.
func (l *limiter) keysOf(client string, addr netip.Addr) (pair, source uint64) {
	addr = addr.Unmap().WithZone("")
	if addr.Is6() {
		if p, err := addr.Prefix(64); err == nil {
			addr = p.Addr()
		}
	}
	raw := addr.As16()
	var h maphash.Hash
	h.SetSeed(l.seed)
	_, _ = h.Write(raw[:])
	source = h.Sum64() | 1
	_, _ = h.WriteString(client)
	_ = h.WriteByte(0) // so that the empty id is not the address alone
	return h.Sum64() | 1, source
}

func (l *limiter) left(key uint64, at time.Duration) time.Duration {
	b := key >> 1 % limiterBuckets
	mu := &l.locks[b%bucketLocks]
	mu.Lock()
	defer mu.Unlock()
	for i := range l.buckets[b] {
		c := &l.buckets[b][i]
		if c.key != key || c.until <= at {
			continue
		}
		if c.until-at > window { // the clock was put back: what it said then counts no more
			*c = counter{}
			return 0
		}
		return c.until - at
	}
	return 0
}

func (l *limiter) count(key uint64, most uint32, at time.Duration) {
	b := key >> 1 % limiterBuckets
	mu := &l.locks[b%bucketLocks]
	mu.Lock()
	defer mu.Unlock()
	c := slotFor(&l.buckets[b], key, at)
	if c.count++; c.count < most {
		return
	}
	c.count, c.begin, c.until = 0, at, at+window
	for end := int64(c.until); ; {
		was := l.closed.Load()
		if was >= end || l.closed.CompareAndSwap(was, end) {
			return
		}
	}
}

// slotFor returns the counter of key. In a full bucket the one with the fewest failures
// makes room: forgetting an attacker's first tries is better than growing, and better
// than refusing somebody who did nothing.
func slotFor(bucket *[bucketSlots]counter, key uint64, at time.Duration) *counter {
	least := &bucket[0]
	for i := range bucket {
		c := &bucket[i]
		if c.key == key {
			if c.stale(at) {
				*c = counter{key: key, begin: at}
			}
			return c
		}
		if c.weight(at) < least.weight(at) {
			least = c
		}
	}
	*least = counter{key: key, begin: at}
	return least
}

// stale reports whether the window is over, or lies ahead of a clock that was put back.
func (c *counter) stale(at time.Duration) bool { return at-c.begin >= window || c.begin > at }

func (c *counter) weight(at time.Duration) uint32 {
	switch {
	case c.key == 0:
		return 0
	case c.stale(at):
		return 1
	case c.until > at:
		return maxAddr + 1
	}
	return 1 + c.count
}
