package wire

import (
	"context"
	"errors"
	"io"
	"time"

	"ferry/model"
)

// flowing is how many bytes have to arrive within the time of a whole exchange for the time
// to begin anew. A peer that drips a byte now and then is cut as it is elsewhere.
const flowing = 64 << 10

// errDrip is the cause of a context that ended because too little came.
var errDrip = errors.New("too little came for the time of a whole exchange")

// flow is a sink that keeps an exchange alive for as long as enough arrives. The time that
// the sink itself takes is not the peer's: whoever writes records to a slow target reads
// slowly.
type flow struct {
	io.Writer
	timer *time.Timer
	total time.Duration
	ends  time.Time
	came  int
}

// Write implements io.Writer.
func (f *flow) Write(p []byte) (int, error) {
	began := time.Now()
	if !f.timer.Stop() {
		return f.Writer.Write(p) // too late, or nearly
	}
	n, err := f.Writer.Write(p)
	f.ends = f.ends.Add(time.Since(began))
	if f.came += len(p); f.came >= flowing {
		f.came, f.ends = 0, time.Now().Add(f.total)
	}
	f.timer.Reset(time.Until(f.ends))
	return n, err
}

// within is a context that says when its exchange has to have begun, for those who wait for
// a turn; it ends later when enough arrives.
type within struct {
	context.Context
	began time.Time
}

func (w within) Deadline() (time.Time, bool) {
	if d, ok := w.Context.Deadline(); ok && d.Before(w.began) {
		return d, true
	}
	return w.began, true
}

// BoundFlow is Bound for an exchange whose body goes to sink and may be of any length: the
// whole time of c counts anew whenever 64 KiB have gone to the sink that is returned.
func (p *Pool) BoundFlow(ctx context.Context, c *model.Client, sink io.Writer) (context.Context, io.Writer, context.CancelFunc) {
	total := p.total(c)
	ctx, cancel := context.WithCancelCause(ctx)
	timer, ends := time.AfterFunc(total, func() { cancel(errDrip) }), time.Now().Add(total)
	return within{ctx, ends}, &flow{Writer: sink, timer: timer, total: total, ends: ends}, func() {
		timer.Stop()
		cancel(nil)
	}
}
