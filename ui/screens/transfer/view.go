package transfer

import (
	"strconv"
	"strings"

	"ferry/ui/widget"
)

// View implements screen.Screen.
func (t *Transfer) View() string {
	if view, is := t.Without(); is {
		return view
	}
	if t.whole != nil {
		return strings.Join(append(append([]string{}, t.head...), t.whole...), "\n")
	}
	lines := append(append([]string{}, t.head...), t.tabs())
	return strings.Join(lines, "\n") + "\n" + t.views[t.part].View()
}

// names are how the parts are called.
func (t *Transfer) names() [parts]string {
	return [parts]string{"SETTINGS", "ERRORS " + strconv.Itoa(len(t.Seen.faults)), "RUNS " + strconv.Itoa(len(t.Seen.runs))}
}

// tabs is the line that names the parts, the one that shows marked.
func (t *Transfer) tabs() string {
	st := t.Env.Styles
	var out []string
	for i, n := range t.names() {
		switch {
		case part(i) == t.part:
			out = append(out, st.Marker.Render("▸")+" "+st.Section.Render(n))
		case part(i) == faults && len(t.Seen.faults) > 0:
			out = append(out, "  "+st.Warn.Render(n))
		default:
			out = append(out, "  "+st.Muted.Render(n))
		}
	}
	line := " " + strings.Join(out, "  ")
	if t.views[t.part].More() {
		line += st.Faint.Render("   j k scroll")
	}
	return widget.Truncate(line, t.Width)
}

// render makes what shows anew, keeping where it is scrolled to.
func (t *Transfer) render() {
	if t.Seen == nil || t.Width == 0 || t.Height == 0 {
		return
	}
	t.head = t.headLines()
	if room := max(t.Height-5, 1); len(t.head) > room { // four lines of the part always show
		t.head = t.head[:room]
	}
	if t.Height >= len(t.head)+12 {
		t.head = append(t.head, "")
	}
	all := [parts][]string{t.settingLines(), t.faultLines(), t.runLines()}
	rows := len(t.head)
	for i := range t.views {
		t.views[i].SetSize(t.Width, max(t.Height-len(t.head)-1, 0))
		t.views[i].Replace(all[i])
		rows += len(all[i]) + 2
	}
	t.whole = nil
	if rows-1 > t.Height {
		return
	}
	for i, n := range t.names() {
		t.whole = append(append(t.whole, " "+t.Env.Styles.Section.Render(n)), append(all[i], "")...)
	}
	t.whole = t.whole[:len(t.whole)-1]
}
