package form

import (
	"slices"
	"strings"

	"ferry/model"
	"ferry/ui/widget"
)

// renderRow renders one line and notes where its items begin.
func (f *Form) renderRow(r *row, c columns, b *body) string {
	st := f.env.Styles
	var out strings.Builder
	put := func(text string) { out.WriteString(text) }
	if c.sections {
		section := ""
		if r.section != "" {
			section = st.Section.Render(r.section)
		}
		put(" " + widget.Fit(section, c.label-3))
	} else {
		put(" ")
	}
	active := slices.ContainsFunc(r.all(), func(it *item) bool { return it.key == f.focus })
	if active {
		put(st.Marker.Render("▌") + " ")
	} else {
		put("  ")
	}
	switch {
	case r.lead != nil:
		b.at[r.lead.key] = place{x: c.label}
		r.lead.line.SetWidth(labelCells - 2)
		put(r.lead.line.View(st, r.lead.key == f.focus) + "  ")
	case r.bare:
	case active && len(r.items) > 0 && r.items[0].key == f.focus:
		put(widget.Fit(st.LabelActive.Render(r.label), labelCells))
	default:
		put(widget.Fit(st.Label.Render(r.label), labelCells))
	}
	x := c.value
	if r.bare {
		x = c.label
	}
	for i, it := range r.items {
		if i > 0 {
			put("  ")
			x += 2
		}
		cells := it.cells
		if cells == 0 {
			cells = c.width - fixedCells(r.items)
		}
		text, start := f.renderItem(it, cells)
		b.at[it.key] = place{x: x + start}
		put(text)
		x += widget.Width(text)
	}
	return out.String()
}

// fixedCells is what the items of a row take that do not stretch, and the gaps.
func fixedCells(items []*item) int {
	n := 2 * max(len(items)-1, 0)
	for _, it := range items {
		if it.kind != kindText {
			n += it.width()
			continue
		}
		n += it.cells
		if it.label != "" {
			n += widget.Width(it.label) + 1
		}
	}
	return n
}

// width is how many cells an item takes that is no text.
func (it *item) width() int {
	switch it.kind {
	case kindCheck:
		return 4 + widget.Width(it.label)
	case kindButton:
		return widget.Width(it.label)
	case kindRadio:
		n := 0
		for _, c := range it.choice {
			n += 4 + widget.Width(c) + 2
		}
		return n
	}
	return 0
}

// renderItem renders an item into at most width cells, if it is text, and returns
// where its own part begins behind a label.
func (f *Form) renderItem(it *item, width int) (string, int) {
	st, focused := f.env.Styles, it.key == f.focus
	own := st.Text
	if focused {
		own = st.Accent
	}
	switch it.kind {
	case kindCheck:
		mark := "[ ] "
		if it.on {
			mark = "[x] "
		}
		return own.Render(mark + it.label), 1
	case kindRadio:
		parts := make([]string, len(it.choice))
		start := 0
		for i, name := range it.choice {
			mark := "( ) "
			if i == it.chosen {
				mark = "(•) "
				start = widget.Width(strings.Join(parts[:i], "  ")) + min(i, 1)*2 + 1
			}
			parts[i] = own.Render(mark + name)
		}
		return strings.Join(parts, "  "), start
	case kindButton:
		if focused {
			return st.ButtonActive.Render(it.label), 0
		}
		return st.Button.Render(it.label), 0
	}
	label := ""
	if it.label != "" {
		label = it.label + " "
		if focused {
			label = st.LabelActive.Render(it.label) + " "
		}
	}
	it.line.SetWidth(width)
	return label + f.renderText(it, width, focused), widget.Width(label)
}

// renderText renders a field; an empty one over a stored secret says what becomes of it.
func (f *Form) renderText(it *item, width int, focused bool) string {
	s := it.secret
	if s == nil || !s.stored || !s.line.Empty() {
		return it.line.View(f.env.Styles, focused)
	}
	text := model.Mask + " (stored)"
	switch {
	case s.cleared:
		text = "(cleared on saving)"
	case f.moved:
		text = "(cleared: give it again)"
	}
	return f.env.Styles.Muted.Render(widget.Fit(text, width))
}
