package bolt

import (
	"encoding/binary"
	"fmt"
	"io"
)

// maxProblems is how many problems one look at the pages tells of.
const maxProblems = 20

// walk visits every page of every bucket, for Check.
type walk struct {
	pages    *pages
	seen     map[uint64]bool
	problems []string
}

// walkPages returns what is wrong with the tree of pages, at most maxProblems.
func walkPages(r io.ReaderAt, m meta) []string {
	w := &walk{pages: newPages(r, m), seen: map[uint64]bool{}}
	w.page(m.root)
	return w.problems
}

func (w *walk) complain(problem string) {
	if len(w.problems) < maxProblems {
		w.problems = append(w.problems, problem)
	}
}

func (w *walk) page(id uint64) {
	if w.seen[id] {
		w.complain(fmt.Sprintf("page %d is used twice", id))
		return
	}
	w.seen[id] = true
	b, err := w.pages.load(id)
	if err != nil {
		w.complain(err.Error())
		return
	}
	delete(w.pages.known, id) // every page comes once: keep none
	for i := range count(b) {
		_, value := element(b, i)
		switch {
		case kindOf(b) == branchTag:
			w.page(binary.NativeEndian.Uint64(value))
		case isBucket(b, i):
			w.bucket(id, value)
		}
	}
}

// bucket follows a bucket that stands in a leaf. Root 0 is one inside the value itself.
func (w *walk) bucket(id uint64, value []byte) {
	if len(value) < bucketSize {
		w.complain(fmt.Sprintf("page %d has a bucket that is cut short", id))
		return
	}
	if root := binary.NativeEndian.Uint64(value); root != 0 {
		w.page(root)
		return
	}
	if err := checkPage(value[bucketSize:]); err != nil {
		w.complain(fmt.Sprintf("a small bucket on page %d %v", id, err))
	}
}
