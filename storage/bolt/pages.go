package bolt

import (
	"encoding/binary"
	"fmt"
	"io"
)

// The kinds of page and the sizes of what stands on them, as bbolt lays them out.
const (
	branchTag   = 0x01
	leafTag     = 0x02
	elementSize = 16
	bucketEntry = 0x01 // flag of a leaf element whose value is a bucket
	bucketSize  = 16
	maxProblems = 20
)

// pageWalk visits every page that can be reached and keeps to what a page may say:
// a page number below the high-water mark, visited once, with elements inside it.
type pageWalk struct {
	r        io.ReaderAt
	meta     meta
	seen     map[uint64]bool
	problems []string
}

// walkPages returns what is wrong with the tree of pages, at most maxProblems.
func walkPages(r io.ReaderAt, m meta) []string {
	w := &pageWalk{r: r, meta: m, seen: map[uint64]bool{0: true, 1: true}}
	w.page(m.root)
	return w.problems
}

func (w *pageWalk) complain(format string, args ...any) {
	if len(w.problems) < maxProblems {
		w.problems = append(w.problems, fmt.Sprintf(format, args...))
	}
}

func (w *pageWalk) page(id uint64) {
	b := w.load(id)
	if b == nil {
		return
	}
	ne := binary.NativeEndian
	flags, count := ne.Uint16(b[8:]), int(ne.Uint16(b[10:]))
	if flags != branchTag && flags != leafTag {
		w.complain("page %d is of an unknown kind", id)
		return
	}
	if pageHeader+count*elementSize > len(b) {
		w.complain("page %d says it has %d elements", id, count)
		return
	}
	for i := range count {
		at := pageHeader + i*elementSize
		if flags == branchTag {
			w.page(ne.Uint64(b[at+8:]))
		} else {
			w.element(id, b, at)
		}
	}
}

// element checks one element of a leaf and follows it when it is a bucket.
func (w *pageWalk) element(id uint64, b []byte, at int) {
	ne := binary.NativeEndian
	flags := ne.Uint32(b[at:])
	key := uint64(at) + uint64(ne.Uint32(b[at+4:])) //nolint:gosec // at is inside a page
	value := key + uint64(ne.Uint32(b[at+8:]))
	end := value + uint64(ne.Uint32(b[at+12:]))
	switch {
	case end > uint64(len(b)):
		w.complain("page %d has an element beyond its end", id)
	case flags&bucketEntry == 0:
	case end-value < bucketSize:
		w.complain("page %d has a bucket that is cut short", id)
	default:
		// Root 0 is a small bucket that stands inside the value.
		if root := ne.Uint64(b[value:]); root != 0 {
			w.page(root)
		}
	}
}

// load reads a page with its overflow pages, nil when that is not possible.
func (w *pageWalk) load(id uint64) []byte {
	var head [pageHeader]byte
	at := int64(id) * w.meta.pageSize //nolint:gosec // checked against high below
	if id >= w.meta.high || w.seen[id] {
		w.complain("page %d is used twice or lies beyond the end", id)
		return nil
	}
	if _, err := w.r.ReadAt(head[:], at); err != nil {
		w.complain("page %d cannot be read", id)
		return nil
	}
	overflow := uint64(binary.NativeEndian.Uint32(head[12:]))
	if binary.NativeEndian.Uint64(head[:]) != id || id+overflow >= w.meta.high {
		w.complain("page %d has a wrong header", id)
		return nil
	}
	for i := range overflow + 1 {
		if w.seen[id+i] {
			w.complain("page %d is used twice", id+i)
			return nil
		}
		w.seen[id+i] = true
	}
	b := make([]byte, int64(overflow+1)*w.meta.pageSize) //nolint:gosec // below high
	if _, err := w.r.ReadAt(b, at); err != nil {
		w.complain("page %d cannot be read", id)
		return nil
	}
	return b
}
