package newkey

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/keys"
	"ferry/ui/widget"
)

// Generate asks what the new key of a user shall be, makes it and shows it.
func (m *Maker) Generate(u User) tea.Cmd { return m.askNew(u, "", "") }

func (m *Maker) askNew(u User, label, expires string) tea.Cmd {
	now := m.env.Hub.Now
	return m.ask.Open(widget.NewFields(m.env.Styles, widget.FieldsOptions{
		Title: "Generate API token · " + u.Username, Body: u.warning(),
		Fields: []widget.Field{
			{Label: "Label", Value: label, Placeholder: "(optional: what it is for)"},
			{Label: "Expires", Value: expires, Placeholder: "never (or 90d, 2w, 2027-01-31)"},
		},
		Note: "It is shown once, in the next window.", Action: "generate", Button: "Generate",
		Check: func(v []string) (int, string) {
			if msg := LabelProblem(v[0]); msg != "" {
				return 0, msg
			}
			return 1, expiryProblem(v[1], now())
		},
	}), func(result any) tea.Cmd {
		v := result.([]string)
		retry := func() tea.Cmd { return m.askNew(u, v[0], v[1]) }
		return m.named(u, "Generate an API key of "+u.Username, "generate it", retry, func(ctx context.Context, h *hub.Hub, confirm string) (made, error) {
			until, err := keys.ParseExpiry(v[1], now())
			if err != nil {
				return made{}, err
			}
			issued, err := h.Keys.Generate(ctx, h.Space, u.ID, keys.Request{Label: strings.TrimSpace(v[0]), Expires: until}, confirm)
			return made{issued: issued}, err
		})
	})
}

// Rotate asks how a key is replaced, makes the new one and shows it.
func (m *Maker) Rotate(u User, k model.APIKey) tea.Cmd {
	return m.askRotation(u, k, []string{"24h", "", k.Label})
}

func (m *Maker) askRotation(u User, k model.APIKey, start []string) tea.Cmd {
	now := m.env.Hub.Now
	return m.ask.Open(widget.NewFields(m.env.Styles, widget.FieldsOptions{
		Title: "Rotate key · " + Name(k),
		Body:  []string{"The old key stays valid for the overlap."},
		Fields: []widget.Field{
			{Label: "Overlap", Value: start[0], Placeholder: "24h, 7d, 0"},
			{Label: "Expires", Value: start[1], Placeholder: "never (or 90d, 2w, 2027-01-31)"},
			{Label: "Label", Value: start[2], Placeholder: "(as the old one)"},
		},
		Note: "0 ends it at once. The new key is shown once, next.", Action: "rotate", Button: "Rotate",
		Check: func(v []string) (int, string) {
			if msg := overlapProblem(v[0]); msg != "" {
				return 0, msg
			}
			if msg := LabelProblem(v[2]); msg != "" {
				return 2, msg
			}
			return 1, expiryProblem(v[1], now())
		},
	}), func(result any) tea.Cmd {
		v := result.([]string)
		retry := func() tea.Cmd { return m.askRotation(u, k, v) }
		return m.named(u, "Rotate a key of "+u.Username, "rotate it", retry, func(ctx context.Context, h *hub.Hub, confirm string) (made, error) {
			r := keys.Rotation{Label: strings.TrimSpace(v[2])}
			var err error
			if r.Overlap, err = keys.ParseSpan(v[0]); err != nil {
				return made{}, err
			}
			if r.Expires, err = keys.ParseExpiry(v[1], now()); err != nil {
				return made{}, err
			}
			issued, old, err := h.Keys.Rotate(ctx, h.Space, k.ID, r, confirm)
			return made{issued: issued, old: &old}, err
		})
	})
}

// warning is what a person should know before the key is handed out.
func (u User) warning() []string {
	if u.Useless == "" {
		return nil
	}
	return []string{"! " + u.Useless}
}

// LabelProblem says what is wrong with a label while it is typed; the use-case decides.
func LabelProblem(text string) string {
	if msg := keys.SecretProblem(text); msg != "" {
		return msg
	}
	return model.LineProblem(strings.TrimSpace(text), model.MaxLabel)
}

func expiryProblem(text string, now time.Time) string {
	_, err := keys.ParseExpiry(text, now)
	return problem(err)
}

func overlapProblem(text string) string {
	d, err := keys.ParseSpan(text)
	if err == nil && d > keys.MaxOverlap {
		return "at most 90 days"
	}
	return problem(err)
}

func problem(err error) string {
	if err == nil {
		return ""
	}
	e := model.AsError(err)
	if e.Next != "" {
		return e.Next
	}
	return e.Message
}
