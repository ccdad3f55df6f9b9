package rows

import (
	"bytes"
	"io"
)

// ndjson reads one JSON value a line. A line end of any kind ends a line: JSON has none of
// them inside of a string.
type ndjson struct {
	in   *input
	o    Options
	n    int64
	data []byte
}

// Next implements Reader.
func (r *ndjson) Next() (Row, error) {
	for {
		at := r.in.lines + 1
		line, long, err := r.in.line(r.data[:0], r.o.Max)
		if err != nil {
			return Row{}, err
		}
		if r.data = line; cap(line) > 1<<20 && len(line) < 1<<16 {
			r.data = nil // one long record does not keep its memory
		}
		line = bytes.Trim(line, " \t")
		if len(line) == 0 && !long {
			continue
		}
		r.n++
		row := Row{Number: r.n, Line: at, Data: line}
		if long {
			row.Fault = tooLong(r.o.Max)
		} else if row.Fault = problem(line); row.Fault == "" {
			return row, nil
		}
		row.Data, row.Raw = nil, head(line)
		return row, nil
	}
}

// Position implements Reader.
func (r *ndjson) Position() Position {
	return Position{Records: r.n, Lines: r.in.lines, Offset: r.in.offset}
}

// Restart implements Reader.
func (r *ndjson) Restart(in io.Reader, p Position) {
	r.in.restart(in, p)
	r.n = p.Records
}
