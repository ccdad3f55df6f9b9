package form

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"ferry/ui/screens/nextstep"
	"ferry/ui/widget"
)

// columns is where things stand from left to right.
type columns struct {
	sections bool // sections have a column of their own, else a line
	label    int  // where labels begin; the marker stands two cells before
	value    int
	width    int // of values
}

const (
	sectionCells = 16
	labelCells   = 20
	narrow       = 76 // below it a section is a line of its own
)

func (f *Form) columns() columns {
	c := columns{label: 3, sections: f.size.width >= narrow}
	if c.sections {
		c.label += sectionCells
	}
	c.value = c.label + labelCells
	c.width = max(f.size.width-c.value-2, 1) // the last cell is the scroll bar's
	return c
}

// body is the scrolling part of the form: its lines, and where each item stands.
type body struct {
	lines []string
	at    map[string]place
}

// place is where an item stands and how many lines its row takes.
type place struct{ x, y, rows int }

func (f *Form) layout() body {
	b, c := body{at: map[string]place{}}, f.columns()
	for _, r := range f.rows() {
		if r.section != "" && !c.sections {
			b.lines = append(b.lines, " "+f.env.Styles.Section.Render(r.section))
		} else if r.section != "" && len(b.lines) > 0 && f.size.height >= 30 {
			b.lines = append(b.lines, "")
		}
		y := len(b.lines)
		b.lines = append(b.lines, f.renderRow(&r, c, &b))
		for _, m := range f.messages(&r) {
			for _, l := range f.render(m, f.size.width-c.messageAt()-1) {
				b.lines = append(b.lines, strings.Repeat(" ", c.messageAt())+l)
			}
		}
		for _, it := range r.all() {
			p := b.at[it.key]
			p.y, p.rows = y, len(b.lines)-y
			b.at[it.key] = p
		}
	}
	return b
}

// messageAt is where messages begin: below the value where there is room.
func (c columns) messageAt() int {
	if c.sections {
		return c.value
	}
	return c.label
}

// View implements screen.Screen.
func (f *Form) View() string {
	if f.size.width <= 0 || f.size.height <= 0 {
		return ""
	}
	if f.choosing {
		return f.typeView()
	}
	head, foot := f.headLines(), f.footLines()
	if f.loading {
		if f.trouble == nil {
			head = []string{" loading …"}
		}
		return strings.Join(head, "\n")
	}
	b := f.layout()
	rows := f.bodyRows()
	window := b.lines[min(f.top, len(b.lines)):min(f.top+rows, len(b.lines))]
	out := slices.Clone(head)
	for i, l := range window {
		if len(b.lines) > rows {
			l = widget.Fit(l, f.size.width-1) + f.scrollBar(i, rows, len(b.lines))
		} else {
			l = widget.Truncate(l, f.size.width)
		}
		out = append(out, l)
	}
	for len(out) < f.size.height-len(foot) && len(foot) > 0 {
		out = append(out, "")
	}
	return strings.Join(append(out, foot...), "\n")
}

// scrollBar is the last cell of line i: a thumb where the window is.
func (f *Form) scrollBar(i, rows, total int) string {
	from := f.top * rows / total
	to := max((f.top+rows)*rows/total, from+1)
	if i >= from && i < to {
		return f.env.Styles.Muted.Render("┃")
	}
	return f.env.Styles.Faint.Render("│")
}

func (f *Form) typeView() string {
	st := f.env.Styles
	lines := []string{
		" " + st.Bold.Render("What is it a connection to?"), "",
		" " + st.Marker.Render("▌") + " " + st.Accent.Render("API Client"),
		"   " + st.Muted.Render("a REST or OData API over HTTP, with OAuth 2.0 or headers"),
	}
	for i, l := range lines {
		lines[i] = widget.Truncate(l, f.size.width)
	}
	return strings.Join(lines[:min(len(lines), f.size.height)], "\n")
}

// headLines is what went wrong beyond one field; it does not scroll away.
func (f *Form) headLines() []string {
	if f.trouble == nil && f.newer == "" {
		return nil
	}
	if f.trouble == nil {
		text := f.newer + " saved this client meanwhile: saving will ask what to do, and nothing typed is lost"
		return f.indented(f.render(message{toneWarn, text}, f.size.width-2))
	}
	lines := f.render(message{toneError, f.trouble.Message}, f.size.width-2)
	if next := nextstep.Of(f.trouble); next != "" {
		lines = append(lines, f.render(message{toneHint, "next: " + next}, f.size.width-2)...)
	}
	return f.indented(lines)
}

// indented sets lines off the edge, and lets them take a third of the screen at most.
func (f *Form) indented(lines []string) []string {
	for i, l := range lines {
		lines[i] = " " + l
	}
	return lines[:min(len(lines), max(f.size.height/3, 1))]
}

// footLines tells of a test or a save; it does not scroll away either.
func (f *Form) footLines() []string {
	if f.choosing || f.loading {
		return nil
	}
	var out []string
	for _, l := range f.probeLines() {
		for i, part := range widget.Wrap(l, max(f.size.width-2, 1)) {
			lead := " "
			if i > 0 {
				lead = "   "
			}
			out = append(out, widget.Truncate(lead+part, f.size.width))
		}
	}
	return out[:min(len(out), max(f.size.height/3, 1))]
}

func (f *Form) bodyRows() int {
	return max(f.size.height-len(f.headLines())-len(f.footLines()), 1)
}

// reveal scrolls so that the focused row and its messages show.
func (f *Form) reveal() {
	if f.choosing || f.loading || f.size.height <= 0 {
		return
	}
	b, rows := f.layout(), f.bodyRows()
	p, ok := b.at[f.focus]
	if !ok {
		return
	}
	first, last := p.y, p.y+p.rows
	if first == 1 {
		first = 0 // the head of the first section
	}
	if last > f.top+rows {
		f.top = last - rows
	}
	if first < f.top {
		f.top = first
	}
	f.top = max(min(f.top, len(b.lines)-rows), 0)
}

// Cursor implements screen.CursorHolder.
func (f *Form) Cursor() *tea.Cursor {
	it := f.focused()
	if f.choosing || f.loading || it == nil || f.size.width <= 0 {
		return nil
	}
	p := f.layout().at[it.key]
	y := p.y - f.top
	if y < 0 || y >= f.bodyRows() {
		return nil
	}
	x := p.x
	if it.kind == kindText {
		x += it.line.Cursor()
	}
	return tea.NewCursor(min(x, f.size.width-1), y+len(f.headLines()))
}
