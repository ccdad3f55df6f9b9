package actions

import (
	"context"
	"strings"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/clients"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/screens/flow"
	"ferry/ui/theme"
	"ferry/ui/widget"
)

// rotate asks for a new value of each secret that the client has.
func (a *Actions) rotate(t Target) tea.Cmd {
	h := a.Env.Hub
	return a.Start(func(ctx context.Context) (flow.Outcome, error) {
		c, err := h.Clients.Get(ctx, h.Space, t.ID)
		if err != nil {
			return flow.Outcome{}, err
		}
		fields := secretFields(&c)
		if len(fields) == 0 {
			return flow.Outcome{}, model.Errorf(model.EInvalid, "%q has no secret to rotate", c.Name)
		}
		return flow.Outcome{Next: func() tea.Cmd { return a.askRotation(t, fields) }}, nil
	})
}

func (a *Actions) askRotation(t Target, fields []secretField) tea.Cmd {
	h := a.Env.Hub
	return a.Open(newRotation(a.Env.Styles, t.Name, fields), func(v any) tea.Cmd {
		rotation := v.(clients.Rotation)
		return a.named(t, "Rotate the secret of "+t.Name, "rotate it", func(confirm string) tea.Cmd {
			return a.Start(func(ctx context.Context) (flow.Outcome, error) {
				_, err := h.Clients.Rotate(ctx, h.Space, t.ID, rotation, confirm)
				return flow.Outcome{Done: true, Text: "Rotated the secret of " + t.Name}, err
			})
		})
	})
}

// secretField is one secret that can be replaced; header is its name if it is one.
type secretField struct{ label, field, header string }

func secretFields(c *model.Client) []secretField {
	var out []secretField
	if c.UsesOAuth() {
		out = append(out, secretField{label: "Client secret", field: "client_secret"})
		if c.Auth.Grant == model.GrantPassword {
			out = append(out, secretField{label: "Password", field: "password"})
		}
	}
	for _, h := range c.Headers {
		if h.Secret {
			out = append(out, secretField{label: model.Printable(h.Name), field: "headers", header: h.Name})
		}
	}
	return out
}

// rotation is the dialog with a masked field for each secret.
type rotation struct {
	st            *theme.Styles
	title         string
	fields        []secretField
	inputs        []textinput.Model
	focus         int
	width, height int
	problem       string
}

var rotationKeys = keymap.Map{{
	keymap.Bind("↵", "rotate", "enter", "ctrl+s"), keymap.Bind("tab", "next field", "tab", "down"),
	keymap.Bind("⇧tab", "previous", "shift+tab", "up"), keymap.Bind("esc", "cancel", "esc"),
}}

func newRotation(st *theme.Styles, name string, fields []secretField) *rotation {
	r := &rotation{st: st, title: "Rotate secret · " + name, fields: fields}
	for range fields {
		in := widget.NewInput(st, true)
		in.Placeholder = "unchanged"
		r.inputs = append(r.inputs, in)
	}
	r.inputs[0].Focus()
	return r
}

func (r *rotation) Keys() help.KeyMap { return rotationKeys }

func (r *rotation) inner() int {
	return max(min(r.width, 64)-r.st.Dialog.GetHorizontalFrameSize(), 0)
}

func (r *rotation) label() int {
	w := 0
	for _, f := range r.fields {
		w = max(w, widget.Width(f.label))
	}
	return min(w, 24)
}

func (r *rotation) SetSize(width, height int) {
	r.width, r.height = width, height
	for i := range r.inputs {
		r.inputs[i].SetWidth(max(r.inner()-r.label()-3, 1))
	}
}

func (r *rotation) Update(msg tea.Msg) tea.Cmd {
	if k, ok := msg.(tea.KeyPressMsg); ok {
		r.problem = ""
		switch row := rotationKeys[0]; {
		case key.Matches(k, row[3]):
			return screen.Send(screen.Close{})
		case key.Matches(k, row[0]):
			return r.finish()
		case key.Matches(k, row[1]):
			return r.move(1)
		case key.Matches(k, row[2]):
			return r.move(-1)
		}
	}
	var cmd tea.Cmd
	r.inputs[r.focus], cmd = r.inputs[r.focus].Update(msg)
	return cmd
}

func (r *rotation) move(by int) tea.Cmd {
	r.inputs[r.focus].Blur()
	r.focus = (r.focus + by + len(r.inputs)) % len(r.inputs)
	return r.inputs[r.focus].Focus()
}

func (r *rotation) finish() tea.Cmd {
	var out clients.Rotation
	given := false
	for i, f := range r.fields {
		if r.inputs[i].Value() == "" {
			continue
		}
		given = true
		v := model.NewSecret(r.inputs[i].Value())
		switch f.field {
		case "client_secret":
			out.ClientSecret = &v
		case "password":
			out.Password = &v
		default:
			if out.Headers == nil {
				out.Headers = map[string]model.Secret{}
			}
			out.Headers[f.header] = v
		}
	}
	if !given {
		r.problem = "type a new value, or esc to leave everything as it is"
		return nil
	}
	return screen.Send(screen.Close{Result: out})
}

// window is the range of fields that fit, with the one in focus among them.
func (r *rotation) window() (from, to int) {
	room := max(r.height-r.st.Dialog.GetVerticalFrameSize()-5, 1)
	from = max(min(r.focus-room+1, len(r.fields)-room), 0)
	return from, min(from+room, len(r.fields))
}

func (r *rotation) View() string {
	lines := []string{r.st.Bold.Render(widget.Truncate(r.title, r.inner())), ""}
	from, to := r.window()
	for i := from; i < to; i++ {
		style := r.st.Label
		if i == r.focus {
			style = r.st.LabelActive
		}
		lines = append(lines, style.Render(widget.Fit(r.fields[i].label, r.label()))+"  "+r.inputs[i].View())
	}
	note := r.st.Muted.Render(widget.Truncate("Drops the cached token. Empty fields stay unchanged.", r.inner()))
	if r.problem != "" {
		note = r.st.FieldError.Render(widget.Truncate("✗ "+r.problem, r.inner()))
	}
	lines = append(lines, "", note)
	return r.st.Dialog.Width(r.inner() + r.st.Dialog.GetHorizontalFrameSize()).Render(strings.Join(lines, "\n"))
}

// Cursor is in the focused field, relative to the view.
func (r *rotation) Cursor() *tea.Cursor {
	c := r.inputs[r.focus].Cursor()
	if c != nil {
		from, _ := r.window()
		frame := r.st.Dialog
		c.X += frame.GetBorderLeftSize() + frame.GetPaddingLeft() + r.label() + 2
		c.Y = frame.GetBorderTopSize() + 2 + r.focus - from
	}
	return c
}
