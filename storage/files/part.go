package files

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"ferry/model"
)

// Part implements model.Files: .NAME.part beside name. The lock lies on the open file, so
// it goes with it when Finish renames it, and ends when it is closed or its process dies.
func (f *Files) Part(name string) (model.File, error) {
	d, err := f.directory(name)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	if st, err := d.stat(d.base); err == nil && st.Mode&unix.S_IFMT != unix.S_IFREG {
		return nil, notRegular(name, mode(&st))
	}
	opened, err := f.lockedPart(d, name)
	if err != nil {
		return nil, err
	}
	if err := opened.Chmod(0o600); err != nil {
		return nil, errors.Join(explain(err, name), opened.Close())
	}
	part := &file{File: opened, name: name}
	part.close = func() { f.release(name, part) }
	f.mu.Lock()
	f.held[name] = part
	f.mu.Unlock()
	return part, nil
}

// lockedPart opens and locks the unfinished file. Between the two another process may have
// finished it, or taken it away: then there is another one of that name, or none.
func (f *Files) lockedPart(d *directory, name string) (*os.File, error) {
	for {
		opened, err := d.openAt(d.part, unix.O_RDWR|unix.O_CREAT)
		if err != nil {
			return nil, f.explain(err, name)
		}
		again, err := d.lock(opened, name)
		if err == nil && !again {
			return opened, nil
		}
		if err := errors.Join(err, opened.Close()); err != nil {
			return nil, err
		}
	}
}

// lock takes the lock of an unfinished file. Again means that the file is not the one of
// that name any more.
func (d *directory) lock(opened *os.File, name string) (again bool, err error) {
	if err := regular(opened, name+" (unfinished)"); err != nil {
		return false, err
	}
	err = unix.Flock(int(opened.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return false, model.Errorf(model.EBusy, "another export writes %s now", model.Printable(name)).
			WithField("file").WithNext("wait for it to end, or name another file")
	}
	if err != nil {
		return false, explain(err, name)
	}
	var st unix.Stat_t
	if err := unix.Fstat(int(opened.Fd()), &st); err != nil {
		return false, explain(err, name)
	}
	if st.Nlink > 1 {
		// A finished file got its name by a link, and whoever did that was cut off before the
		// other name was taken away. What is written now must not change it.
		return true, d.removeIfSame(opened, name)
	}
	return !d.leadsTo(d.part, opened), nil
}

func (d *directory) removeIfSame(opened *os.File, name string) error {
	if !d.leadsTo(d.part, opened) {
		return nil
	}
	return explain(d.remove(d.part), name)
}

func (f *Files) release(name string, part *file) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.held[name] == part {
		delete(f.held, name)
	}
}

// mine is the unfinished file of name if this process has it open.
func (f *Files) mine(name string) *os.File {
	f.mu.Lock()
	defer f.mu.Unlock()
	if part := f.held[name]; part != nil {
		return part.File
	}
	return nil
}

// Finish implements model.Files. The file may be open still, and stays so. ENotFound when
// nothing is unfinished, EBusy when another process writes it.
func (f *Files) Finish(name string, replace bool) error {
	d, err := f.directory(name)
	if err != nil {
		return err
	}
	defer d.Close()
	part := f.mine(name)
	if part == nil {
		if part, err = d.openAt(d.part, unix.O_RDWR); err != nil {
			return f.explain(err, name)
		}
		defer part.Close()
		if again, err := d.lock(part, name); err != nil || again {
			return errors.Join(err, gone(again, name))
		}
	}
	if !d.leadsTo(d.part, part) {
		return gone(true, name)
	}
	if err := part.Sync(); err != nil {
		return explain(err, name)
	}
	rename := d.renameNew
	if replace {
		rename = d.rename
	}
	if err := rename(d.part, d.base); err != nil {
		return explain(err, name)
	}
	return explain(d.Sync(), name)
}

func gone(is bool, name string) error {
	if !is {
		return nil
	}
	return model.Errorf(model.ENotFound, "the unfinished file of %s is gone", model.Printable(name)).
		WithField("file").WithNext("begin again")
}

// Discard implements model.Files. EBusy when another process writes the file.
func (f *Files) Discard(name string) error {
	d, err := f.directory(name)
	if model.CodeOf(err) == model.ENotFound {
		return nil
	}
	if err != nil {
		return err
	}
	defer d.Close()
	if f.mine(name) == nil {
		part, err := d.openAt(d.part, unix.O_RDWR)
		if errors.Is(err, unix.ENOENT) {
			return nil
		}
		if err == nil {
			defer part.Close()
			if again, err := d.lock(part, name); err != nil || again {
				return err
			}
		}
	}
	if err := d.remove(d.part); err != nil && !errors.Is(err, unix.ENOENT) {
		return explain(err, name)
	}
	return explain(d.Sync(), name)
}
