package form

import (
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/clients"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/screens/merge"
	"ferry/ui/widget/sheet"
)

// Update implements screen.Screen. Whatever came, the focused row shows afterwards: a
// message or the outcome of a test may have taken its place.
func (f *Form) Update(msg tea.Msg) tea.Cmd {
	cmd := f.handle(msg)
	f.reveal()
	return cmd
}

func (f *Form) handle(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case screen.Reply[model.Client]:
		return f.loaded(msg)
	case screen.Reply[clients.Saved]:
		return f.saveDone(msg)
	case screen.Reply[probe]:
		return f.testDone(msg)
	case screen.Reply[files]:
		return f.filesRead(msg)
	case screen.Reply[offers]:
		f.offersFound(msg)
	case screen.Changed:
		return f.lookAgain()
	case screen.Reply[merge.Newer]:
		if screen.Accept(&f.look, msg) && f.stored != nil {
			f.newer = msg.Value.Than(f.stored.Revision)
		}
	case sheet.Settled:
		f.Settled()
	case tea.PasteMsg:
		return f.paste(msg.Content)
	case tea.KeyPressMsg:
		return f.key(msg)
	}
	return nil
}

func (f *Form) paste(content string) tea.Cmd {
	if f.loading || f.save.Running() {
		return nil
	}
	if f.target == "" && looksLikeCurl(content) && (f.choosing || f.Focus == "name" && f.in.name.Empty()) {
		return tea.Batch(f.importLine(content), f.Paste(""))
	}
	if f.choosing {
		return nil
	}
	if f.Focus == "cors_origins" || f.Focus == "cors_methods" { // they may come a line each
		content = strings.Join(strings.FieldsFunc(content, func(r rune) bool { return r == '\r' || r == '\n' }), ", ")
	}
	return f.Paste(content)
}

func (f *Form) key(k tea.KeyPressMsg) tea.Cmd {
	if key.Matches(k, keyCancel) {
		if f.Back() {
			return nil
		}
		return f.leave()
	}
	switch {
	case f.saved != nil: // the question behind a save was answered by going away
		return f.leaveFor(false)
	case f.choosing:
		return f.choose(k)
	case f.loading || f.save.Running():
		return nil
	case f.Settling(k):
		return nil
	}
	switch {
	case key.Matches(k, keymap.Save):
		return f.trySave()
	case key.Matches(k, keyTest):
		return f.tryTest()
	case key.Matches(k, keymap.Next):
		return f.Step(1)
	case key.Matches(k, keymap.Prev):
		return f.Step(-1)
	}
	return f.Sheet.Key(k)
}

// changed follows a change of an item.
func (f *Form) changed(it *sheet.Item) {
	if it.Typed() {
		for _, field := range f.FieldsOf(it.Key) {
			delete(f.said, field)
			delete(f.theirs, field)
		}
		switch it.Key {
		case "ca":
			f.in.caPEM = ""
		case "issuer":
			f.find.Cancel()
			f.showOffers()
		}
	}
	f.outdated()
	f.refresh()
}

// left follows a move of the focus. What is left is checked from now on.
func (f *Form) left(from string) tea.Cmd {
	now := f.FieldsOf(f.Focus)
	for _, field := range f.FieldsOf(from) {
		switch kind, _, _ := strings.Cut(field, "."); kind {
		case "param", "resource": // their messages stand together below the last
			f.touched[kind+"s"] = true
		}
		if len(now) == 0 || field != now[0] {
			f.touched[field] = true
		}
	}
	f.refresh()
	if from == f.Focus {
		return nil
	}
	switch from {
	case "ca", "cert", "cert_key", "key":
		return f.readNamed()
	case "issuer":
		return f.findOffers()
	}
	return nil
}

// outdated drops the outcome of a test that was made with something else.
func (f *Form) outdated() {
	if !f.test.Running() {
		f.probe = probe{}
	}
}

// leave asks the root to go back; the root asks first when something is unsaved.
func (f *Form) leave() tea.Cmd { return screen.Send(screen.Pop{}) }
