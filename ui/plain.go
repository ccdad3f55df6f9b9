package ui

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"

	"ferry/model"
	"ferry/model/hub"
	"ferry/ui/screen"
)

// plainConsole is what a terminal gets that can move no cursor (TERM=dumb): plain lists
// and one question a line. What it does not offer, the commands do.
type plainConsole struct {
	o   Options
	hub *hub.Hub
	in  *bufio.Reader
}

const plainHelp = `clients [FILTER]   the API clients
client NAME        one client
users [FILTER]     the API users
rules USER         what an API user may call through the gateway
keys [FILTER]      the API keys
transfers [FILTER] exports, imports and syncs
server             the server that runs on this store
spaces             the spaces
space NAME         work in another space
audit              the latest of the audit log
help               this list
q                  quit
Everything else is a command: ferry help
`

func runPlain(ctx context.Context, o Options) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer endOnSignal(cancel, o.Input)()
	p := &plainConsole{o: o, in: bufio.NewReader(o.Input)}
	done := make(chan error, 1)
	var g guard
	g.kill = func() {
		done <- model.Errorf(model.EInternal, "the console ended on a fault of its own").WithCause(errPanicked)
	}
	g.goSafe(func() { done <- p.run(ctx) })
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (p *plainConsole) run(ctx context.Context) error {
	key, err := p.o.Door.FindKey(ctx)
	if model.CodeOf(err) == model.ELocked {
		key, err = p.passphrase()
	}
	if err != nil {
		return err
	}
	if p.hub, err = p.o.Door.Open(ctx, key); err != nil {
		return err
	}
	defer func() { _ = p.hub.Close() }()
	ctx = p.hub.Context(ctx)
	p.printf("ferry %s, a plain console: this terminal cannot move its cursor (TERM=dumb).\n", p.o.Version)
	line := "clients"
	if f, ok := p.o.Route.(screen.Clients); ok {
		line += " " + f.Filter
	}
	for {
		p.refresh(ctx)
		if quit := p.do(ctx, strings.Fields(line)); quit {
			return nil
		}
		p.printf("\n%s> ", p.prompt())
		if line, err = p.in.ReadString('\n'); err != nil && line == "" {
			p.printf("\n")
			return nil
		}
	}
}

// refresh looks at the space again: somebody else may have renamed, protected or deleted it.
func (p *plainConsole) refresh(ctx context.Context) {
	was := p.hub.Space
	sp, err := p.hub.Spaces.Get(ctx, was.ID)
	if model.CodeOf(err) == model.ENotFound || sp.Deleting {
		if sp, err = p.hub.Spaces.ByName(ctx, model.DefaultSpace); err == nil {
			p.printf("the space %s was deleted; this is %s\n", model.Printable(was.Name), model.Printable(sp.Name))
		}
	}
	if err == nil {
		p.hub = p.hub.In(sp)
	}
}

// prompt names the space, unless it is the one that is there from the start.
func (p *plainConsole) prompt() string {
	if name := p.hub.Space.Name; name != model.DefaultSpace {
		return "ferry " + model.Printable(name)
	}
	return "ferry"
}

// passphrase asks for it without showing it where the input is a terminal.
func (p *plainConsole) passphrase() (model.Key, error) {
	p.printf("Passphrase: ")
	var text string
	if f, ok := p.o.Input.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		b, err := term.ReadPassword(int(f.Fd()))
		p.printf("\n")
		if err != nil {
			return model.Key{}, model.Errorf(model.ELocked, "no passphrase was given").WithCause(err)
		}
		text = string(b)
	} else {
		line, err := p.in.ReadString('\n')
		if err != nil && line == "" {
			return model.Key{}, model.Errorf(model.ELocked, "no passphrase was given").WithCause(err)
		}
		text = strings.TrimRight(line, "\r\n")
	}
	return model.Key{Passphrase: model.NewSecret(text), From: "passphrase"}, nil
}

// do does one line and reports whether it was the last.
func (p *plainConsole) do(ctx context.Context, words []string) (quit bool) {
	if len(words) == 0 {
		return false
	}
	var err error
	switch arg := strings.Join(words[1:], " "); strings.TrimPrefix(words[0], ":") {
	case "clients":
		err = p.clients(ctx, arg)
	case "client":
		err = p.client(ctx, arg)
	case "users", "apiusers":
		err = p.users(ctx, arg)
	case "rules":
		err = p.rules(ctx, arg)
	case "keys":
		err = p.keys(ctx, arg)
	case "transfers":
		err = p.transfers(ctx, arg)
	case "server":
		err = p.server(ctx)
	case "spaces":
		err = p.spaces(ctx)
	case "space":
		err = p.space(ctx, arg)
	case "audit":
		err = p.audit(ctx)
	case "help", "?":
		p.printf("%s", plainHelp)
	case "q", "quit", "exit":
		return true
	default:
		p.printf("there is no %q here; help lists what there is\n", model.Printable(words[0]))
	}
	if err != nil {
		p.printf("error: %s\n", screen.Failed(err).Text)
	}
	return false
}

func (p *plainConsole) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(p.o.Output, format, args...)
}
