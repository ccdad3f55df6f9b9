package unlock

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/ui/widget"
)

const margin = "  "

// View implements screen.Screen.
func (u *Unlock) View() string {
	if u.width == 0 || u.height == 0 {
		return ""
	}
	lines, _ := u.lines()
	return strings.Join(lines, "\n")
}

// lines are the rows of the view, and the row of the first field.
func (u *Unlock) lines() (lines []string, field int) {
	switch u.step {
	case looking:
		return []string{"", margin + u.doing + " …"}, 0
	case failed:
		return u.faultLines(), 0
	case choose:
		return u.chooseLines(), 0
	case create:
		return u.createLines()
	case unlock:
	}
	return u.unlockLines()
}

func (u *Unlock) text(s string) []string {
	out := widget.Wrap(s, min(u.width-2*len(margin), 76))
	for i := range out {
		out[i] = margin + out[i]
	}
	return out
}

func (u *Unlock) faultLines() []string {
	st := u.env.Styles
	lines := []string{""}
	for i, l := range widget.Wrap(model.PrintableLines(u.fault.Message), u.width-6) {
		mark := "✗ "
		if i > 0 {
			mark = "  "
		}
		lines = append(lines, margin+st.Danger.Render(mark+l))
	}
	if u.fault.Next != "" {
		lines = append(lines, "")
		lines = append(lines, u.text(model.PrintableLines(u.fault.Next))...)
	}
	return append(lines, "", margin+st.HelpKey.Render("R")+" tries again, "+st.HelpKey.Render("q")+" twice quits")
}

func (u *Unlock) chooseLines() []string {
	st := u.env.Styles
	lines := []string{"", margin + st.Bold.Render("Welcome. There is no store yet."), ""}
	if u.height < 16 {
		lines = lines[1:2]
	}
	lines = append(lines, u.text("ferry keeps API clients, their secrets and tokens in one sealed file. What shall open it?")...)
	lines = append(lines, "")
	for i, o := range []struct{ title, text string }{
		{"A key file (recommended)", "Made now at " + model.Printable(u.env.Door.IdentityPath()) + ", readable by you alone. The store then opens by itself, in scripts too. Back the file up: without it the store cannot be opened."},
		{"A passphrase", "Asked for at every start. Nothing is kept on disk, so it cannot be found there, and scripts must bring it. Forgotten, it cannot be recovered."},
	} {
		mark, title := "   ", o.title
		if i == u.choice {
			mark, title = " "+st.Marker.Render("▌")+" ", st.Bold.Render(o.title)
		}
		lines = append(lines, mark+title)
		if u.height < 16 && i != u.choice { // there is room to explain one of them
			continue
		}
		for _, l := range widget.Wrap(o.text, min(u.width-7, 72)) {
			lines = append(lines, "     "+st.Muted.Render(l))
		}
	}
	return append(lines, u.tail()...)
}

func (u *Unlock) createLines() ([]string, int) {
	lines := []string{"", margin + u.env.Styles.Bold.Render("A passphrase for the new store"), ""}
	lines = append(lines, u.text("A few words that nobody else would put together. It cannot be recovered.")...)
	lines = append(lines, "")
	field := len(lines)
	lines = append(lines, u.field("Passphrase", 0), u.field("Once more", 1))
	return append(lines, u.tail()...), field
}

func (u *Unlock) unlockLines() ([]string, int) {
	st := u.env.Styles
	lines := []string{"", margin + st.Bold.Render("The vault is locked."), margin + st.Muted.Render(widget.Truncate(model.Printable(u.status.Path), u.width-4))}
	passphrase := false
	for _, s := range u.status.Slots {
		passphrase = passphrase || s.Kind == model.SlotPassphrase
	}
	lines = append(lines, "")
	if !passphrase && len(u.status.Slots) > 0 {
		lines = append(lines, u.text("This store is opened by a key file, and none was found. Start ferry with --identity FILE, or put the file back at "+
			model.Printable(u.env.Door.IdentityPath())+".")...)
		lines = append(lines, "")
	}
	field := len(lines)
	lines = append(lines, u.field("Passphrase", 0))
	return append(lines, u.tail()...), field
}

func (u *Unlock) field(label string, i int) string {
	st, in := u.env.Styles, &u.first
	if i == 1 {
		in = &u.second
	}
	style := st.Label
	if i == u.focus && !u.work.Running() {
		style = st.LabelActive
	}
	return margin + style.Render(widget.Fit(label, fieldAt-len(margin))) + in.View()
}

const fieldAt = 15

// tail is what is under way or went wrong.
func (u *Unlock) tail() []string {
	st := u.env.Styles
	switch {
	case u.work.Running():
		return []string{"", margin + st.Muted.Render(u.doing+" …")}
	case u.problem != "":
		out := []string{""}
		for _, l := range widget.Wrap("✗ "+model.PrintableLines(u.problem), u.width-4) {
			out = append(out, margin+st.Danger.Render(l))
		}
		return out
	}
	return nil
}

// Cursor implements screen.CursorHolder.
func (u *Unlock) Cursor() *tea.Cursor {
	if !u.Capturing() || u.work.Running() {
		return nil
	}
	in := &u.first
	if u.focus == 1 {
		in = &u.second
	}
	c := in.Cursor()
	if c != nil {
		_, row := u.lines()
		c.X, c.Y = c.X+fieldAt, row+u.focus
	}
	return c
}
