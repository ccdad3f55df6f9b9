package ui

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"ferry/model"
	"ferry/model/clients"
	"ferry/model/hub"
	"ferry/ui/screen"
	"ferry/ui/widget"
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
		if quit := p.do(ctx, strings.Fields(line)); quit {
			return nil
		}
		p.printf("\nferry> ")
		if line, err = p.in.ReadString('\n'); err != nil && line == "" {
			p.printf("\n")
			return nil
		}
	}
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

func (p *plainConsole) clients(ctx context.Context, filter string) error {
	rows, err := p.hub.Clients.List(ctx, p.hub.Space, nil)
	if err != nil {
		return err
	}
	now := p.hub.Now()
	w := tabwriter.NewWriter(p.o.Output, 2, 4, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tBASE URL\tSTATE\tAUTH\tTOKEN")
	for _, i := range clients.Filter(nil, rows, filter) {
		s := &rows[i]
		token := "-"
		switch left := s.Runtime.TokenExpires.Sub(now); {
		case s.Runtime.TokenFailed:
			token = "failed"
		case left > 0:
			token = widget.Left(left) + " left"
		case !s.Runtime.TokenExpires.IsZero():
			token = "expired"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", model.Printable(s.Name), model.Printable(s.BaseURL), s.State, s.Method, token)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if len(rows) == 0 {
		p.printf("no API clients yet; create one with: ferry client create NAME --base-url URL\n")
	}
	return nil
}

func (p *plainConsole) client(ctx context.Context, name string) error {
	c, err := p.hub.Clients.ByName(ctx, p.hub.Space, name)
	if err != nil {
		return err
	}
	v := clients.ViewOf(p.hub.Space, &c)
	for _, l := range [][2]string{
		{"Name", v.Name},
		{"Base URL", v.BaseURL},
		{"State", string(v.State)},
		{"Authentication", string(v.Auth)},
		{"Token URL", v.TokenURL},
		{"Issuer", v.Issuer},
		{"Client ID", v.ClientID},
		{"Scopes", strings.Join(v.Scopes, " ")},
		{"Missing", strings.Join(v.Missing, ", ")},
		{"Changed", v.UpdatedAt.Format(time.RFC3339) + " by " + v.UpdatedBy},
	} {
		if l[1] != "" {
			p.printf("%-15s %s\n", l[0], model.Printable(l[1]))
		}
	}
	for _, h := range c.Headers {
		value := h.Value.Reveal()
		if h.Secret {
			value = "********"
		}
		p.printf("%-15s %s: %s\n", "Header", model.Printable(h.Name), model.Printable(value))
	}
	return nil
}

func (p *plainConsole) audit(ctx context.Context) error {
	entries, _, err := p.hub.Audit.List(ctx, p.hub.Space, "", 20)
	for _, e := range entries {
		p.printf("%s  %s  %s  %s\n", e.At.UTC().Format(time.RFC3339), model.Printable(e.Actor.Label()), e.Action, model.Printable(e.Name))
	}
	return err
}

func (p *plainConsole) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(p.o.Output, format, args...)
}
