package command

import "golang.org/x/sys/unix"

// setTermiosFlush is setTermios that also drops what was typed and not read.
const setTermiosFlush = unix.TCSETSF
