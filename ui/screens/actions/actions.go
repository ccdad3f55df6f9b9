// Package actions is what can be done to API clients from more than one screen: the
// menu of more actions, copying, rotating secrets and deleting, with the questions that
// come before.
//
// It imports model, the screen contract and widgets. Every rule is the use-case's; this
// package asks what a use-case will ask for, and shows what it answers.
package actions

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/ui/screen"
	"ferry/ui/widget"
)

// Target is a client that something is done to.
type Target struct {
	ID        model.ID
	Name      string
	State     model.State
	Protected bool
}

// Kind is what is done.
type Kind int

// The kinds of action.
const (
	Enable Kind = iota + 1
	Disable
	Duplicate
	Rotate
	CopyCurl
	CopyName
	CopyURL
	Protect
	Unprotect
	Delete
)

// Actions does things to clients on behalf of one screen. The screen hands it what it
// is resumed with and the replies it gets.
type Actions struct {
	env  screen.Env
	self screen.ID
	req  screen.Requests

	pending func(result any) tea.Cmd // what the overlay that is open is for
}

// New returns the actions of the screen self.
func New(env screen.Env, self screen.ID) *Actions { return &Actions{env: env, self: self} }

// outcome is the reply of every request made here.
type outcome struct {
	done bool           // something was changed: the screen looks again
	text string         // what to say
	next func() tea.Cmd // what to do then
	gone bool           // the client was deleted
}

// Result says to a screen what became of an action.
type Result struct {
	Changed bool
	Deleted bool
}

// Busy reports whether an action is under way.
func (a *Actions) Busy() bool { return a.req.Running() }

// Cancel stops the action under way and reports whether there was one.
func (a *Actions) Cancel() bool {
	busy := a.Busy()
	a.req.Cancel()
	return busy
}

// Resume takes the result of an overlay that was opened here.
func (a *Actions) Resume(result any) (cmd tea.Cmd, mine bool) {
	if a.pending == nil {
		return nil, false
	}
	then := a.pending
	a.pending = nil
	if result == nil {
		return nil, true
	}
	return then(result), true
}

// Update takes a reply to a request that was made here.
func (a *Actions) Update(msg tea.Msg) (res Result, cmd tea.Cmd, mine bool) {
	reply, ok := msg.(screen.Reply[outcome])
	if !ok {
		return Result{}, nil, false
	}
	if !screen.Accept(&a.req, reply) {
		return Result{}, nil, true
	}
	if reply.Err != nil {
		// Somebody else may have changed or deleted it, so the screen looks again.
		return Result{Changed: true}, screen.Send(screen.Failed(reply.Err)), true
	}
	out := reply.Value
	if out.text != "" {
		cmd = screen.Send(screen.Notice{Level: screen.Success, Text: out.text})
	}
	if out.next != nil {
		cmd = tea.Batch(cmd, out.next())
	}
	return Result{Changed: out.done, Deleted: out.gone}, cmd, true
}

// open asks something; then gets the answer unless it is cancelled.
func (a *Actions) open(o screen.Overlay, then func(any) tea.Cmd) tea.Cmd {
	a.pending = then
	return screen.Send(screen.Open{Overlay: o})
}

func (a *Actions) start(fn func(context.Context) (outcome, error)) tea.Cmd {
	return screen.Start(a.env.Ctx, a.self, &a.req, fn)
}

// Menu opens the menu of more actions for one client or several marked ones.
func (a *Actions) Menu(targets []Target) tea.Cmd {
	if len(targets) == 0 {
		return nil
	}
	title := targets[0].Name
	if len(targets) > 1 {
		title = counted(len(targets), "marked client")
	}
	return a.open(widget.NewMenu(a.env.Styles, "More actions · "+title, menuItems(targets)), func(v any) tea.Cmd {
		return a.Do(v.(Kind), targets)
	})
}

