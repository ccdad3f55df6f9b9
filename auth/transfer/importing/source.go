package importing

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"sync/atomic"

	"ferry/auth/transfer/importing/rows"
	"ferry/model"
)

// identity tells one content of a file from another.
type identity struct {
	Size int64  `json:"size"`
	Ends string `json:"ends"` // digest of its first and last 64 KiB
}

// maxEnd is how much of each end of a file its identity looks at.
const maxEnd = 64 << 10

// source is the file that is imported, or a stream.
type source struct {
	file   model.File // nil: a stream
	name   string     // for messages
	id     identity
	gzip   bool
	taken  atomic.Int64 // bytes of the file, encoded
	reader rows.Reader
	opts   rows.Options
	stream io.Reader
}

// openSource opens the file of a job at its beginning.
func openSource(j *model.Job) (*source, error) {
	t := &j.Transfer.File
	s := &source{name: filepath.Base(t.Path), opts: rows.Options{Format: t.Format, Raw: t.CSVRaw, Map: t.Map}}
	if t.Comma != "" {
		s.opts.Comma = t.Comma[0]
	}
	if j.In != nil {
		s.name, s.stream = "the standard input", j.In
	} else {
		f, err := j.Files.Open(t.Path)
		if err != nil {
			return nil, err
		}
		s.file = f
		if s.id, err = identify(f); err != nil {
			s.close()
			return nil, err
		}
	}
	s.opts.Name = s.name
	if err := s.begin(t.Gzip); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *source) close() {
	if s.file != nil {
		_ = s.file.Close()
	}
}

// begin reads from the beginning of the file. Gzip says that its name promises it.
func (s *source) begin(promised bool) error {
	raw := s.stream
	if s.file != nil {
		if _, err := s.file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		raw = s.file
	}
	s.taken.Store(0)
	in := bufio.NewReaderSize(&counted{raw, &s.taken}, 64<<10)
	magic, err := in.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	var decoded io.Reader = in
	if s.gzip = len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b; s.gzip {
		z, err := gzip.NewReader(in)
		if err != nil {
			return s.broken(err)
		}
		decoded = &unzip{z, s}
	} else if promised && len(magic) > 0 {
		return model.Errorf(model.EInvalid, "%s is not compressed with gzip, as its name says", model.Printable(s.name)).WithField("file").
			WithNext("give it a name that does not end in .gz")
	}
	s.reader, err = rows.New(decoded, s.opts)
	return err
}

// forward brings the reader to p: to its byte in a plain file, over the records before it
// otherwise.
func (s *source) forward(p rows.Position) error {
	if p == (rows.Position{}) {
		return nil
	}
	if s.file != nil && !s.gzip {
		if _, err := s.file.Seek(p.Offset, io.SeekStart); err != nil {
			return err
		}
		s.taken.Store(p.Offset)
		s.reader.Restart(bufio.NewReaderSize(&counted{s.file, &s.taken}, 64<<10), p)
		return nil
	}
	for s.reader.Position().Records < p.Records {
		if _, err := s.reader.Next(); err != nil {
			if errors.Is(err, io.EOF) {
				return errChanged()
			}
			return err
		}
	}
	return nil
}

func errChanged() error {
	return model.Errorf(model.EInvalid, "the file changed since the import began, so that it cannot go on in it").WithField("file").
		WithNext("import the file as it is now with --restart")
}

// identify looks at the size and both ends of a file.
func identify(f model.File) (identity, error) {
	size, err := f.Size()
	if err != nil {
		return identity{}, err
	}
	h := sha256.New()
	for _, from := range []int64{0, max(0, size-maxEnd)} {
		if _, err := f.Seek(from, io.SeekStart); err != nil {
			return identity{}, err
		}
		if _, err := io.CopyN(h, f, maxEnd); err != nil && !errors.Is(err, io.EOF) {
			return identity{}, err
		}
	}
	return identity{Size: size, Ends: hex.EncodeToString(h.Sum(nil)[:16])}, nil
}

// settings is a digest of what the units of an import follow from.
func settings(t *model.Transfer) string {
	w, f := t.Write, t.File
	w.Parallel, w.MaxRejects, w.WholeOnly, f.Rejects = 0, 0, false, ""
	text, err := json.Marshal([]any{t.Target.Path, w, f, t.Shape, t.Sync.Key})
	if err != nil {
		return "" // texts and numbers only: it cannot fail
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// counted counts the bytes of the file.
type counted struct {
	r io.Reader
	n *atomic.Int64
}

// Read implements io.Reader.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// unzip says in words what is wrong with a compressed file.
type unzip struct {
	z *gzip.Reader
	s *source
}

// Read implements io.Reader.
func (u *unzip) Read(p []byte) (int, error) {
	n, err := u.z.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = u.s.broken(err)
	}
	return n, err
}

func (s *source) broken(err error) error {
	var known *model.Error
	switch {
	case errors.As(err, &known):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return model.Errorf(model.EInvalid, "%s ends in the middle of its gzip stream, after %d bytes", model.Printable(s.name), s.taken.Load()).
			WithField("file").WithNext("copy the file again, whole")
	}
	return model.Errorf(model.EInvalid, "%s is damaged: its gzip stream breaks near byte %d", model.Printable(s.name), s.taken.Load()).
		WithField("file").WithNext("copy the file again, whole").WithCause(err)
}
