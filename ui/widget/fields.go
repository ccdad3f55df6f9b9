package widget

import (
	"time"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/theme"
)

// FieldsOptions is what a dialog with several fields asks for.
type FieldsOptions struct {
	Title  string
	Body   []string
	Fields []Field
	Note   string // below the fields
	Action string // what it does, for the help line: "rotate"
	// Button, when not empty, is what goes on; enter then leads through the fields to
	// it. Without one enter goes on from every field.
	Button string
	// Check says which field is at fault and what is wrong, "" when nothing is.
	Check func(values []string) (at int, problem string)
}

// Field is one field of a dialog.
type Field struct {
	Label, Value, Placeholder string
	Secret                    bool // masks what is typed
}

type fields struct {
	dialog
	o       FieldsOptions
	inputs  []textinput.Model
	focus   int // len(inputs) is the button
	problem string
	held    int // pastes whose tail may still arrive as keys
}

// NewFields returns an overlay with several fields; its result is a []string of what was
// typed, in their order.
func NewFields(st *theme.Styles, o FieldsOptions) screen.Overlay {
	f := &fields{dialog: dialog{st: st}, o: o}
	for _, fd := range o.Fields {
		in := NewInput(st, fd.Secret)
		in.Placeholder = fd.Placeholder
		in.SetValue(fd.Value)
		f.inputs = append(f.inputs, in)
	}
	f.inputs[0].Focus()
	return f
}

var fieldsKeys = struct{ next, prev, cancel, save key.Binding }{
	keymap.Bind("tab ↓", "next", "tab", "down"), keymap.Bind("⇧tab ↑", "previous", "shift+tab", "up"),
	keymap.Bind("esc", "cancel", "esc"), keymap.Bind("^s", "", "ctrl+s"),
}

// Keys implements screen.Overlay.
func (f *fields) Keys() help.KeyMap {
	enter := keymap.Bind("↵", f.o.Action, "enter")
	if f.o.Button != "" && f.focus < len(f.inputs) {
		enter = keymap.Bind("^s", f.o.Action, "ctrl+s")
	}
	return keymap.Map{{enter, fieldsKeys.next, fieldsKeys.prev, fieldsKeys.cancel}}
}

// SetSize implements screen.Overlay.
func (f *fields) SetSize(width, height int) {
	f.dialog.SetSize(width, height)
	for i := range f.inputs {
		f.inputs[i].SetWidth(max(f.inner()-f.label()-3, 1))
	}
}

func (f *fields) label() int {
	w := 0
	for _, fd := range f.o.Fields {
		w = max(w, Width(fd.Label))
	}
	return min(w, 24)
}

// fieldsSettled says that keys which follow a paste are the person's own again: text
// that holds an end-of-paste of its own sends its tail as keys.
type fieldsSettled struct{}

// Update implements screen.Overlay.
func (f *fields) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case fieldsSettled:
		f.held = max(f.held-1, 0)
		return nil
	case tea.PasteMsg:
		f.problem = ""
		f.held++
		_ = f.typed(msg)
		return tea.Tick(40*time.Millisecond, func(time.Time) tea.Msg { return fieldsSettled{} })
	case tea.KeyPressMsg:
		f.problem = ""
		return f.key(msg)
	}
	return f.typed(msg)
}

func (f *fields) key(k tea.KeyPressMsg) tea.Cmd {
	onButton := f.focus == len(f.inputs)
	switch {
	case f.held > 0:
		if k.Text != "" {
			return f.typed(k)
		}
		return nil
	case key.Matches(k, fieldsKeys.cancel):
		return screen.Send(screen.Close{})
	case key.Matches(k, fieldsKeys.save), k.String() == "enter" && (onButton || f.o.Button == ""), k.String() == "space" && onButton:
		return f.finish()
	case key.Matches(k, fieldsKeys.next), k.String() == "enter":
		return f.move(1)
	case key.Matches(k, fieldsKeys.prev):
		return f.move(-1)
	}
	return f.typed(k)
}

func (f *fields) typed(msg tea.Msg) tea.Cmd {
	if f.focus == len(f.inputs) {
		return nil
	}
	var cmd tea.Cmd
	f.inputs[f.focus], cmd = f.inputs[f.focus].Update(msg)
	return cmd
}

func (f *fields) move(by int) tea.Cmd {
	stops := len(f.inputs)
	if f.o.Button != "" {
		stops++
	}
	return f.moveTo((f.focus + by + stops) % stops)
}

func (f *fields) moveTo(to int) tea.Cmd {
	if f.focus < len(f.inputs) {
		f.inputs[f.focus].Blur()
	}
	if f.focus = to; to < len(f.inputs) {
		return f.inputs[to].Focus()
	}
	return nil
}

func (f *fields) finish() tea.Cmd {
	values := make([]string, len(f.inputs))
	for i := range f.inputs {
		values[i] = f.inputs[i].Value()
	}
	if f.o.Check != nil {
		if at, problem := f.o.Check(values); problem != "" {
			f.problem = problem
			return f.moveTo(at)
		}
	}
	return screen.Send(screen.Close{Result: values})
}

// window is the range of fields that fit, with the one in focus among them.
func (f *fields) window() (from, to int) {
	room := max(f.rows()-headLines-2, 1)
	if f.o.Button != "" {
		room = max(room-2, 1)
	}
	focus := min(f.focus, len(f.inputs)-1)
	from = max(min(focus-room+1, len(f.inputs)-room), 0)
	return from, min(from+room, len(f.inputs))
}

// View implements screen.Overlay.
func (f *fields) View() string {
	lines := []string{f.heading(Truncate(f.o.Title, f.inner())), ""}
	if body := f.body(f.o.Body); len(body) > 0 {
		lines = append(append(lines, body...), "")
	}
	from, to := f.window()
	for i := from; i < to; i++ {
		style := f.st.Label
		if i == f.focus {
			style = f.st.LabelActive
		}
		lines = append(lines, style.Render(Fit(f.o.Fields[i].Label, f.label()))+"  "+f.inputs[i].View())
	}
	switch {
	case f.problem != "":
		lines = append(lines, f.st.FieldError.Render(Truncate("✗ "+f.problem, f.inner())))
	case f.o.Note != "":
		lines = append(lines, f.st.Muted.Render(Truncate(f.o.Note, f.inner())))
	default:
		lines = append(lines, "")
	}
	if f.o.Button != "" {
		focus := -1
		if f.focus == len(f.inputs) {
			focus = 0
		}
		lines = append(lines, buttons(f.st, focus, f.o.Button))
	}
	return f.frame(lines)
}

// Cursor is in the focused field, relative to the view.
func (f *fields) Cursor() *tea.Cursor {
	if f.focus == len(f.inputs) {
		return nil
	}
	view := f.View()
	c := f.inputCursor(&f.inputs[f.focus], view, f.label()+2)
	if c != nil {
		_, to := f.window()
		below := 1 + to - 1 - f.focus
		if f.o.Button != "" {
			below++
		}
		c.Y -= below
	}
	return c
}
