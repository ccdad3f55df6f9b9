// Package ui is the console: the root model with its routing, stack, overlays and
// layout, and everything that leaves the terminal as it was found.
//
// It imports model, Bubble Tea and the packages below it. It holds no business rule and
// does no I/O of its own beside the terminal's; storage and auth reach it only as the
// ports in model. Its one way in is Run.
package ui

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"ferry/model"
	"ferry/model/hub"
	"ferry/ui/screen"
)

// Options is what the console is started with.
type Options struct {
	Door       hub.Door
	Version    string
	Route      screen.Route // where to start; nil means the clients
	Restricted bool         // no suspending, no editor, no file
	NoColor    bool
	Sandbox    string // a word for the header when the store is a throw-away one

	Input  io.Reader // os.Stdin when nil
	Output io.Writer // os.Stdout when nil
	Env    []string  // os.Environ() when nil
	Width  int       // the size when Output is no terminal
	Height int
	Now    func() time.Time // for notices and the grace of prompts; time.Now when nil
	Log    *slog.Logger     // nothing is logged when nil
}

// fps is how often a frame may be written. A key waits for half of such a time on
// average, so it is set as high as Bubble Tea allows.
const fps = 120

// Run shows the console until the person leaves it. The terminal is restored on every
// way out. Errors: EInterrupted after a signal or when the terminal went away,
// EInternal after a panic, whose details are in the log.
func Run(ctx context.Context, o Options) error {
	o.fill()
	if env(o.Env, "TERM") == "dumb" {
		return runPlain(ctx, o)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	killed, kill := context.WithCancel(context.WithoutCancel(ctx))
	defer kill()
	gone := func() { cancel(errTerminalGone) }
	r := newRoot(ctx, o)
	defer r.close()
	r.guard.kill = func() { cancel(errPanicked) }
	p := tea.NewProgram(r, o.program(killed, gone)...)
	done := make(chan struct{})
	defer context.AfterFunc(ctx, func() { endProgram(p, done, kill) })()
	defer endOnSignal(cancel, o.Input)()
	_, err := p.Run()
	close(done)
	r.pauseRuns()
	return outcome(ctx, r, err, o.Log)
}

// program is how Bubble Tea is set up.
func (o *Options) program(ctx context.Context, gone func()) []tea.ProgramOption {
	opts := []tea.ProgramOption{
		tea.WithInput(watchInput(o.Input, gone)), tea.WithOutput(watchOutput(o.Output, gone)),
		tea.WithEnvironment(o.Env), tea.WithFPS(fps), tea.WithoutSignalHandler(), tea.WithContext(ctx),
	}
	if o.Width > 0 {
		opts = append(opts, tea.WithWindowSize(o.Width, o.Height))
	}
	if o.NoColor {
		opts = append(opts, tea.WithColorProfile(colorprofile.ASCII))
	}
	return opts
}

// softLimit is how long the program may take to end by itself before it is killed.
const softLimit = time.Second

// endProgram ends the program as quitting does. Killing it at once would leave Bubble
// Tea reading from what it closes.
func endProgram(p *tea.Program, done <-chan struct{}, kill func()) {
	go p.Quit() // it waits for the event loop, which may be stuck
	select {
	case <-done:
	case <-time.After(softLimit):
		kill()
	}
}

func (o *Options) fill() {
	if o.Input == nil {
		o.Input = os.Stdin
	}
	if o.Output == nil {
		o.Output = os.Stdout
	}
	if o.Env == nil {
		o.Env = os.Environ()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Route == nil {
		o.Route = screen.Clients{}
	}
}

var (
	errTerminalGone = model.Errorf(model.EInterrupted, "the terminal went away")
	errPanicked     = errors.New("panicked")
)

// outcome turns the way the program ended into what the caller gets.
func outcome(ctx context.Context, r *root, err error, log *slog.Logger) error {
	if p := r.guard.caught(); p != nil {
		log.Error("the console panicked", "panic", p.value, "stack", p.stack)
		return model.Errorf(model.EInternal, "the console ended on a fault of its own; the terminal is restored").
			WithNext("run it again with --log-file FILE -v and look at the file").WithCause(errPanicked)
	}
	if cause := context.Cause(ctx); cause != nil {
		if model.CodeOf(cause) != model.EInternal {
			return cause
		}
		return model.Errorf(model.EInterrupted, "interrupted").WithCause(cause)
	}
	if errors.Is(err, tea.ErrInterrupted) {
		return model.Errorf(model.EInterrupted, "interrupted").WithCause(err)
	}
	if err != nil {
		return model.Errorf(model.EInternal, "the console could not use this terminal").
			WithNext("use the commands instead: ferry client list").WithCause(err)
	}
	return nil
}

// env returns the last value of a variable in environ.
func env(environ []string, name string) string {
	for i := len(environ) - 1; i >= 0; i-- {
		if v, ok := cutName(environ[i], name); ok {
			return v
		}
	}
	return ""
}

func cutName(kv, name string) (string, bool) {
	if len(kv) > len(name) && kv[:len(name)] == name && kv[len(name)] == '=' {
		return kv[len(name)+1:], true
	}
	return "", false
}
