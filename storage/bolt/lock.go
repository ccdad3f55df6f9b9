package bolt

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"ferry/model"
)

// locks are the flock files of one store. A flock cannot be waited for with a limit,
// so the waiting is done by a goroutine that may outlive its caller: a lock that
// arrives after that is given back at once. turn lets one of them wait at a time.
type locks struct {
	path string // of the store, for messages
	dir  string
	wait time.Duration
	turn chan struct{}

	mu    sync.Mutex
	names map[string]*turnOf
}

// turnOf is the turn of one named lock, dropped when nobody waits for it.
type turnOf struct {
	turn chan struct{}
	refs int
}

func newLocks(path string) *locks {
	return &locks{
		path: path, dir: path + ".locks", wait: DefaultWait,
		turn: make(chan struct{}, 1), names: map[string]*turnOf{},
	}
}

// acquire takes the store's lock, waiting at most l.wait. EBusy names the holder.
func (l *locks) acquire(ctx context.Context, exclusive bool) (release func(), err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, l.wait, errWaited)
	defer cancel()
	mode := unix.LOCK_SH
	if exclusive {
		mode = unix.LOCK_EX
	}
	release, err = takeTurn(ctx, l.turn, func(flags int, gone <-chan struct{}) (int, error) {
		return l.throughGate(mode, flags, gone)
	})
	if errors.Is(context.Cause(ctx), errWaited) && err != nil {
		return nil, l.busy(err)
	}
	return release, err
}

var errWaited = errors.New("waited long enough")

// throughGate takes gate, then lock, then frees gate. With LOCK_NB in flags it does
// not wait. It stops half-way when gone is closed.
func (l *locks) throughGate(mode, flags int, gone <-chan struct{}) (int, error) {
	gate, err := flock(filepath.Join(l.dir, "gate"), unix.LOCK_EX|flags)
	if err != nil {
		return -1, err
	}
	defer unix.Close(gate)
	select {
	case <-gone:
		return -1, context.Canceled
	default:
		return flock(filepath.Join(l.dir, "lock"), mode|flags)
	}
}

// named takes the lock called name, waiting until ctx ends. The file's name is a hash.
func (l *locks) named(ctx context.Context, name string) (func(), error) {
	sum := sha256.Sum256([]byte(name))
	file := filepath.Join(l.dir, "n-"+hex.EncodeToString(sum[:16]))
	turn := l.hold(name)
	defer l.drop(name)
	release, err := takeTurn(ctx, turn, func(flags int, _ <-chan struct{}) (int, error) {
		return flock(file, unix.LOCK_EX|flags)
	})
	switch {
	case err == nil:
		return sync.OnceFunc(release), nil
	case ctx.Err() != nil:
		return nil, model.Errorf(model.EInterrupted, "interrupted").WithCause(ctx.Err())
	}
	return nil, (&Store{path: l.path}).explain(err)
}

func (l *locks) hold(name string) chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.names[name]
	if t == nil {
		t = &turnOf{turn: make(chan struct{}, 1)}
		l.names[name] = t
	}
	t.refs++
	return t.turn
}

func (l *locks) drop(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t := l.names[name]; t.refs > 1 {
		t.refs--
	} else {
		delete(l.names, name)
	}
}

// takeTurn waits for the turn and then for the flock that lock takes: first without
// waiting, which is nearly always enough, then in a goroutine of its own.
func takeTurn(ctx context.Context, turn chan struct{}, lock func(flags int, gone <-chan struct{}) (int, error)) (func(), error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	fd, err := lock(unix.LOCK_NB, nil)
	if !errors.Is(err, unix.EWOULDBLOCK) {
		<-turn
		return closer(fd), err
	}

	type result struct {
		fd  int
		err error
	}
	got, gone := make(chan result), make(chan struct{})
	go func() {
		defer func() { <-turn }()
		fd, err := lock(0, gone)
		select {
		case got <- result{fd, err}:
		case <-gone:
			closer(fd)()
		}
	}()
	select {
	case r := <-got:
		return closer(r.fd), r.err
	case <-ctx.Done():
		close(gone)
		return nil, ctx.Err()
	}
}

// closer frees the lock of a descriptor by closing it.
func closer(fd int) func() {
	return func() {
		if fd >= 0 {
			_ = unix.Close(fd)
		}
	}
}

// flock opens the file, making it when it is missing, and locks it.
func flock(path string, how int) (int, error) {
	fd, err := openLock(path)
	if errors.Is(err, unix.ENOENT) {
		// A store that was copied without its locks gets them back; the directory
		// above it is not made here.
		if err = unix.Mkdir(filepath.Dir(path), 0o700); err == nil || errors.Is(err, unix.EEXIST) {
			fd, err = openLock(path)
		}
	}
	if err != nil {
		return -1, err
	}
	for {
		err = unix.Flock(fd, how)
		if err == nil {
			return fd, nil
		}
		if !errors.Is(err, unix.EINTR) {
			_ = unix.Close(fd)
			return -1, err
		}
	}
}

func openLock(path string) (int, error) {
	for {
		fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CREAT|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
		if !errors.Is(err, unix.EINTR) {
			return fd, err
		}
	}
}

// busy says that the wait is over and who holds the store.
func (l *locks) busy(cause error) error {
	return model.Errorf(model.EBusy, "%s is held by %s; waited %s",
		model.Printable(l.path), l.holder(), l.wait).
		WithNext("wait for it to finish, or end it, then try again").WithCause(cause)
}
