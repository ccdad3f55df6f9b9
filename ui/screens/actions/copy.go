package actions

import (
	"context"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/clients"
	"ferry/ui/screen"
	"ferry/ui/widget"
)

// copy sends text to the terminal's clipboard (OSC 52). Nobody acknowledges that, and
// tmux drops it by default, so a longer text is shown as well, to be copied by hand.
func (a *Actions) copy(k Kind, t Target) tea.Cmd {
	h, st := a.env.Hub, a.env.Styles
	return a.start(func(ctx context.Context) (outcome, error) {
		c, err := h.Clients.Get(ctx, h.Space, t.ID)
		if err != nil {
			return outcome{}, err
		}
		switch k {
		case CopyName:
			return sent("the name", c.Name), nil
		case CopyURL:
			return sent("the base URL", c.BaseURL), nil
		}
		text := clients.Curl(&c)
		out := sent("the curl lines", text)
		send := out.next
		out.next = func() tea.Cmd {
			lines := strings.Split(strings.TrimSpace(model.PrintableLines(text)), "\n")
			return tea.Batch(send(), screen.Send(screen.Open{Overlay: widget.NewShow(st, c.Name+" as curl, secrets masked", lines)}))
		}
		return out, nil
	})
}

func sent(what, text string) outcome {
	return outcome{text: "Sent " + what + " to the terminal's clipboard", next: func() tea.Cmd { return tea.SetClipboard(text) }}
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}
