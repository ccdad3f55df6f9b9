// Package journal keeps what an import did since its last checkpoint: which request was sent
// and what came of it, in files that are only ever added to. A file that was cut off by a kill or a
// power cut reads back as far as its last whole entry.
//
// It imports model only, and opens files of the one directory it is given, which is the
// store's own and not a person's. It never holds a record or a header.
package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"ferry/model"
)

// Kind is what an entry says of one request.
type Kind byte

// The kinds.
const (
	Sent Kind = 1 // it is about to be sent
	Free Kind = 2 // it was sent and certainly not applied: it may be sent again
	Done Kind = 3 // it is over, with what came of it
)

// Entry is one entry. All but Kind and Seq belong to Done.
type Entry struct {
	Kind Kind
	Seq  uint64
	Tally
	// Rejects is the size of the rejects file afterwards, plus one; 0 when nothing was added.
	Rejects uint64
	Faults  []model.TransferFault
}

// Tally is what one request adds to the counts of a run.
type Tally struct{ Records, Created, Updated, Rejected, Uncertain int64 }

// maxEntry bounds an entry, so that a torn length takes no memory.
const maxEntry = 1 << 20

var table = crc32.MakeTable(crc32.Castagnoli)

// encode appends e: its length, itself, and a CRC-32C.
func encode(dst []byte, e *Entry) []byte {
	var b []byte
	b = append(b, byte(e.Kind))
	b = binary.AppendUvarint(b, e.Seq)
	if e.Kind == Done {
		for _, n := range []int64{e.Records, e.Created, e.Updated, e.Rejected, e.Uncertain} {
			b = binary.AppendUvarint(b, uint64(n)) //nolint:gosec // counts of what was done, never negative
		}
		b = binary.AppendUvarint(b, e.Rejects)
		b = appendFaults(b, e.Faults)
	}
	dst = binary.AppendUvarint(dst, uint64(len(b)))
	dst = append(dst, b...)
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(b, table))
}

// decode reads the entry at the beginning of b; n is 0 when there is no whole one.
func decode(b []byte) (e Entry, n int) {
	size, k := binary.Uvarint(b)
	if k <= 0 || size == 0 || size > maxEntry || len(b)-k < int(size)+4 {
		return e, 0
	}
	body := b[k : k+int(size)]
	if crc32.Checksum(body, table) != binary.LittleEndian.Uint32(b[k+int(size):]) {
		return e, 0
	}
	d := decoder{b: body}
	e.Kind, e.Seq = Kind(d.byte()), d.uint()
	if e.Kind == Done {
		e.Tally = Tally{d.int(), d.int(), d.int(), d.int(), d.int()}
		e.Rejects = d.uint()
		e.Faults = d.faults()
	}
	if d.bad {
		return e, 0
	}
	return e, k + int(size) + 4
}

// Handle is the file of a journal, as far as it is needed.
type Handle interface {
	Write(p []byte) (int, error)
	Sync() error
	Close() error
}

// Create makes one file of a journal; tests stand a failing disk in its place.
type Create func(name string) (Handle, error)

// OnDisk creates a file, mode 0600.
func OnDisk(name string) (Handle, error) {
	return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o600)
}

// Journal is the journal of one import. Add and Next may be called by one goroutine at a
// time, Sync by another one meanwhile.
type Journal struct {
	mu     sync.Mutex // holds f and dirty, never while the disk is waited for
	create Create
	dir    string
	id     model.ID
	gen    uint64
	f      Handle
	buf    []byte
	dirty  bool
	torn   bool // the last entry may be half there: the following ones need another file
}

func (j *Journal) name(gen uint64) string {
	return filepath.Join(j.dir, fmt.Sprintf("import-%s-%d.journal", j.id, gen))
}

// Open begins file number gen of the journal of an import in dir, which it makes when it is
// not there. Errors: ENoSpace.
func Open(create Create, dir string, id model.ID, gen uint64) (*Journal, error) {
	j := &Journal{create: create, dir: dir, id: id, gen: gen}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, failed(err)
	}
	f, err := create(j.name(gen))
	if err != nil {
		return nil, failed(err)
	}
	j.f = f
	return j, nil
}

// Add writes an entry: a process that is killed afterwards leaves it behind.
func (j *Journal) Add(e *Entry) error {
	if j.torn {
		if _, err := j.Next(); err != nil {
			return err
		}
	}
	j.buf = encode(j.buf[:0], e)
	j.mark(j.f, true)
	if _, err := j.f.Write(j.buf); err != nil {
		j.torn = true
		return failed(err)
	}
	return nil
}

func (j *Journal) mark(f Handle, dirty bool) {
	j.mu.Lock()
	j.f, j.dirty = f, dirty
	j.mu.Unlock()
}

// Sync makes what was added survive a power cut.
func (j *Journal) Sync() error {
	j.mu.Lock()
	f, dirty := j.f, j.dirty
	j.dirty = false
	j.mu.Unlock()
	if !dirty {
		return nil
	}
	// A file that was closed meanwhile has a follower, and a checkpoint that replaces it.
	if err := f.Sync(); err != nil && !errors.Is(err, os.ErrClosed) {
		return failed(err)
	}
	return nil
}

// Next begins the following file, and returns its number. What was added before is needed
// until a checkpoint stands for it.
func (j *Journal) Next() (uint64, error) {
	f, err := j.create(j.name(j.gen + 1))
	if err != nil {
		return j.gen, failed(err)
	}
	_ = j.f.Close()
	j.mark(f, false)
	j.gen, j.torn = j.gen+1, false
	return j.gen, nil
}

// Gen returns the number of the file that is written to.
func (j *Journal) Gen() uint64 { return j.gen }

// Close closes the file and leaves it.
func (j *Journal) Close() { _ = j.f.Close() }

// files returns the numbers of the files of a journal that are there.
func files(dir string, id model.ID) []uint64 {
	names, err := filepath.Glob(filepath.Join(dir, "import-"+string(id)+"-*.journal"))
	if err != nil {
		return nil
	}
	var out []uint64
	for _, name := range names {
		var gen uint64
		if n, err := fmt.Sscanf(filepath.Base(name), "import-"+string(id)+"-%d.journal", &gen); n == 1 && err == nil {
			out = append(out, gen)
		}
	}
	return out
}

// Remove removes the files below number gen. One that stays is in nobody's way.
func Remove(dir string, id model.ID, gen uint64) {
	j := Journal{dir: dir, id: id}
	for _, n := range files(dir, id) {
		if n < gen {
			_ = os.Remove(j.name(n))
		}
	}
}

// failed says what a failure of the disk means.
func failed(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return model.Errorf(model.ENoSpace, "the disk is full: what an import did cannot be noted down").
			WithNext("make room, then resume").WithCause(err)
	}
	return model.Errorf(model.EInternal, "what an import did cannot be noted down").
		WithNext("look at the directory of the store: who owns it, and whether it can be written to").WithCause(err)
}
