package actions

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"ferry/model/clients"
	"ferry/ui/screens/flow"
	"ferry/ui/widget"
)

func (a *Actions) duplicate(t Target) tea.Cmd {
	h := a.Env.Hub
	prompt := widget.NewPrompt(a.Env.Styles, widget.PromptOptions{
		Title: "Duplicate " + t.Name, Label: "Name", Value: copyName(t.Name),
		Body: []string{"The copy has the same settings and secrets, and no token yet."},
	})
	return a.Open(prompt, func(v any) tea.Cmd {
		run := func(confirm string) tea.Cmd {
			return a.Start(func(ctx context.Context) (flow.Outcome, error) {
				c, err := h.Clients.Duplicate(ctx, h.Space, t.ID, v.(string), confirm)
				return flow.Outcome{Done: true, Text: "Created " + c.Name + " as a copy of " + t.Name}, err
			})
		}
		if !h.Space.Protected {
			return run("")
		}
		return a.Open(widget.NewTypedName(a.Env.Styles, widget.TypedNameOptions{
			Title: "Create a client in " + h.Space.Name, Name: h.Space.Name, Action: "create it",
			Body: []string{"The space is protected: a new client asks for the space's name."},
		}), func(v any) tea.Cmd { return run(v.(string)) })
	})
}

func copyName(name string) string {
	const suffix = "-copy"
	return name[:min(len(name), clients.MaxName-len(suffix))] + suffix
}
