package rows

import (
	"bytes"
	"errors"
	"io"

	"ferry/model"
)

// array reads the elements of one JSON array. It finds their ends by itself, so that one
// that is too long can be gone over and the line of each is known; whether they are JSON
// is looked at afterwards.
type array struct {
	in   *input
	o    Options
	n    int64
	data []byte
	over bool // the ] was read
}

func newArray(in *input, o Options) (Reader, error) {
	r := &array{in: in, o: o}
	c, err := r.blank()
	switch {
	case errors.Is(err, io.EOF):
		return nil, r.broken("it is empty, not even [] stands in it")
	case err != nil:
		return nil, err
	case c != '[':
		return nil, r.broken("it does not begin with [").
			WithNext("give --format ndjson when one value stands on each line")
	}
	r.in.takeByte(c)
	return r, nil
}

// Next implements Reader.
func (r *array) Next() (Row, error) {
	if r.over {
		return Row{}, io.EOF
	}
	c, err := r.blank()
	if err != nil {
		return Row{}, r.early(err)
	}
	if c == ']' && r.n == 0 {
		return Row{}, r.close(c)
	}
	if r.n > 0 {
		switch c {
		case ']':
			return Row{}, r.close(c)
		case ',':
			r.in.takeByte(c)
		default:
			return Row{}, r.broken("a , or ] is missing after record %d", r.n)
		}
		if _, err = r.blank(); err != nil {
			return Row{}, r.early(err)
		}
	}
	return r.element()
}

func (r *array) element() (Row, error) {
	row := Row{Number: r.n + 1, Line: r.in.lines + 1}
	at := r.in.offset
	if cap(r.data) > 1<<20 {
		r.data = nil
	}
	data, long, err := r.value(r.data[:0])
	r.data = data
	if err != nil {
		return Row{}, r.early(err)
	}
	r.n++
	if long {
		row.Fault, row.Raw = tooLong(r.o.Max), head(data)
		return row, nil
	}
	if what := problem(data); what != "" {
		return Row{}, model.Errorf(model.EInvalid, "%s breaks in record %d, which begins at byte %d (line %d): %s",
			model.Printable(r.o.Name), row.Number, at, row.Line, what).WithField("file").
			WithNext("mend the file there; what stands before it has been read")
	}
	row.Data = bytes.TrimRight(data, " \t\r\n")
	return row, nil
}

// value appends the bytes of one element as far as the bound, up to the , or ] behind it.
func (r *array) value(dst []byte) (data []byte, long bool, err error) {
	depth, quoted, escaped := 0, false, false
	for {
		w, err := r.in.window()
		if err != nil {
			return dst, long, err
		}
		n, done := 0, false
		for ; n < len(w); n++ {
			c := w[n]
			if quoted {
				switch {
				case escaped:
					escaped = false
				case c == '\\':
					escaped = true
				case c == '"':
					quoted = false
				}
			} else if c == '"' {
				quoted = true
			} else if c == '{' || c == '[' {
				depth++
			} else if depth == 0 && (c == ',' || c == ']') {
				done = true
				break
			} else if depth > 0 && (c == '}' || c == ']') {
				depth--
			}
		}
		if room := r.o.Max - len(dst); n > room {
			dst, long = append(dst, w[:room]...), true
		} else {
			dst = append(dst, w[:n]...)
		}
		r.in.takeAll(n)
		if done {
			return dst, long, nil
		}
	}
}

// close goes over the ] and whatever blanks follow.
func (r *array) close(c byte) error {
	r.in.takeByte(c)
	_, err := r.blank()
	switch {
	case errors.Is(err, io.EOF):
		r.over = true
		return io.EOF
	case err != nil:
		return err
	}
	return r.broken("something follows the array")
}

// blank goes over blanks and returns the byte that follows them, which is not taken.
func (r *array) blank() (byte, error) {
	for {
		w, err := r.in.window()
		if err != nil {
			return 0, err
		}
		switch c := w[0]; c {
		case ' ', '\t', '\n', '\r':
			r.in.takeByte(c)
		default:
			return c, nil
		}
	}
}

func (r *array) early(err error) error {
	if errors.Is(err, io.EOF) {
		return r.broken("it ends in the middle of the array, after %d records", r.n)
	}
	return err
}

func (r *array) broken(format string, args ...any) *model.Error {
	e := model.Errorf(model.EInvalid, format, args...)
	e.Message = model.Errorf(model.EInvalid, "%s is no whole JSON array: %s (byte %d, line %d)", model.Printable(r.o.Name), e.Message, r.in.offset, r.in.lines+1).Message
	return e.WithField("file").WithNext("mend the file there; what stands before it has been read")
}

// Position implements Reader.
func (r *array) Position() Position {
	return Position{Records: r.n, Lines: r.in.lines, Offset: r.in.offset}
}

// Restart implements Reader. The zero Position is before the [.
func (r *array) Restart(in io.Reader, p Position) {
	r.in.restart(in, p)
	r.n, r.over = p.Records, false
}
