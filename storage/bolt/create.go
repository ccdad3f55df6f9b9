package bolt

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"ferry/model"
	"ferry/storage/kv"
)

// Create makes a new store with what first writes, and returns it. It appears under
// its name only when it is whole: it is built in a temporary file beside it, synced,
// checked and then linked to the name. Missing directories are made, 0700. EExists
// when there is a file of that name already, which is never touched; EPermission as
// for Open; EBusy when another process is creating it too.
func Create(ctx context.Context, path string, first func(kv.Tx) error, opts ...Option) (*Store, error) {
	s, err := newStore(path, opts)
	if err != nil {
		return nil, err
	}
	dir := filepath.Dir(s.path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, s.explain(err)
	}
	if err := checkPlace(s.path); err != nil {
		return nil, err
	}
	release, err := s.locks.acquire(ctx, true)
	if err != nil {
		return nil, s.explain(err)
	}
	defer release()
	if _, err := os.Lstat(s.path); !errors.Is(err, fs.ErrNotExist) {
		return nil, s.exists()
	}
	temp := filepath.Join(dir, "."+filepath.Base(s.path)+".new-"+rand.Text()[:8])
	defer os.Remove(temp)
	if err := s.build(temp, first); err != nil {
		return nil, err
	}
	// A link, unlike a rename, never replaces what is there.
	if err := os.Link(temp, s.path); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil, s.exists()
		}
		return nil, s.explain(err)
	}
	return s, s.explain(syncDir(dir))
}

// build makes a whole store in the file temp and reads it back.
func (s *Store) build(temp string, first func(kv.Tx) error) error {
	f, err := os.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return s.explain(err)
	}
	if err := f.Close(); err != nil {
		return s.explain(err)
	}
	var answered error
	err = initFile(temp, func(tx kv.Tx) error {
		answered = first(tx)
		return answered
	})
	switch {
	case answered != nil:
		return answered
	case err != nil:
		return s.explain(err)
	}
	made := &Store{path: temp, locks: s.locks}
	return made.within(false, func(x *session) error {
		for err := range x.tx.Check() {
			return s.damaged("the new store does not read back as it was written").WithCause(err)
		}
		return nil
	})
}

func (s *Store) exists() error {
	return model.Errorf(model.EExists, "there is already a file at %s", model.Printable(s.path)).
		WithNext("use it as it is, or name another file with --store FILE")
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
