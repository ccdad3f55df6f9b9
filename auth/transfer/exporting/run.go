package exporting

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"ferry/auth/transfer/paging"
	"ferry/model"
)

// limits are sizes that tests make small.
type limits struct {
	chunk int // bytes of one write at least, but for the last before a sync
	// held is how much of a page waits for its end in front of gzip or a stream, where
	// nothing can be taken back. A longer page begins a member of its own.
	held int
	// member is after how many pages a gzip member ends: never by time, so that the bytes do
	// not depend on how often a run was cut off.
	member int
	// What was written is synced, and a checkpoint kept, at the end of the first page after
	// so many bytes or so long.
	bytes int64
	every time.Duration
}

var usual = limits{chunk: 256 << 10, held: 2 << 20, member: 64, bytes: 16 << 20, every: 250 * time.Millisecond}

// run is one run of an export, and the Visitor of its source.
type run struct {
	e      Engine
	ctx    context.Context
	j      model.Job
	limits limits
	out    *out
	format format
	filter model.Filter
	gauge  gauge
	kept   atomic.Pointer[checkpoint] // the newest one, nil when there is none
	tried  atomic.Bool                // Keep was called: it may have kept what it failed to say

	buf     []byte // what was not handed over yet
	handed  int64  // bytes handed over, which is the size of a plain file
	page    page
	pos     paging.Position // after the newest whole page
	written int64           // records in the file
	failed  error           // of the format
	own     error           // what ended the reading and came from here
	members int             // pages in the open member
	synced  struct {        // when the newest checkpoint was ordered
		at    time.Time
		bytes int64
	}
	twice *twice // a page of a stream that is read again
}

func (e Engine) newRun(ctx context.Context, j model.Job, cp checkpoint) (*run, error) {
	r := &run{e: e, ctx: ctx, j: j, limits: usual, handed: cp.Size, pos: cp.Position, written: cp.Written}
	if e.limits != nil {
		r.limits = *e.limits
	}
	if j.Transfer.Shape != "" {
		f, err := e.Compile(j.Transfer.Shape)
		if err != nil {
			return nil, err
		}
		r.filter = f
	}
	r.format = newFormat(&j.Transfer.File, cp.table)
	r.gauge.begin(&j, &cp)
	r.synced.at, r.synced.bytes = e.now(), cp.Size
	if len(j.Checkpoint) > 0 {
		r.kept.Store(&cp)
	}
	return r, nil
}

// run reads everything into o. What came before a failure is made durable, unless the
// context ended.
func (r *run) run(o *out) error {
	r.out, r.buf = o, o.buffer()
	stats, err := r.read()
	r.gauge.retried(stats.Retries)
	if err == nil {
		err = r.end()
	}
	if err == nil {
		r.gauge.end(r)
		o.close()
		return nil
	}
	if r.ctx.Err() == nil && o.failed() == nil {
		if serr := r.settle(); serr != nil {
			err = serr
		}
	}
	o.close()
	r.gauge.end(r)
	var p *panicked
	if errors.As(err, &p) {
		panic(p.value)
	}
	return r.explain(err)
}

func (r *run) read() (paging.Stats, error) {
	s := &paging.Source{
		Link: counting{r.j.Source, &r.gauge.requests}, Endpoint: r.j.Transfer.Source, Reading: r.j.Transfer.Read,
		Compile: r.e.Compile, Stop: r.j.Stop, Now: r.e.Now,
		Waiting: func(why string) { r.gauge.wait(why) },
	}
	if r.e.each != nil {
		return r.e.each(r.ctx, s, r.pos, r)
	}
	return s.Each(r.ctx, r.pos, r)
}

// due reports whether it is time for a checkpoint.
func (r *run) due() bool {
	return r.out.file != nil && (r.handed+int64(len(r.buf))-r.synced.bytes >= r.limits.bytes || r.e.now().Sub(r.synced.at) >= r.limits.every)
}

// hand hands over what was not yet, with o.
func (r *run) hand(o order) error {
	if o.cut {
		r.members = 0
	}
	o.data = r.buf
	r.handed += int64(len(r.buf))
	r.buf = r.out.buffer()
	return r.out.put(o)
}

// keep has the place after the newest whole page kept once o has been synced.
func (r *run) keep(o *order, whole bool) {
	cp := checkpoint{Position: r.pos, Written: r.written, Whole: whole, table: r.format.mark()}
	if r.page.open { // the newest whole page is the one before it
		cp.Written, cp.table = r.page.written, r.page.table
	}
	r.synced.at, r.synced.bytes = r.e.now(), r.handed+int64(len(r.buf))
	progress := r.gauge.at(r)
	o.synced = func(size int64) error { return r.save(cp, size, progress) }
}

// save runs on the goroutine of out.
func (r *run) save(cp checkpoint, size int64, p model.Progress) error {
	cp.Size, p.Bytes = size, size
	b, err := cp.encode()
	if err != nil {
		return err
	}
	if r.j.Keep == nil {
		return nil
	}
	r.tried.Store(true)
	if err := r.j.Keep(r.ctx, b, p, nil); err != nil {
		return err
	}
	r.kept.Store(&cp)
	return nil
}

// settle makes every whole page durable. Of a gzip file that is what ended members hold.
func (r *run) settle() error {
	if r.out.file == nil {
		return nil
	}
	if err := r.undo(); err != nil || r.out.zip != nil || r.pos.Page == 0 {
		return err
	}
	o := order{}
	r.keep(&o, false)
	o.data, r.buf = r.buf, nil
	return r.out.wait(o)
}

// end closes what is written and makes it durable.
func (r *run) end() (err error) {
	if r.buf, err = r.format.end(r.buf, r.written); err != nil {
		return err
	}
	o := order{cut: true, last: true}
	if r.out.file != nil {
		r.keep(&o, true)
	}
	o.data, r.buf = r.buf, nil
	return r.out.wait(o)
}
