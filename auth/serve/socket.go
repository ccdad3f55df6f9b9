package serve

import (
	"context"
	"crypto/rand"
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
//
// It is made under a name of its own and gets its place by a link, which fails when there
// is one already: of two servers that start at once one finds the other's, which
// answers from the moment it is there.
func listenSocket(ctx context.Context, path string) (*socket, error) {
	draft := beside(path)
	if max(len(path), len(draft)) > maxSocketPath {
		return nil, model.Errorf(model.EInvalid, "the path of the admin socket is too long: %s", model.Printable(path)).
			WithField("store").WithNext("put the store into a directory with a shorter path")
	}
	if err := clearStale(ctx, path); err != nil {
		return nil, err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "unix", draft)
	if err != nil {
		return nil, cannotMake(path, err)
	}
	defer os.Remove(draft) // only the name: the socket stays under its own
	s := &socket{UnixListener: l.(*net.UnixListener), path: path}
	s.SetUnlinkOnClose(false)
	if err = os.Chmod(draft, 0o600); err == nil {
		if s.file, err = os.Lstat(draft); err == nil {
			err = os.Link(draft, path)
		}
	}
	if err == nil {
		return s, nil
	}
	_ = s.Close() // nothing was served on it
	if errors.Is(err, fs.ErrExist) {
		return nil, running(err)
	}
	return nil, cannotMake(path, err)
}

// beside makes a name that nobody else uses, in the directory of path.
func beside(path string) string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return filepath.Join(filepath.Dir(path), fmt.Sprintf("%x.sock", b))
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
		return takeAway(path, st)
	}
	return cannotMake(path, err)
}

// takeAway removes the file stale from path. If another server has put its own socket
// there in the meantime, that one goes back.
func takeAway(path string, stale os.FileInfo) error {
	aside := beside(path)
	if err := os.Rename(path, aside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return cannotMake(path, err)
	} else if err != nil {
		return nil
	}
	st, err := os.Lstat(aside)
	if err == nil && !os.SameFile(st, stale) {
		err = running(os.Link(aside, path))
	}
	_ = os.Remove(aside) // nobody looks for it under this name
	return err
}

// remove takes the socket away, unless somebody has put another in its place.
func (s *socket) remove() {
	if st, err := os.Lstat(s.path); err == nil && os.SameFile(st, s.file) {
		_ = os.Remove(s.path) // whoever starts next finds that nobody answers on it
	}
}
