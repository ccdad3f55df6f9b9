package actions

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"ferry/model/clients"
	"ferry/ui/screens/flow"
)

// copy sends text to the terminal's clipboard (OSC 52). Nobody acknowledges that, and
// tmux drops it by default, so a longer text is shown as well, to be copied by hand.
func (a *Actions) copy(k Kind, t Target) tea.Cmd {
	h := a.Env.Hub
	return a.Start(func(ctx context.Context) (flow.Outcome, error) {
		c, err := h.Clients.Get(ctx, h.Space, t.ID)
		if err != nil {
			return flow.Outcome{}, err
		}
		switch k {
		case CopyName:
			return flow.Sent("the name", c.Name), nil
		case CopyURL:
			return flow.Sent("the base URL", c.BaseURL), nil
		}
		return a.Shown("the curl lines", clients.Curl(&c), c.Name+" as curl, secrets masked"), nil
	})
}
