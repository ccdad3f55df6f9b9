package exporting

import (
	"bufio"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"runtime/debug"
	"sync/atomic"

	"ferry/model"
)

// What is on its way to the file. A queue lets reading go on while the disk is busy with
// an fsync.
const (
	chunk     = 256 << 10 // bytes of a buffer
	queue     = 16
	queueHeld = 4 // of whole pages, which are longer
)

// out writes on a goroutine of its own, in the order it is told to. After the first error
// it does nothing any more.
type out struct {
	ctx    context.Context
	to     io.Writer
	file   model.File // nil for a stream
	zip    *gzip.Writer
	zipped *bufio.Writer // between zip and to
	open   bool          // a gzip member has begun
	member int64         // where it begins in the file
	size   atomic.Int64  // bytes in the file
	orders chan order
	free   chan []byte
	done   chan struct{}
	err    atomic.Pointer[error]
	large  int // a buffer that has more is waited for, and not used again
}

// order is one step: write data, or go back; then end the member; then sync and tell; then answer.
type order struct {
	data   []byte
	back   bool
	to     int64 // with back: the size of a plain file
	cut    bool
	last   bool
	synced func(size int64) error
	answer chan struct{}
}

func newOut(ctx context.Context, to io.Writer, file model.File, zipped bool, size int64) *out {
	o := &out{ctx: ctx, to: to, file: file, member: size, done: make(chan struct{})}
	o.size.Store(size)
	n := queue
	o.large = 4 * chunk
	if zipped {
		o.zipped = bufio.NewWriterSize(counted{o}, chunk)
		o.zip, _ = gzip.NewWriterLevel(o.zipped, gzip.BestSpeed) // the level is a valid one
	}
	if zipped || file == nil {
		n, o.large = queueHeld, 16*chunk
	}
	o.orders, o.free = make(chan order, n), make(chan []byte, n+2)
	go o.work()
	return o
}

// counted writes to the file and counts what arrived.
type counted struct{ o *out }

func (c counted) Write(p []byte) (int, error) {
	n, err := c.o.to.Write(p)
	c.o.size.Add(int64(n))
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	return n, err
}

// buffer returns an empty buffer, used before if there is one.
func (o *out) buffer() []byte {
	select {
	case b := <-o.free:
		return b[:0]
	default:
		return make([]byte, 0, chunk+chunk/4)
	}
}

// failed returns the first error.
func (o *out) failed() error {
	if p := o.err.Load(); p != nil {
		return *p
	}
	return nil
}

// put hands over an order, whose data is not the caller's any more. The error may be that
// of an earlier one.
func (o *out) put(p order) error {
	if err := o.failed(); err != nil {
		return err
	}
	if len(p.data) > o.large && p.answer == nil {
		return o.wait(p) // few that are large must not add up
	}
	select {
	case o.orders <- p:
		return nil
	case <-o.ctx.Done():
		return o.ctx.Err()
	}
}

// wait hands over an order and returns when it has been carried out.
func (o *out) wait(p order) error {
	p.answer = make(chan struct{})
	if err := o.put(p); err != nil {
		return err
	}
	select {
	case <-p.answer:
		return o.failed()
	case <-o.ctx.Done():
		return o.ctx.Err()
	}
}

// close ends the goroutine. It waits for what was ordered, unless the job was given up: a
// reader of a stream may never take it.
func (o *out) close() {
	close(o.orders)
	if o.file == nil {
		select {
		case <-o.done:
		case <-o.ctx.Done():
		}
		return
	}
	<-o.done
}

func (o *out) work() {
	defer close(o.done)
	for p := range o.orders {
		if o.failed() == nil && o.ctx.Err() == nil {
			if err := o.carryOut(p); err != nil {
				o.err.Store(&err)
			}
		}
		if p.data != nil && cap(p.data) <= o.large {
			select {
			case o.free <- p.data:
			default:
			}
		}
		if p.answer != nil {
			close(p.answer)
		}
	}
}

// panicked is a panic of Keep on its way to the goroutine of the run, which somebody guards.
type panicked struct{ value any }

func (p *panicked) Error() string { return fmt.Sprint("panic: ", p.value) }

func (o *out) carryOut(p order) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &panicked{fmt.Sprintf("%v\n%s", v, debug.Stack())}
		}
	}()
	if p.back {
		if err := o.goBack(p.to); err != nil {
			return err
		}
	}
	if err := o.write(p.data); err != nil {
		return err
	}
	if p.cut {
		if err := o.endMember(p.last); err != nil {
			return err
		}
	}
	if p.synced == nil {
		return nil
	}
	if o.file != nil {
		if err := o.file.Sync(); err != nil {
			return err
		}
	}
	return p.synced(o.size.Load())
}

func (o *out) write(data []byte) error {
	if len(data) == 0 {
		return nil
	}
	if o.zip == nil {
		_, err := counted{o}.Write(data)
		return err
	}
	o.open = true
	_, err := o.zip.Write(data)
	return err
}

// endMember ends the gzip member that has begun. The last one is made even when it is
// empty, if it would be the only one: a file of no bytes is no gzip file.
func (o *out) endMember(last bool) error {
	if o.zip == nil || !o.open && !(last && o.size.Load() == 0) {
		return nil
	}
	if err := o.zip.Close(); err != nil {
		return err
	}
	if err := o.zipped.Flush(); err != nil {
		return err
	}
	o.zip.Reset(o.zipped)
	o.open, o.member = false, o.size.Load()
	return nil
}

// goBack makes the file as long as it was: plain, as told; gzip, up to the open member.
func (o *out) goBack(to int64) error {
	if o.zip != nil {
		o.zipped.Reset(counted{o})
		o.zip.Reset(o.zipped)
		o.open, to = false, o.member
	}
	if err := o.file.Truncate(to); err != nil {
		return err
	}
	o.size.Store(to)
	_, err := o.file.Seek(to, io.SeekStart)
	return err
}
