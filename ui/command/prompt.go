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

// ask puts a question to the terminal and waits for the answer or the end of ctx.
func (a *app) ask(ctx context.Context, question string, echo bool) (string, error) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return "", model.Errorf(model.ELocked, "there is no terminal to ask on").WithCause(err).
			WithNext("give it with a flag")
	}
	defer tty.Close()
	if echo {
		return answer(ctx, tty, question, asItIs, readLine)
	}
	return answer(ctx, tty, question, echoOff, func(typed io.Reader) (string, error) {
		line, err := readLine(typed)
		_, _ = io.WriteString(tty, "\n") // the one that was typed was not shown
		return line, err
	})
}

// answer puts a question to a terminal and returns what read makes of the answer, or
// context.Canceled at the end of ctx. The mode of the terminal is set before the question
// stands there, for those who type at once, and as it was before whatever happens.
func answer(ctx context.Context, tty *os.File, question string, mode terminalMode, read func(io.Reader) (string, error)) (string, error) {
	restore, err := mode(tty)
	if err != nil {
		return "", model.Errorf(model.EInternal, "the terminal does not answer").WithCause(err)
	}
	defer restore()
	_, _ = io.WriteString(tty, question)
	type answered struct {
		text string
		err  error
	}
	got := make(chan answered, 1)
	go func() {
		text, err := read(tty)
		got <- answered{text, err}
	}()
	select {
	case <-ctx.Done():
		if !strings.HasSuffix(question, "\n") {
			_, _ = io.WriteString(tty, "\n")
		}
		return "", context.Canceled // the reader cannot be stopped; it ends with the process
	case r := <-got:
		return r.text, r.err
	}
}

// terminalMode sets how a terminal takes what is typed, until restore is called.
type terminalMode func(tty *os.File) (restore func(), err error)

func asItIs(*os.File) (restore func(), err error) { return func() {}, nil }

// echoOff keeps a terminal from showing what is typed, until restore is called. Lines,
// erasing and ctrl-c work as they did.
func echoOff(tty *os.File) (restore func(), err error) {
	return withMode(tty, setTermios, func(m *unix.Termios) {
		m.Lflag &^= unix.ECHO
		m.Lflag |= unix.ICANON | unix.ISIG
		m.Iflag |= unix.ICRNL
	})
}

// withMode changes the mode of a terminal until restore is called, which sets the one before
// with the request back.
func withMode(tty *os.File, back uint, change func(*unix.Termios)) (restore func(), err error) {
	fd := int(tty.Fd())
	before, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return nil, err
	}
	now := *before
	change(&now)
	if err := unix.IoctlSetTermios(fd, setTermios, &now); err != nil {
		return nil, err
	}
	return func() { _ = unix.IoctlSetTermios(fd, back, before) }, nil
}

const maxLine = 4 << 10

// readLine reads one line byte by byte, so that nothing behind it is taken.
func readLine(r io.Reader) (string, error) {
	var line []byte
	for b := make([]byte, 1); len(line) < maxLine; {
		n, err := r.Read(b)
		if n == 0 || err != nil {
			return "", noAnswer(io.ErrUnexpectedEOF)
		}
		if b[0] == '\n' {
			return strings.TrimSuffix(string(line), "\r"), nil
		}
		line = append(line, b[0])
	}
	return "", noAnswer(bufio.ErrTooLong)
}

func noAnswer(cause error) error {
	return model.Errorf(model.EInterrupted, "no answer").WithCause(cause)
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
