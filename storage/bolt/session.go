package bolt

import (
	"encoding/binary"
	"errors"
	"os"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"

	"ferry/storage/kv"
)

// The two buckets of a store: what it is, and what it keeps.
var (
	bucketAbout = []byte("ferry")
	bucketData  = []byte("data")
	keyLayout   = []byte("layout")
)

// session is the file, open for one transaction.
type session struct {
	store    *Store
	writable bool
	file     *os.File
	meta     meta
	pages    *pages
	db       *bbolt.DB
	tx       *bbolt.Tx
	// inBolt is true while bbolt's code runs: a panic then is the file's fault, and
	// any other is the caller's and goes on to the caller.
	inBolt bool
}

// within opens the file, runs fn in one transaction and closes the file, whatever
// happens in between. A page fault on the mapped file counts as a panic.
func (s *Store) within(writable bool, fn func(*session) error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	x := &session{store: s, writable: writable, inBolt: true}
	defer func() {
		cause := recover()
		x.close()
		if cause == nil {
			return
		}
		if !x.inBolt {
			panic(cause)
		}
		err = s.garbled().WithCause(errGarbled(cause))
	}()
	if err := x.open(); err != nil {
		return s.explain(err)
	}
	x.inBolt = false
	return fn(x)
}

// open opens the file after the checks that keep bbolt out of trouble.
func (x *session) open() error {
	mode := os.O_RDONLY
	if x.writable {
		mode = os.O_RDWR
	}
	var err error
	if x.file, err = x.store.openFile(mode); err != nil {
		return err
	}
	if x.meta, err = x.store.readMeta(x.file); err != nil {
		return err
	}
	if x.writable && !freelistSane(x.file, x.meta) {
		return x.store.garbled()
	}
	x.pages = newPages(x.file, x.meta)
	switch _, err := x.pages.dataRoot(); {
	case errors.Is(err, errForeign):
		return x.store.foreign()
	case err != nil:
		return x.store.garbled().WithCause(err)
	}
	db, err := bbolt.Open(x.store.path, 0o600, x.options())
	if err != nil {
		return err
	}
	tx, err := db.Begin(x.writable)
	// Only now: a database whose Begin panicked keeps its mutexes, and Close would hang.
	x.db = db
	if err != nil {
		return err
	}
	x.tx = tx
	return x.checkLayout()
}

// prove looks at the pages of a tour before bbolt does. ECorrupt.
func (x *session) prove(t tour) error {
	if x.pages == nil {
		return nil // a new store, made this very moment
	}
	if err := x.pages.prove(t); err != nil {
		return x.store.garbled().WithCause(err)
	}
	return nil
}

func (x *session) options() *bbolt.Options {
	return &bbolt.Options{
		ReadOnly:     !x.writable,
		Timeout:      DefaultWait,
		FreelistType: bbolt.FreelistArrayType,
		NoStatistics: true,
		// The very file that was checked; and bbolt would create a missing one.
		OpenFile: func(string, int, os.FileMode) (*os.File, error) { return x.file, nil },
	}
}

func (x *session) checkLayout() error {
	about := x.tx.Bucket(bucketAbout)
	if about == nil || x.tx.Bucket(bucketData) == nil {
		return x.store.foreign()
	}
	v := about.Get(keyLayout)
	if len(v) != 4 {
		return x.store.foreign()
	}
	if n := binary.BigEndian.Uint32(v); n > layout {
		return x.store.newer(n)
	}
	return nil
}

// run runs a closure and commits what it wrote.
func (x *session) run(fn func(kv.Tx) error) error {
	t := &tx{session: x, bucket: x.tx.Bucket(bucketData)}
	defer func() { t.closed = true }()
	if err := fn(t); err != nil {
		return err
	}
	if err := t.budget.Refused(); err != nil {
		return err
	}
	if !x.writable || !t.budget.Wrote() {
		return nil
	}
	x.inBolt = true
	err := x.tx.Commit()
	x.inBolt = false
	return x.store.explain(err)
}

// close gives everything back; after a commit the rollback does nothing. bbolt closes
// the file itself unless it never came to own it.
func (x *session) close() {
	if x.tx != nil {
		_ = x.tx.Rollback()
	}
	if x.db != nil {
		_ = x.db.Close()
	}
	if x.file != nil {
		_ = x.file.Close()
	}
}

// initFile makes the buckets of an empty bbolt file and runs first on them.
func initFile(path string, first func(kv.Tx) error) error {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second, NoStatistics: true})
	if err != nil {
		return err
	}
	defer db.Close()
	return db.Update(func(btx *bbolt.Tx) error {
		about, err := btx.CreateBucket(bucketAbout)
		if err != nil {
			return err
		}
		if err := about.Put(keyLayout, binary.BigEndian.AppendUint32(nil, layout)); err != nil {
			return err
		}
		data, err := btx.CreateBucket(bucketData)
		if err != nil {
			return err
		}
		t := &tx{session: &session{writable: true}, bucket: data}
		defer func() { t.closed = true }()
		if err := first(t); err != nil {
			return err
		}
		return t.budget.Refused()
	})
}
