package wire

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"ferry/model"
)

// ratioFree is how many decoded bytes are read before the ratio is looked at: a
// short answer of blanks compresses well and harms nobody.
const ratioFree = 1 << 20

var (
	errRatio = fmt.Errorf("the body expands more than %d : 1", model.MaxCompression)
	errGzip  = errors.New("the body is marked gzip and is not")
)

// counter counts what is read through it.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// ungzip decodes within the limit of compression.
type ungzip struct {
	encoded *counter
	z       *gzip.Reader
	out     int64
}

func (u *ungzip) Read(p []byte) (int, error) {
	if u.z == nil {
		z, err := gzip.NewReader(u.encoded)
		if errors.Is(err, io.EOF) && u.encoded.n == 0 {
			return 0, io.EOF // nothing at all, as after HEAD
		}
		if err != nil {
			return 0, gzipError(err)
		}
		u.z = z
	}
	n, err := u.z.Read(p)
	u.out += int64(n)
	if u.out > ratioFree && u.out > u.encoded.n*model.MaxCompression {
		return 0, errRatio
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = gzipError(err)
	}
	return n, err
}

// gzipError tells a body that is not gzip from a connection that broke.
func gzipError(err error) error {
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || strings.HasPrefix(err.Error(), "flate:") {
		return errGzip
	}
	return err
}

// decoded returns the body without its content encoding. An encoding that was not
// asked for is left as it is.
func decoded(r *http.Response) io.Reader {
	switch strings.ToLower(strings.TrimSpace(r.Header.Get("Content-Encoding"))) {
	case "gzip", "x-gzip":
		return &ungzip{encoded: &counter{r: r.Body}}
	}
	return r.Body
}

// taken is what was read of a body.
type taken struct {
	body []byte
	size int64 // decoded bytes read
	more bool  // there was more than limit
}

// take reads at most limit bytes of body and notices whether there was more. What
// was read before an error is returned with it.
func take(body io.Reader, limit int64) (taken, error) {
	var buf bytes.Buffer
	_, err := buf.ReadFrom(io.LimitReader(body, limit+1))
	t := taken{body: buf.Bytes(), size: int64(buf.Len())}
	if t.size > limit {
		t.body, t.size, t.more = t.body[:limit], limit, true
	}
	return t, err
}

// sinkError marks a failure to write, which is not the other system's.
type sinkError struct{ err error }

func (e *sinkError) Error() string { return e.err.Error() }
func (e *sinkError) Unwrap() error { return e.err }

type sinkWriter struct{ w io.Writer }

func (s sinkWriter) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	if err != nil {
		err = &sinkError{err}
	}
	return n, err
}

// chunk is how much of a body is copied at once.
const chunk = 64 << 10

var chunks = sync.Pool{New: func() any { return new([chunk]byte) }}

// pour copies body to sink without a cap and keeps its first keep bytes, for the
// record.
func pour(body io.Reader, sink io.Writer, keep int) (taken, error) {
	var t taken
	held := chunks.Get().(*[chunk]byte)
	defer chunks.Put(held)
	buf := held[:]
	for {
		n, err := body.Read(buf)
		if n > 0 {
			t.body = append(t.body, buf[:min(n, keep-len(t.body))]...)
			if _, werr := (sinkWriter{sink}).Write(buf[:n]); werr != nil {
				return t, werr
			}
			t.size += int64(n)
		}
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return t, err
		}
	}
}
