package bolt

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"ferry/model"
	"ferry/storage/internal/paste"
)

// checkPlace refuses a directory that others may enter or that is not on a local
// disk, where locks and mapped pages mean what they say.
func checkPlace(path string) error {
	dir := filepath.Dir(path)
	st, err := os.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return missing(path)
	}
	if err != nil {
		return notAllowed(dir, err)
	}
	if err := checkDir(dir, st, os.Geteuid()); err != nil {
		return err
	}
	if kind := networkFS(dir); kind != "" {
		return model.Errorf(model.EPermission, "%s is on a network file system (%s), where a store is not safe",
			model.Printable(dir), kind).WithNext("name a file on a local disk with --store FILE")
	}
	return nil
}

func checkDir(dir string, st fs.FileInfo, uid int) error {
	switch owner := ownerOf(st); {
	case st.Mode()&fs.ModeSymlink != 0:
		return model.Errorf(model.EPermission, "the directory %s is a symbolic link", model.Printable(dir)).
			WithNext("name the file by its real path: --store %s", paste.Path(realPath(dir)+"/FILE"))
	case !st.IsDir():
		return model.Errorf(model.EPermission, "%s is not a directory", model.Printable(dir)).
			WithNext("name another file with --store FILE")
	case owner != uid:
		return notOwned("the directory "+model.Printable(dir), dir, owner, uid)
	case st.Mode().Perm()&0o077 != 0:
		return model.Errorf(model.EPermission, "the directory %s is open to others (mode %04o)",
			model.Printable(dir), st.Mode().Perm()).
			WithNext("chmod 700 %s, or name a file in a directory of your own with --store FILE", paste.Path(dir))
	}
	return nil
}

// checkFile refuses a store file that others could read or have put there.
func checkFile(path string, st fs.FileInfo, uid int) error {
	switch owner := ownerOf(st); {
	case !st.Mode().IsRegular():
		return model.Errorf(model.EPermission, "%s is not a regular file", model.Printable(path)).
			WithNext("name another file with --store FILE")
	case owner != uid:
		return notOwned(model.Printable(path), path, owner, uid)
	case st.Mode().Perm()&0o177 != 0:
		return model.Errorf(model.EPermission, "%s is open to others (mode %04o)",
			model.Printable(path), st.Mode().Perm()).WithNext("chmod 600 %s", paste.Path(path))
	}
	return nil
}

func notOwned(what, path string, owner, uid int) error {
	return model.Errorf(model.EPermission, "%s belongs to user id %d, and you are user id %d", what, owner, uid).
		WithNext("run ferry as its owner, or: chown %d %s", uid, paste.Path(path))
}

func ownerOf(st fs.FileInfo) int {
	if sys, ok := st.Sys().(*syscall.Stat_t); ok {
		return int(sys.Uid)
	}
	return -1
}

// openFile opens the store's file without following a link, and checks what it got.
func (s *Store) openFile(flag int) (*os.File, error) {
	f, err := os.OpenFile(s.path, flag|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, s.explain(err)
	}
	st, err := f.Stat()
	if err == nil {
		err = checkFile(s.path, st, os.Geteuid())
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

func realPath(path string) string {
	if found, err := filepath.EvalSymlinks(path); err == nil {
		return found
	}
	return path
}
