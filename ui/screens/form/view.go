package form

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"ferry/ui/screens/nextstep"
	"ferry/ui/widget"
	"ferry/ui/widget/sheet"
)

// View implements screen.Screen.
func (f *Form) View() string {
	if f.Width <= 0 || f.Height <= 0 {
		return ""
	}
	if f.choosing {
		return f.typeView()
	}
	if f.loading {
		if f.trouble == nil {
			return " loading …"
		}
		return strings.Join(f.headLines(), "\n")
	}
	return f.Sheet.View()
}

func (f *Form) typeView() string {
	st := f.env.Styles
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

// headLines is what went wrong beyond one field; it does not scroll away.
func (f *Form) headLines() []string {
	if f.trouble == nil && f.newer == "" {
		var lines []string
		for _, n := range f.notes {
			lines = append(lines, say(sheet.Hint, n).Render(f.Styles, f.Width-2)...)
		}
		return f.Indented(lines)
	}
	if f.trouble == nil {
		text := f.newer + " saved this client meanwhile: saving will ask what to do, and nothing typed is lost"
		return f.Indented(say(sheet.Warn, text).Render(f.Styles, f.Width-2))
	}
	lines := say(sheet.Error, f.trouble.Message).Render(f.Styles, f.Width-2)
	if next := nextstep.Of(f.trouble); next != "" {
		lines = append(lines, say(sheet.Hint, "next: "+next).Render(f.Styles, f.Width-2)...)
	}
	return f.Indented(lines)
}

// footLines tells of a test or a save; it does not scroll away either.
func (f *Form) footLines() []string {
	if f.choosing || f.loading {
		return nil
	}
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

// reveal scrolls so that the focused row and its messages show.
func (f *Form) reveal() {
	if !f.choosing && !f.loading {
		f.Reveal()
	}
}

// Cursor implements screen.CursorHolder.
func (f *Form) Cursor() *tea.Cursor {
	if f.choosing || f.loading {
		return nil
	}
	return f.Sheet.Cursor()
}
