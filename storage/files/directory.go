package files

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// directory is the open directory of a file. What is done to names in it happens there
// even when the path to it leads elsewhere meanwhile, and never through a link.
type directory struct {
	*os.File

	base string // the name of the file in it
	part string // the name of the unfinished file
}

// directory opens the directory in which name lies. Errors are explained.
func (f *Files) directory(name string) (*directory, error) {
	opened, err := f.parent(name)
	if err != nil {
		return nil, f.explain(err, name)
	}
	base := filepath.Base(name)
	return &directory{File: opened, base: base, part: "." + base + ".part"}, nil
}

func (f *Files) parent(name string) (*os.File, error) {
	if f.dir == "" {
		return os.OpenFile(filepath.Dir(name), os.O_RDONLY|unix.O_DIRECTORY, 0)
	}
	root, local, err := f.root(name)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return root.OpenFile(filepath.Dir(local), os.O_RDONLY|unix.O_DIRECTORY, 0)
}

// openAt opens a name in the directory, mode 0600 when it is made.
func (d *directory) openAt(name string, flags int) (*os.File, error) {
	for {
		// O_NONBLOCK: a pipe of that name is refused later, and must not hold us here.
		fd, err := unix.Openat(d.fd(), name, flags|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0o600)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, &os.PathError{Op: "open", Path: name, Err: err}
		}
		return os.NewFile(uintptr(fd), filepath.Join(d.Name(), name)), nil
	}
}

func (d *directory) fd() int { return int(d.Fd()) }

// identity tells files apart.
type identity struct{ dev, ino uint64 }

func (d *directory) stat(name string) (st unix.Stat_t, err error) {
	err = unix.Fstatat(d.fd(), name, &st, unix.AT_SYMLINK_NOFOLLOW)
	return st, err
}

func identityOf(st *unix.Stat_t) identity {
	return identity{uint64(st.Dev), uint64(st.Ino)} //nolint:unconvert,nolintlint // the types differ between systems
}

// leadsTo reports whether a name in the directory is that of an open file.
func (d *directory) leadsTo(name string, opened *os.File) bool {
	var is unix.Stat_t
	there, err := d.stat(name)
	return err == nil && unix.Fstat(int(opened.Fd()), &is) == nil && identityOf(&there) == identityOf(&is)
}

func (d *directory) remove(name string) error { return unix.Unlinkat(d.fd(), name, 0) }

// rename moves a name within the directory, over whatever has the other name.
func (d *directory) rename(from, to string) error { return unix.Renameat(d.fd(), from, d.fd(), to) }

// renameNew moves a name within the directory, or fails with EEXIST.
func (d *directory) renameNew(from, to string) error {
	if done, err := d.renameExclusively(from, to); done {
		return err
	}
	if err := unix.Linkat(d.fd(), from, d.fd(), to, 0); err != nil {
		return err
	}
	return d.remove(from)
}
