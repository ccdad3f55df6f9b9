package field

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"ferry/model"
	"ferry/ui/theme"
)

// Area is a text field of several lines. Lines are not wrapped: the view moves with
// the cursor. The zero value is empty and ready.
type Area struct {
	// Placeholder is shown faintly while the field is empty.
	Placeholder string

	lines         [][]rune
	row, col      int // the cursor, in lines and runes
	top, left     int // the first line and the first rune shown
	width, height int
}

// Value returns the text, its lines separated by "\n".
func (a *Area) Value() string {
	var b strings.Builder
	for i, l := range a.lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(string(l))
	}
	return b.String()
}

// Empty reports whether nothing is in the field.
func (a *Area) Empty() bool { return len(a.lines) == 0 || len(a.lines) == 1 && len(a.lines[0]) == 0 }

// Lines returns how many lines there are, at least 1.
func (a *Area) Lines() int { return max(len(a.lines), 1) }

// Set replaces the text and puts the cursor at its beginning.
func (a *Area) Set(text string) {
	a.lines = split(text)
	a.row, a.col, a.top, a.left = 0, 0, 0, 0
}

// SetSize sets the cells the field may take.
func (a *Area) SetSize(width, height int) { a.width, a.height = max(width, 1), max(height, 1) }

// Paste puts text in at the cursor as it is. Only its line breaks are made one kind,
// because terminals send a carriage return for each.
func (a *Area) Paste(text string) {
	a.ensure()
	in := split(text)
	tail := slices.Clone(a.lines[a.row][a.col:])
	in[0] = append(slices.Clone(a.lines[a.row][:a.col]), in[0]...)
	last := len(in) - 1
	col := len(in[last])
	in[last] = append(in[last], tail...)
	a.lines = slices.Replace(a.lines, a.row, a.row+1, in...)
	a.row, a.col = a.row+last, col
}

func split(text string) [][]rune {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	parts := strings.Split(text, "\n")
	out := make([][]rune, len(parts))
	for i, p := range parts {
		out[i] = []rune(p)
	}
	return out
}

func (a *Area) ensure() {
	if len(a.lines) == 0 {
		a.lines = [][]rune{nil}
	}
}

// Key does what a key means in a field and reports whether it meant anything. Up on
// the first line and down on the last mean nothing, so that a form can move on.
func (a *Area) Key(k tea.KeyPressMsg) bool {
	a.ensure()
	switch k.String() {
	case "up":
		return a.moveRow(-1)
	case "down":
		return a.moveRow(1)
	case "pgup", "ctrl+u":
		a.moveRow(-max(a.height/2, 1))
	case "pgdown", "ctrl+d":
		a.moveRow(max(a.height/2, 1))
	case "left":
		a.stepLeft()
	case "right":
		a.stepRight()
	case "home":
		a.col = 0
	case "end", "ctrl+e":
		a.col = len(a.lines[a.row])
	case "enter":
		a.Paste("\n")
	case "backspace", "ctrl+h":
		if a.row > 0 || a.col > 0 {
			a.stepLeft()
			a.deleteHere()
		}
	case "delete":
		a.deleteHere()
	case "ctrl+w", "alt+backspace":
		from := wordLeft(a.lines[a.row], a.col)
		a.lines[a.row] = slices.Delete(a.lines[a.row], from, a.col)
		a.col = from
	default:
		if k.Text == "" {
			return false
		}
		in := []rune(k.Text)
		a.lines[a.row] = slices.Insert(a.lines[a.row], a.col, in...)
		a.col += len(in)
	}
	return true
}

func (a *Area) moveRow(by int) bool {
	to := min(max(a.row+by, 0), len(a.lines)-1)
	moved := to != a.row
	a.row = to
	a.col = min(a.col, len(a.lines[a.row]))
	return moved
}

func (a *Area) stepLeft() {
	switch {
	case a.col > 0:
		a.col--
	case a.row > 0:
		a.row--
		a.col = len(a.lines[a.row])
	}
}

func (a *Area) stepRight() {
	switch {
	case a.col < len(a.lines[a.row]):
		a.col++
	case a.row < len(a.lines)-1:
		a.row++
		a.col = 0
	}
}

// deleteHere removes the rune at the cursor, joining lines at the end of one.
func (a *Area) deleteHere() {
	line := a.lines[a.row]
	switch {
	case a.col < len(line):
		a.lines[a.row] = slices.Delete(line, a.col, a.col+1)
	case a.row < len(a.lines)-1:
		a.lines[a.row] = append(line, a.lines[a.row+1]...)
		a.lines = slices.Delete(a.lines, a.row+1, a.row+2)
	}
}

// View returns the field, exactly as high and wide as was set.
func (a *Area) View(st *theme.Styles) string {
	if a.width <= 0 || a.height <= 0 {
		return ""
	}
	a.scroll()
	out := make([]string, a.height)
	for i := range out {
		text := ""
		if n := a.top + i; n < len(a.lines) {
			text = shown(a.lines[n], a.left, a.left+4*a.width)
		}
		out[i] = fit(text, a.width, "")
	}
	if a.Empty() {
		out[0] = st.Faint.Render(fit(a.Placeholder, a.width, "…"))
	}
	return strings.Join(out, "\n")
}

// Cursor returns the cell at which the cursor stands, from the field's top left.
func (a *Area) Cursor() (x, y int) {
	a.scroll()
	if len(a.lines) == 0 {
		return 0, 0
	}
	return min(ansi.StringWidth(shown(a.lines[a.row], a.left, a.col)), max(a.width-1, 0)), a.row - a.top
}

// scroll keeps the cursor inside the field. Left counts runes, so that a line of a
// megabyte costs no more than a short one.
func (a *Area) scroll() {
	a.top = max(min(a.top, a.row), a.row-a.height+1)
	a.left = max(min(a.left, a.col), a.col-max(a.width, 1))
	if len(a.lines) == 0 {
		return
	}
	for a.left < a.col && ansi.StringWidth(shown(a.lines[a.row], a.left, a.col)) >= a.width {
		a.left++
	}
}

// shown spells out a part of a line; a tab takes the place of two.
func shown(line []rune, from, to int) string {
	from, to = min(from, len(line)), min(to, len(line))
	return model.Printable(strings.ReplaceAll(string(line[from:to]), "\t", "  "))
}
