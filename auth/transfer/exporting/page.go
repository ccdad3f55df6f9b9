package exporting

import (
	"ferry/auth/transfer/paging"
	"ferry/model"
)

// page is the page that is being read, and what its undoing goes back to.
type page struct {
	number  int64
	open    bool
	records int64
	mark    int   // where it begins in buf
	at      int64 // where it begins in what was handed over
	written int64
	table   table
	spilled bool // part of it was handed over
}

// Begin implements paging.Visitor.
func (r *run) Begin(n int64, again bool) (err error) {
	defer r.note(&err)
	if again || r.page.open {
		if err = r.undo(); err != nil {
			return err
		}
	}
	r.page = page{
		number: n, open: true, mark: len(r.buf), at: r.handed + int64(len(r.buf)),
		written: r.written, table: r.format.mark(),
	}
	return nil
}

// Record implements paging.Visitor.
func (r *run) Record(rec []byte) error {
	err := r.take(rec)
	if err != nil {
		r.own = err
	}
	return err
}

func (r *run) take(rec []byte) (err error) {
	r.page.records++
	if r.filter == nil {
		err = r.add(rec)
	} else if err = r.filter.Each(r.ctx, rec, r.add); err != nil {
		err = r.misfit(err)
	}
	if err != nil {
		return err
	}
	if r.page.records&255 == 0 {
		r.gauge.tell(r, false)
		if r.stopped() {
			return model.ErrStopped
		}
	}
	if r.holds() && len(r.buf)-r.page.mark <= r.limits.held || len(r.buf) < r.limits.chunk {
		return nil
	}
	return r.spill()
}

func (r *run) stopped() bool {
	select {
	case <-r.j.Stop:
		return true
	default:
		return false
	}
}

func (r *run) note(err *error) {
	if *err != nil {
		r.own = *err
	}
}

// holds reports whether pages are held back until they are whole.
func (r *run) holds() bool { return r.out.file == nil || r.out.zip != nil }

func (r *run) add(rec []byte) (err error) {
	r.buf, err = r.format.record(r.buf, rec, r.written)
	r.written++
	r.failed = err
	return err
}

// End implements paging.Visitor.
func (r *run) End(p paging.Position) (err error) {
	defer r.note(&err)
	if r.buf, err = r.format.pageEnd(r.buf); err != nil {
		return err
	}
	if err := r.again(true); err != nil {
		return err
	}
	r.pos, r.page = p, page{}
	r.members++
	o := order{cut: r.out.zip != nil && r.members >= r.limits.member}
	due := r.due() && (r.out.zip == nil || o.cut)
	if due {
		r.keep(&o, false)
	}
	if due || o.cut || r.out.file == nil || len(r.buf) >= r.limits.chunk {
		err = r.hand(o)
	}
	r.gauge.tell(r, false)
	return err
}

// spill hands over a part of a page. In front of gzip such a page begins a member.
func (r *run) spill() error {
	if r.out.zip != nil && r.out.file != nil && !r.page.spilled && (r.members > 0 || r.page.mark > 0) {
		rest := append(r.out.buffer(), r.buf[r.page.mark:]...)
		r.buf = r.buf[:r.page.mark]
		o := order{cut: true}
		if r.due() {
			r.keep(&o, false)
		}
		if err := r.hand(o); err != nil {
			return err
		}
		r.buf = rest
	}
	if err := r.again(false); err != nil {
		return err
	}
	r.page.spilled, r.page.mark = true, 0
	return r.hand(order{})
}

// undo takes back what came of the page that broke off.
func (r *run) undo() (err error) {
	if !r.page.open {
		return nil
	}
	switch {
	case !r.page.spilled:
		r.buf = r.buf[:r.page.mark]
	case r.out.file == nil:
		r.repeat()
	default:
		r.buf, r.handed = r.buf[:0], r.page.at
		err = r.out.wait(order{back: true, to: r.page.at})
	}
	r.written = r.page.written
	r.format.undo(r.page.table)
	r.page = page{}
	return err
}
