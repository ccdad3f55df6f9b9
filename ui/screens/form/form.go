// Package form is the screen on which an API client is made or edited: connection,
// authentication and headers, checked while they are typed.
//
// It imports the contract of screens, the widgets and the use-cases of clients and
// calls. It holds no rule: what is wrong with a draft is said by clients.Check, and
// what is saved is decided by clients.Create and Update. Nothing typed is ever lost:
// a save that fails, or meets a change by somebody else, leaves the form as it is.
package form

import (
	"reflect"
	"time"

	"charm.land/bubbles/v2/help"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/clients"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/widget/sheet"
)

// Form is the screen. Popped after saving, its result is the clients.Saved.
type Form struct {
	*sheet.Sheet
	env screen.Env
	id  screen.ID

	target   model.ID      // the client that is edited, "" for a new one
	choosing bool          // the type of a new client is still to be chosen
	loading  bool          // the stored client is on its way
	stored   *model.Client // what is edited, as it was last read
	start    clients.Draft // the draft that the form began with
	in       inputs

	report  clients.Report
	moved   bool              // the draft points the client elsewhere
	touched map[string]bool   // what was left once, or all after a save
	said    map[string]string // what saving said about a field, until it changes
	theirs  map[string]string // what somebody else made of a field that was typed in too
	trouble *model.Error      // why loading or saving failed, beyond one field

	open   map[string]bool // sections that are open
	offers offers
	first  model.Request // of the curl line that the form came from
	notes  []string      // what that line left out or left to guess
	kind   int           // which choice of a new client the marker is on
	saved  *clients.Saved
	asking question
	probe  probe
	began  time.Time // of the save or test under way

	newer string // who saved the client since it was read, "" for nobody

	load, save, test, readFiles, look, find screen.Requests
}

// New returns the form over the client with id, or for a new client when id is "".
func New(env screen.Env, id model.ID) screen.Screen {
	f := &Form{
		env: env, id: screen.NewID(), target: id, choosing: id == "", loading: id != "",
		touched: map[string]bool{}, said: map[string]string{}, theirs: map[string]string{}, open: map[string]bool{},
	}
	f.Sheet = sheet.New(env.Styles, f.id)
	f.Rows, f.Messages, f.Head, f.Foot, f.Changed, f.Left = f.rows, f.messages, f.headLines, f.footLines, f.changed, f.left
	f.fill(clients.Draft{Method: model.AuthOAuth2, Send: model.SendAuto})
	f.start = f.draft()
	f.Focus = "name"
	f.refresh()
	return f
}

// ID implements screen.Screen.
func (f *Form) ID() screen.ID { return f.id }

// Title implements screen.Screen.
func (f *Form) Title() string {
	switch {
	case f.choosing:
		return "New"
	case f.target == "":
		return "New API client"
	case f.stored == nil:
		return "Edit"
	}
	if f.stored.TLS.Insecure {
		return "Edit " + f.stored.Name + " (insecure)"
	}
	return "Edit " + f.stored.Name
}

// SetSize implements screen.Screen.
func (f *Form) SetSize(width, height int) {
	f.Sheet.SetSize(width, height)
	f.reveal()
}

// Capturing implements screen.Capturer.
func (f *Form) Capturing() bool {
	if f.choosing || f.loading {
		return false
	}
	it := f.Focused()
	return it != nil && it.Typed()
}

// Close implements screen.Closer.
func (f *Form) Close() {
	for _, r := range []*screen.Requests{&f.load, &f.save, &f.test, &f.readFiles, &f.look, &f.find} {
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

// Unsaved implements screen.Guard.
func (f *Form) Unsaved() string {
	if f.saved != nil || f.loading || f.choosing {
		return ""
	}
	if reflect.DeepEqual(f.draft(), f.start) && f.in.caPath.Empty() {
		return ""
	}
	if f.target == "" {
		return "the new client"
	}
	return "the changes to " + f.start.Name
}

var (
	keyTest   = keymap.Bind("^t", "test connection", "ctrl+t")
	keyNext   = keymap.Bind("tab ↓", "next", "tab", "down")
	keyPrev   = keymap.Bind("⇧tab ↑", "previous", "shift+tab", "up")
	keyCancel = keymap.Bind("esc", "cancel", "esc")
	keyChoose = keymap.Bind("↵", "choose", "enter", "space")
	keyToggle = keymap.Bind("space", "change", "space")
	keyPress  = keymap.Bind("↵", "press", "enter", "space")
	keySides  = keymap.Bind("← →", "choose", "left", "right")
	keyForget = keymap.Bind("del", "clear a stored secret", "delete", "backspace", "ctrl+u")
	keyLeap   = keymap.Bind("pgdn pgup", "leap", "pgdown", "pgup")
)

// Keys implements screen.Screen.
func (f *Form) Keys() help.KeyMap {
	if f.choosing {
		return keymap.Map{{keyChoose, keymap.Up, keymap.Down, keyCancel}}
	}
	return keymap.Map{
		{keymap.Save, keyTest, keyNext, keyPrev, keyCancel},
		{keyToggle, keySides, keyPress, keyForget, keyLeap},
	}
}

// Init implements screen.Screen.
func (f *Form) Init() tea.Cmd {
	if f.target == "" {
		return nil
	}
	return f.reload()
}

// refresh checks the draft anew; it is called after every change.
func (f *Form) refresh() {
	d := f.draft()
	f.report = clients.Check(d, f.stored)
	f.moved = d.Moves(f.stored)
}
