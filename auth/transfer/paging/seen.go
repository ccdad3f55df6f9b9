package paging

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
)

// recent is how many pages back a repetition is noticed at once.
const recent = 32

// mark tells a page apart: where it was asked for, and what was in it (0: nothing).
type mark struct{ place, content uint64 }

// seen notices a place that was asked for before and a page that came before. It holds the
// last pages and, for loops that are longer, one page of each doubling (Brent), so that
// whatever comes round for ever is noticed in bounded memory.
type seen struct {
	count  uint64 // pages taken
	anchor mark   // of page number power
	power  uint64
	last   []mark // the newest at the end
}

// digest is a running fingerprint of bytes: two checksums that the processor computes.
// Two of them find what one may miss among a million pages. It survives in a Position, so it must be the same in another process.
type digest struct{ a, b uint32 }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (d *digest) add(p []byte) {
	d.a = crc32.Update(d.a, castagnoli, p)
	d.b = crc32.Update(d.b, crc32.IEEETable, p)
}

func (d *digest) sum() uint64 { return uint64(d.a)<<32 | uint64(d.b) }

func printOf(s string) uint64 {
	var d digest
	d.add([]byte(s))
	d.add([]byte{1}) // the empty place is one too
	return d.sum()
}

// place reports whether this place was asked for before, and how many pages ago.
func (s *seen) place(place string) (ago int, was bool) {
	p := printOf(place)
	for i := len(s.last) - 1; i >= 0; i-- {
		if s.last[i].place == p {
			return len(s.last) - i, true
		}
	}
	return s.sinceAnchor(), s.power > 0 && s.anchor.place == p
}

// content reports whether a page with this content came before, and how many pages ago.
func (s *seen) content(sum uint64) (ago int, was bool) {
	if sum == 0 {
		return 0, false
	}
	for i := len(s.last) - 1; i >= 0; i-- {
		if s.last[i].content == sum {
			return len(s.last) - i, true
		}
	}
	return s.sinceAnchor(), s.power > 0 && s.anchor.content == sum
}

// sinceAnchor is how many pages before the next one the anchor is.
func (s *seen) sinceAnchor() int {
	return int(s.count - s.power + 1) //nolint:gosec // pages, of which there are fewer
}

// take adds a page.
func (s *seen) take(place string, content uint64) {
	p := mark{printOf(place), content}
	s.count++
	if s.power == 0 || s.count >= 2*s.power {
		s.anchor, s.power = p, s.count
	}
	if len(s.last) == recent {
		copy(s.last, s.last[1:])
		s.last = s.last[:recent-1]
	}
	s.last = append(s.last, p)
}

// String is what Position.Seen holds.
func (s *seen) String() string {
	if s.count == 0 {
		return ""
	}
	b := make([]byte, 0, 32+16*len(s.last))
	for _, n := range []uint64{s.count, s.power, s.anchor.place, s.anchor.content} {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	for _, p := range s.last {
		b = binary.BigEndian.AppendUint64(b, p.place)
		b = binary.BigEndian.AppendUint64(b, p.content)
	}
	return base64.RawStdEncoding.EncodeToString(b)
}

// parseSeen reads String; what it cannot read it takes for nothing.
func parseSeen(text string) seen {
	b, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil || len(b) < 32 || len(b)%16 != 0 || len(b) > 32+16*recent {
		return seen{}
	}
	at := func(i int) uint64 { return binary.BigEndian.Uint64(b[8*i:]) }
	s := seen{count: at(0), power: at(1), anchor: mark{at(2), at(3)}}
	for i := 4; i < len(b)/8; i += 2 {
		s.last = append(s.last, mark{at(i), at(i + 1)})
	}
	return s
}
