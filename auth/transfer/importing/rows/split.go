package rows

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// errUnclosed ends a file within a quoted cell.
var errUnclosed = errors.New("a quote is not closed")

// splitter finds the rows and cells of RFC 4180. Any line end ends a row.
type splitter struct {
	in    *input
	comma byte
	limit int // bytes of a row
	most  int // cells of a row whose places are kept
	cells []byte
	ends  []int
}

// parsed is one row.
type parsed struct {
	line  int64 // on which it begins
	quote int64 // line of the last quote that opened
	count int   // cells
	long  bool
	fault string
}

// cell returns the content of a cell of the last row.
func (s *splitter) cell(i int) []byte {
	from := 0
	if i > 0 {
		from = s.ends[i-1]
	}
	return s.cells[from:s.ends[i]]
}

// shown is the last row as it may be shown, cut.
func (s *splitter) shown() []byte {
	var out []byte
	for i := range s.ends {
		if i > 0 {
			out = append(out, s.comma)
		}
		cell := s.cell(i)
		if out = append(out, cell[:min(len(cell), maxRaw)]...); len(out) > maxRaw {
			break
		}
	}
	return head(out)
}

type csvState int

const (
	cellStart csvState = iota
	plain
	quoted
	quoteSeen // in a quoted cell: its end, or the first of two
	spoilt    // the row is faulty: only its end is looked for
)

// row splits the following row that is not empty. io.EOF when there is none, errUnclosed.
func (s *splitter) row() (parsed, error) {
	if cap(s.cells) > 1<<20 {
		s.cells = nil
	}
	s.cells, s.ends = s.cells[:0], s.ends[:0]
	p := parsed{}
	state, begun := cellStart, false
	for {
		w, err := s.in.window()
		if err != nil {
			switch {
			case !errors.Is(err, io.EOF) || !begun:
				return p, err
			case state == quoted:
				return p, errUnclosed
			}
			s.endCell(&p)
			return p, nil
		}
		for i := 0; i < len(w); i++ {
			c := w[i]
			end := c == '\n' || c == '\r'
			if !begun {
				if s.in.takeByte(c); end {
					continue // an empty line, or the LF of CR LF
				}
				begun = true
				p.line = s.in.lines + 1
				state = s.step(&p, state, c)
				continue
			}
			if end && state != quoted {
				s.in.takeByte(c)
				s.endCell(&p)
				s.in.skipLF()
				return p, nil
			}
			if state == plain || state == quoted {
				// A stretch of content at once.
				n := s.stretch(w[i:], state)
				if n > 0 {
					s.add(&p, w[i:i+n])
					s.in.takeAll(n)
					i += n - 1
					continue
				}
			}
			s.in.takeByte(c)
			state = s.step(&p, state, c)
		}
	}
}

// stretch is how many bytes of w are content that changes nothing.
func (s *splitter) stretch(w []byte, state csvState) int {
	if state == quoted {
		if n := bytes.IndexByte(w, '"'); n >= 0 {
			return n
		}
		return len(w)
	}
	for i, c := range w {
		if c == '"' || c == '\n' || c == '\r' || c == s.comma {
			return i
		}
	}
	return len(w)
}

// step takes one byte, which ends no row.
func (s *splitter) step(p *parsed, state csvState, c byte) csvState {
	switch {
	case state == spoilt:
		return spoilt
	case state == quoted:
		if c == '"' {
			return quoteSeen
		}
		s.add(p, []byte{c})
		return quoted
	case c == s.comma:
		s.endCell(p)
		return cellStart
	case state == quoteSeen && c == '"':
		s.add(p, []byte{c})
		return quoted
	case state == quoteSeen:
		p.fault = fmt.Sprintf("cell %d goes on behind its closing quote", p.count+1)
		return spoilt
	case c == '"' && state == cellStart:
		p.quote = s.in.lines + 1
		return quoted
	case c == '"':
		p.fault = fmt.Sprintf("cell %d holds a quote but does not begin with one", p.count+1)
		return spoilt
	}
	s.add(p, []byte{c})
	return plain
}

func (s *splitter) add(p *parsed, content []byte) {
	if room := s.limit - len(s.cells); len(content) > room {
		content, p.long = content[:room], true
	}
	s.cells = append(s.cells, content...)
}

func (s *splitter) endCell(p *parsed) {
	if p.count++; p.count <= s.most {
		s.ends = append(s.ends, len(s.cells))
	}
}
