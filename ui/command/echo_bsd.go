//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package command

import "golang.org/x/sys/unix"

// How this system's terminals tell and take their settings.
const (
	getTermios = unix.TIOCGETA
	setTermios = unix.TIOCSETA
)
