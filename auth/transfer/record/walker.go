package record

import (
	"bytes"
	"errors"
	"io"
	"sync"

	"github.com/go-json-experiment/json/jsontext"

	"ferry/model"
)

// walker reads one record token by token. Its parts are used again, so that looking into
// a record allocates next to nothing.
type walker struct {
	rec     []byte
	src     bytes.Buffer
	dec     jsontext.Decoder
	unq     []byte // a name without its quotes, until the next one
	enc     []byte // what is to be digested
	sorted  []byte // the members of one object
	members []span // of the objects that are open
	path    []byte // dotted name of where Flatten is
	names   map[string]string
}

// maxNames bounds the names of cells that a walker keeps, each at most maxName bytes.
const (
	maxNames = 2048
	maxName  = 256
	maxKept  = 1 << 20 // bytes of a buffer that is used again
)

var walkers = sync.Pool{New: func() any { return &walker{names: map[string]string{}} }}

func open(rec []byte) *walker {
	w := walkers.Get().(*walker)
	w.rec = rec
	// A decoder reads a bytes.Buffer in place and does not write to it.
	w.src = *bytes.NewBuffer(rec)
	w.dec.Reset(&w.src)
	return w
}

func (w *walker) close() {
	w.rec, w.src = nil, bytes.Buffer{}
	w.dec.Reset(&w.src)
	w.enc, w.members, w.path = w.enc[:0], w.members[:0], w.path[:0]
	if cap(w.enc)+cap(w.sorted)+cap(w.unq)+cap(w.path)+16*cap(w.members) > maxKept {
		w.enc, w.sorted, w.unq, w.path, w.members = nil, nil, nil, nil, nil
	}
	walkers.Put(w)
}

// value reads the next value whole. It is part of the record.
func (w *walker) value() ([]byte, error) {
	v, err := w.dec.ReadValue()
	if err != nil {
		return nil, err
	}
	end := w.dec.InputOffset()
	return w.rec[end-int64(len(v)) : end : end], nil
}

// name reads the name of a member and returns it plain, valid until the next one is read.
func (w *walker) name() ([]byte, error) {
	v, err := w.dec.ReadValue()
	if err != nil {
		return nil, err
	}
	return w.plain(v)
}

// plain returns a string without its quotes, valid until the next call.
func (w *walker) plain(quoted []byte) ([]byte, error) {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1], nil
	}
	var err error
	w.unq, err = jsontext.AppendUnquote(w.unq[:0], quoted)
	return w.unq, err
}

// end fails when something follows the record.
func (w *walker) end() error {
	if _, err := w.dec.ReadToken(); !errors.Is(err, io.EOF) {
		if err == nil {
			err = errors.New("more than one value")
		}
		return err
	}
	return nil
}

// broken says in words that a record is no JSON, without quoting it.
func broken(err error) error {
	if errors.Is(err, jsontext.ErrDuplicateName) {
		return model.Errorf(model.EInvalid, "the record names a member twice").WithCause(err)
	}
	return model.Errorf(model.EInvalid, "the record is not valid JSON").WithCause(err)
}

func trim(value []byte) []byte { return bytes.Trim(value, " \t\r\n") }
