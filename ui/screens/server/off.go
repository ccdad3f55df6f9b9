package server

import (
	"strings"

	"ferry/model"
	"ferry/ui/screens/listing"
	"ferry/ui/widget"
)

// offHead is how many rows are above the list of settings.
const offHead = 4

// offFoot is how many are below it: an empty one, and what the setting is for.
func (s *Server) offFoot() int {
	if s.roomy() {
		return 3
	}
	return 2
}

// offView is what shows while no server was seen: how to start one, and with what
// settings it would.
func (s *Server) offView() string {
	st := s.env.Styles
	var lines []string
	switch s.state {
	case asking:
		lines = []string{" asking the server …", ""}
	case silent:
		lines = []string{
			" " + st.Danger.Render("✗ not answering") + " · " + s.problem,
			"   A server holds the admin socket of this store, but tells nothing.",
		}
	default:
		lines = []string{
			" " + st.Muted.Render("○ off") + " · no server runs on this store",
			"   Start one with " + st.Bold.Render("ferry serve") + ": it lets other systems in.",
		}
	}
	lines = append(lines, "", "   "+st.Section.Render("SETTINGS"))
	if s.err != nil {
		return strings.Join(append(lines, "   "+st.Danger.Render("✗ "+model.AsError(s.err).Message)+"; R tries again"), "\n")
	}
	all := s.stored.settings
	if len(all) == 0 {
		return strings.Join(append(lines, "   loading …"), "\n")
	}
	lines = append(lines, listing.Window(st, &s.settings, func(i int) string { return " " + s.settingLine(i) })...)
	lines = append(lines, "")
	help := widget.Wrap(model.Printable(all[s.settings.Cursor].Help), s.width-4)
	for i, l := range help[:min(len(help), s.offFoot()-1)] {
		if i == s.offFoot()-2 && len(help) > i+1 {
			l = widget.Truncate(l+" …", s.width-4)
		}
		lines = append(lines, "   "+st.Muted.Render(l))
	}
	return strings.Join(lines, "\n")
}

const nameWidth = 14

func (s *Server) settingLine(i int) string {
	have := &s.stored.settings[i]
	room := max(s.width-4-nameWidth-len("  default"), 0)
	value := widget.Truncate(dash(model.Printable(have.Value)), room)
	if have.Default && have.Value != "" {
		value += s.env.Styles.Muted.Render("  default")
	}
	return widget.Fit(have.Name, nameWidth) + value
}
