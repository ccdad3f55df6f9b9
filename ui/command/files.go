package command

import (
	"os"
	"path/filepath"
	"strings"

	"ferry/model"
)

// files is where commands read and write files: anywhere, or, under --restricted,
// below one directory only, symbolic links included.
type files struct{ dir string }

// files returns where files may be. The one directory of --restricted is "files"
// beside the store.
func (a *app) files() files {
	if !a.g.restricted {
		return files{}
	}
	return files{dir: filepath.Join(filepath.Dir(a.storePath()), "files")}
}

// storePath is where the store is: --store, else below $XDG_DATA_HOME, else below the
// home directory.
func (a *app) storePath() string {
	if a.g.store != "" {
		return a.g.store
	}
	if dir, _ := a.env.LookupEnv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "ferry", "ferry.db")
	}
	if home, _ := a.env.LookupEnv("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".local", "share", "ferry", "ferry.db")
	}
	return ""
}

func (f files) open(name string, flag int, mode os.FileMode) (file *os.File, err error) {
	if f.dir == "" {
		return os.OpenFile(name, flag, mode)
	}
	err = f.inside(name, func(root *os.Root, name string) error {
		file, err = root.OpenFile(name, flag, mode)
		return err
	})
	return file, err
}

// inside does something to a name below the one directory, which is made when it is
// not there yet.
func (f files) inside(name string, do func(root *os.Root, name string) error) error {
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return err
	}
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return err
	}
	defer root.Close()
	local := name
	if filepath.IsAbs(name) {
		if local, err = filepath.Rel(f.dir, name); err != nil {
			return f.outside(name)
		}
	}
	err = do(root, local)
	// os.Root has no error value of its own for a name that leads out.
	if err != nil && (!filepath.IsLocal(local) || strings.Contains(err.Error(), "escapes from parent")) {
		return f.outside(name)
	}
	return err
}

func (f files) outside(name string) error {
	return model.Errorf(model.EPermission, "%s is outside of the one directory that --restricted leaves", model.Printable(name)).
		WithNext("use a name without a directory: it lies in %s", model.Printable(f.dir))
}
