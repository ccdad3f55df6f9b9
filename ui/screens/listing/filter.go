package listing

import (
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"github.com/dustin/go-humanize"

	"ferry/model"
	"ferry/ui/keymap"
	"ferry/ui/theme"
	"ferry/ui/widget"
)

// Filter is the words by which rows are filtered, and the line in which they are typed.
// Whoever has one looks whether Query changed, and applies it.
type Filter struct {
	Query  string
	Typing bool

	styles *theme.Styles
	input  textinput.Model
}

// TypingKeys are the keys while the filter is typed.
var TypingKeys = keymap.Map{{
	keymap.Bind("↵", "keep the filter", "enter"), keymap.Bind("esc", "clear it", "esc"), keymap.Bind("↑ ↓", "move", "up", "down"),
}}

// NewFilter returns a filter by query.
func NewFilter(st *theme.Styles, query string) Filter {
	f := Filter{Query: query, styles: st, input: widget.NewInput(st, false)}
	f.input.SetValue(query)
	return f
}

// SetWidth sets the cells of a line of the screen, half of which are for typing.
func (f *Filter) SetWidth(width int) { f.input.SetWidth(max(width/2, 1)) }

// Type begins to type it.
func (f *Filter) Type() tea.Cmd {
	f.Typing = true
	return f.input.Focus()
}

// Typed takes a key or a paste while it is typed; the arrows still move in rows.
func (f *Filter) Typed(msg tea.Msg, rows *widget.Scroll) tea.Cmd {
	if k, ok := msg.(tea.KeyPressMsg); ok {
		switch k.String() {
		case "enter":
			f.Typing = false
			return nil
		case "up":
			rows.Move(rows.Cursor - 1)
			return nil
		case "down":
			rows.Move(rows.Cursor + 1)
			return nil
		case "backspace":
			if f.input.Value() == "" {
				f.Clear()
				return nil
			}
		}
	}
	var cmd tea.Cmd
	f.input, cmd = f.input.Update(msg)
	f.Query = f.input.Value()
	return cmd
}

// Clear ends the filter and reports whether there was one.
func (f *Filter) Clear() bool {
	shown := f.Shows()
	f.Typing, f.Query = false, ""
	f.input.SetValue("")
	return shown
}

// Shows reports whether View has anything to say.
func (f *Filter) Shows() bool { return f.Typing || f.Query != "" }

// View is what is filtered by, "" for nothing.
func (f *Filter) View() string {
	switch {
	case f.Typing:
		return f.styles.Accent.Render("/") + " " + strings.TrimRight(f.input.View(), " ")
	case f.Query != "":
		return f.styles.Accent.Render("/") + " " + model.Printable(f.Query)
	}
	return ""
}

// Left says how many rows of all are left.
func (f *Filter) Left(n, all int) string {
	return f.styles.Muted.Render(humanize.Comma(int64(n)) + " of " + humanize.Comma(int64(all)))
}

// Cursor is in the filter while that is typed. The filter is in line y, after a space.
func (f *Filter) Cursor(y int) *tea.Cursor {
	if !f.Typing {
		return nil
	}
	cur := f.input.Cursor()
	if cur != nil {
		cur.X, cur.Y = cur.X+3, y
	}
	return cur
}
