package spaces

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/ui/widget"
)

const (
	indent       = 3
	createdWidth = 16
	byWidth      = 12
	stateWidth   = 24 // you are here, protected
)

// View implements screen.Screen.
func (s *Spaces) View() string {
	if s.width == 0 || s.height == 0 {
		return ""
	}
	st := s.env.Styles
	if len(s.list.Rows) == 0 {
		return s.list.Empty()
	}
	var lines []string
	if s.list.Informs() {
		lines = append(lines, s.list.Info())
	}
	lines = append(lines, st.Column.Render(strings.Repeat(" ", indent)+s.line("NAME", "STATE", "CREATED (UTC)", "BY")))
	lines = append(lines, s.list.NoMatch("space")...)
	from, to := s.list.Scroll.Window()
	for i := from; i < to; i++ {
		marker := "   "
		if i == s.list.Scroll.Cursor {
			marker = " " + st.Marker.Render("▌") + " "
		}
		sp := &s.list.Rows[s.list.Match[i]]
		lines = append(lines, marker+s.line(
			label(sp, s.names()), s.state(sp), sp.Created.At.UTC().Format("2006-01-02 15:04"), model.Printable(sp.Created.By)))
	}
	return strings.Join(lines, "\n")
}

// names is the width of the column of names; at 60 columns those at the right go.
func (s *Spaces) names() int {
	w := s.width - indent - 1 - stateWidth - 2
	if s.width >= 76 {
		w -= createdWidth + 2
	}
	if s.width >= 90 {
		w -= byWidth + 2
	}
	return max(min(w, max(s.list.Widest+2, 12)), 0)
}

func (s *Spaces) line(name, state, created, by string) string {
	line := widget.Fit(name, s.names()) + "  " + widget.Fit(state, stateWidth)
	if s.width >= 76 {
		line += "  " + widget.Fit(created, createdWidth)
	}
	if s.width >= 90 {
		line += "  " + widget.Fit(by, byWidth)
	}
	return strings.TrimRight(line, " ")
}

func (s *Spaces) state(sp *model.Space) string {
	var words []string
	if sp.ID == s.env.Hub.Space.ID {
		words = append(words, "you are here")
	}
	if sp.Protected {
		words = append(words, "protected")
	}
	if sp.Deleting {
		words = append(words, s.env.Styles.Warn.Render("being deleted"))
	}
	return strings.Join(words, ", ")
}

// head is how many lines are above the rows.
func (s *Spaces) head() int {
	if s.list.Informs() {
		return 2
	}
	return 1
}

// Cursor is in the filter while that is typed.
func (s *Spaces) Cursor() *tea.Cursor { return s.list.Cursor() }
