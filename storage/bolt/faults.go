package bolt

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	berrors "go.etcd.io/bbolt/errors"

	"ferry/model"
	"ferry/storage/internal/paste"
)

// explain gives an error of the operating system, of bbolt or of a context its code
// and its next step. It never sees an error of a caller's closure.
func (s *Store) explain(err error) error {
	var coded *model.Error
	switch {
	case err == nil, errors.As(err, &coded):
		return err
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return model.Errorf(model.EInterrupted, "interrupted").WithCause(err)
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENOTDIR):
		return missing(s.path).WithCause(err)
	case errors.Is(err, unix.ELOOP), errors.Is(err, unix.EMLINK):
		return model.Errorf(model.EPermission, "%s is a symbolic link", model.Printable(s.path)).
			WithNext("name the file itself: --store %s", paste.Path(realPath(s.path))).WithCause(err)
	case errors.Is(err, unix.EROFS):
		return model.Errorf(model.EPermission, "%s is on a read-only file system", model.Printable(s.path)).
			WithNext("mount it for writing, or name another file with --store FILE").WithCause(err)
	case errors.Is(err, fs.ErrPermission):
		return notAllowed(s.path, err)
	case diskFull(err):
		return model.Errorf(model.EInternal, "the disk is full; nothing was changed").
			WithNext("free some space in %s, then try again", paste.Path(filepath.Dir(s.path))).WithCause(err)
	case errors.Is(err, berrors.ErrTimeout):
		return model.Errorf(model.EBusy, "another program holds %s", model.Printable(s.path)).
			WithNext("wait for it to finish, or end it, then try again").WithCause(err)
	}
	return err
}

// diskFull reports whether there was no room. bbolt keeps only the text of some errors.
func diskFull(err error) bool {
	for _, full := range []syscall.Errno{unix.ENOSPC, unix.EDQUOT, unix.EFBIG} {
		if errors.Is(err, full) || strings.Contains(err.Error(), full.Error()) {
			return true
		}
	}
	return false
}

func missing(path string) *model.Error {
	return model.Errorf(model.ENotFound, "there is no store at %s", model.Printable(path)).
		WithNext("create one with: ferry vault init")
}

func notAllowed(path string, err error) error {
	return model.Errorf(model.EPermission, "%s may not be opened by you", model.Printable(path)).
		WithNext("look at its mode and owner: ls -ld %s", paste.Path(path)).WithCause(err)
}

func (s *Store) damaged(format string, args ...any) *model.Error {
	return model.Errorf(model.ECorrupt, format, args...).
		WithNext("put your last backup in its place: cp BACKUP %s", paste.Path(s.path))
}

func (s *Store) garbled() *model.Error {
	return s.damaged("%s is damaged: it does not read back as it was written", model.Printable(s.path))
}

func (s *Store) truncated(size, want int64) *model.Error {
	return s.damaged("%s is cut short: it has %d bytes and needs %d", model.Printable(s.path), size, want)
}

func (s *Store) empty() *model.Error {
	return s.damaged("%s is empty: there is no store in it", model.Printable(s.path))
}

func (s *Store) foreign() *model.Error {
	return model.Errorf(model.ECorrupt, "%s is not a ferry store, or its beginning is overwritten", model.Printable(s.path)).
		WithNext("name another file with --store FILE, or put your last backup in its place: cp BACKUP %s", paste.Path(s.path))
}

func (s *Store) newer(n uint32) *model.Error {
	return model.Errorf(model.EInvalid, "%s was written by a newer ferry (layout %d, this one knows %d)",
		model.Printable(s.path), n, layout).WithNext("install the newer ferry")
}
