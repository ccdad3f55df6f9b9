package gatewayrule

import (
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model/gateway"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/screens/merge"
	"ferry/ui/screens/nextstep"
	"ferry/ui/widget"
	"ferry/ui/widget/sheet"
)

// Update implements screen.Screen. Whatever came, the focused row shows afterwards.
func (f *Form) Update(msg tea.Msg) tea.Cmd {
	cmd := f.handle(msg)
	f.reveal()
	return cmd
}

func (f *Form) handle(msg tea.Msg) tea.Cmd {
	if res, cmd, mine := f.flow.Update(msg); mine {
		if res.Deleted {
			f.saved = true
			return tea.Batch(cmd, f.leave())
		}
		return cmd
	}
	switch msg := msg.(type) {
	case screen.Reply[subject]:
		f.loaded(msg)
	case screen.Reply[merge.Newer]:
		f.looked(msg)
	case screen.Reply[gateway.RuleView]:
		return f.saveDone(msg)
	case screen.Changed:
		return f.lookAgain()
	case sheet.Settled:
		f.Settled()
	case tea.PasteMsg:
		return f.paste(msg.Content)
	case tea.KeyPressMsg:
		f.asking = askNothing
		f.flow.Forget()
		return f.key(msg)
	}
	return nil
}

// paste puts text into the focused field. Paths and methods may come a line each.
func (f *Form) paste(content string) tea.Cmd {
	if f.loading || f.save.Running() {
		return nil
	}
	if f.Focus == "paths" || f.Focus == "methods" {
		content = strings.Join(strings.FieldsFunc(content, func(r rune) bool { return r == '\r' || r == '\n' }), ", ")
	}
	return f.Paste(content)
}

func (f *Form) key(k tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(k, keyCancel):
		return f.leave()
	case f.loading, f.save.Running(), f.Settling(k):
		return nil
	case key.Matches(k, keymap.Save):
		return f.trySave()
	case key.Matches(k, keymap.Next):
		return f.Step(1)
	case key.Matches(k, keymap.Prev):
		return f.Step(-1)
	}
	return f.Sheet.Key(k)
}

// changed follows a change of an item.
func (f *Form) changed(it *sheet.Item) {
	for _, name := range f.FieldsOf(it.Key) {
		delete(f.said, name)
		delete(f.theirs, name)
	}
}

// left follows a move of the focus. What is left is checked from now on.
func (f *Form) left(from string) tea.Cmd {
	for _, name := range f.FieldsOf(from) {
		f.touched[name] = true
	}
	return nil
}

// messages returns what stands below a row.
func (f *Form) messages(r *sheet.Row) []sheet.Message {
	var out []sheet.Message
	for _, name := range r.Fields {
		switch {
		case f.said[name] != "":
			out = append(out, sheet.Message{Tone: sheet.Error, Text: f.said[name]})
		case f.touched[name] && f.problem(name) != "":
			out = append(out, sheet.Message{Tone: sheet.Error, Text: f.problem(name)})
		}
		if theirs, ok := f.theirs[name]; ok {
			out = append(out, sheet.Message{Tone: sheet.Warn, Text: "changed on both sides, yours is kept; theirs: " + theirs})
		}
	}
	return out
}

// headLines is whom the rule is for, and what went wrong beyond one field.
func (f *Form) headLines() []string {
	say := func(tone sheet.Tone, text string) []string {
		return sheet.Message{Tone: tone, Text: text}.Render(f.Styles, f.Width-2)
	}
	var lines []string
	switch {
	case f.trouble != nil:
		lines = say(sheet.Error, f.trouble.Message)
		if next := nextstep.Of(f.trouble); next != "" {
			lines = append(lines, say(sheet.Hint, "next: "+next)...)
		}
	case f.newer != "":
		lines = say(sheet.Warn, f.newer+" saved this rule meanwhile: saving will ask what to do, and nothing typed is lost")
	case !f.seen.callee.Permitted:
		lines = say(sheet.Warn, f.seen.user+" lacks the permission call:"+f.seen.callee.Name+": a rule alone lets nothing through")
	default:
		lines = say(sheet.Hint, "what "+f.seen.user+" may do with "+f.seen.callee.Name+" through the gateway")
	}
	return f.Indented(lines)
}

// footLines says in words what the form comes to.
func (f *Form) footLines() []string {
	if f.save.Running() {
		return []string{" saving …"}
	}
	d := f.draft()
	v := gateway.RuleView{ReadOnly: d.ReadOnly, Methods: d.Methods, Paths: d.Paths, PerSecond: d.PerSecond, PerDay: d.PerDay, MaxBody: d.MaxBody}
	return []string{" " + f.Styles.Muted.Render(widget.Truncate("→ "+Words(&v), f.Width-2))}
}
