package sheet

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

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

func (s *Sheet) columns() columns {
	c := columns{label: 3, sections: s.Width >= narrow}
	if c.sections {
		c.label += sectionCells
	}
	c.value = c.label + labelCells
	c.width = max(s.Width-c.value-2, 1) // the last cell is the scroll bar's
	return c
}

// ValueCells is how many cells a value may take.
func (s *Sheet) ValueCells() int { return s.columns().width }

// body is the scrolling part of the form: its lines, and where each item stands.
type body struct {
	lines []string
	at    map[string]place
}

// place is where an item stands and how many lines its row takes.
type place struct{ x, y, rows int }

func (s *Sheet) layout() body {
	b, c := body{at: map[string]place{}}, s.columns()
	for _, r := range s.Rows() {
		if r.Section != "" && !c.sections {
			b.lines = append(b.lines, " "+s.Styles.Section.Render(r.Section))
		} else if r.Section != "" && len(b.lines) > 0 && s.Height >= 30 {
			b.lines = append(b.lines, "")
		}
		y := len(b.lines)
		b.lines = append(b.lines, s.renderRow(&r, c, &b))
		for _, m := range s.messages(&r) {
			for _, l := range m.Render(s.Styles, s.Width-c.messageAt()-1) {
				b.lines = append(b.lines, strings.Repeat(" ", c.messageAt())+l)
			}
		}
		for _, it := range r.All() {
			p := b.at[it.Key]
			p.y, p.rows = y, len(b.lines)-y
			b.at[it.Key] = p
		}
	}
	return b
}

// messages are the screen's, and the hint of the item with the focus.
func (s *Sheet) messages(r *Row) []Message {
	out := s.Messages(r)
	for _, it := range r.All() {
		if it.Key == s.Focus && it.Hint != "" {
			out = append(out, Message{Hint, it.Hint})
		}
	}
	return out
}

// messageAt is where messages begin: below the value where there is room.
func (c columns) messageAt() int {
	if c.sections {
		return c.value
	}
	return c.label
}

// View renders the form, at most the size last set.
func (s *Sheet) View() string {
	head, foot := s.Head(), s.Foot()
	b := s.layout()
	rows := s.bodyRows()
	window := b.lines[min(s.top, len(b.lines)):min(s.top+rows, len(b.lines))]
	out := slices.Clone(head)
	for i, l := range window {
		if len(b.lines) > rows {
			l = widget.Fit(l, s.Width-1) + s.scrollBar(i, rows, len(b.lines))
		} else {
			l = widget.Truncate(l, s.Width)
		}
		out = append(out, l)
	}
	for len(out) < s.Height-len(foot) && len(foot) > 0 {
		out = append(out, "")
	}
	return strings.Join(append(out, foot...), "\n")
}

// scrollBar is the last cell of line i: a thumb where the window is.
func (s *Sheet) scrollBar(i, rows, total int) string {
	from := s.top * rows / total
	to := max((s.top+rows)*rows/total, from+1)
	if i >= from && i < to {
		return s.Styles.Muted.Render("┃")
	}
	return s.Styles.Faint.Render("│")
}

// Indented sets lines off the edge, and lets them take a third of the screen at most:
// for what is said above and below the form.
func (s *Sheet) Indented(lines []string) []string {
	for i, l := range lines {
		lines[i] = " " + l
	}
	return lines[:min(len(lines), max(s.Height/3, 1))]
}

func (s *Sheet) bodyRows() int { return max(s.Height-len(s.Head())-len(s.Foot()), 1) }

// Reveal scrolls so that the focused row and its messages show.
func (s *Sheet) Reveal() {
	if s.Height <= 0 {
		return
	}
	b, rows := s.layout(), s.bodyRows()
	p, ok := b.at[s.Focus]
	if !ok {
		return
	}
	first, last := p.y, p.y+p.rows
	if first == 1 {
		first = 0 // the head of the first section
	}
	if last > s.top+rows {
		s.top = last - rows
	}
	if first < s.top {
		s.top = first
	}
	s.top = max(min(s.top, len(b.lines)-rows), 0)
}

// Cursor is where the terminal's cursor stands, nil when the focus is out of sight.
func (s *Sheet) Cursor() *tea.Cursor {
	it := s.Focused()
	if it == nil || s.Width <= 0 {
		return nil
	}
	p := s.layout().at[it.Key]
	y := p.y - s.top
	if y < 0 || y >= s.bodyRows() {
		return nil
	}
	x := p.x
	if it.Kind == Text {
		x += it.Line.Cursor()
	}
	return tea.NewCursor(min(x, s.Width-1), y+len(s.Head()))
}
