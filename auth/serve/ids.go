package serve

import (
	"crypto/rand"
	"encoding/hex"
	"sync/atomic"
	"time"
)

// ids makes the ids of requests: what this process drew at its start, then a count.
// They are unique, not secret, and cost next to nothing.
type ids struct {
	prefix string
	last   *atomic.Uint64
}

func newIDs() ids {
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails
	return ids{hex.EncodeToString(b[:]), new(atomic.Uint64)}
}

func (i ids) next() string {
	const digits = "0123456789abcdef"
	var out [20]byte
	copy(out[:12], i.prefix)
	n := i.last.Add(1)
	for at := len(out) - 1; at >= 12; at-- {
		out[at] = digits[n&15]
		n >>= 4
	}
	return string(out[:])
}

// now is when something happened, for counters and logs. Rules ask the hub's clock.
func now() time.Time { return time.Now() }
