package form

import (
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/ui/screen"
	"ferry/ui/screens/editing"
	"ferry/ui/widget/sheet"
)

// message takes the replies that are this form's own, a pasted curl command, and the keys
// of what stands in the form's place or after it.
func (f *Form) message(msg tea.Msg) (tea.Cmd, bool) {
	switch msg := msg.(type) {
	case screen.Reply[probe]:
		f.testDone(msg)
	case screen.Reply[files]:
		f.filesRead(msg)
	case screen.Reply[offers]:
		f.offersFound(msg)
	case tea.PasteMsg:
		if f.Target != "" || f.Saving() || !looksLikeCurl(msg.Content) || !f.Hidden && !(f.Focus == "name" && f.in.name.Empty()) {
			return nil, false
		}
		return tea.Batch(f.importLine(msg.Content), f.Paste("")), true
	case tea.KeyPressMsg:
		switch {
		case key.Matches(msg, editing.Cancel):
			return nil, f.Back()
		case f.asksToCall(): // the question behind a save was answered by going away
			return f.leaveFor(false), true
		case f.Hidden:
			return f.choose(msg), true
		}
		return nil, false
	default:
		return nil, false
	}
	return nil, true
}

// Resume implements screen.Resumer. What follows a save needs no answer.
func (f *Form) Resume(result any) tea.Cmd {
	if result == nil && f.asksToCall() {
		return f.leaveFor(false)
	}
	return f.Form.Resume(result)
}

func (f *Form) key(k tea.KeyPressMsg) (tea.Cmd, bool) {
	if key.Matches(k, keyTest) {
		return f.tryTest(), true
	}
	return nil, false
}

// changed follows a change of an item.
func (f *Form) changed(it *sheet.Item) {
	switch it.Key {
	case "ca":
		f.in.caPEM = ""
	case "issuer":
		f.find.Cancel()
		f.showOffers()
	}
	f.outdated()
}

// left follows a move of the focus.
func (f *Form) left(from string) tea.Cmd {
	switch kind, _, _ := strings.Cut(from, "."); kind {
	case "param", "resource": // their messages stand together below the last
		f.Touch(kind + "s")
	}
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
