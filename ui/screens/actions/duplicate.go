package actions

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"ferry/model/clients"
	"ferry/ui/widget"
)

func (a *Actions) duplicate(t Target) tea.Cmd {
	h := a.env.Hub
	prompt := widget.NewPrompt(a.env.Styles, widget.PromptOptions{
		Title: "Duplicate " + t.Name, Label: "Name", Value: copyName(t.Name),
		Body: []string{"The copy has the same settings and secrets, and no token yet."},
	})
	return a.open(prompt, func(v any) tea.Cmd {
		run := func(confirm string) tea.Cmd {
			return a.start(func(ctx context.Context) (outcome, error) {
				c, err := h.Clients.Duplicate(ctx, h.Space, t.ID, v.(string), confirm)
				return outcome{done: true, text: "Created " + c.Name + " as a copy of " + t.Name}, err
			})
		}
		if !h.Space.Protected {
			return run("")
		}
		return a.open(widget.NewTypedName(a.env.Styles, widget.TypedNameOptions{
			Title: "Create a client in " + h.Space.Name, Name: h.Space.Name, Action: "create it",
			Body: []string{"The space is protected: a new client asks for the space's name."},
		}), func(v any) tea.Cmd { return run(v.(string)) })
	})
}

func copyName(name string) string {
	const suffix = "-copy"
	return name[:min(len(name), clients.MaxName-len(suffix))] + suffix
}
