package call

import (
	"fmt"
	"strings"

	"ferry/model"
	"ferry/ui/screens/nextstep"
	"ferry/ui/widget"
)

// tall is the height from which request and answer both show in full.
const tall = 28

// frame is how the rows are shared: request above, answer below.
type frame struct {
	request  int // rows of the request
	body     int // rows of its body
	answer   int // rows of the answer, its head included
	compact  bool
	headRows int
}

func (c *Call) frame() frame {
	h := c.size.height
	fr := frame{compact: c.reading && h < tall}
	has := c.answer != nil || c.failed != nil || c.call.Running()
	rest := 0
	if has {
		rest = min(h/2, 6)
	}
	switch {
	case fr.compact:
		fr.request = 1
	default:
		rows := len(c.rows()) - 1
		if c.req.asForm {
			fr.request = min(rows+1, max(h-rest, 1))
			break
		}
		room := h - rest - rows
		most := max(h/3, 3)
		if c.focus == "body" && !c.reading {
			most = room
		}
		fr.body = max(min(c.req.body.Lines(), most, room), 1)
		fr.request = min(rows+fr.body, max(h-rest, 1))
	}
	fr.answer = max(h-fr.request, 0)
	fr.headRows = min(len(c.head()), fr.answer)
	return fr
}

// arrange gives every part its size and keeps the focus in sight.
func (c *Call) arrange() {
	if c.size.width <= 0 || c.size.height <= 0 {
		return
	}
	fr := c.frame()
	if c.answer != nil {
		for v := range views {
			c.answer.viewer(v).SetSize(c.size.width-2, max(fr.answer-fr.headRows, 0))
		}
	}
	c.req.body.SetSize(c.valueWidth(), max(fr.body, 1))
	if fr.compact {
		return
	}
	y, last := c.focusLine()
	c.top = max(min(c.top, y), last-fr.request+1)
	lines := len(c.rows())
	if !c.req.asForm {
		lines += fr.body - 1
	}
	c.top = max(min(c.top, lines-fr.request), 0)
}

func (c *Call) valueWidth() int { return max(c.size.width-labelCells-5, 1) }

// focusLine returns the first and the last line of the focused row.
func (c *Call) focusLine() (first, last int) {
	for i, r := range c.rows() {
		for _, it := range r.items {
			if it.key != c.focus {
				continue
			}
			if it.kind == kindArea {
				_, y := c.req.body.Cursor()
				return i, i + y
			}
			return i, i
		}
	}
	return 0, 0
}

// View implements screen.Screen.
func (c *Call) View() string {
	if c.size.width <= 0 || c.size.height <= 0 {
		return ""
	}
	if c.gone != nil {
		return widget.Truncate(" "+c.env.Styles.Danger.Render("✗ "+model.Printable(nextstep.Text(c.gone))), c.size.width)
	}
	fr := c.frame()
	lines := c.requestLines(fr)
	lines = append(lines, c.answerLines(fr)...)
	for i, l := range lines {
		lines[i] = widget.Truncate(l, c.size.width)
	}
	return strings.Join(lines[:min(len(lines), c.size.height)], "\n")
}

// requestLines renders the request, or one line of it while the answer is read.
func (c *Call) requestLines(fr frame) []string {
	st := c.env.Styles
	if fr.compact {
		extra := ""
		if n := len(c.req.headers); n > 0 {
			extra += fmt.Sprintf(" · %d headers", n)
		}
		if !c.req.body.Empty() {
			extra += " · with a body"
		}
		return []string{" " + st.Bold.Render(c.sent.Method) + " " + model.Printable(c.sent.Path+query(c.sent.Query)) + st.Muted.Render(extra)}
	}
	var out []string
	for _, r := range c.rows() {
		out = append(out, c.renderRow(r)...)
	}
	return out[min(c.top, len(out)):min(c.top+fr.request, len(out))]
}

func (c *Call) renderRow(r row) []string {
	st := c.env.Styles
	active := "  "
	label := st.Label.Render(r.label)
	for i, it := range r.items {
		if it.key != c.focus || c.reading {
			continue
		}
		active = st.Marker.Render("▌") + " "
		if i == 0 || it.key == "path" {
			label = st.LabelActive.Render(r.label)
		}
	}
	lead := " " + active + widget.Fit(label, labelCells)
	if r.items[0].kind == kindArea {
		lines := strings.Split(c.req.body.View(st), "\n")
		for i, l := range lines {
			if i > 0 {
				lead = strings.Repeat(" ", labelCells+3)
			}
			lines[i] = lead + l
		}
		return lines
	}
	free := c.valueWidth()
	for _, it := range r.items {
		free -= it.width() + 2
	}
	parts := make([]string, len(r.items))
	for i, it := range r.items {
		parts[i] = c.renderItem(it, free+2)
	}
	return []string{lead + strings.Join(parts, "  ")}
}

func (it *item) width() int {
	switch {
	case it.kind == kindButton:
		return widget.Width(it.label)
	case it.name != "" && it.cells == 0:
		return 0
	}
	return it.cells
}

func (c *Call) renderItem(it *item, free int) string {
	st, focused := c.env.Styles, it.key == c.focus && !c.reading
	switch it.kind {
	case kindMethod:
		text := widget.Fit("‹ "+c.req.method+" ›", methodCells)
		if focused {
			return st.Accent.Render(text)
		}
		return st.Bold.Render(text)
	case kindButton:
		if focused {
			return st.ButtonActive.Render(it.label)
		}
		return st.Button.Render(it.label)
	}
	width := it.cells
	if width == 0 {
		width = max(free, 1)
	}
	lead := ""
	if it.name != "" {
		lead = st.Muted.Render(it.name) + " "
		width = max(width-widget.Width(lead), 1)
	}
	it.line.SetWidth(width)
	text := lead + it.line.View(st, focused)
	if rest := c.suggestion(); focused && it.key == "path" && rest != "" {
		typed := it.line.Cursor()
		text = widget.Truncate(strings.TrimRight(text, " "), typed) + st.Faint.Render(widget.Truncate(model.Printable(rest), max(width-typed, 0)))
		text = widget.Fit(text, width)
	}
	return text
}
