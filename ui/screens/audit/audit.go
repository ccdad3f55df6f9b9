// Package audit is the audit log: who changed, revealed or fetched what, when and from
// where.
//
// It imports model, the screen contract and widgets, and changes nothing.
package audit

import (
	"context"
	"strings"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/hub"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/screens/listing"
	"ferry/ui/widget"
)

// Audit is the screen.
type Audit struct {
	env           screen.Env
	id            screen.ID
	width, height int
	entries       []model.AuditEntry
	next          model.ID // continues the list, "" at its end
	known         bool
	scroll        widget.Scroll
	load          screen.Requests
	err           error
}

var keys = keymap.Map{
	{keymap.Bind("↵", "details", "enter"), keymap.Down, keymap.Up, keymap.HalfDown, keymap.HalfUp, keymap.Refresh},
	{keymap.Top, keymap.Bottom},
}

// pageSize is how many entries are read at once; more come when the end is near.
const pageSize = 200

// New returns the audit log, newest first.
func New(env screen.Env) screen.Screen { return &Audit{env: env, id: screen.NewID()} }

// ID implements screen.Screen.
func (a *Audit) ID() screen.ID { return a.id }

// Title implements screen.Screen.
func (a *Audit) Title() string { return "Audit" }

// Keys implements screen.Screen.
func (a *Audit) Keys() help.KeyMap { return keys }

// Rebind implements screen.Rebinder.
func (a *Audit) Rebind(h *hub.Hub) { a.env.Hub = h }

// SetSize implements screen.Screen.
func (a *Audit) SetSize(width, height int) {
	a.width, a.height = width, height
	a.scroll.Resize(len(a.entries), height-1)
}

type page struct {
	entries []model.AuditEntry
	next    model.ID
	before  model.ID
}

// Init loads the newest entries.
func (a *Audit) Init() tea.Cmd { return a.get("") }

func (a *Audit) get(before model.ID) tea.Cmd {
	h, n := a.env.Hub, pageSize
	if before == "" { // what was shown is read again as a whole
		n = max(n, len(a.entries))
	}
	return screen.Start(a.env.Ctx, a.id, &a.load, func(ctx context.Context) (page, error) {
		entries, next, err := h.Audit.List(ctx, h.Space, before, n)
		return page{entries, next, before}, err
	})
}

// Update implements screen.Screen.
func (a *Audit) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case screen.Changed:
		return a.get("")
	case screen.Reply[page]:
		a.accept(msg)
	case tea.KeyPressMsg:
		switch {
		case key.Matches(msg, keymap.Refresh):
			return a.get("")
		case key.Matches(msg, keys[0][0]) && a.scroll.Cursor < len(a.entries):
			e := &a.entries[a.scroll.Cursor]
			return screen.Send(screen.Open{Overlay: widget.NewShow(a.env.Styles, e.Action+" · "+model.Printable(e.Name), details(e))})
		case a.scroll.Key(msg) && a.scroll.Cursor >= len(a.entries)-a.scroll.Height && a.next != "" && !a.load.Running():
			return a.get(a.next)
		}
	}
	return nil
}

func (a *Audit) accept(reply screen.Reply[page]) {
	if !screen.Accept(&a.load, reply) {
		return
	}
	if a.err = reply.Err; a.err != nil {
		return
	}
	p := reply.Value
	if p.before == "" {
		// New entries come on top; the cursor stays on the entry it was on.
		var at model.ID
		if a.scroll.Cursor > 0 && a.scroll.Cursor < len(a.entries) {
			at = a.entries[a.scroll.Cursor].ID
		}
		a.entries = p.entries
		a.scroll.Resize(len(a.entries), a.height-1)
		for i := range a.entries {
			if at != "" && a.entries[i].ID == at {
				a.scroll.Move(i)
			}
		}
	} else {
		a.entries = append(a.entries, p.entries...)
	}
	a.next, a.known = p.next, true
	a.scroll.Resize(len(a.entries), a.height-1)
}

// View implements screen.Screen.
func (a *Audit) View() string {
	st := a.env.Styles
	switch {
	case a.width == 0 || a.height == 0:
		return ""
	case a.err != nil && len(a.entries) == 0:
		return "\n  " + st.Danger.Render("✗ "+model.AsError(a.err).Message) + "\n\n  " + st.HelpKey.Render("R") + " tries again"
	case !a.known:
		return "\n  loading …"
	case len(a.entries) == 0:
		return "\n  Nothing has been done yet."
	}
	lines := []string{st.Column.Render("   " + a.line("TIME (UTC)", "WHO", "ACTION", "TARGET", "CHANGED"))}
	return strings.Join(append(lines, listing.Window(st, &a.scroll, func(i int) string {
		e := &a.entries[i]
		return " " + a.line(e.At.UTC().Format("2006-01-02 15:04:05"), who(e.Actor), e.Action, model.Printable(e.Name), fields(e))
	})...), "\n")
}

// line puts cells into columns; at 60 columns the last one goes.
func (a *Audit) line(at, who, action, target, changed string) string {
	if a.width < 76 {
		at = at[max(len(at)-14, 0):] // without the year
		return widget.Fit(at, 14) + "  " + widget.Fit(who, 10) + "  " + widget.Fit(action, 15) + "  " + widget.Truncate(target, a.width-49)
	}
	const doing = 17 // client.unprotect
	time, person := 19, 16
	if a.width < 100 {
		at, time, person = at[max(len(at)-14, 0):], 14, 12
	}
	rest := a.width - 3 - time - person - doing - 4*2 - 1
	name := min(max(rest/2, 12), 28)
	return widget.Fit(at, time) + "  " + widget.Fit(who, person) + "  " + widget.Fit(action, doing) + "  " + widget.Fit(target, name) + "  " +
		widget.Truncate(changed, rest-name)
}

func fields(e *model.AuditEntry) string {
	names := make([]string, len(e.Changes))
	for i, c := range e.Changes {
		names[i] = model.Printable(c.Field)
	}
	return strings.Join(names, ", ")
}

// details are the lines that tell everything about an entry.
func details(e *model.AuditEntry) []string {
	lines := []string{
		"When    " + e.At.UTC().Format("2006-01-02 15:04:05") + " UTC",
		"Who     " + who(e.Actor) + slot(e.Actor),
		"Where   " + from(e.Actor),
		"Space   " + model.Printable(e.Space),
		"Target  " + model.Printable(e.Name) + " (" + string(e.Target) + ")",
	}
	if len(e.Changes) > 0 {
		lines = append(lines, "")
	}
	for _, c := range e.Changes {
		line := model.Printable(c.Field)
		switch {
		case c.From != "" && c.To != "":
			line += ": " + model.Printable(c.From) + " → " + model.Printable(c.To)
		case c.From != "":
			line += ": " + model.Printable(c.From) + " → nothing"
		case c.To != "":
			line += ": " + model.Printable(c.To)
		}
		lines = append(lines, line)
	}
	return lines
}

// who tells people from API users, whose names may be the same.
func who(a model.Actor) string {
	if a.APIUser != "" {
		return "api:" + model.Printable(a.Label())
	}
	return model.Printable(a.Label())
}

func slot(a model.Actor) string {
	if a.APIUser != "" {
		return ", through the hub API (" + model.Printable(string(a.APIUser)) + ")"
	}
	if a.Slot == "" {
		return ""
	}
	return ", unlocked by " + model.Printable(a.Slot)
}

func from(a model.Actor) string {
	switch {
	case a.APIUser != "":
		return model.Printable(a.Addr)
	case a.SSH == "":
		return "this machine"
	}
	return model.Printable(a.SSH) + " (claimed)"
}
