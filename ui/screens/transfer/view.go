package transfer

import (
	"strconv"
	"strings"

	"ferry/model"
	"ferry/ui/widget"
)

// View implements screen.Screen.
func (t *Transfer) View() string {
	st := t.env.Styles
	switch {
	case t.width == 0 || t.height == 0:
		return ""
	case t.seen == nil && t.err != nil:
		e := model.AsError(t.err)
		return "\n  " + st.Danger.Render("✗ "+model.Printable(e.Message)) + "\n\n  " + st.HelpKey.Render("R") + " tries again"
	case t.seen == nil:
		return "\n  loading …"
	}
	if t.whole != nil {
		return strings.Join(append(append([]string{}, t.head...), t.whole...), "\n")
	}
	lines := append(append([]string{}, t.head...), t.tabs())
	return strings.Join(lines, "\n") + "\n" + t.views[t.part].View()
}

// names are how the parts are called.
func (t *Transfer) names() [parts]string {
	return [parts]string{"SETTINGS", "ERRORS " + strconv.Itoa(len(t.seen.faults)), "RUNS " + strconv.Itoa(len(t.seen.runs))}
}

// tabs is the line that names the parts, the one that shows marked.
func (t *Transfer) tabs() string {
	st := t.env.Styles
	var out []string
	for i, n := range t.names() {
		switch {
		case part(i) == t.part:
			out = append(out, st.Marker.Render("▸")+" "+st.Section.Render(n))
		case part(i) == faults && len(t.seen.faults) > 0:
			out = append(out, "  "+st.Warn.Render(n))
		default:
			out = append(out, "  "+st.Muted.Render(n))
		}
	}
	line := " " + strings.Join(out, "  ")
	if t.views[t.part].More() {
		line += st.Faint.Render("   j k scroll")
	}
	return widget.Truncate(line, t.width)
}

// render makes what shows anew, keeping where it is scrolled to.
func (t *Transfer) render() {
	if t.seen == nil || t.width == 0 || t.height == 0 {
		return
	}
	t.head = t.headLines()
	if room := max(t.height-5, 1); len(t.head) > room { // four lines of the part always show
		t.head = t.head[:room]
	}
	if t.height >= len(t.head)+12 {
		t.head = append(t.head, "")
	}
	all := [parts][]string{t.settingLines(), t.faultLines(), t.runLines()}
	rows := len(t.head)
	for i := range t.views {
		t.views[i].SetSize(t.width, max(t.height-len(t.head)-1, 0))
		t.views[i].Replace(all[i])
		rows += len(all[i]) + 2
	}
	t.whole = nil
	if rows-1 > t.height {
		return
	}
	for i, n := range t.names() {
		t.whole = append(append(t.whole, " "+t.env.Styles.Section.Render(n)), append(all[i], "")...)
	}
	t.whole = t.whole[:len(t.whole)-1]
}
