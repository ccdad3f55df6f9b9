package importing

import (
	"encoding/json"
	"io"
	"sync"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"ferry/auth/transfer/record"
	"ferry/model"
)

// rejects is the file of refused records, one JSON object a line. It is made when there is
// one. It may be nil: then nothing is written.
type rejects struct {
	mu    sync.Mutex
	files model.Files
	name  string
	f     model.File
	bytes int64
	dirty bool
}

// rejectsName is where refused records go, "" where there is no such place.
func rejectsName(t *model.TransferFile) string {
	switch {
	case t.Rejects != "":
		return t.Rejects
	case t.Path == "-":
		return ""
	}
	return t.Path + ".rejects.ndjson"
}

// newRejects goes on with what is there. Size is what a run before had written, -1 when
// there was none: a line behind that belongs to a record that will be sent again.
func newRejects(files model.Files, name string, size int64) (*rejects, error) {
	if name == "" {
		return nil, nil
	}
	r := &rejects{files: files, name: name}
	if !files.Exists(name) {
		return r, nil
	}
	if err := r.open(); err != nil {
		return nil, err
	}
	if size >= 0 && r.bytes > size {
		if err := r.f.Truncate(size); err != nil {
			return nil, err
		}
		r.bytes = size
	}
	return r, nil
}

func (r *rejects) open() error {
	f, err := r.files.Append(r.name)
	if err != nil {
		return err
	}
	size, err := f.Size()
	if err != nil {
		return err
	}
	r.f, r.bytes = f, size
	return nil
}

// add appends refused records and returns the size of the file afterwards, 0 when nothing
// was written. It writes all of them or none.
func (r *rejects) add(refused []fault) (int64, error) {
	if r == nil || len(refused) == 0 {
		return 0, nil
	}
	var lines []byte
	for i := range refused {
		if refused[i].kind != model.FaultUncertain {
			lines = appendReject(lines, &refused[i])
		}
	}
	if len(lines) == 0 {
		return 0, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.f == nil {
		if err := r.open(); err != nil {
			return 0, err
		}
	}
	r.dirty = true
	if _, err := r.f.Write(lines); err != nil {
		// What stands half-way goes; where even that fails, a resume cuts it off.
		_ = r.f.Truncate(r.bytes)
		_, _ = r.f.Seek(r.bytes, io.SeekStart)
		return 0, err
	}
	r.bytes += int64(len(lines))
	return r.bytes, nil
}

func (r *rejects) size() int64 {
	if r == nil {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.bytes
}

// sync makes what was added survive a power cut; adding goes on meanwhile.
func (r *rejects) sync() error {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	f, dirty := r.f, r.dirty
	r.dirty = false
	r.mu.Unlock()
	if !dirty {
		return nil
	}
	return f.Sync()
}

func (r *rejects) close() {
	if r != nil && r.f != nil {
		_ = r.f.Close()
	}
}

// appendReject appends one line. What was no JSON is given as text.
func appendReject(dst []byte, f *fault) []byte {
	head, err := json.Marshal(struct {
		Record int64  `json:"record"`
		Row    int64  `json:"row"`
		Status int    `json:"status"`
		Reason string `json:"reason"`
	}{f.record, f.row, f.status, clip(f.reason)})
	if err != nil {
		head = []byte("{}") // numbers and text only: it cannot fail
	}
	dst = append(dst, head[:len(head)-1]...)
	dst = append(dst, `,"data":`...)
	switch before := len(dst); {
	case f.data != nil:
		if dst, err = record.AppendLine(dst, f.data); err != nil {
			dst = append(dst[:before], "null"...)
		}
	case f.raw != nil:
		if !utf8.Valid(f.raw) {
			f.raw = []byte(model.Printable(string(f.raw)))
		}
		if dst, err = jsontext.AppendQuote(dst, f.raw); err != nil {
			dst = append(dst[:before], "null"...)
		}
	default:
		dst = append(dst, "null"...)
	}
	return append(dst, '}', '\n')
}
