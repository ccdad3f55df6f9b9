package files

import (
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"ferry/model"
	"ferry/storage/internal/paste"
)

// explain is the one below, for a name that may lead out of the one directory. os.Root has
// no error value of its own for that.
func (f *Files) explain(err error, name string) error {
	if f.dir != "" && err != nil && strings.Contains(err.Error(), "escapes from parent") {
		return f.outside(name).WithCause(err)
	}
	return explain(err, name)
}

// explain gives an error of the operating system its code, the name and the next step.
// io.EOF and errors that have a code stay as they are.
func explain(err error, name string) error {
	var coded *model.Error
	shown := model.Printable(name)
	switch {
	case err == nil, errors.Is(err, io.EOF), errors.As(err, &coded):
		return err
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EDQUOT), errors.Is(err, unix.EFBIG):
		return model.Errorf(model.ENoSpace, "there is no room left for %s", shown).WithField("file").
			WithNext("free some space in %s, then go on with --resume", paste.Path(filepath.Dir(name))).WithCause(err)
	case errors.Is(err, unix.EEXIST):
		return model.Errorf(model.EExists, "%s is there already", shown).WithField("file").
			WithNext("name another file, or replace it with --yes").WithCause(err)
	case errors.Is(err, unix.ELOOP):
		return notRegular(name, fs.ModeSymlink)
	case errors.Is(err, unix.EISDIR):
		return notRegular(name, fs.ModeDir)
	case errors.Is(err, unix.ENXIO), errors.Is(err, unix.ENODEV):
		return notRegular(name, fs.ModeDevice)
	case errors.Is(err, unix.ENAMETOOLONG):
		return model.Errorf(model.EInvalid, "the name %s is too long", shown).WithField("file").WithNext("choose a shorter name").WithCause(err)
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENOTDIR):
		return model.Errorf(model.ENotFound, "there is no file %s", shown).WithField("file").
			WithNext("look at the name: ls -ld %s", paste.Path(filepath.Dir(name))).WithCause(err)
	case errors.Is(err, unix.EROFS):
		return model.Errorf(model.EPermission, "%s is on a read-only file system", shown).WithField("file").
			WithNext("name a file elsewhere").WithCause(err)
	case errors.Is(err, fs.ErrPermission):
		return model.Errorf(model.EPermission, "%s may not be opened by you", shown).WithField("file").
			WithNext("look at modes and owners: ls -ld %s %s", paste.Path(filepath.Dir(name)), paste.Path(name)).WithCause(err)
	}
	return model.Errorf(model.EInternal, "%s cannot be used: %s", shown, model.Printable(reason(err))).WithField("file").
		WithNext("try again, or name a file elsewhere").WithCause(err)
}

// reason is what the operating system said, without the path.
func reason(err error) string {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err.Error()
	}
	return err.Error()
}

func isClosed(err error) bool { return errors.Is(err, fs.ErrClosed) }

// mode is the type of a file, as the standard library writes it.
func mode(st *unix.Stat_t) fs.FileMode {
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		return 0
	case unix.S_IFDIR:
		return fs.ModeDir
	case unix.S_IFLNK:
		return fs.ModeSymlink
	case unix.S_IFIFO:
		return fs.ModeNamedPipe
	}
	return fs.ModeDevice
}
