package widget

import (
	"strings"

	"charm.land/bubbles/v2/textinput"
	"charm.land/lipgloss/v2"

	"ferry/ui/theme"
)

// dialog is what all dialogs share: a frame around lines that fit the screen.
type dialog struct {
	st            *theme.Styles
	width, height int
	danger        bool // it asks about something destructive
}

// maxDialog is the widest a dialog grows; text wider than that is hard to read.
const maxDialog = 72

// headLines are the title and the empty line below it.
const headLines = 2

// SetSize sets how much room the whole dialog has, its frame included.
func (d *dialog) SetSize(width, height int) { d.width, d.height = width, height }

// inner is the width inside the frame.
func (d *dialog) inner() int {
	return max(min(d.width, maxDialog)-d.st.Dialog.GetHorizontalFrameSize(), 0)
}

// rows is the height inside the frame.
func (d *dialog) rows() int { return max(d.height-d.st.Dialog.GetVerticalFrameSize(), 0) }

// frame puts lines into the frame. When they do not fit, what comes first gives way
// below the title, so that the input and the choices at the end always show.
func (d *dialog) frame(lines []string) string {
	if d.inner() == 0 || d.rows() == 0 {
		return ""
	}
	if over := len(lines) - d.rows(); over > 0 {
		head := min(headLines, d.rows())
		lines = append(lines[:head:head], lines[min(head+over, len(lines)):]...)
	}
	wide := 0
	for i, l := range lines {
		lines[i] = Truncate(l, d.inner())
		wide = max(wide, Width(lines[i]))
	}
	wide = max(wide, min(d.inner(), 36))
	style := d.st.Dialog
	if d.danger {
		style = d.st.DialogDanger
	}
	return style.Width(wide + style.GetHorizontalFrameSize()).Render(strings.Join(lines, "\n"))
}

// heading is the title line.
func (d *dialog) heading(title string) string {
	if d.danger {
		return d.st.Danger.Bold(true).Render(title)
	}
	return d.st.Bold.Render(title)
}

// body wraps each line of text to the dialog's width.
func (d *dialog) body(text []string) []string {
	var out []string
	for _, t := range text {
		if t == "" {
			out = append(out, "")
			continue
		}
		out = append(out, Wrap(t, d.inner())...)
	}
	return out
}

// buttons renders choices in a row, the one at focus marked.
func buttons(st *theme.Styles, focus int, names ...string) string {
	parts := make([]string, len(names))
	for i, n := range names {
		if i == focus {
			parts[i] = st.ButtonActive.Render("▸ " + n + " ")
		} else {
			parts[i] = st.Button.Render("[ " + n + " ]")
		}
	}
	return strings.Join(parts, "  ")
}

// inputCursor returns the field's cursor at column x of line y inside a frame.
func (d *dialog) inputCursor(in *textinput.Model, view string, x int) *cursor {
	c := in.Cursor()
	if c == nil {
		return nil
	}
	c.X += x + d.st.Dialog.GetBorderLeftSize() + d.st.Dialog.GetPaddingLeft()
	c.Y = lipgloss.Height(view) - 1 - d.st.Dialog.GetBorderBottomSize()
	return c
}
