package sheet

import (
	"slices"
	"strings"

	"ferry/model"
	"ferry/ui/theme"
	"ferry/ui/widget"
)

// Tone is how a message below a field is meant.
type Tone int

// The tones of messages.
const (
	Hint Tone = iota
	Warn
	Error
)

// Message is a line below a row.
type Message struct {
	Tone Tone
	Text string
}

// Render makes lines of a message, at most width cells wide. The sign at its front
// says how it is meant where there are no colours.
func (m Message) Render(st *theme.Styles, width int) []string {
	style, sign := st.Muted, "· "
	switch m.Tone {
	case Warn:
		style, sign = st.FieldWarn, "! "
	case Error:
		style, sign = st.FieldError, "✗ "
	}
	lines := widget.Wrap(model.Printable(m.Text), max(width-2, 1))
	for i, l := range lines {
		lead := "  "
		if i == 0 {
			lead = sign
		}
		lines[i] = style.Render(lead + l)
	}
	return lines
}

// renderRow renders one line and notes where its items begin.
func (s *Sheet) renderRow(r *Row, c columns, b *body) string {
	st := s.Styles
	var out strings.Builder
	put := func(text string) { out.WriteString(text) }
	if c.sections {
		section := ""
		if r.Section != "" {
			section = st.Section.Render(r.Section)
		}
		put(" " + widget.Fit(section, c.label-3))
	} else {
		put(" ")
	}
	active := slices.ContainsFunc(r.All(), func(it *Item) bool { return it.Key == s.Focus })
	if active {
		put(st.Marker.Render("▌") + " ")
	} else {
		put("  ")
	}
	switch {
	case r.Lead != nil:
		text, start := s.renderItem(r.Lead, labelCells-2)
		b.at[r.Lead.Key] = place{x: c.label + start}
		put(widget.Fit(text, labelCells))
	case r.Bare:
	case active && len(r.Items) > 0 && r.Items[0].Key == s.Focus:
		put(widget.Fit(st.LabelActive.Render(r.Label), labelCells))
	default:
		put(widget.Fit(st.Label.Render(r.Label), labelCells))
	}
	put(st.Muted.Render(widget.Truncate(r.Text, c.width)))
	x := c.value
	if r.Bare {
		x = c.label
	}
	for i, it := range r.Items {
		if i > 0 {
			put("  ")
			x += 2
		}
		cells := it.Cells
		if cells == 0 {
			cells = c.width - fixedCells(r.Items)
		}
		text, start := s.renderItem(it, cells)
		b.at[it.Key] = place{x: x + start}
		put(text)
		x += widget.Width(text)
	}
	return out.String()
}

// fixedCells is what the items of a row take that do not stretch, and the gaps.
func fixedCells(items []*Item) int {
	n := 2 * max(len(items)-1, 0)
	for _, it := range items {
		if it.Kind != Text {
			n += it.width()
			continue
		}
		n += it.Cells
		if it.Label != "" {
			n += widget.Width(it.Label) + 1
		}
	}
	return n
}

// width is how many cells an item takes that is no text.
func (it *Item) width() int {
	switch it.Kind {
	case Check:
		return 4 + widget.Width(it.Label)
	case Button:
		return widget.Width(it.Label)
	case Radio:
		n := 0
		for _, c := range it.Choice {
			n += 4 + widget.Width(c) + 2
		}
		return n
	}
	return 0
}

// renderItem renders an item into at most width cells, if it is text, and returns
// where its own part begins behind a label.
func (s *Sheet) renderItem(it *Item, width int) (string, int) {
	st, focused := s.Styles, it.Key == s.Focus
	own := st.Text
	if focused {
		own = st.Accent
	}
	switch it.Kind {
	case Check:
		mark := "[ ] "
		switch {
		case it.On:
			mark = "[x] "
		case it.Some:
			mark = "[-] "
		}
		return own.Render(mark + it.Label), 1
	case Radio:
		parts := make([]string, len(it.Choice))
		start := 0
		for i, name := range it.Choice {
			mark := "( ) "
			if i == it.Chosen {
				mark = "(•) "
				start = widget.Width(strings.Join(parts[:i], "  ")) + min(i, 1)*2 + 1
			}
			parts[i] = own.Render(mark + name)
		}
		return strings.Join(parts, "  "), start
	case Button:
		if focused {
			return st.ButtonActive.Render(it.Label), 0
		}
		return st.Button.Render(it.Label), 0
	}
	label := ""
	if it.Label != "" {
		label = it.Label + " "
		if focused {
			label = st.LabelActive.Render(it.Label) + " "
		}
	}
	it.Line.SetWidth(width)
	return label + s.renderText(it, width, focused), widget.Width(label)
}

func (s *Sheet) renderText(it *Item, width int, focused bool) string {
	if it.Show != nil {
		if text := it.Show(); text != "" {
			return s.Styles.Muted.Render(widget.Fit(text, width))
		}
	}
	return it.Line.View(s.Styles, focused)
}
