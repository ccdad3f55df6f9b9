package gatewayrule

import (
	"strings"

	"ferry/model"
	"ferry/ui/widget"
)

// foot is how many lines below the rows say in full what the marked one allows.
func (r *Rules) foot() int {
	if r.room < 8 {
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
	view := r.List.View()
	if view == "" {
		return ""
	}
	return strings.Join(append([]string{view}, r.about()...), "\n")
}

func (r *Rules) none() []string {
	st := r.Env.Styles
	return []string{
		"  " + st.Bold.Render(model.Printable(r.name)+" may call no API client."), "",
		"  Give it the permission on its page with " + st.HelpKey.Render("e") + ", under MAY CALL;", "  then a rule here narrows what it may do.",
	}
}

func (r *Rules) table() (string, func(*Callee) string) {
	names := min(max(r.Widest, len("CLIENT")), nameMost, max(r.Width/3, 8))
	return strings.Repeat(" ", indent) + widget.Fit("CLIENT", names) + "  RULE", func(c *Callee) string { return r.row(c, names) }
}

func (r *Rules) row(c *Callee, names int) string {
	st := r.Env.Styles
	sign := st.OK.Render("●")
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
	return sign + " " + widget.Fit(model.Printable(c.Name), names) + "  " + widget.Truncate(text, max(r.Width-indent-names-3, 0))
}

// about are the lines below the rows, as many as foot says.
func (r *Rules) about() []string {
	at := r.Current()
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
	lines := append([]string{""}, widget.Wrap(text, max(r.Width-indent-1, 10))...)
	if most := r.foot(); len(lines) > most {
		lines = append(lines[:most-1], widget.Truncate(lines[most-1]+" …", r.Width-indent-1))
	}
	for i := 1; i < len(lines); i++ {
		lines[i] = strings.Repeat(" ", indent) + r.Env.Styles.Muted.Render(lines[i])
	}
	return lines
}
