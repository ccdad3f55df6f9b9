// Package files opens the files of transfers: what is read, the unfinished file of an
// export beside the one it will become, and what is added to.
//
// It imports model only, and storage/internal. It never follows a name out of its one
// directory, where it has one, never writes through a symbolic link or to what is no
// regular file, and makes no file that others may read.
package files

import (
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"ferry/model"
)

// Files implements model.Files.
type Files struct {
	dir string // absolute, or "" for anywhere

	mu   sync.Mutex
	held map[string]*file // the unfinished files that this process has open, by the name they will have
}

var _ model.Files = (*Files)(nil)

// New returns files anywhere, or, with dir, below that one directory only, symbolic links
// included; relative names lie in it then, else in the working directory.
func New(dir string) *Files {
	if abs, err := filepath.Abs(dir); err == nil && dir != "" {
		dir = abs
	}
	return &Files{dir: dir, held: map[string]*file{}}
}

// Resolve implements model.Files. "-" stays the standard stream. A link to a file becomes
// that file, so that an export replaces the file and not the link.
func (f *Files) Resolve(name string) (string, error) {
	switch {
	case name == "-":
		return name, nil
	case name == "", strings.ContainsRune(name, 0):
		return "", model.Errorf(model.EInvalid, "%q is no name of a file", model.Printable(name)).WithField("file")
	case os.IsPathSeparator(name[len(name)-1]):
		return "", model.Errorf(model.EInvalid, "%s names a directory", model.Printable(name)).
			WithField("file").WithNext("add the name of a file")
	}
	if f.dir == "" {
		abs, err := filepath.Abs(name)
		if err != nil {
			return "", explain(err, name)
		}
		if info, err := os.Lstat(abs); err == nil && info.Mode()&os.ModeSymlink != 0 {
			if to, err := filepath.EvalSymlinks(abs); err == nil {
				abs = to
			}
		}
		return abs, nil
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(f.dir, name)
	}
	if _, err := f.local(name); err != nil {
		return "", err
	}
	return filepath.Clean(name), nil
}

// local is the part of an absolute name below the one directory. EPermission when it lies
// elsewhere.
func (f *Files) local(name string) (string, error) {
	local, err := filepath.Rel(f.dir, name)
	if err != nil || !filepath.IsLocal(local) || local == "." {
		return "", f.outside(name)
	}
	return local, nil
}

func (f *Files) outside(name string) *model.Error {
	return model.Errorf(model.EPermission, "%s is outside of the one directory that --restricted leaves", model.Printable(name)).
		WithNext("use a name without a directory: it lies in %s", model.Printable(f.dir))
}

// Open implements model.Files. It reads regular files only: what comes through a pipe or
// a device can be read once and has no size, so it belongs on the standard input.
func (f *Files) Open(name string) (model.File, error) {
	opened, err := f.open(name)
	if err != nil {
		return nil, f.explain(err, name)
	}
	if err := regular(opened, name); err != nil {
		_ = opened.Close()
		return nil, err
	}
	return &file{File: opened, name: name}, nil
}

func (f *Files) open(name string) (*os.File, error) {
	// Without O_NONBLOCK a pipe would hold us until somebody writes to it.
	const flags = os.O_RDONLY | unix.O_NONBLOCK | unix.O_NOCTTY
	if f.dir == "" {
		return os.OpenFile(name, flags, 0)
	}
	root, local, err := f.root(name)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return root.OpenFile(local, flags, 0)
}

// root opens the one directory, which is made when it is not there yet.
func (f *Files) root(name string) (root *os.Root, local string, err error) {
	if local, err = f.local(name); err != nil {
		return nil, "", err
	}
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return nil, "", err
	}
	root, err = os.OpenRoot(f.dir)
	return root, local, err
}

// Append implements model.Files.
func (f *Files) Append(name string) (model.File, error) {
	d, err := f.directory(name)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	opened, err := d.openAt(d.base, unix.O_RDWR|unix.O_APPEND|unix.O_CREAT)
	if err != nil {
		return nil, f.explain(err, name)
	}
	if err := regular(opened, name); err != nil {
		_ = opened.Close()
		return nil, err
	}
	return &file{File: opened, name: name}, nil
}

// Exists implements model.Files. A link that leads nowhere is something too: it would be
// in the way.
func (f *Files) Exists(name string) bool {
	d, err := f.directory(name)
	if err != nil {
		return false
	}
	defer d.Close()
	_, err = d.stat(d.base)
	return err == nil
}
