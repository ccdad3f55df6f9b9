package form

import (
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/clients"
	"ferry/ui/keymap"
	"ferry/ui/screen"
)

// settled says that keys which follow a paste are the person's own again.
type settled struct{ to screen.ID }

// Addressee implements screen.Addressed.
func (m settled) Addressee() screen.ID { return m.to }

// settleTime is how long keys after a paste may still belong to it: text that holds an
// end-of-paste of its own sends its tail as keys, and that must not press a button.
const settleTime = 40 * time.Millisecond

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
	case screen.Reply[certificates]:
		return f.certificatesRead(msg)
	case screen.Changed:
		return f.lookAgain()
	case screen.Reply[newer]:
		if screen.Accept(&f.look, msg) && f.stored != nil {
			f.newer = msg.Value.than(f.stored)
		}
	case settled:
		f.settling = max(f.settling-1, 0)
	case tea.PasteMsg:
		return f.paste(msg.Content)
	case tea.KeyPressMsg:
		return f.key(msg)
	}
	return nil
}

func (f *Form) paste(content string) tea.Cmd {
	if f.choosing || f.loading {
		return nil
	}
	if it := f.focused(); it != nil && it.typed() {
		it.line.Paste(content)
		f.typedIn(it)
	}
	f.settling++
	to := f.id
	return tea.Tick(settleTime, func(time.Time) tea.Msg { return settled{to} })
}

func (f *Form) key(k tea.KeyPressMsg) tea.Cmd {
	if key.Matches(k, keyCancel) {
		if f.Back() {
			return nil
		}
		return f.leave()
	}
	switch {
	case f.choosing:
		if key.Matches(k, keyChoose) {
			f.choosing = false
		}
		return nil
	case f.loading || f.save.Running():
		return nil
	case f.settling > 0:
		if it := f.focused(); k.Text != "" && it != nil && it.typed() {
			it.line.Key(k)
			f.typedIn(it)
		}
		return nil
	}
	switch {
	case key.Matches(k, keymap.Save):
		return f.trySave()
	case key.Matches(k, keyTest):
		return f.tryTest()
	case key.Matches(k, keymap.Next):
		return f.step(1)
	case key.Matches(k, keymap.Prev):
		return f.step(-1)
	}
	it := f.focused()
	if it == nil {
		return f.step(1)
	}
	switch it.kind {
	case kindText:
		return f.keyText(it, k)
	case kindCheck:
		if k.String() == "space" || k.String() == "x" {
			return f.done(it.do())
		}
	case kindRadio:
		return f.keyRadio(it, k)
	case kindButton:
		switch k.String() {
		case "enter", "space":
			return f.press(it)
		case "left":
			return f.step(-1)
		case "right":
			return f.step(1)
		}
	}
	return f.move(k)
}

// done ends a change that was not typed.
func (f *Form) done(cmd tea.Cmd) tea.Cmd {
	f.outdated()
	f.refresh()
	return cmd
}

func (f *Form) keyText(it *item, k tea.KeyPressMsg) tea.Cmd {
	if s := it.secret; s != nil && s.stored && s.line.Empty() && key.Matches(k, keyForget) {
		s.cleared = !s.cleared
		f.typedIn(it)
		return nil
	}
	if it.line.Key(k) {
		f.typedIn(it)
		return nil
	}
	return f.move(k)
}

func (f *Form) keyRadio(it *item, k tea.KeyPressMsg) tea.Cmd {
	n := len(it.choice)
	switch k.String() {
	case "left":
		it.pick(max(it.chosen-1, 0))
	case "right":
		it.pick(min(it.chosen+1, n-1))
	case "space":
		it.pick((it.chosen + 1) % n)
	default:
		return f.move(k)
	}
	return f.done(nil)
}

// typedIn follows a change of an item's text.
func (f *Form) typedIn(it *item) {
	if it.after != nil {
		it.after()
	}
	if it.secret != nil && !it.line.Empty() {
		it.secret.cleared = false
	}
	for _, field := range f.fieldsOf(it.key) {
		delete(f.said, field)
		delete(f.theirs, field)
	}
	if it.key == "ca" {
		f.in.caPEM = ""
	}
	f.outdated()
	f.refresh()
}

// press does what a button does. Adding and removing rows changes what was tested.
func (f *Form) press(it *item) tea.Cmd {
	switch it.key {
	case "save", "test", "cancel":
		return it.do()
	}
	return f.done(it.do())
}

// outdated drops the outcome of a test that was made with something else.
func (f *Form) outdated() {
	if !f.test.Running() {
		f.probe = probe{}
	}
}

// leave asks the root to go back; the root asks first when something is unsaved.
func (f *Form) leave() tea.Cmd { return screen.Send(screen.Pop{}) }
