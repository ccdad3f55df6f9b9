package form

import (
	"strings"

	"ferry/ui/screens/editing"
	"ferry/ui/widget"
	"ferry/ui/widget/sheet"
)

// View implements screen.Screen.
func (f *Form) View() string {
	if f.Hidden && f.Width > 0 && f.Height > 0 {
		return f.typeView()
	}
	return f.Form.View()
}

func (f *Form) typeView() string {
	st := f.Env.Styles
	lines := []string{" " + st.Bold.Render("What is it a connection to?"), ""}
	for i, k := range kinds {
		mark, name := "  ", st.Text.Render(k.name)
		if i == f.kind {
			mark, name = st.Marker.Render("▌")+" ", st.Accent.Render(k.name)
		}
		lines = append(lines, " "+mark+name, "   "+st.Muted.Render(k.note))
	}
	for i, l := range lines {
		lines[i] = widget.Truncate(l, f.Width)
	}
	return strings.Join(lines[:min(len(lines), f.Height)], "\n")
}

// headNotes are what a curl command left out or left to guess.
func (f *Form) headNotes() []sheet.Message {
	var out []sheet.Message
	for _, n := range f.notes {
		out = append(out, editing.Message(sheet.Hint, n))
	}
	return out
}

// footLines tells of a test or a save; it does not scroll away either.
func (f *Form) footLines() []string {
	var out []string
	for _, l := range f.probeLines() {
		for i, part := range widget.Wrap(l, max(f.Width-2, 1)) {
			lead := " "
			if i > 0 {
				lead = "   "
			}
			out = append(out, widget.Truncate(lead+part, f.Width))
		}
	}
	return out[:min(len(out), max(f.Height/3, 1))]
}
