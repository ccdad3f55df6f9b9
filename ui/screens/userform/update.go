package userform

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
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
	switch msg := msg.(type) {
	case screen.Reply[read]:
		return f.loaded(msg)
	case screen.Reply[model.APIUser]:
		return f.saveDone(msg)
	case screen.Reply[merge.Newer]:
		if screen.Accept(&f.look, msg) && f.stored != nil && msg.Err == nil {
			f.newer = msg.Value.Than(f.stored.Revision)
		}
	case screen.Changed:
		return f.lookAgain()
	case sheet.Settled:
		f.Settled()
	case tea.PasteMsg:
		return f.paste(msg.Content)
	case tea.KeyPressMsg:
		f.asking = askNothing
		return f.key(msg)
	}
	return nil
}

// paste puts text into the focused field. A list of networks may come a line each.
func (f *Form) paste(content string) tea.Cmd {
	if f.loading {
		return nil
	}
	if f.Focus == "from" {
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
	case key.Matches(k, keyNext):
		return f.Step(1)
	case key.Matches(k, keyPrev):
		return f.Step(-1)
	}
	return f.Sheet.Key(k)
}

// changed follows a change of an item.
func (f *Form) changed(it *sheet.Item) {
	for _, field := range f.FieldsOf(it.Key) {
		delete(f.said, field)
		delete(f.theirs, field)
	}
	if it.Kind == sheet.Check && it.Key != "bearer_keys" {
		delete(f.said, "permissions")
		delete(f.theirs, "permissions")
	}
	f.refresh()
}

// left follows a move of the focus. What is left is checked from now on.
func (f *Form) left(from string) tea.Cmd {
	for _, field := range f.FieldsOf(from) {
		f.touched[field] = true
	}
	f.refresh()
	return nil
}

// messages returns what stands below a row: what is wrong once it was left, and what
// somebody else made of it.
func (f *Form) messages(r *sheet.Row) []sheet.Message {
	var out []sheet.Message
	add := func(tone sheet.Tone, text string) { out = append(out, sheet.Message{Tone: tone, Text: text}) }
	for _, field := range r.Fields {
		if said := f.said[field]; said != "" {
			add(sheet.Error, said)
			continue
		}
		for _, p := range f.problems {
			if f.touched[field] && p.Field == field {
				add(sheet.Error, p.Message)
			}
		}
		if theirs, ok := f.theirs[field]; ok {
			add(sheet.Warn, "changed on both sides, yours is kept; theirs: "+theirs)
		}
	}
	return out
}

// headLines is what went wrong beyond one field; it does not scroll away.
func (f *Form) headLines() []string {
	say := func(tone sheet.Tone, text string) []string {
		return sheet.Message{Tone: tone, Text: text}.Render(f.Styles, f.Width-2)
	}
	switch {
	case f.trouble != nil:
		lines := say(sheet.Error, f.trouble.Message)
		if next := nextstep.Of(f.trouble); next != "" {
			lines = append(lines, say(sheet.Hint, "next: "+next)...)
		}
		return f.Indented(lines)
	case f.newer != "":
		return f.Indented(say(sheet.Warn, f.newer+" saved this API user meanwhile: saving will ask what to do, and nothing typed is lost"))
	}
	return nil
}

// footLines says which box has the focus, or tells of a save. The line is always there, so
// that nothing moves when the focus does.
func (f *Form) footLines() []string {
	if f.save.Running() {
		return []string{" saving …"}
	}
	it := f.Focused()
	if it == nil || it.Kind != sheet.Check || it.Key == "bearer_keys" {
		return []string{""}
	}
	text := "permission " + model.Printable(it.Key)
	if slices.Contains(model.PermissionAreas(), it.Key) {
		text = "all of " + it.Key + ": space checks or clears the row"
	}
	return []string{" " + f.Styles.Muted.Render(widget.Truncate(text, f.Width-2))}
}
