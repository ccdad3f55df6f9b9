package paging

import (
	"errors"
	"io"
	"sync"
)

const (
	// maxHeld is how much of a page is collected before it is parsed. A longer page is parsed
	// while it arrives.
	maxHeld = 4 << 20
	// maxFiltered is the longest page for which a jq filter finds the records.
	maxFiltered = 32 << 20
)

var errDropped = errors.New("the page is not needed any more")

// buffers are those of pages that were held.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// body is the sink of one answer: it holds what comes up to limit. What is longer is given
// away as a stream (unless whole is wanted): handOver is called once, and from then on
// each write waits until its bytes were read.
type body struct {
	held     *[]byte
	limit    int
	whole    bool // never a stream: what is longer than limit is tooLong
	handOver func()
	streamed bool
	tooLong  bool

	chunks  chan []byte   // to the reader
	taken   chan struct{} // by the reader
	dropped chan struct{} // closed: nobody reads on
	ended   <-chan struct{}
	drop    sync.Once
	done    chan struct{} // closed when the answer is over; err and read are set before
	err     error

	read  []byte // what is left of the chunk that is read
	begun bool   // the held part was read
	owes  bool   // the writer waits for the reader
}

// newBody makes a body; nothing waits in it once ended is closed.
func newBody(ended <-chan struct{}, limit int, whole bool) *body {
	b := &body{limit: limit, whole: whole, ended: ended, held: buffers.Get().(*[]byte)}
	*b.held = (*b.held)[:0]
	return b
}

// Write implements io.Writer.
func (b *body) Write(p []byte) (int, error) {
	all := len(p)
	if !b.streamed {
		fits := min(len(p), b.limit-len(*b.held))
		*b.held = append(*b.held, p[:fits]...)
		if p = p[fits:]; len(p) == 0 {
			return all, nil
		}
		if b.whole {
			b.tooLong = true
			return 0, errDropped
		}
		b.streamed = true
		b.chunks, b.taken = make(chan []byte), make(chan struct{})
		b.dropped, b.done = make(chan struct{}), make(chan struct{})
		b.handOver()
	}
	select {
	case b.chunks <- p:
	case <-b.dropped:
		return 0, errDropped
	case <-b.ended:
		return 0, errDropped
	}
	// Even when all ends: the reader has p in its hands until it says so.
	select {
	case <-b.taken:
		return all, nil
	case <-b.dropped:
		return 0, errDropped
	}
}

// finish tells the reader of a stream that no more comes, err being why.
func (b *body) finish(err error) {
	b.err = err
	close(b.done)
}

// errBroken wraps why a stream broke off.
type errBroken struct{ err error }

func (e *errBroken) Error() string { return e.err.Error() }
func (e *errBroken) Unwrap() error { return e.err }

// Read reads a stream from its beginning.
func (b *body) Read(p []byte) (int, error) {
	if !b.begun {
		b.begun, b.read = true, *b.held
	}
	for len(b.read) == 0 {
		if b.owes {
			b.owes = false
			select {
			case b.taken <- struct{}{}:
			case <-b.done: // the writer left
			}
		}
		select {
		case b.read = <-b.chunks:
			b.owes = true
		case <-b.done:
			if b.err != nil {
				return 0, &errBroken{b.err}
			}
			return 0, io.EOF
		}
	}
	n := copy(p, b.read)
	b.read = b.read[n:]
	return n, nil
}

// free gives the memory back; the bytes must not be used any more.
func (b *body) free() {
	if b.dropped != nil {
		b.drop.Do(func() { close(b.dropped) })
		return // its writer may still be at it
	}
	if b.held != nil {
		if cap(*b.held) <= 2*maxHeld {
			buffers.Put(b.held)
		}
		b.held = nil
	}
}
