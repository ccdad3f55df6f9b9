package widget

import (
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// View renders the rows that show.
func (v *Viewer) View() string {
	if v.width == 0 || v.height == 0 {
		return ""
	}
	var out []string
	skip := v.sub
	for i := v.top; i < v.text.len() && len(out) < v.rows(); i++ {
		for j, row := range v.render(i) {
			if skip > 0 {
				skip--
				continue
			}
			if len(out) == v.rows() {
				break
			}
			out = append(out, v.gutter(i, j)+row)
		}
	}
	if v.typing || v.query != "" {
		for len(out) < v.rows() {
			out = append(out, "")
		}
		out = append(out, v.searchLine())
	}
	return strings.Join(out, "\n")
}

// render returns the styled rows of a piece.
func (v *Viewer) render(i int) []string {
	text := v.text.piece(i)
	switch {
	case v.query != "" && strings.Contains(lowered(text), v.query):
		text = v.marked(text)
	case v.Highlight != nil:
		text = v.Highlight(v.st, text)
	}
	if v.wrap {
		return strings.Split(ansi.Hardwrap(text, v.textWidth(), true), "\n")
	}
	if v.left > 0 {
		text = ansi.TruncateLeft(text, v.left, "")
	}
	return []string{Truncate(text, v.textWidth())}
}

// marked styles every match in text.
func (v *Viewer) marked(text string) string {
	low := lowered(text)
	var b strings.Builder
	for {
		i := strings.Index(low, v.query)
		if i < 0 {
			b.WriteString(text)
			return b.String()
		}
		end := i + len(v.query)
		b.WriteString(text[:i] + v.st.Match.Render(text[i:end]))
		text, low = text[end:], low[end:]
	}
}

func (v *Viewer) gutter(i, row int) string {
	if !v.numbers {
		return ""
	}
	number := ""
	if n := v.text.number(i); row == 0 && n > 0 {
		number = strconv.Itoa(n)
	}
	return v.st.Faint.Render(strings.Repeat(" ", max(v.digits-len(number), 0))+number) + "  "
}

func (v *Viewer) searchLine() string {
	state := "no match"
	switch {
	case v.query == "":
		state = "↵ keep  esc clear"
	case v.found >= 0:
		state = strconv.Itoa(v.found+1) + " of " + strconv.Itoa(len(v.hits))
		if len(v.hits) == 1 {
			state += " line"
		} else {
			state += " lines"
		}
		if !v.typing {
			state += "  n N"
		}
	}
	text := v.search.Value()
	if v.typing {
		text = v.search.View()
	}
	return Fit(v.st.Accent.Render("/")+text, max(v.width-Width(state)-1, 1)) + " " + v.st.Muted.Render(state)
}

// Cursor is where a search is being typed, relative to the view.
func (v *Viewer) Cursor() *tea.Cursor {
	if !v.typing {
		return nil
	}
	c := v.search.Cursor()
	if c != nil {
		c.X, c.Y = c.X+1, max(v.height-1, 0)
	}
	return c
}
