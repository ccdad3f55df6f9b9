package rows

import (
	"bytes"
	"errors"
	"io"

	"ferry/model"
)

// input is a file as windows of bytes, with the offset of the next one and the lines that were begun.
type input struct {
	r      io.Reader
	buf    []byte
	pos    int
	end    int
	offset int64 // of buf[pos]
	lines  int64 // line ends before it
	cr     bool  // the byte before was a CR, whose line end is counted already
	err    error
}

func newInput(r io.Reader) *input { return &input{r: r, buf: make([]byte, 64<<10)} }

func (in *input) restart(r io.Reader, p Position) {
	in.r, in.pos, in.end, in.offset, in.lines, in.cr, in.err = r, 0, 0, p.Offset, p.Lines, false, nil
}

// window returns what is read already, at least one byte, or the error that ended the file.
func (in *input) window() ([]byte, error) {
	for in.pos == in.end {
		if in.err != nil {
			return nil, in.err
		}
		in.pos = 0
		in.end, in.err = in.r.Read(in.buf)
	}
	return in.buf[in.pos:in.end], nil
}

// take goes over n bytes of the window that hold no line end.
func (in *input) take(n int) {
	in.pos += n
	in.offset += int64(n)
	if n > 0 {
		in.cr = false
	}
}

// takeByte goes over one byte and counts lines: CR, LF and CR LF each end one.
func (in *input) takeByte(c byte) {
	in.pos++
	in.offset++
	switch c {
	case '\n':
		if !in.cr {
			in.lines++
		}
		in.cr = false
	case '\r':
		in.lines++
		in.cr = true
	default:
		in.cr = false
	}
}

// takeAll goes over n bytes of the window, whatever they are.
func (in *input) takeAll(n int) {
	part := in.buf[in.pos : in.pos+n]
	if n == 0 {
		return
	}
	if in.cr || bytes.IndexByte(part, '\r') >= 0 {
		for _, c := range part {
			in.takeByte(c)
		}
		return
	}
	in.lines += int64(bytes.Count(part, []byte{'\n'}))
	in.pos += n
	in.offset += int64(n)
}

// skipLF goes over the LF of a CR LF whose CR was the last byte.
func (in *input) skipLF() {
	if !in.cr {
		return
	}
	if w, err := in.window(); err == nil && w[0] == '\n' {
		in.takeByte('\n')
	}
}

// mark goes over the byte order mark of UTF-8 and refuses those of other encodings.
func (in *input) mark(name string) error {
	for in.end < 4 && in.err == nil {
		var n int
		n, in.err = in.r.Read(in.buf[in.end:])
		in.end += n
	}
	if in.err != nil && !errors.Is(in.err, io.EOF) {
		return in.err
	}
	first := in.buf[:in.end]
	switch {
	case bytes.HasPrefix(first, []byte("\xef\xbb\xbf")):
		in.take(3)
	case bytes.HasPrefix(first, []byte("\xff\xfe")), bytes.HasPrefix(first, []byte("\xfe\xff")):
		return model.Errorf(model.EInvalid, "%s is written in UTF-16", model.Printable(name)).WithField("file").
			WithNext("convert it first: iconv -f UTF-16 -t UTF-8 FILE")
	}
	return nil
}

// line appends the following line, without its end, to dst as far as limit, and says
// whether there was more. io.EOF when nothing is left.
func (in *input) line(dst []byte, limit int) (line []byte, long bool, err error) {
	begun := false
	for {
		w, err := in.window()
		if err != nil {
			if begun && errors.Is(err, io.EOF) {
				return dst, long, nil
			}
			return dst, long, err
		}
		begun = true
		end := bytes.IndexByte(w, '\n')
		part := w
		if end >= 0 {
			part = w[:end]
		}
		if cr := bytes.IndexByte(part, '\r'); cr >= 0 {
			part, end = part[:cr], cr
		}
		if room := limit - len(dst); len(part) > room {
			dst, long = append(dst, part[:room]...), true
		} else {
			dst = append(dst, part...)
		}
		in.take(len(part))
		if end >= 0 {
			in.takeByte(w[end])
			in.skipLF()
			return dst, long, nil
		}
	}
}
