package command

import (
	"crypto/rand"
	"os"
	"path/filepath"
)

// saved is a file being written: it appears under its name when it is whole, so that
// what was there before survives a call that fails. A device or a pipe is written to
// as it is.
type saved struct {
	files files
	name  string
	part  string // the name until then; "" for a device or a pipe
	file  *os.File
}

// save begins a file. Commit or discard ends it.
func (f files) save(name string) (*saved, error) {
	s := &saved{files: f, name: name}
	open, flag := name, os.O_WRONLY
	if !f.isOther(name) {
		s.part = filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+"."+rand.Text()[:8]+".part")
		open, flag = s.part, os.O_WRONLY|os.O_CREATE|os.O_EXCL
	}
	var err error
	if s.file, err = f.open(open, flag, 0o600); err != nil {
		return nil, fileError(err, name, "file")
	}
	return s, nil
}

// Write implements io.Writer.
func (s *saved) Write(p []byte) (int, error) { return s.file.Write(p) }

// commit gives the file its name.
func (s *saved) commit() error {
	err := s.file.Close()
	if err == nil && s.part != "" {
		err = s.files.rename(s.part, s.name)
	}
	s.file = nil
	if err != nil {
		return fileError(err, s.name, "file")
	}
	return nil
}

// discard takes away what was not committed.
func (s *saved) discard() {
	if s == nil || s.file == nil {
		return
	}
	_ = s.file.Close()
	if s.part != "" {
		_ = s.files.remove(s.part)
	}
}

// isOther reports whether something has this name that is not a plain file.
func (f files) isOther(name string) bool {
	info, err := f.stat(name)
	return err == nil && !info.Mode().IsRegular()
}

// isRegular reports whether a plain file has this name.
func (f files) isRegular(name string) bool {
	info, err := f.stat(name)
	return err == nil && info.Mode().IsRegular()
}

func (f files) stat(name string) (info os.FileInfo, err error) {
	if f.dir == "" {
		return os.Stat(name)
	}
	err = f.inside(name, func(root *os.Root, name string) error {
		info, err = root.Stat(name)
		return err
	})
	return info, err
}

func (f files) rename(from, to string) error {
	if f.dir == "" {
		return os.Rename(from, to)
	}
	return f.inside(from, func(root *os.Root, from string) error {
		return f.inside(to, func(_ *os.Root, to string) error { return root.Rename(from, to) })
	})
}

func (f files) remove(name string) error {
	if f.dir == "" {
		return os.Remove(name)
	}
	return f.inside(name, func(root *os.Root, name string) error { return root.Remove(name) })
}
