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

func (f files) open(name string, flag int, mode os.FileMode) (*os.File, error) {
	if f.dir == "" {
		return os.OpenFile(name, flag, mode)
	}
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	inside := name
	if filepath.IsAbs(name) {
		if inside, err = filepath.Rel(f.dir, name); err != nil {
			return nil, f.outside(name)
		}
	}
	out, err := root.OpenFile(inside, flag, mode)
	if err != nil && (!filepath.IsLocal(inside) || strings.Contains(err.Error(), "escapes")) {
		return nil, f.outside(name)
	}
	return out, err
}

func (f files) outside(name string) error {
	return model.Errorf(model.EPermission, "%s is outside of the one directory that --restricted leaves", model.Printable(name)).
		WithNext("use a name without a directory: it lies in %s", model.Printable(f.dir))
}

// isRegular reports whether a plain file has this name.
func (f files) isRegular(name string) bool {
	if f.dir == "" {
		info, err := os.Stat(name)
		return err == nil && info.Mode().IsRegular()
	}
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return false
	}
	defer root.Close()
	info, err := root.Stat(name)
	return err == nil && info.Mode().IsRegular()
}
