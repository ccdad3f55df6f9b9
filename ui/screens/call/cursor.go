package call

import (
	tea "charm.land/bubbletea/v2"

	"ferry/ui/widget"
)

// Cursor implements screen.CursorHolder.
func (c *Call) Cursor() *tea.Cursor {
	cur := c.cursor()
	if cur == nil || cur.Y >= c.size.height {
		return nil
	}
	cur.X = min(cur.X, c.size.width-1)
	return cur
}

func (c *Call) cursor() *tea.Cursor {
	if c.gone != nil || c.call.Running() || c.size.width <= 0 {
		return nil
	}
	fr := c.frame()
	switch {
	case c.filter != nil:
		return tea.NewCursor(len(jqLead)+c.filter.Cursor(), fr.request+fr.headRows-1)
	case c.reading && c.answer != nil:
		cur := c.answer.viewer(c.view).Cursor()
		if cur != nil {
			cur.X, cur.Y = cur.X+1, cur.Y+fr.request+fr.headRows
		}
		return cur
	}
	return c.requestCursor(fr)
}

func (c *Call) requestCursor(fr frame) *tea.Cursor {
	for y, r := range c.rows() {
		x := labelCells + 3
		free := c.valueWidth()
		for _, it := range r.items {
			free -= it.width() + 2
		}
		for _, it := range r.items {
			width := it.width()
			if it.kind == kindText && width == 0 {
				width = max(free+2, 1)
			}
			if it.key == c.focus {
				switch it.kind {
				case kindText:
					lead := 0
					if it.name != "" {
						lead = widget.Width(it.name) + 1
					}
					it.line.SetWidth(max(width-lead, 1))
					x += lead + it.line.Cursor()
				case kindArea:
					dx, dy := c.req.body.Cursor()
					x, y = x+dx, y+dy
				}
				if y -= c.top; y < 0 || y >= fr.request {
					return nil
				}
				return tea.NewCursor(min(x, c.size.width-1), y)
			}
			x += width + 2
		}
	}
	return nil
}
