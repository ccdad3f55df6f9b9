package moving

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/transfers"
	"ferry/ui/screen"
	"ferry/ui/screens/flow"
	"ferry/ui/widget"
)

// copied is what is chosen from the copy menu.
type copied int

const (
	copyLine copied = iota + 1
	copyID
	copyHook
	copyFile
)

// edit opens the form over a sync.
func (a *Actions) edit(s *transfers.Status) tea.Cmd {
	if s.Transfer.Kind != model.KindSync {
		return warn("an " + string(s.Transfer.Kind) + " stays as it was asked for; n begins a new one")
	}
	return screen.Send(screen.Push{Route: screen.EditSync{ID: s.Transfer.ID}})
}

// copy opens the copy menu.
func (a *Actions) copy(s *transfers.Status) tea.Cmd {
	if a.Busy() {
		return a.Refuse()
	}
	one, space := *s, a.Env.Hub.Space
	items := []widget.MenuItem{
		{Key: "f", Label: "ferry command", Note: "that does the same", Value: copyLine},
		{Key: "i", Label: "ID", Value: copyID},
	}
	hook := ""
	if v := transfers.ViewOf(space, &one); v.Sync != nil {
		hook = v.Sync.Webhook
	}
	switch {
	case hook != "":
		items = append(items, widget.MenuItem{Key: "w", Label: "Path of the webhook", Note: hook, Value: copyHook})
	case one.Transfer.Kind == model.KindSync:
		items = append(items, widget.MenuItem{Key: "w", Label: "Path of the webhook", Value: copyHook, Disabled: "it has none; e switches it on"})
	default:
		items = append(items, widget.MenuItem{Key: "p", Label: "Path of the file", Value: copyFile})
	}
	return a.Open(widget.NewMenu(a.Env.Styles, "Copy · "+model.Printable(one.Title()), items), func(v any) tea.Cmd {
		return a.Start(func(context.Context) (flow.Outcome, error) {
			switch v.(copied) {
			case copyID:
				return flow.Sent("the id", string(one.Transfer.ID)), nil
			case copyHook:
				return flow.Sent("the path of the webhook", hook), nil
			case copyFile:
				return flow.Sent("the path of the file", one.Transfer.File.Path), nil
			case copyLine:
			}
			return a.Shown("the ferry command", Line(space, &one), "The ferry command"), nil
		})
	})
}
