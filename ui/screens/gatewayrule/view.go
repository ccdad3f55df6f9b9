package gatewayrule

import (
	"strings"

	"ferry/model"
	"ferry/ui/widget"
)

// head is how many lines stand above the rows.
func (r *Rules) head() int {
	if r.list.Informs() {
		return 2
	}
	return 1
}

// foot is how many lines below the rows say in full what the marked one allows.
func (r *Rules) foot() int {
	if r.height < 8 {
		return 0
	}
	return 3
}

const (
	indent   = 4 // " ▌● "
	nameMost = 28
)

// View implements screen.Screen.
func (r *Rules) View() string {
	switch {
	case r.width == 0 || r.height == 0:
		return ""
	case len(r.list.Rows) == 0:
		st := r.env.Styles
		return r.list.Empty("  "+st.Bold.Render(model.Printable(r.name)+" may call no API client."), "",
			"  Give it the permission on its page with "+st.HelpKey.Render("e")+", under MAY CALL;", "  then a rule here narrows what it may do.")
	}
	st := r.env.Styles
	var lines []string
	if r.list.Informs() {
		lines = append(lines, r.list.Info())
	}
	names := min(max(r.list.Widest, len("CLIENT")), nameMost, max(r.width/3, 8))
	lines = append(lines, st.Column.Render(strings.Repeat(" ", indent)+widget.Fit("CLIENT", names)+"  RULE"))
	lines = append(lines, r.list.NoMatch("client")...)
	from, to := r.list.Scroll.Window()
	for i := from; i < to; i++ {
		lines = append(lines, r.row(&r.list.Rows[r.list.Match[i]], names, i == r.list.Scroll.Cursor))
	}
	return strings.Join(append(lines, r.about()...), "\n")
}

func (r *Rules) row(c *Callee, names int, selected bool) string {
	st := r.env.Styles
	marker, sign := " ", st.OK.Render("●")
	if selected {
		marker = st.Marker.Render("▌")
	}
	if c.Disabled || !c.Permitted {
		sign = st.Muted.Render("○")
	}
	text := Words(c.Rule)
	switch {
	case !c.Permitted:
		text = "no permission · " + text
	case c.Disabled:
		text = "disabled · " + text
	case c.Rule == nil:
		text = st.Muted.Render(text)
	}
	return " " + marker + sign + " " + widget.Fit(model.Printable(c.Name), names) + "  " + widget.Truncate(text, max(r.width-indent-names-3, 0))
}

// about are the lines below the rows, as many as foot says.
func (r *Rules) about() []string {
	at := r.list.Current()
	if r.foot() == 0 || at == nil {
		return nil
	}
	text := Words(at.Rule)
	switch {
	case !at.Permitted:
		text = "No permission call:" + model.Printable(at.Name) + ": it is refused, whatever the rule says (" + text + ")."
	case at.Disabled:
		text = "The client is disabled: every call is refused. " + text
	case at.Rule == nil:
		text = "No rule: " + text + ". ↵ makes one that narrows it."
	}
	lines := append([]string{""}, widget.Wrap(text, max(r.width-indent-1, 10))...)
	if most := r.foot(); len(lines) > most {
		lines = append(lines[:most-1], widget.Truncate(lines[most-1]+" …", r.width-indent-1))
	}
	for i := 1; i < len(lines); i++ {
		lines[i] = strings.Repeat(" ", indent) + r.env.Styles.Muted.Render(lines[i])
	}
	return lines
}
