package form

import (
	"strings"
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

// Update implements screen.Screen.
func (f *Form) Update(msg tea.Msg) tea.Cmd {
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
		cmd := f.key(msg)
		f.reveal()
		return cmd
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
	f.reveal()
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

// move does what moving keys do everywhere in the form.
func (f *Form) move(k tea.KeyPressMsg) tea.Cmd {
	switch k.String() {
	case "down":
		return f.stepRow(1)
	case "up":
		return f.stepRow(-1)
	case "enter":
		return f.step(1)
	case "pgdown":
		return f.stepRow(max(f.size.height/2, 1))
	case "pgup":
		return f.stepRow(-max(f.size.height/2, 1))
	}
	return nil
}

// step moves the focus to the next or previous item, around the ends.
func (f *Form) step(by int) tea.Cmd {
	items := f.items()
	at := 0
	for i, it := range items {
		if it.key == f.focus {
			at = i + by
		}
	}
	return f.moveTo(items[(at+len(items))%len(items)].key)
}

// stepRow moves the focus by rows, staying in the column as far as that goes.
func (f *Form) stepRow(by int) tea.Cmd {
	rows := f.rows()
	at, column := 0, 0
	for i := range rows {
		for j, it := range rows[i].all() {
			if it.key == f.focus {
				at, column = i, j
			}
		}
	}
	to := min(max(at+by, 0), len(rows)-1)
	if to == at {
		return nil
	}
	items := rows[to].all()
	return f.moveTo(items[min(column, len(items)-1)].key)
}

func (f *Form) items() []*item {
	var out []*item
	for _, r := range f.rows() {
		out = append(out, r.all()...)
	}
	return out
}

// focused returns the item with the focus, nil when it went away.
func (f *Form) focused() *item {
	for _, it := range f.items() {
		if it.key == f.focus {
			return it
		}
	}
	return nil
}

// fieldsOf returns the fields whose messages stand below the item with key.
func (f *Form) fieldsOf(key string) []string {
	for _, r := range f.rows() {
		for i, it := range r.all() {
			if it.key != key {
				continue
			}
			if r.lead == nil && len(r.fields) == len(r.items) {
				return r.fields[i : i+1]
			}
			return r.fields
		}
	}
	return nil
}

// moveTo gives the focus to an item. What is left is checked from now on.
func (f *Form) moveTo(to string) tea.Cmd {
	left := f.focus
	f.focus = to
	now := f.fieldsOf(to)
	for _, field := range f.fieldsOf(left) {
		if strings.HasPrefix(field, "param.") {
			f.touched["params"] = true // their messages stand together below the last
		}
		if len(now) == 0 || field != now[0] {
			f.touched[field] = true
		}
	}
	f.refresh()
	if left == "ca" && to != "ca" {
		return f.readCertificates()
	}
	return nil
}

// leave asks the root to go back; the root asks first when something is unsaved.
func (f *Form) leave() tea.Cmd { return screen.Send(screen.Pop{}) }