func menuItems(targets []Target) []widget.MenuItem {
	active, disabled := 0, 0
	for _, t := range targets {
		if t.State == model.Active {
			active++
		} else {
			disabled++
		}
	}
	var items []widget.MenuItem
	add := func(key, label, note string, k Kind) {
		items = append(items, widget.MenuItem{Key: key, Label: label, Note: note, Value: k})
	}
	if disabled > 0 {
		add("a", "Activate", "", Enable)
	}
	if active > 0 {
		add("i", "Disable", "no tokens, no calls", Disable)
	}
	if len(targets) > 1 {
		return items
	}
	add("u", "Duplicate …", "", Duplicate)
	add("r", "Rotate secret …", "", Rotate)
	add("c", "Copy as curl", "secrets masked", CopyCurl)
	if targets[0].Protected {
		add("p", "Unprotect", "", Unprotect)
	} else {
		add("p", "Protect", "changes then ask for the name", Protect)
	}
	add("D", "Delete …", "irreversible", Delete)
	return items
}

// Copy opens the copy menu of one client.
func (a *Actions) Copy(t Target) tea.Cmd {
	items := []widget.MenuItem{
		{Key: "n", Label: "Name", Value: CopyName},
		{Key: "u", Label: "Base URL", Value: CopyURL},
		{Key: "c", Label: "As curl", Note: "secrets masked", Value: CopyCurl},
	}
	return a.open(widget.NewMenu(a.env.Styles, "Copy · "+t.Name, items), func(v any) tea.Cmd {
		return a.Do(v.(Kind), []Target{t})
	})
}

// Do does one kind of action, after the questions it takes.
func (a *Actions) Do(k Kind, targets []Target) tea.Cmd {
	if len(targets) == 0 {
		return nil
	}
	if a.Busy() {
		return screen.Send(screen.Notice{Level: screen.Warning, Text: "one thing after the other: something is under way"})
	}
	t := targets[0]
	switch k {
	case Enable, Disable:
		return a.setState(k, targets)
	case Duplicate:
		return a.duplicate(t)
	case Rotate:
		return a.rotate(t)
	case CopyCurl, CopyName, CopyURL:
		return a.copy(k, t)
	case Protect, Unprotect:
		return a.protect(k == Protect, t)
	case Delete:
		return a.delete(t)
	}
	return nil
}

// named runs fn with the client's name as the confirmation where one is needed: it is
// asked for when the client or its space is protected.
func (a *Actions) named(t Target, title, action string, fn func(confirm string) tea.Cmd) tea.Cmd {
	protected := t.Protected || a.env.Hub.Space.Protected
	if !protected {
		return fn("")
	}
	return a.open(widget.NewTypedName(a.env.Styles, widget.TypedNameOptions{
		Title: title, Body: []string{t.Name + " is protected: every change of it asks for its name."}, Name: t.Name, Action: action,
	}), func(v any) tea.Cmd { return fn(v.(string)) })
}

func (a *Actions) setState(k Kind, targets []Target) tea.Cmd {
	st, did, title := model.Active, "Activated", "Activate"
	if k == Disable {
		st, did, title = model.Disabled, "Disabled", "Disable"
	}
	h := a.env.Hub
	var list []Target
	for _, t := range targets {
		if t.State != st {
			list = append(list, t)
		}
		if len(targets) > 1 && (t.Protected || h.Space.Protected) {
			return screen.Send(screen.Notice{Level: screen.Warning, Text: t.Name + " is protected: change it by itself, without the others marked"})
		}
	}
	if len(list) == 0 {
		return nil
	}
	return a.named(list[0], title+" "+list[0].Name, title, func(confirm string) tea.Cmd {
		return a.start(func(ctx context.Context) (outcome, error) {
			for _, t := range list {
				if _, err := h.Clients.SetState(ctx, h.Space, t.ID, st, confirm); err != nil {
					return outcome{}, err
				}
			}
			what := list[0].Name
			if len(list) > 1 {
				what = counted(len(list), "client")
			}
			return outcome{done: true, text: did + " " + what}, nil
		})
	})
}

func (a *Actions) protect(on bool, t Target) tea.Cmd {
	h, title, text := a.env.Hub, "Protect "+t.Name, t.Name+" is protected: changes ask for its name"
	if !on {
		title, text = "Unprotect "+t.Name, t.Name+" is not protected any more"
	}
	return a.named(t, title, title, func(confirm string) tea.Cmd {
		return a.start(func(ctx context.Context) (outcome, error) {
			_, err := h.Clients.SetProtected(ctx, h.Space, t.ID, on, confirm)
			return outcome{done: true, text: text}, err
		})
	})
}
