package serve

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"ferry/model"
)

// maxSocketPath is what fits into an address on every system: 104 bytes with the zero at
// their end on some, 108 on Linux.
const maxSocketPath = 103

// Socket returns where the server of the store in storePath has its admin socket:
// STORE.sock, or a shorter name in the same directory when that is too long for a
// socket. Start refuses what is still too long.
func Socket(storePath string) string {
	path := storePath + ".sock"
	if len(path) <= maxSocketPath {
		return path
	}
	dir, base := filepath.Split(storePath)
	sum := sha256.Sum256([]byte(base))
	return filepath.Join(dir, fmt.Sprintf("%x.sock", sum[:6]))
}

// socket is the admin socket while it is listened on.
type socket struct {
	*net.UnixListener
	path string
	file os.FileInfo // what was made, so that nothing else is taken away in the end
}

// listenSocket makes the socket, for its owner only. A socket on which nobody answers,
// left behind by a server that was killed, is taken away; EBusy when somebody does.
func listenSocket(ctx context.Context, path string) (*socket, error) {
	if len(path) > maxSocketPath {
		return nil, model.Errorf(model.EInvalid, "the path of the admin socket is too long: %s", model.Printable(path)).
			WithField("store").WithNext("put the store into a directory with a shorter path")
	}
	// Of two servers that start at once none may take away the other's socket.
	unlock, err := lockSocket(ctx, path)
	if err != nil {
		return nil, cannotMake(path, err)
	}
	defer unlock()
	if err := clearStale(ctx, path); err != nil {
		return nil, err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
	if err != nil {
		return nil, cannotMake(path, err)
	}
	s := &socket{UnixListener: l.(*net.UnixListener), path: path}
	s.SetUnlinkOnClose(false)
	if err = os.Chmod(path, 0o600); err == nil {
		s.file, err = os.Lstat(path)
	}
	if err != nil {
		_ = s.Close() // nothing was served on it
		_ = os.Remove(path)
		return nil, cannotMake(path, err)
	}
	return s, nil
}

// lockWait is how long another server may take to make or take away its socket.
const lockWait = 5 * time.Second

// lockSocket locks the place of a socket for the moment in which one is made or taken
// away. The lock's file goes with it; who waited for a file that went takes a new one.
func lockSocket(ctx context.Context, path string) (unlock func(), err error) {
	name := path + ".lock"
	for deadline := time.Now().Add(lockWait); ; time.Sleep(5 * time.Millisecond) {
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
		if err != nil {
			return nil, err
		}
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil && isFile(f, name) {
			return func() {
				_ = os.Remove(name) // first, so that nobody locks what has gone for long
				_ = f.Close()       // the lock goes with it
			}, nil
		}
		_ = f.Close() // it was somebody else's
		if ctx.Err() != nil || time.Now().After(deadline) {
			return nil, errors.Join(err, ctx.Err())
		}
	}
}

// isFile reports whether name still names f.
func isFile(f *os.File, name string) bool {
	have, err := f.Stat()
	if err != nil {
		return false
	}
	named, err := os.Lstat(name)
	return err == nil && os.SameFile(have, named)
}

func running(cause error) error {
	return model.Errorf(model.EBusy, "a server runs on this store already").
		WithNext("stop it first, or ask it: ferry serve status").WithCause(cause)
}

func cannotMake(path string, cause error) error {
	return model.Errorf(model.EPermission, "the admin socket %s cannot be made", model.Printable(path)).
		WithNext("see that the directory of the store belongs to you, with mode 0700").WithCause(cause)
}

// clearStale takes away a socket on which nobody answers, and nothing else.
func clearStale(ctx context.Context, path string) error {
	st, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return cannotMake(path, err)
	}
	if st.Mode().Type() != fs.ModeSocket {
		return model.Errorf(model.EExists, "%s is in the way of the admin socket: it is no socket", model.Printable(path)).
			WithNext("move the file away")
	}
	dial := net.Dialer{Timeout: 2 * time.Second}
	c, err := dial.DialContext(ctx, "unix", path)
	switch {
	case err == nil:
		_ = c.Close() // it only had to answer
		return running(nil)
	case errors.Is(err, unix.EAGAIN), errors.Is(err, os.ErrDeadlineExceeded): // it listens, and is slow
		return running(err)
	case errors.Is(err, fs.ErrNotExist): // it has just stopped
		return nil
	case errors.Is(err, unix.ECONNREFUSED):
		if err = os.Remove(path); err == nil {
			return nil
		}
	}
	return cannotMake(path, err)
}

// remove takes the socket away, unless somebody has put another in its place.
func (s *socket) remove() {
	unlock, err := lockSocket(context.Background(), s.path)
	if err != nil {
		return // whoever starts next finds that nobody answers on it
	}
	defer unlock()
	if st, err := os.Lstat(s.path); err == nil && os.SameFile(st, s.file) {
		_ = os.Remove(s.path) // the same
	}
}
