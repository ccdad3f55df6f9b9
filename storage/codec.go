package storage

import (
	"math"
	"time"

	"github.com/fxamacker/cbor/v2"

	"ferry/model"
)

// recordVersion stands before every record. A change that an older ferry would misread
// or lose raises it.
const recordVersion = 1

var encoder = func() cbor.EncMode {
	m, err := cbor.EncOptions{Sort: cbor.SortNone}.EncMode()
	if err != nil {
		panic(err)
	}
	return m
}()

// decoder refuses what this version does not know, rather than losing it at the next
// save. Text is taken as it is: what another system sent need not be UTF-8, and a
// record that can be written must be readable.
var decoder = func() cbor.DecMode {
	m, err := cbor.DecOptions{
		UTF8: cbor.UTF8DecodeInvalid, IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
	}.DecMode()
	if err != nil {
		panic(err)
	}
	return m
}()

// encode returns the stored form of a record.
func encode(record any) ([]byte, error) {
	b, err := encoder.Marshal(record)
	if err != nil {
		return nil, err
	}
	return append([]byte{recordVersion}, b...), nil
}

// decode reads the stored form of a record. ECorrupt names the key; EInvalid when a
// newer ferry wrote it.
func decode(key, b []byte, record any) error {
	if len(b) > 0 && b[0] > recordVersion {
		return model.Errorf(model.EInvalid, "the record %s was written by a newer ferry", model.Printable(string(key))).
			WithNext("install the newer ferry")
	}
	if len(b) < 2 || b[0] != recordVersion {
		return unreadable(key)
	}
	if err := decoder.Unmarshal(b[1:], record); err != nil {
		// The decoder's error can quote the record, so it goes no further.
		return unreadable(key)
	}
	return nil
}

func unreadable(key []byte) error {
	return model.Errorf(model.ECorrupt, "the record %s does not read back as it was written", model.Printable(string(key))).
		WithNext("see what else is damaged with: ferry store check")
}

// instant is a time as Unix nanoseconds; the zero time is 0. Times beyond 1678 to 2262
// end there: a far future never wraps to the past.
type instant int64

func at(t time.Time) instant {
	switch {
	case t.IsZero():
		return 0
	case t.Before(time.Unix(0, math.MinInt64)):
		return math.MinInt64
	case t.After(time.Unix(0, math.MaxInt64)):
		return math.MaxInt64
	}
	return instant(t.UnixNano())
}

func (i instant) time() time.Time {
	if i == 0 {
		return time.Time{}
	}
	return time.Unix(0, int64(i)).UTC()
}
