package actions

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"ferry/ui/widget"
)

// delete looks up what is lost with the client, then asks for its name.
func (a *Actions) delete(t Target) tea.Cmd {
	h := a.env.Hub
	return a.start(func(ctx context.Context) (outcome, error) {
		depends, err := h.Clients.Dependents(ctx, h.Space, t.ID)
		return outcome{next: func() tea.Cmd { return a.askDelete(t, depends) }}, err
	})
}

func (a *Actions) askDelete(t Target, depends []string) tea.Cmd {
	h := a.env.Hub
	body := []string{"The client and its stored secrets are gone for good."}
	if len(depends) > 0 {
		body = append(body, "Lost with it:")
		for _, d := range depends {
			body = append(body, "  • "+d)
		}
	}
	return a.open(widget.NewTypedName(a.env.Styles, widget.TypedNameOptions{
		Title: "Delete " + t.Name + ": irreversible", Body: body, Name: t.Name, Action: "delete for ever",
	}), func(v any) tea.Cmd {
		return a.start(func(ctx context.Context) (outcome, error) {
			err := h.Clients.Delete(ctx, h.Space, t.ID, v.(string))
			return outcome{done: true, gone: err == nil, text: "Deleted " + t.Name}, err
		})
	})
}
