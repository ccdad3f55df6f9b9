package command

import "golang.org/x/sys/unix"

// How this system's terminals tell and take their settings.
const (
	getTermios = unix.TCGETS
	setTermios = unix.TCSETS
)
