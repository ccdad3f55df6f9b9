// Package record is the page of one record, whatever it is: read off the hot path, read
// again when the store changed, left when somebody deleted it. A screen embeds a Page and
// says what is its own: what is read, how that is shown, and what its keys do.
//
// It imports the screen contract, widgets and model, and holds no rule.
package record

import (
	"context"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/hub"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/screens/flow"
)

// Page is the page of a record of which it reads a T. It is all of a screen.Screen but
// what shows.
type Page[T any] struct {
	Env           screen.Env
	Width, Height int
	Seen          *T // nil until it was read
	Err           error

	self    screen.ID
	actions flow.Actions
	o       Options[T]
	load    screen.Requests
	stale   bool // the store changed while it was read
}

// Options is what a page is of. The functions but Read run in Update.
type Options[T any] struct {
	// Read reads the record in a command.
	Read func(ctx context.Context, h *hub.Hub) (T, error)
	Name func(*T) string
	// Shown is called when it was read, or not: the screen makes what it shows anew. Was
	// is what was seen before.
	Shown func(was *T)
	// Key does what a key that no page has does to the record.
	Key func(k tea.KeyPressMsg) tea.Cmd
	// Leave leaves the page of a record that is gone; nil: at once.
	Leave func() tea.Cmd
}

// New returns the page, for the screen self, whose actions do what is done to the record.
func New[T any](env screen.Env, self screen.ID, actions flow.Actions, o Options[T]) *Page[T] {
	if o.Leave == nil {
		o.Leave = func() tea.Cmd { return screen.Send(screen.Pop{}) }
	}
	return &Page[T]{Env: env, self: self, actions: actions, o: o}
}

// ID implements screen.Screen.
func (p *Page[T]) ID() screen.ID { return p.self }

// Title implements screen.Screen.
func (p *Page[T]) Title() string {
	if p.Seen == nil {
		return "…"
	}
	return model.Printable(p.o.Name(p.Seen))
}

// Init implements screen.Screen: it starts reading.
func (p *Page[T]) Init() tea.Cmd { return p.Reload() }

// Rebind implements screen.Rebinder.
func (p *Page[T]) Rebind(h *hub.Hub) {
	p.Env.Hub = h
	p.actions.Rebind(h)
}

// Cancel implements screen.Canceler: it stops what the page does to the record.
func (p *Page[T]) Cancel() bool { return p.actions.Cancel() }

// Now is the time that the page tells.
func (p *Page[T]) Now() time.Time { return p.Env.Hub.Now() }

// Reload reads the record anew; what is shown stays until it has come.
func (p *Page[T]) Reload() tea.Cmd {
	if p.load.Running() {
		p.stale = true
		return nil
	}
	p.stale = false
	h, read := p.Env.Hub, p.o.Read
	return screen.Start(p.Env.Ctx, p.self, &p.load, func(ctx context.Context) (T, error) { return read(ctx, h) })
}

// Resume implements screen.Resumer.
func (p *Page[T]) Resume(result any) tea.Cmd {
	if cmd, mine := p.actions.Resume(result); mine {
		return cmd
	}
	return p.Reload()
}

// Update implements screen.Screen.
func (p *Page[T]) Update(msg tea.Msg) tea.Cmd {
	if res, cmd, mine := p.actions.Update(msg); mine {
		switch {
		case res.Deleted:
			return tea.Batch(cmd, p.o.Leave())
		case res.Changed:
			return tea.Batch(cmd, p.Reload())
		}
		return cmd
	}
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		p.actions.Forget()
		switch {
		case key.Matches(msg, keymap.Refresh):
			return p.Reload()
		case p.Seen != nil:
			return p.o.Key(msg)
		}
	case screen.Changed:
		return p.Reload()
	case screen.Reply[T]:
		return p.accept(msg)
	}
	return nil
}

func (p *Page[T]) accept(reply screen.Reply[T]) tea.Cmd {
	if !screen.Accept(&p.load, reply) {
		return nil
	}
	was := p.Seen
	if p.Err = reply.Err; p.Err == nil {
		p.Seen = &reply.Value
	}
	p.o.Shown(was)
	if model.CodeOf(p.Err) == model.ENotFound && p.Seen != nil {
		return tea.Batch(p.o.Leave(), screen.Send(screen.Notice{Level: screen.Warning, Text: p.o.Name(p.Seen) + " was deleted"}))
	}
	if p.stale {
		return p.Reload()
	}
	return nil
}

// Without is the whole view while there is no room or nothing was read, and false when
// there is a record to show.
func (p *Page[T]) Without() (view string, is bool) {
	st := p.Env.Styles
	switch {
	case p.Width == 0 || p.Height == 0:
		return "", true
	case p.Seen != nil:
		return "", false
	case p.Err != nil:
		return "\n  " + st.Danger.Render("✗ "+model.Printable(model.AsError(p.Err).Message)) + "\n\n  " + st.HelpKey.Render("R") + " tries again", true
	}
	return "\n  loading …", true
}
