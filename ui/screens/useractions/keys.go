package useractions

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/ui/screen"
	"ferry/ui/screens/flow"
	"ferry/ui/screens/newkey"
	"ferry/ui/widget"
)

// relabel gives a key another label.
func (a *Actions) relabel(t Target) tea.Cmd {
	h, k := a.Env.Hub, t.Key.Key
	return a.Open(widget.NewPrompt(a.Env.Styles, widget.PromptOptions{
		Title: "Relabel key " + newkey.Name(k), Label: "Label", Value: k.Label, Check: newkey.LabelProblem,
	}), func(v any) tea.Cmd {
		label := strings.TrimSpace(v.(string))
		return a.named(t, "Relabel a key of "+t.User.Username, "relabel it", func(confirm string) tea.Cmd {
			return a.Start(func(ctx context.Context) (flow.Outcome, error) {
				now, err := h.Keys.Relabel(ctx, h.Space, k.ID, label, k.Revision, confirm)
				return flow.Outcome{Done: true, Text: "The key is called " + newkey.Name(now) + " now"}, err
			})
		})
	})
}

// revoke says what stops working, and asks.
func (a *Actions) revoke(t Target) tea.Cmd {
	if why := revoked(t.Key); why != "" {
		return screen.Send(screen.Notice{Level: screen.Warning, Text: why})
	}
	h, k := a.Env.Hub, t.Key.Key
	title := "Revoke key " + newkey.Name(k) + " of " + t.User.Username
	body := append([]string{"Whoever signs in with it is refused at once, and the access tokens issued for it end. It cannot be undone."}, lastUse(t)...)
	run := func(confirm string) tea.Cmd {
		return a.Start(func(ctx context.Context) (flow.Outcome, error) {
			_, err := h.Keys.Revoke(ctx, h.Space, k.ID, 0, confirm)
			return flow.Outcome{Done: true, Text: "Revoked key " + newkey.Name(k)}, err
		})
	}
	if h.Space.Protected {
		return a.TypeName(widget.TypedNameOptions{Title: title, Body: body, Name: t.User.Username, Action: "revoke it"}, run)
	}
	return a.Open(widget.NewConfirm(a.Env.Styles, widget.ConfirmOptions{Title: title, Body: body, Yes: "Revoke", Danger: true}),
		func(any) tea.Cmd { return run("") })
}

// lastUse says whether anybody would notice.
func lastUse(t Target) []string {
	use := t.Key.Use
	if use.At.IsZero() {
		return []string{"It was never used."}
	}
	text := "Last used " + use.At.UTC().Format("2006-01-02 15:04") + " UTC"
	if use.Addr != "" {
		text += " from " + model.Printable(use.Addr)
	}
	return []string{text + "."}
}
