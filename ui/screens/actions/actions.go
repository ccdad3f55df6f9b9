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
	"ferry/model/transfers"
	"ferry/ui/screen"
	"ferry/ui/screens/flow"
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
	Export
	Protect
	Unprotect
	Delete
)

// Actions does things to clients on behalf of one screen. The screen hands it what it
// is resumed with and the replies it gets.
type Actions struct{ *flow.Flow }

// New returns the actions of the screen self.
func New(env screen.Env, self screen.ID) *Actions { return &Actions{flow.New(env, self)} }

// Menu opens the menu of more actions for one client or several marked ones.
func (a *Actions) Menu(targets []Target) tea.Cmd {
	if len(targets) == 0 {
		return nil
	}
	title := targets[0].Name
	if len(targets) > 1 {
		title = flow.Counted(len(targets), "marked client")
	}
	return a.Open(widget.NewMenu(a.Env.Styles, "More actions · "+title, menuItems(targets)), func(v any) tea.Cmd {
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
	add("X", "Export …", "its records into a file", Export)
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
	return a.Open(widget.NewMenu(a.Env.Styles, "Copy · "+t.Name, items), func(v any) tea.Cmd {
		return a.Do(v.(Kind), []Target{t})
	})
}

// Do does one kind of action, after the questions it takes.
func (a *Actions) Do(k Kind, targets []Target) tea.Cmd {
	if len(targets) == 0 {
		return nil
	}
	if a.Busy() {
		return a.Refuse()
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
	case Export:
		return screen.Send(screen.Push{Route: screen.NewTransfer{Draft: transfers.Draft{Kind: model.KindExport, Source: transfers.Side{Client: t.Name}}}})
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
	why := t.Name + " is protected: every change of it asks for its name."
	return a.Named(t.Protected || a.Env.Hub.Space.Protected, t.Name, why, title, action, fn)
}

func (a *Actions) setState(k Kind, targets []Target) tea.Cmd {
	st, did, title := model.Active, "Activated", "Activate"
	if k == Disable {
		st, did, title = model.Disabled, "Disabled", "Disable"
	}
	h := a.Env.Hub
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
		return a.Start(func(ctx context.Context) (flow.Outcome, error) {
			for _, t := range list {
				if _, err := h.Clients.SetState(ctx, h.Space, t.ID, st, confirm); err != nil {
					return flow.Outcome{}, err
				}
			}
			what := list[0].Name
			if len(list) > 1 {
				what = flow.Counted(len(list), "client")
			}
			return flow.Outcome{Done: true, Text: did + " " + what}, nil
		})
	})
}

func (a *Actions) protect(on bool, t Target) tea.Cmd {
	h, title, text := a.Env.Hub, "Protect "+t.Name, t.Name+" is protected: changes ask for its name"
	if !on {
		title, text = "Unprotect "+t.Name, t.Name+" is not protected any more"
	}
	return a.named(t, title, title, func(confirm string) tea.Cmd {
		return a.Start(func(ctx context.Context) (flow.Outcome, error) {
			_, err := h.Clients.SetProtected(ctx, h.Space, t.ID, on, confirm)
			return flow.Outcome{Done: true, Text: text}, err
		})
	})
}
