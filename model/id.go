package model

import (
	"crypto/rand"
	"encoding/binary"
	"math"
	"sync"
	"time"
)

// ID names a record for its whole life. IDs made by NewID sort by the time they
// were made and are 26 characters of Crockford base32 in lower case.
type ID string

const crockford = "0123456789abcdefghjkmnpqrstvwxyz"

// NewID makes an ID: 48 bits of Unix milliseconds, then 80 random bits. IDs that one
// process makes within a millisecond sort in the order they were made.
func NewID(at time.Time) ID { return ids.next(at) }

var ids generator

// generator counts on from the last ID while the millisecond stays the same.
type generator struct {
	mu     sync.Mutex
	millis int64
	hi, lo uint64
}

func (g *generator) next(at time.Time) ID {
	g.mu.Lock()
	defer g.mu.Unlock()
	if ms := at.UnixMilli(); ms != g.millis || g.lo == math.MaxUint64 {
		var random [10]byte
		_, _ = rand.Read(random[:]) // never fails
		g.millis = ms
		g.hi = uint64(ms)<<16 | uint64(binary.BigEndian.Uint16(random[:2]))
		g.lo = binary.BigEndian.Uint64(random[2:]) >> 1 // room to count on
	} else {
		g.lo++
	}
	return encode(g.hi, g.lo)
}

func encode(hi, lo uint64) ID {
	var out [26]byte
	for i := 25; i >= 0; i-- {
		out[i] = crockford[lo&31]
		lo = lo>>5 | hi<<59
		hi >>= 5
	}
	return ID(out[:])
}
