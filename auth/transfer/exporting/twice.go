package exporting

import (
	"hash/maphash"

	"ferry/model"
)

// twice is about a long page of which a part has gone into a stream, where nothing can be
// taken back. When it breaks off and is read again, what came before is not written again,
// provided that it is the same.
type twice struct {
	sum  maphash.Hash // of what has gone out
	out  int64        // its bytes
	seen maphash.Hash // of the same page, read again
	left int64        // bytes that are still to be seen again
}

// repeat starts to compare a page that is read again with what has gone out of it.
func (r *run) repeat() {
	r.twice.seen.SetSeed(r.twice.sum.Seed())
	r.twice.left = r.twice.out
	r.buf = r.buf[:0]
}

// again takes what has gone out before from the buffer, and remembers the rest.
func (r *run) again(whole bool) error {
	if r.out.file != nil {
		return nil
	}
	t := r.twice
	if t != nil && t.left > 0 {
		n := min(t.left, int64(len(r.buf)))
		_, _ = t.seen.Write(r.buf[:n])
		r.buf = r.buf[:copy(r.buf, r.buf[n:])]
		t.left -= n
		if t.left == 0 && t.seen.Sum64() != t.sum.Sum64() || whole && t.left > 0 {
			return r.differs()
		}
	}
	if whole {
		r.twice = nil
		return nil
	}
	if t == nil {
		r.twice = &twice{}
		t = r.twice
	}
	_, _ = t.sum.Write(r.buf)
	t.out += int64(len(r.buf))
	return nil
}

func (r *run) differs() error {
	return model.Errorf(model.EUpstream, "page %d broke off, and came differently when it was asked for again; a part of it had gone out", r.page.number).
		WithNext("export to a file with -o FILE: there a page is taken back")
}
