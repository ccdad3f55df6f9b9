// Package scratch makes private directories for stores that are thrown away, and takes
// away those that a killed process left behind.
//
// It imports the standard library only. It must never remove a directory that is in
// use, is not its own kind, or belongs to another account.
package scratch

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Dir is one directory, mode 0700, locked for as long as this process uses it.
type Dir struct {
	Path string
	lock *os.File
}

// grace is how long a directory may be unlocked after it was made.
const grace = time.Minute

// New makes a directory called name and a random ending, in TMPDIR or where the system
// keeps temporary files, and removes those of that name that nobody uses any more.
func New(name string) (*Dir, error) {
	path, err := os.MkdirTemp("", name+"-*")
	if err != nil {
		return nil, err
	}
	lock, err := lockDir(path)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(path))
	}
	go sweep(filepath.Dir(path), name, time.Now())
	return &Dir{Path: path, lock: lock}, nil
}

// Remove takes the directory away with all that is in it.
func (d *Dir) Remove() error {
	return errors.Join(os.RemoveAll(d.Path), d.lock.Close())
}

// lockDir locks a directory until the file is closed or the process ends. It fails at
// once when another has it.
func lockDir(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// sweep removes directories that nobody holds. A directory of another account cannot be
// opened, so it stays.
func sweep(dir, name string, now time.Time) {
	found, _ := filepath.Glob(filepath.Join(dir, name+"-*")) // fails only for a bad pattern
	for _, path := range found {
		info, err := os.Lstat(path)
		if err != nil || !info.IsDir() || info.Mode().Perm() != fs.FileMode(0o700) || now.Sub(info.ModTime()) < grace {
			continue
		}
		if f, err := lockDir(path); err == nil {
			_ = os.RemoveAll(path) // what cannot be removed now is found again by the next
			_ = f.Close()
		}
	}
}
