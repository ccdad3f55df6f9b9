package spaces

import (
	"strings"

	"ferry/model"
	"ferry/ui/widget"
)

const (
	indent       = 3
	createdWidth = 16
	byWidth      = 12
	stateWidth   = 24 // you are here, protected
)

func (s *Spaces) table() (string, func(*model.Space) string) {
	heading := strings.Repeat(" ", indent) + s.line("NAME", "STATE", "CREATED (UTC)", "BY")
	return heading, func(sp *model.Space) string {
		return " " + s.line(label(sp, s.names()), s.state(sp), sp.Created.At.UTC().Format("2006-01-02 15:04"), model.Printable(sp.Created.By))
	}
}

// names is the width of the column of names; at 60 columns those at the right go.
func (s *Spaces) names() int {
	w := s.Width - indent - 1 - stateWidth - 2
	if s.Width >= 76 {
		w -= createdWidth + 2
	}
	if s.Width >= 90 {
		w -= byWidth + 2
	}
	return max(min(w, max(s.Widest+2, 12)), 0)
}

func (s *Spaces) line(name, state, created, by string) string {
	line := widget.Fit(name, s.names()) + "  " + widget.Fit(state, stateWidth)
	if s.Width >= 76 {
		line += "  " + widget.Fit(created, createdWidth)
	}
	if s.Width >= 90 {
		line += "  " + widget.Fit(by, byWidth)
	}
	return strings.TrimRight(line, " ")
}

func (s *Spaces) state(sp *model.Space) string {
	var words []string
	if sp.ID == s.Env.Hub.Space.ID {
		words = append(words, "you are here")
	}
	if sp.Protected {
		words = append(words, "protected")
	}
	if sp.Deleting {
		words = append(words, s.Env.Styles.Warn.Render("being deleted"))
	}
	return strings.Join(words, ", ")
}
