package files

import (
	"errors"

	"golang.org/x/sys/unix"
)

// renameExclusively renames in one step where the file system can; done is false where a
// link has to do it in two.
func (d *directory) renameExclusively(from, to string) (done bool, err error) {
	err = unix.Renameat2(d.fd(), from, d.fd(), to, unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) {
		return false, nil
	}
	return true, err
}
