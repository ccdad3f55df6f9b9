package spaces

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/spaces"
	"ferry/ui/screen"
	"ferry/ui/screens/flow"
	"ferry/ui/widget"
)

// action is what can be done to one space.
type action = func(model.Space) tea.Cmd

// idle runs fn unless a change is under way.
func (s *Spaces) idle(fn func() tea.Cmd) tea.Cmd {
	if s.flow.Busy() {
		return s.flow.Refuse()
	}
	return fn()
}

func (s *Spaces) do(fn action, sp model.Space) tea.Cmd {
	return s.idle(func() tea.Cmd { return fn(sp) })
}

// done is the outcome of a change, after which the cursor is on the space with id.
func (s *Spaces) done(text string, id model.ID) flow.Outcome {
	return flow.Outcome{Done: true, Text: text, Next: func() tea.Cmd { s.want = id; return nil }}
}

// enter goes to work in a space.
func (s *Spaces) enter(sp model.Space) tea.Cmd {
	if sp.Deleting {
		return leftToDie(sp)
	}
	return screen.Send(screen.Enter{Space: sp})
}

func leftToDie(sp model.Space) tea.Cmd {
	return refuse("the space " + sp.Name + " is being deleted; D goes on with it")
}

// refuse says before anything is asked why something will not be done.
func refuse(why string) tea.Cmd { return screen.Send(screen.Notice{Level: screen.Warning, Text: why}) }

func (s *Spaces) create() tea.Cmd {
	h := s.Env.Hub
	prompt := widget.NewPrompt(s.Env.Styles, widget.PromptOptions{
		Title: "New space", Label: "Name",
		Body: []string{"API clients, API users and their keys belong to exactly one space."},
	})
	return s.flow.Open(prompt, func(v any) tea.Cmd {
		return s.flow.Start(func(ctx context.Context) (flow.Outcome, error) {
			sp, err := h.Spaces.Create(ctx, v.(string), false)
			return s.done("Created "+sp.Name+"; ↵ works there", sp.ID), err
		})
	})
}

// named runs fn with the space's name as the confirmation where one is needed.
func (s *Spaces) named(sp model.Space, title, action string, fn func(confirm string) tea.Cmd) tea.Cmd {
	return s.flow.Named(sp.Protected, sp.Name, sp.Name+" is protected: every change of it asks for its name.", title, action, fn)
}

func (s *Spaces) rename(sp model.Space) tea.Cmd {
	switch {
	case sp.Deleting:
		return leftToDie(sp)
	case sp.Name == model.DefaultSpace:
		return refuse("the space " + sp.Name + " keeps its name: its token URL has none")
	}
	h := s.Env.Hub
	prompt := widget.NewPrompt(s.Env.Styles, widget.PromptOptions{
		Title: "Rename " + sp.Name, Label: "Name", Value: sp.Name,
		Body: []string{
			"The issuer and the token URL of the space change with its name: systems that use them must be told, " +
				"and access tokens issued before are refused.",
		},
	})
	return s.flow.Open(prompt, func(v any) tea.Cmd {
		name := v.(string)
		if name == sp.Name {
			return nil
		}
		return s.named(sp, "Rename "+sp.Name, "rename it", func(confirm string) tea.Cmd {
			return s.flow.Start(func(ctx context.Context) (flow.Outcome, error) {
				is, err := h.Spaces.Update(ctx, sp.ID, spaces.Edit{Name: &name, Revision: sp.Revision}, confirm)
				return s.done("Renamed "+sp.Name+" to "+is.Name, sp.ID), err
			})
		})
	})
}

func (s *Spaces) protect(sp model.Space) tea.Cmd {
	if sp.Deleting {
		return leftToDie(sp)
	}
	h, on, title, text := s.Env.Hub, !sp.Protected, "Protect "+sp.Name, sp.Name+" is protected: whatever changes data in it asks for a name"
	if !on {
		title, text = "Unprotect "+sp.Name, sp.Name+" is not protected any more"
	}
	return s.named(sp, title, title, func(confirm string) tea.Cmd {
		return s.flow.Start(func(ctx context.Context) (flow.Outcome, error) {
			_, err := h.Spaces.Update(ctx, sp.ID, spaces.Edit{Protected: &on, Revision: sp.Revision}, confirm)
			return s.done(text, sp.ID), err
		})
	})
}

// menu opens the menu of more actions.
func (s *Spaces) menu(sp model.Space) tea.Cmd {
	busy := ""
	if sp.Deleting {
		busy = "it is being deleted"
	}
	mark, note := "Protect", "changes in it then ask for a name"
	if sp.Protected {
		mark, note = "Unprotect", ""
	}
	items := []widget.MenuItem{
		{Key: "w", Label: "Work there", Value: s.enter, Disabled: busy},
		{Key: "e", Label: "Rename …", Note: "token URLs change", Value: s.rename, Disabled: busy},
		{Key: "p", Label: mark, Note: note, Value: s.protect, Disabled: busy},
		{Key: "D", Label: "Delete …", Note: "irreversible", Value: s.delete},
	}
	return s.flow.Open(widget.NewMenu(s.Env.Styles, "More actions · "+sp.Name, items), func(v any) tea.Cmd {
		return s.do(v.(action), sp)
	})
}
