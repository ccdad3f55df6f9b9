package ui

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/term"

	"ferry/model"
)

// watchInput returns input with two things seen to before Bubble Tea reads it: a
// terminal that went away ends the console (Bubble Tea alone would wait for ever), and
// an end-of-paste mark inside a paste does not end it.
func watchInput(in io.Reader, gone func()) io.Reader {
	if f, ok := in.(*os.File); ok {
		return &inputFile{File: f, gone: gone}
	}
	return &inputReader{Reader: in, gone: gone}
}

type inputFile struct {
	*os.File
	gone func()
}

func (f *inputFile) Read(p []byte) (int, error) {
	n, err := f.File.Read(p)
	return sift(p[:n]), ended(err, f.gone)
}

type inputReader struct {
	io.Reader
	gone func()
}

func (r *inputReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	return sift(p[:n]), ended(err, r.gone)
}

func ended(err error, gone func()) error {
	if err != nil {
		gone()
	}
	return err
}

var (
	pasteStart = []byte("\x1b[200~")
	pasteEnd   = []byte("\x1b[201~")
)

// sift takes every end-of-paste mark out of p that another one follows without a new
// paste between: only the last is the terminal's own, the others are in what was
// pasted, put there so that the rest is taken for keys. It returns the new length.
func sift(p []byte) int {
	for from := 0; ; {
		first := bytes.Index(p[from:], pasteEnd)
		if first < 0 {
			return len(p)
		}
		first += from
		rest := p[first+len(pasteEnd):]
		next, start := bytes.Index(rest, pasteEnd), bytes.Index(rest, pasteStart)
		if next < 0 || start >= 0 && start < next {
			from = first + len(pasteEnd)
			continue
		}
		p = append(p[:first], rest...)
		from = first
	}
}

// watchOutput returns out, with gone called when writing to it fails.
func watchOutput(out io.Writer, gone func()) io.Writer {
	if f, ok := out.(*os.File); ok {
		return &outputFile{File: f, gone: gone}
	}
	return &outputWriter{Writer: out, gone: gone}
}

type outputFile struct {
	*os.File
	gone func()
}

func (f *outputFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	return n, ended(err, f.gone)
}

type outputWriter struct {
	io.Writer
	gone func()
}

func (w *outputWriter) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	return n, ended(err, w.gone)
}

// hardLimit is how long an orderly end may take after a signal. A terminal that was
// stopped (ctrl-s) or hangs would otherwise keep the process for ever.
const hardLimit = 3 * time.Second

// exit ends the process when an orderly end is not possible.
var exit = os.Exit

// endOnSignal ends the console on the signals that mean so. Bubble Tea's own handler
// knows neither SIGHUP (the connection dropped) nor SIGQUIT.
func endOnSignal(cancel context.CancelCauseFunc, in io.Reader) (stop func()) {
	signals := make(chan os.Signal, 1)
	done := make(chan struct{})
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	restore := restorer(in)
	go func() {
		select {
		case <-done:
			return
		case s := <-signals:
			cancel(model.Errorf(model.EInterrupted, "interrupted by the signal %q", s.String()))
		}
		select {
		case <-done:
		case <-time.After(hardLimit):
			restore()
			exit(model.ExitCode(model.Errorf(model.EInterrupted, "")))
		}
	}()
	return func() {
		signal.Stop(signals)
		close(done)
	}
}

// restorer returns what puts a terminal back into the state it is in now.
func restorer(in io.Reader) func() {
	f, ok := in.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return func() {}
	}
	state, err := term.GetState(int(f.Fd()))
	if err != nil {
		return func() {}
	}
	return func() { _ = term.Restore(int(f.Fd()), state) }
}
