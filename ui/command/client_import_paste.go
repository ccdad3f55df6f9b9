package command

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"ferry/model"
	"ferry/model/curl"
)

const (
	ctrlD     = 0x04
	backspace = 0x7f
)

// curlLine reads the command from a file, from stdin, or, where that is a terminal, as it
// is pasted.
func (a *app) curlLine(ctx context.Context, name string) (string, error) {
	if name == "-" && a.env.Terminals.In {
		return a.paste(ctx, "Paste the curl command; an empty line or ctrl-d ends it. It is not shown.\n")
	}
	b, err := a.readFile(name, "input", curl.MaxLine)
	return string(b), err
}

// paste reads several lines from the terminal without showing them, until one is empty.
func (a *app) paste(ctx context.Context, question string) (string, error) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return "", model.Errorf(model.ELocked, "there is no terminal to paste on").WithCause(err).WithNext("give a file with -i FILE")
	}
	defer tty.Close()
	return answer(ctx, tty, question, echoAndLinesOff, readPaste)
}

// echoAndLinesOff is echoOff without the terminal's own line editing, which drops what a
// line has beyond 4095 bytes. ctrl-c works as it did.
func echoAndLinesOff(tty *os.File) (restore func(), err error) {
	// What was pasted behind the end must not become the next command of the shell.
	return withMode(tty, setTermiosFlush, func(m *unix.Termios) {
		m.Lflag &^= unix.ECHO | unix.ICANON
		m.Lflag |= unix.ISIG
		m.Iflag |= unix.ICRNL
		m.Cc[unix.VMIN], m.Cc[unix.VTIME] = 1, 0
	})
}

// readPaste reads until an empty line behind some text, or ctrl-d.
func readPaste(r io.Reader) (string, error) {
	var text []byte
	for b := make([]byte, 1); ; {
		n, err := r.Read(b)
		if n == 0 || err != nil {
			return "", noAnswer(err)
		}
		switch c := b[0]; {
		case c == ctrlD:
			return string(text), nil
		case c == backspace:
			text = text[:max(0, len(text)-1)]
		case c == '\n' && (bytes.HasSuffix(text, []byte("\n")) || strings.TrimSpace(string(text)) == ""):
			if len(bytes.TrimSpace(text)) > 0 {
				return string(text), nil
			}
		case len(text) > curl.MaxLine:
			return "", model.Errorf(model.EInvalid, "more than %d KiB were pasted", curl.MaxLine>>10).WithField("curl").
				WithNext("give a file with -i FILE")
		default:
			text = append(text, c)
		}
	}
}
