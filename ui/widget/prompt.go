package widget

import (
	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/theme"
)

type cursor = tea.Cursor

// PromptOptions is what a dialog with one field asks for.
type PromptOptions struct {
	Title string
	Body  []string
	Label string
	Value string // what the field starts with
	// Secret masks what is typed.
	Secret bool
	// Check says what is wrong with a value, "" when nothing is.
	Check func(string) string
}

type prompt struct {
	dialog
	o       PromptOptions
	in      textinput.Model
	problem string
}

var promptKeys = keymap.Map{{keymap.Bind("↵", "go on", "enter"), keymap.Bind("esc", "cancel", "esc")}}

// NewPrompt returns an overlay with one field; its result is the string typed.
func NewPrompt(st *theme.Styles, o PromptOptions) screen.Overlay { return newPrompt(st, o) }

func newPrompt(st *theme.Styles, o PromptOptions) *prompt {
	p := &prompt{dialog: dialog{st: st}, o: o, in: NewInput(st, o.Secret)}
	p.in.SetValue(o.Value)
	p.in.Focus()
	return p
}

// TypedNameOptions is what a dialog says that asks for a record's name.
type TypedNameOptions struct {
	Title  string
	Body   []string
	Name   string // what must be typed
	Action string // what happens then, for the help line: "delete for ever"
}

type typedName struct {
	*prompt
	keys keymap.Map
}

// NewTypedName returns an overlay that asks for a record's name before something is
// done to it; its result is the name. It takes no keys for a moment after it opened.
func NewTypedName(st *theme.Styles, o TypedNameOptions) screen.Overlay {
	p := newPrompt(st, PromptOptions{
		Title: o.Title, Body: append(o.Body, "", "Type "+o.Name+" to go on:"), Label: "Name",
		Check: func(s string) string {
			if s != o.Name {
				return "this is not the name"
			}
			return ""
		},
	})
	p.danger = true
	return &typedName{prompt: p, keys: keymap.Map{{keymap.Bind("↵", o.Action, "enter"), promptKeys[0][1]}}}
}

func (t *typedName) Keys() help.KeyMap { return t.keys }

// Graced makes the dialog wait a moment before it takes keys.
func (t *typedName) Graced() bool { return true }

func (p *prompt) Keys() help.KeyMap { return promptKeys }

func (p *prompt) SetSize(width, height int) {
	p.dialog.SetSize(width, height)
	p.in.SetWidth(max(p.inner()-Width(p.o.Label)-3, 1))
}

func (p *prompt) Update(msg tea.Msg) tea.Cmd {
	if k, ok := msg.(tea.KeyPressMsg); ok {
		switch {
		case key.Matches(k, promptKeys[0][1]):
			return screen.Send(screen.Close{})
		case key.Matches(k, promptKeys[0][0]):
			return p.finish()
		}
		p.problem = ""
	}
	var cmd tea.Cmd
	p.in, cmd = p.in.Update(msg)
	return cmd
}

func (p *prompt) finish() tea.Cmd {
	value := p.in.Value()
	if p.o.Check != nil {
		if p.problem = p.o.Check(value); p.problem != "" {
			return nil
		}
	}
	return screen.Send(screen.Close{Result: value})
}

func (p *prompt) View() string {
	lines := append([]string{p.heading(p.o.Title), ""}, p.body(p.o.Body)...)
	if len(p.o.Body) > 0 {
		lines = append(lines, "")
	}
	if p.problem != "" {
		lines = append(lines, p.st.FieldError.Render("✗ "+Truncate(p.problem, p.inner()-2)))
	}
	return p.frame(append(lines, p.st.LabelActive.Render(p.o.Label)+"  "+p.in.View()))
}

// Cursor is at the field, relative to the view.
func (p *prompt) Cursor() *tea.Cursor {
	return p.inputCursor(&p.in, p.View(), Width(p.o.Label)+2)
}
