package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
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
)

// pages reads the pages of a file and proves of each what bbolt takes for granted: that
// it is where it says, and that its elements lie inside it. bbolt follows a garbled
// page in circles, or makes room for a value of 4 GiB.
type pages struct {
	r     io.ReaderAt
	meta  meta
	known map[uint64][]byte
}

func newPages(r io.ReaderAt, m meta) *pages {
	return &pages{r: r, meta: m, known: map[uint64][]byte{}}
}

// load returns a page with its overflow pages.
func (p *pages) load(id uint64) ([]byte, error) {
	if b := p.known[id]; b != nil {
		return b, nil
	}
	if id < 2 || id >= p.meta.high {
		return nil, fmt.Errorf("page %d is not one of this file", id)
	}
	at := int64(id) * p.meta.pageSize //nolint:gosec // below high
	b := make([]byte, p.meta.pageSize)
	if _, err := p.r.ReadAt(b, at); err != nil {
		return nil, fmt.Errorf("page %d cannot be read", id)
	}
	overflow := uint64(binary.NativeEndian.Uint32(b[12:]))
	if binary.NativeEndian.Uint64(b) != id || id+overflow >= p.meta.high {
		return nil, fmt.Errorf("page %d has a wrong header", id)
	}
	if overflow > 0 {
		b = make([]byte, int64(overflow+1)*p.meta.pageSize) //nolint:gosec // below high
		if _, err := p.r.ReadAt(b, at); err != nil {
			return nil, fmt.Errorf("page %d cannot be read", id)
		}
	}
	if err := checkPage(b); err != nil {
		return nil, fmt.Errorf("page %d %w", id, err)
	}
	p.known[id] = b
	return b, nil
}

// checkPage proves that a page is a branch or a leaf with its elements inside it.
func checkPage(b []byte) error {
	if len(b) < pageHeader || kindOf(b) != branchTag && kindOf(b) != leafTag {
		return errors.New("is of an unknown kind")
	}
	if pageHeader+count(b)*elementSize > len(b) || (kindOf(b) == branchTag && count(b) == 0) {
		return fmt.Errorf("says it has %d elements", count(b))
	}
	for i := range count(b) {
		if key, value := element(b, i); key == nil || value == nil {
			return errors.New("has an element beyond its end")
		}
	}
	return nil
}

func kindOf(b []byte) uint16 { return binary.NativeEndian.Uint16(b[8:]) }
func count(b []byte) int     { return int(binary.NativeEndian.Uint16(b[10:])) }

// element returns key and value of the i-th element, nil when it is not on the page.
// The value of a branch element is its child's page id.
func element(b []byte, i int) (key, value []byte) {
	ne := binary.NativeEndian
	e := b[pageHeader+i*elementSize:]
	pos, keyLen, valueLen := uint64(ne.Uint32(e)), uint64(ne.Uint32(e[4:])), uint64(0)
	if kindOf(b) == leafTag {
		pos, keyLen, valueLen = uint64(ne.Uint32(e[4:])), uint64(ne.Uint32(e[8:])), uint64(ne.Uint32(e[12:]))
	}
	if pos < elementSize || pos+keyLen+valueLen > uint64(len(e)) {
		return nil, nil
	}
	if kindOf(b) == branchTag {
		return e[pos : pos+keyLen], e[8:elementSize]
	}
	return e[pos : pos+keyLen], e[pos+keyLen : pos+keyLen+valueLen]
}

// isBucket reports whether the i-th element of a leaf is marked as a bucket.
func isBucket(b []byte, i int) bool {
	return binary.NativeEndian.Uint32(b[pageHeader+i*elementSize:]) != 0
}

// errForeign is for a sound file that has no list of buckets like ours.
var errForeign = errors.New("not a ferry store")

// dataRoot proves the list of buckets, and returns the page of the data bucket's root; 0
// for a bucket so small that it stands inside the list.
func (p *pages) dataRoot() (root uint64, err error) {
	b, err := p.load(p.meta.root)
	if err != nil {
		return 0, err
	}
	ours := 0
	for i := range count(b) {
		if key, _ := element(b, i); bytes.Equal(key, bucketAbout) || bytes.Equal(key, bucketData) {
			ours++
		}
	}
	if kindOf(b) != leafTag || ours != 2 || count(b) != 2 {
		return 0, errForeign
	}
	for i := range count(b) {
		key, value := element(b, i)
		if !isBucket(b, i) || len(value) < bucketSize {
			return 0, errors.New("the list of buckets holds something else")
		}
		at := binary.NativeEndian.Uint64(value)
		switch data := bytes.Equal(key, bucketData); {
		case at == 0:
			err = checkInline(value[bucketSize:])
		case data:
			root = at
		default: // what a store is takes a few bytes
			err = errors.New("the bucket that says what this is has grown")
		}
		if err != nil {
			return 0, err
		}
	}
	return root, nil
}

// checkInline proves the page of a bucket that stands in its parent's value.
func checkInline(b []byte) error {
	if err := checkPage(b); err != nil {
		return fmt.Errorf("a small bucket %w", err)
	}
	if kindOf(b) != leafTag {
		return errors.New("a small bucket is no leaf")
	}
	return records(b)
}

// records proves that a leaf of the data bucket holds records only.
func records(b []byte) error {
	for i := range count(b) {
		if key, _ := element(b, i); isBucket(b, i) || len(key) == 0 {
			return errors.New("a record is garbled")
		}
	}
	return nil
}

// tour visits leaves in the order of their keys, from a key on, and proves every page
// on the way. It ends when it has seen enough items and enough leaves.
type tour struct {
	pages         *pages
	from          []byte // nil: from the end
	reverse       bool
	items, leaves int
	started       bool
	seen          map[uint64]bool
}

// prove proves the pages that bbolt will read in that order.
func (p *pages) prove(t tour) error {
	root, err := p.dataRoot()
	if err != nil || root == 0 {
		return err
	}
	t.pages, t.seen = p, map[uint64]bool{}
	_, err = t.visit(root)
	return err
}

func (t *tour) visit(id uint64) (enough bool, err error) {
	if t.seen[id] {
		return true, fmt.Errorf("page %d is used twice, or leads in a circle", id)
	}
	t.seen[id] = true
	b, err := t.pages.load(id)
	if err != nil {
		return true, err
	}
	if kindOf(b) == leafTag {
		// The first leaf may hold one item of the range only.
		if t.leaves--; t.started {
			t.items -= count(b)
		}
		t.started = true
		return t.items <= 0 && t.leaves <= 0, records(b)
	}
	for i := t.first(b); i >= 0 && i < count(b); i += t.step() {
		_, child := element(b, i)
		if enough, err = t.visit(binary.NativeEndian.Uint64(child)); enough || err != nil {
			return true, err
		}
	}
	return false, nil
}

func (t *tour) step() int {
	if t.reverse {
		return -1
	}
	return 1
}

// first returns the child with which to begin on a branch.
func (t *tour) first(b []byte) int {
	switch {
	case (t.started || t.from == nil) && t.reverse:
		return count(b) - 1
	case t.started || t.from == nil:
		return 0
	}
	at := 0
	for i := range count(b) {
		if key, _ := element(b, i); bytes.Compare(key, t.from) > 0 {
			break
		}
		at = i
	}
	return at
}
