package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"ferry/model"
)

// app is one run of the command line.
type app struct {
	env     Env
	g       globals
	out     *watchedWriter // stdout
	errOut  io.Writer
	logFile io.Closer
	stdin   stdinUser // what stdin was used for
	typed   []string  // the words of the person: the arguments, or those that came over SSH
}

// Run parses and runs one command line and returns the process exit code: 0 done, also when
// the reader of the output wanted no more of it; else as model.ExitCode says.
func Run(ctx context.Context, env Env) (code int) {
	a := &app{env: env, out: &watchedWriter{w: env.Stdout}, errOut: env.Stderr}
	slog.SetDefault(slog.New(slog.DiscardHandler))
	// A reader that has gone is to be an error of the write, not the end of the process: what
	// runs then ends in order.
	broken := make(chan os.Signal, 1)
	signal.Notify(broken, syscall.SIGPIPE)
	defer signal.Stop(broken)
	defer a.closeLog()
	defer func() {
		if p := recover(); p != nil {
			slog.Error("panic", "value", fmt.Sprint(p), "stack", string(debug.Stack()))
			code = a.fail(model.Errorf(model.EInternal, "something went wrong inside ferry").
				WithNext("run the same again with --log-file FILE -v and look at the file"))
		}
	}()
	args, err := a.arguments()
	if err == nil {
		err = a.execute(ctx, args)
	}
	if a.readerGone(err) {
		return 0
	}
	if err == nil && a.out.err != nil {
		err = model.Errorf(model.EInternal, "the output could not be written").WithCause(a.out.err).
			WithNext("look whether the disk is full")
	}
	if err == nil {
		return 0
	}
	return a.fail(err)
}

func (a *app) execute(ctx context.Context, args []string) error {
	root := a.root()
	root.SetArgs(args)
	root.SetIn(a.env.Stdin)
	root.SetOut(a.out)
	root.SetErr(a.errOut)
	if err := a.fromEnvironment(root.PersistentFlags()); err != nil {
		return err
	}
	return asUsage(root.ExecuteContext(ctx))
}

// asUsage gives an error of the flag parser its code. Whatever a command itself
// returns has one, or is about a context or the machine.
func asUsage(err error) error {
	var coded *model.Error
	switch {
	case err == nil, errors.As(err, &coded), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case strings.HasPrefix(err.Error(), "unknown command "):
		return unknownCommand(err)
	}
	return model.AsError(err)
}

// readerGone reports whether nothing ended the command but whoever reads its output: they
// have what they wanted, as head has, and nobody wants to hear of it. What went wrong besides
// is still said.
func (a *app) readerGone(err error) bool {
	return errors.Is(a.out.err, syscall.EPIPE) && (err == nil || errors.Is(err, syscall.EPIPE))
}

// fail reports err on stderr and returns its exit code.
func (a *app) fail(err error) int {
	var quiet quietError
	if errors.As(err, &quiet) {
		return quiet.code
	}
	e := model.AsError(err)
	if e.Err != nil {
		slog.Error(e.Message, "code", string(e.Code), "cause", e.Err.Error())
	}
	if a.wantsJSON() {
		writeJSON(a.errOut, errorDocument(e))
	} else {
		fmt.Fprintln(a.errOut, errorLine(e))
	}
	return model.ExitCode(e)
}

// quietError ends the process with a code after everything has been said.
type quietError struct{ code int }

func (quietError) Error() string { return "" }

// watchedWriter remembers the first failure to write, so that a full disk is not
// taken for success.
type watchedWriter struct {
	w   io.Writer
	err error
}

func (w *watchedWriter) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	n, err := w.w.Write(p)
	w.err = err
	return n, err
}
