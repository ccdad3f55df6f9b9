// Package savefile writes what a person asked to save: mode 0600, and never over a
// file that is there unless that was asked for.
//
// It imports model only. It runs inside commands of screens, never in Update or View,
// and screens do not offer it where ferry is restricted.
package savefile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"ferry/model"
)

// Write writes data to path, where ~/ is the home directory. EExists when there is a
// file and overwrite is false; EInvalid when path is empty or names a directory;
// EPermission or EInternal, with the reason, when it cannot be written. An overwritten
// file is replaced whole or not at all.
func Write(path string, data []byte, overwrite bool) error {
	path = expand(strings.TrimSpace(path))
	if path == "" {
		return model.Errorf(model.EInvalid, "a file name is needed")
	}
	if info, err := os.Stat(path); err == nil {
		switch {
		case info.IsDir():
			return model.Errorf(model.EInvalid, "%s is a directory", model.Printable(path))
		case !info.Mode().IsRegular():
			return model.Errorf(model.EInvalid, "%s is not a plain file", model.Printable(path))
		}
	}
	if !overwrite {
		return reason(path, create(path, data))
	}
	dir, name := filepath.Split(path)
	tmp, err := os.CreateTemp(filepath.Clean(dir+"."), "."+name+".*")
	if err != nil {
		return reason(path, err)
	}
	defer os.Remove(tmp.Name()) // gone already when all went well
	_, err = tmp.Write(data)
	if err = errors.Join(err, tmp.Chmod(0o600), tmp.Sync(), tmp.Close()); err != nil {
		return reason(path, err)
	}
	return reason(path, os.Rename(tmp.Name(), path))
}

func create(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(path)) // half a file is worse than none
	}
	return nil
}

func reason(path string, err error) error {
	path = model.Printable(path)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrExist):
		return model.Errorf(model.EExists, "%s exists already", path).WithCause(err)
	case errors.Is(err, fs.ErrPermission):
		return model.Errorf(model.EPermission, "%s may not be written", path).WithCause(err)
	}
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return model.Errorf(model.EInternal, "%s cannot be written: %v", path, pe.Err).WithCause(err)
	}
	return model.Errorf(model.EInternal, "%s cannot be written", path).WithCause(err)
}

func expand(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, rest)
		}
	}
	return path
}
