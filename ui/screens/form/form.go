// Package form is the screen on which an API client is made or edited: connection,
// authentication and headers, checked while they are typed.
//
// It imports the contract of screens, the widgets and the use-cases of clients and
// calls. It holds no rule: what is wrong with a draft is said by clients.Check, and
// what is saved is decided by clients.Create and Update.
package form

import (
	"slices"
	"time"

	"charm.land/bubbles/v2/help"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/clients"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/screens/editing"
	"ferry/ui/widget/sheet"
)

// Form is the screen. Popped after saving, its result is the clients.Saved. It is hidden
// while the type of a new client is still to be chosen.
type Form struct {
	*editing.Form[clients.Draft, model.Client, clients.Saved]

	stored *model.Client // what is edited, as it was last read
	in     inputs
	report clients.Report
	moved  bool // the draft points the client elsewhere

	open   map[string]bool // sections that are open
	offers offers
	first  model.Request // of the curl line that the form came from
	notes  []string      // what that line left out or left to guess
	kind   int           // which choice of a new client the marker is on
	saved  *clients.Saved
	probe  probe
	began  time.Time // of the test under way

	test, readFiles, find screen.Requests
}

// New returns the form over the client with id, or for a new client when id is "".
func New(env screen.Env, id model.ID) screen.Screen {
	f := &Form{open: map[string]bool{}}
	f.Form = editing.New(env, id, editing.Options[clients.Draft, model.Client, clients.Saved]{
		Noun: "client", Name: func(d clients.Draft) string { return d.Name }, Gone: "its stored secrets are gone",
		Rows: f.rows, Head: f.headNotes, Foot: f.footLines, Beside: f.beside, Fill: f.fill, Draft: f.draft, Check: f.check,
		Field: f.localField, Uncover: f.uncover, Changed: f.changed, Left: f.left, Message: f.message, Key: f.key,
		Read: load, Took: f.took, Newest: newest, Merge: merged, Save: f.save, Saved: f.wasSaved, Named: f.nameOf, Anew: f.anew,
	})
	f.Hidden = id == ""
	f.Begin(clients.Draft{Method: model.AuthOAuth2, Send: model.SendAuto})
	f.Focus = "name"
	return f
}

// Title implements screen.Screen.
func (f *Form) Title() string {
	switch {
	case f.Hidden:
		return "New"
	case f.Target == "":
		return "New API client"
	case f.stored == nil:
		return "Edit"
	}
	if f.stored.TLS.Insecure {
		return "Edit " + f.stored.Name + " (insecure)"
	}
	return "Edit " + f.stored.Name
}

// Init implements screen.Screen: a new client needs nothing of the store.
func (f *Form) Init() tea.Cmd {
	if f.Target == "" {
		return nil
	}
	return f.Form.Init()
}

// Close implements screen.Closer.
func (f *Form) Close() {
	f.Form.Close()
	for _, r := range []*screen.Requests{&f.test, &f.readFiles, &f.find} {
		r.Cancel()
	}
}

// Back implements screen.Backer: a test that runs is cancelled first.
func (f *Form) Back() bool { return f.Cancel() }

// Cancel implements screen.Canceler. A save is not cancelled: it is over in an instant,
// and half of one would leave the person in doubt.
func (f *Form) Cancel() bool {
	if !f.test.Running() {
		return false
	}
	f.test.Cancel()
	f.probe = probe{cancelled: true}
	return true
}

// Ticking implements screen.Ticker.
func (f *Form) Ticking() bool { return f.test.Running() }

// Unsaved implements screen.Guard. A file that is named stands in no draft before it is
// read.
func (f *Form) Unsaved() string {
	if f.in.caPath.Empty() || f.saved != nil {
		return f.Form.Unsaved()
	}
	return f.Lost()
}

var (
	keyTest   = keymap.Bind("^t", "test connection", "ctrl+t")
	keyNext   = keymap.Bind("tab ↓", "next", "tab", "down")
	keyPrev   = keymap.Bind("⇧tab ↑", "previous", "shift+tab", "up")
	keyChoose = keymap.Bind("↵", "choose", "enter", "space")
	keyToggle = keymap.Bind("space", "change", "space")
	keyPress  = keymap.Bind("↵", "press", "enter", "space")
	keySides  = keymap.Bind("← →", "choose", "left", "right")
	keyForget = keymap.Bind("del", "clear a stored secret", "delete", "backspace", "ctrl+u")
)

// Keys implements screen.Screen.
func (f *Form) Keys() help.KeyMap {
	if f.Hidden {
		return keymap.Map{{keyChoose, keymap.Up, keymap.Down, editing.Cancel}}
	}
	return keymap.Map{
		{keymap.Save, keyTest, keyNext, keyPrev, editing.Cancel},
		{keyToggle, keySides, keyPress, keyForget, sheet.Leap},
	}
}

// check is what is wrong with the draft. A file that is named is read on the way to saving;
// until then the draft lacks it, and that is no fault.
func (f *Form) check() []model.FieldError {
	d := f.draft()
	f.report = clients.Check(d, f.stored)
	f.moved = d.Moves(f.stored)
	return slices.DeleteFunc(slices.Clone(f.report.Problems), func(p model.FieldError) bool { return f.pending(f.localField(p.Field)) })
}
