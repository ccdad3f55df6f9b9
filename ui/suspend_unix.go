//go:build unix

package ui

import (
	"os"

	"golang.org/x/sys/unix"
)

// canSuspend reports whether there is a shell that would bring ferry back: it is not
// the session leader (as under ssh -tt host ferry), and its process group is not
// orphaned (its parent is in the same session, in another group).
func canSuspend() bool {
	sid, err := unix.Getsid(0)
	if err != nil || sid == os.Getpid() {
		return false
	}
	parent := os.Getppid()
	parentSid, err := unix.Getsid(parent)
	if err != nil || parentSid != sid {
		return false
	}
	group, err := unix.Getpgid(parent)
	return err == nil && group != unix.Getpgrp()
}
