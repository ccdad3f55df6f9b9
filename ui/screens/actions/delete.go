package actions

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"ferry/ui/screens/flow"
	"ferry/ui/widget"
)

// delete looks up what is lost with the client, then asks for its name.
func (a *Actions) delete(t Target) tea.Cmd {
	h := a.Env.Hub
	return a.Start(func(ctx context.Context) (flow.Outcome, error) {
		depends, err := h.Clients.Dependents(ctx, h.Space, t.ID)
		return flow.Outcome{Next: func() tea.Cmd { return a.askDelete(t, depends) }}, err
	})
}

func (a *Actions) askDelete(t Target, depends []string) tea.Cmd {
	h := a.Env.Hub
	body := flow.Lost("The client and its stored secrets are gone for good.", depends)
	return a.Open(widget.NewTypedName(a.Env.Styles, widget.TypedNameOptions{
		Title: "Delete " + t.Name + ": irreversible", Body: body, Name: t.Name, Action: "delete for ever",
	}), func(v any) tea.Cmd {
		return a.Start(func(ctx context.Context) (flow.Outcome, error) {
			err := h.Clients.Delete(ctx, h.Space, t.ID, v.(string))
			return flow.Outcome{Done: true, Gone: err == nil, Text: "Deleted " + t.Name}, err
		})
	})
}
