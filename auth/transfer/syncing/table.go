package syncing

import (
	"iter"
	"math/bits"
)

// table maps digests to slots. Go's own map takes 120 MB for a million of them, because
// its parts double all at once; this one grows by a quarter, each of its parts by itself,
// and needs no hash of its own. Nothing is ever taken out: a slot that is not stored is none.
type table struct{ parts [256]part }

type part struct {
	cells []cell
	used  int
}

// cell is free when its key is zero, which no digest is.
type cell struct {
	key  digest
	slot slot
}

// get returns the slot of a digest, the zero slot when there is none.
func (t *table) get(d digest) slot {
	p := &t.parts[d[0]>>56]
	if len(p.cells) == 0 {
		return slot{}
	}
	return p.cells[p.find(d)].slot
}

func (t *table) set(d digest, s slot) {
	p := &t.parts[d[0]>>56]
	if p.used*8 >= len(p.cells)*7 {
		p.grow()
	}
	c := &p.cells[p.find(d)]
	if c.key == (digest{}) {
		c.key = d
		p.used++
	}
	c.slot = s
}

// find returns where a digest is, or where it goes. There is always a free cell.
func (p *part) find(d digest) int {
	at, _ := bits.Mul64(d[1], uint64(len(p.cells)))
	i := int(at) //nolint:gosec // below the number of cells
	for p.cells[i].key != d && p.cells[i].key != (digest{}) {
		if i++; i == len(p.cells) {
			i = 0
		}
	}
	return i
}

func (p *part) grow() {
	old := p.cells
	p.cells = make([]cell, len(old)+len(old)/4+8)
	for _, c := range old {
		if c.key != (digest{}) {
			p.cells[p.find(c.key)] = c
		}
	}
}

// all hands over every slot.
func (t *table) all() iter.Seq[slot] {
	return func(yield func(slot) bool) {
		for i := range t.parts {
			for _, c := range t.parts[i].cells {
				if c.key != (digest{}) && !yield(c.slot) {
					return
				}
			}
		}
	}
}
