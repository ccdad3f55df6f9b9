package serve

import (
	"bytes"
	"io"
	"net"
	"sync/atomic"
)

// strict is a connection that speaks HTTP/1.1 to the letter (RFC 9112). net/http forgives what
// two readers of one message may understand in two ways: a length beside a transfer coding, two
// lengths, a bare LF, a folded line. Behind a gateway that is how requests are smuggled. So
// the head of each message is held back until it is whole and clean; of one that is not,
// net/http gets to see nothing but a line that it answers with 400, and the connection ends.
//
// A whole message that comes at once is checked where it lies, without a copy.
type strict struct {
	net.Conn
	max  int // bytes of a head; of a longer one net/http says that it is too long
	told func(reason string)

	held []byte // read and not handed on
	ok   int    // how much of held may be
	line int    // where the line begins that is read, in a head or trailer that is not whole
	msg  framing
	end  bool // nothing more is read
	// fresh: nothing of the message that is read was handed on.
	fresh bool
	raw   atomic.Bool // another protocol is spoken from here on
	calm  atomic.Bool // the last request was answered
}

// poison is a request that net/http answers with 400.
const poison = "x\r\n\r\n"

// maxChunkLine bounds the size of a chunk with its extensions, which nobody needs.
const maxChunkLine = 256

func newStrict(c net.Conn, limit int, told func(string)) *strict {
	s := &strict{Conn: c, max: limit + 4<<10, told: told} // net/http has as much to spare
	s.begin()
	return s
}

func (c *strict) begin() { c.msg = framing{first: true, length: -1} }

// CloseWrite lets net/http say that an answer is over before it closes.
func (c *strict) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Read implements net.Conn.
func (c *strict) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		if c.raw.Load() {
			if len(c.held) == 0 {
				return c.Conn.Read(p)
			}
			c.ok = len(c.held)
		}
		if c.msg.part == inLimbo && c.calm.Load() {
			c.begin() // it was refused
			c.line = 0
			c.recheck()
		}
		switch {
		case c.ok > 0:
			n := copy(p, c.held[:c.ok])
			c.held, c.ok, c.line = c.held[n:], c.ok-n, max(c.line-n, 0)
			return n, nil
		case c.end:
			return 0, io.EOF
		case len(c.held) == 0 && len(p) >= 1<<10:
			n, err := c.Conn.Read(p)
			n = c.take(p[:n])
			if n > 0 || err != nil {
				return n, err
			}
		default:
			if err := c.more(); err != nil && c.ok == 0 {
				return 0, err
			}
		}
	}
}

// take checks what was just read, keeps what may not be handed on yet, and returns how much may.
func (c *strict) take(b []byte) int {
	c.line = 0
	n, fault := c.check(b)
	switch {
	case fault != "":
		c.refuse(fault)
	case n < len(b):
		c.held = append(make([]byte, 0, 4<<10), b[n:]...)
		c.line -= n
	default:
		c.line = 0
	}
	return n
}

// more reads to what is held.
func (c *strict) more() error {
	if cap(c.held)-len(c.held) < 512 {
		c.held = append(make([]byte, 0, 2*len(c.held)+4<<10), c.held...)
	}
	if c.msg.part == inLimbo && len(c.held) > c.max {
		return io.ErrUnexpectedEOF // nobody says so much before it is heard
	}
	n, err := c.Conn.Read(c.held[len(c.held):cap(c.held)])
	c.held = c.held[:len(c.held)+n]
	c.recheck()
	return err
}

// recheck finds out how much of what is held may be handed on.
func (c *strict) recheck() {
	var fault string
	if c.ok, fault = c.check(c.held); fault != "" {
		c.held = c.held[:c.ok]
		c.refuse(fault)
	}
}

// refuse ends the connection, and puts the poison where the message was. One whose head is
// under way already breaks off.
func (c *strict) refuse(reason string) {
	c.told(reason)
	c.held, c.end = c.held[:c.ok:c.ok], true
	if c.fresh {
		c.held = append(c.held, poison...)
	}
	c.ok = len(c.held)
}

// check goes through b, which begins in the part that c.msg says, and returns how much of it may
// be handed on. A fault spoils its message from the beginning, if that was not handed on before.
func (c *strict) check(b []byte) (int, string) {
	at, began := 0, 0
	c.fresh = c.msg.part == inHead
	for at < len(b) {
		switch c.msg.part {
		case inLimbo:
			return at, ""
		case inHead, inTrailer:
			whole, fault := c.lines(b, &at)
			if fault != "" {
				return began, fault
			}
			if !whole {
				if len(b)-at > c.max {
					c.raw.Store(true) // net/http gives up on it
					return len(b), ""
				}
				return at, ""
			}
		case inBody, inChunk:
			n := min(c.msg.left, int64(len(b)-at))
			at += int(n)
			if c.msg.left -= n; c.msg.left > 0 {
				return at, ""
			}
			if c.msg.part == inChunk {
				c.msg.part = inChunkEnd
			} else {
				c.begin()
			}
			c.line = at
		case inChunkEnd:
			if len(b)-at < 2 {
				return at, ""
			}
			if b[at] != '\r' || b[at+1] != '\n' {
				return began, "malformed_chunk"
			}
			at += 2
			c.msg.part, c.line = inChunkSize, at
		case inChunkSize:
			whole, fault := c.chunkSize(b, &at)
			if fault != "" {
				return began, fault
			}
			if !whole {
				return at, ""
			}
		}
		if c.msg.part == inHead && c.msg.first {
			began, c.fresh = at, true
		}
	}
	return at, ""
}

// lines reads lines from c.line to the empty one that ends a head or trailer, and moves at
// behind it.
func (c *strict) lines(b []byte, at *int) (whole bool, fault string) {
	for c.line = max(c.line, *at); ; {
		n := bytes.IndexByte(b[c.line:], '\n')
		if n < 0 {
			return false, ""
		}
		line := b[c.line : c.line+n]
		if n == 0 || bytes.IndexByte(line, '\r') != n-1 {
			return false, "bare_lf"
		}
		c.line += n + 1
		line = line[:n-1]
		switch {
		case len(line) > 0:
			if fault = c.msg.line(line); fault != "" {
				return false, fault
			}
		case c.msg.part == inTrailer:
			c.begin()
			*at = c.line
			return true, ""
		case c.msg.first: // net/http knows behind which requests it may stand
			*at = c.line
			return true, ""
		default:
			fault = c.msg.headEnds()
			if *at = c.line; c.msg.part == inLimbo {
				c.calm.Store(false)
			}
			return fault == "", fault
		}
	}
}

// chunkSize reads the line before a chunk.
func (c *strict) chunkSize(b []byte, at *int) (whole bool, fault string) {
	n := bytes.IndexByte(b[*at:], '\n')
	if n < 0 {
		if len(b)-*at > maxChunkLine {
			return false, "malformed_chunk"
		}
		return false, ""
	}
	line := b[*at : *at+n]
	if n > maxChunkLine || n == 0 || bytes.IndexByte(line, '\r') != n-1 {
		return false, "malformed_chunk"
	}
	digits, _, _ := bytes.Cut(line[:n-1], []byte{';'})
	size, ok := number(digits, 16, 15)
	if !ok {
		return false, "malformed_chunk"
	}
	*at += n + 1
	c.line = *at
	if c.msg.part, c.msg.left = inChunk, size; size == 0 {
		c.msg.part = inTrailer
	}
	return true, ""
}
