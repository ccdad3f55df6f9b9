package command

import (
	"bufio"
	"context"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"ferry/model"
)

// interactive reports whether somebody is there to answer: the question goes to the
// terminal itself, so stdin may still be a pipe.
func (a *app) interactive() bool { return a.env.Terminals.In || a.env.Terminals.Err }

// askSecret asks for a secret, without echo.
func (a *app) askSecret(ctx context.Context, question string) (model.Secret, error) {
	line, err := a.ask(ctx, question, false)
	if err != nil {
		return model.Secret{}, err
	}
	if line == "" {
		return model.Secret{}, model.Errorf(model.EInvalid, "nothing was typed").WithNext("try again")
	}
	return model.NewSecret(line), nil
}

// askLine asks for one line of text.
func (a *app) askLine(ctx context.Context, question string) (string, error) {
	return a.ask(ctx, question, true)
}

// ask puts a question to the terminal and waits for the answer or the end of ctx. The
// echo is off before the question stands there, for those who type at once, and back
// whatever happens.
func (a *app) ask(ctx context.Context, question string, echo bool) (string, error) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return "", model.Errorf(model.ELocked, "there is no terminal to ask on").WithCause(err).
			WithNext("give it with a flag")
	}
	defer tty.Close()
	restore := func() {}
	if !echo {
		if restore, err = echoOff(tty); err != nil {
			return "", model.Errorf(model.EInternal, "the terminal does not answer").WithCause(err)
		}
	}
	defer restore()
	_, _ = io.WriteString(tty, question)
	type answer struct {
		text string
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		text, err := readLine(tty)
		got <- answer{text, err}
	}()
	select {
	case <-ctx.Done():
		_, _ = io.WriteString(tty, "\n")
		return "", context.Canceled // the reader cannot be stopped; it ends with the process
	case r := <-got:
		if !echo {
			_, _ = io.WriteString(tty, "\n")
		}
		if r.err != nil {
			return "", model.Errorf(model.EInterrupted, "no answer").WithCause(r.err)
		}
		return r.text, nil
	}
}

// echoOff keeps a terminal from showing what is typed, until restore is called. Lines,
// erasing and ctrl-c work as they did.
func echoOff(tty *os.File) (restore func(), err error) {
	fd := int(tty.Fd())
	before, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return nil, err
	}
	now := *before
	now.Lflag &^= unix.ECHO
	now.Lflag |= unix.ICANON | unix.ISIG
	now.Iflag |= unix.ICRNL
	if err := unix.IoctlSetTermios(fd, setTermios, &now); err != nil {
		return nil, err
	}
	return func() { _ = unix.IoctlSetTermios(fd, setTermios, before) }, nil
}

const maxLine = 4 << 10

// readLine reads one line byte by byte, so that nothing behind it is taken.
func readLine(r *os.File) (string, error) {
	var line []byte
	for b := make([]byte, 1); len(line) < maxLine; {
		n, err := r.Read(b)
		if n == 0 || err != nil {
			return "", io.ErrUnexpectedEOF
		}
		if b[0] == '\n' {
			return strings.TrimSuffix(string(line), "\r"), nil
		}
		line = append(line, b[0])
	}
	return "", bufio.ErrTooLong
}

// confirmed does what may need a record's name: with --confirm, and, where the rules
// then still ask for it and somebody is there, with the name typed.
func (a *app) confirmed(ctx context.Context, name, warning string, do func(confirm string) error) error {
	err := do(a.g.confirm)
	code := model.CodeOf(err)
	if code != model.EProtected && code != model.EConfirm || a.g.confirm != "" || !a.interactive() {
		return err
	}
	if warning == "" {
		warning = model.AsError(err).Message + "."
	}
	typed, askErr := a.askLine(ctx, model.PrintableLines(warning)+"\nType "+name+" to go on: ")
	if askErr != nil {
		return askErr
	}
	if typed == "" {
		return err
	}
	return do(typed)
}

// agreed asks an ordinary question. It is yes with --yes and where nobody can answer.
func (a *app) agreed(ctx context.Context, question string) (bool, error) {
	if a.g.yes || !a.interactive() {
		return true, nil
	}
	typed, err := a.askLine(ctx, question+" [y/N] ")
	typed = strings.ToLower(strings.TrimSpace(typed))
	return typed == "y" || typed == "yes", err
}
