package bolt

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"ferry/model"
	"ferry/storage/kv"
)

// DefaultWait is how long a transaction waits for other processes before it says who
// holds the store.
const DefaultWait = 5 * time.Second

// layout is the version of how the file itself is laid out, in its layout bucket.
const layout = 1

// Store is a kv.Store on one file. It holds nothing open between transactions.
type Store struct {
	path  string
	locks *locks
}

var (
	_ kv.Store     = (*Store)(nil)
	_ kv.Inspector = (*Store)(nil)
)

// Option changes how a Store behaves.
type Option func(*Store)

// WithWait sets how long a transaction waits for other processes.
func WithWait(d time.Duration) Option { return func(s *Store) { s.locks.wait = d } }

// Open returns the store in the file path, after a look at whether it can be one.
// ENotFound when there is no file; EPermission for a wrong mode, owner or place, a
// symbolic link or a network file system; ECorrupt for an empty, foreign or damaged
// file; EInvalid for one of a newer ferry. Every transaction answers the same.
func Open(path string, opts ...Option) (*Store, error) {
	s, err := newStore(path, opts)
	if err != nil {
		return nil, err
	}
	if err := checkPlace(s.path); err != nil {
		return nil, err
	}
	f, err := s.openFile(os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if _, err := s.readMeta(f); err != nil {
		return nil, err
	}
	return s, nil
}

func newStore(path string, opts []Option) (*Store, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, model.Errorf(model.EInternal, "the current directory cannot be found").
			WithNext("give the whole path with --store").WithCause(err)
	}
	s := &Store{path: abs, locks: newLocks(abs)}
	for _, o := range opts {
		o(s)
	}
	return s, nil
}

// Path returns the absolute path of the file.
func (s *Store) Path() string { return s.path }

// View implements kv.Store. It opens the file read-only.
func (s *Store) View(ctx context.Context, fn func(kv.Tx) error) error {
	return s.transact(ctx, false, func(x *session) error { return x.run(fn) })
}

// Update implements kv.Store. It opens the file for writing and syncs what fn wrote.
// EInternal with a plain message when the disk is full; the old state stays.
func (s *Store) Update(ctx context.Context, fn func(kv.Tx) error) error {
	return s.transact(ctx, true, func(x *session) error { return x.run(fn) })
}

// Lock implements kv.Store.
func (s *Store) Lock(ctx context.Context, name string) (func(), error) {
	return s.locks.named(ctx, name)
}

// Info implements kv.Inspector. The sequence is the id of bbolt's last transaction,
// which grows with every Update that wrote something.
func (s *Store) Info(ctx context.Context) (kv.Info, error) {
	info := kv.Info{Kind: "bolt", Path: s.path}
	err := s.transact(ctx, false, func(x *session) error {
		st, err := x.file.Stat()
		if err != nil {
			return err
		}
		info.Bytes, info.Sequence = st.Size(), x.meta.txid
		return nil
	})
	return info, err
}

// Check implements kv.Inspector. The walk over the pages comes first, because bbolt's
// own check looks in a goroutine of its own, where a wild page number is fatal.
func (s *Store) Check(ctx context.Context) ([]string, error) {
	var problems []string
	err := s.transact(ctx, false, func(x *session) error {
		problems = walkPages(x.file, x.meta)
		if !freelistSane(x.file, x.meta) {
			problems = append(problems, "the list of free pages is garbled")
		}
		if len(problems) > 0 {
			return nil
		}
		for err := range x.tx.Check() {
			problems = append(problems, err.Error())
		}
		return nil
	})
	if model.CodeOf(err) == model.ECorrupt {
		return []string{err.Error()}, nil
	}
	return problems, err
}

// transact runs fn in one session under the lock.
func (s *Store) transact(ctx context.Context, writable bool, fn func(*session) error) error {
	release, err := s.locks.acquire(ctx, writable)
	if err != nil {
		return s.explain(err)
	}
	defer release()
	return s.within(writable, fn)
}

// errGarbled is the cause of an ECorrupt error that bbolt did not survive.
func errGarbled(cause any) error { return fmt.Errorf("bbolt: %v", cause) }
