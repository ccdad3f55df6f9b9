package model

import (
	"crypto/rand"
	"encoding/binary"
	"time"
)

// ID names a record for its whole life. IDs made by NewID sort by the time they
// were made and are 26 characters of Crockford base32 in lower case.
type ID string

const crockford = "0123456789abcdefghjkmnpqrstvwxyz"

// NewID makes an ID: 48 bits of Unix milliseconds, then 80 random bits.
func NewID(at time.Time) ID {
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:8], uint64(at.UnixMilli())<<16) //nolint:gosec // a time after 1970
	_, _ = rand.Read(raw[6:])                                       // never fails
	hi, lo := binary.BigEndian.Uint64(raw[:8]), binary.BigEndian.Uint64(raw[8:])
	var out [26]byte
	for i := 25; i >= 0; i-- {
		out[i] = crockford[lo&31]
		lo = lo>>5 | hi<<59
		hi >>= 5
	}
	return ID(out[:])
}
