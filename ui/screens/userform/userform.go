// Package userform is the screen on which an API user is made or edited, with its
// permissions as a grid, checked while they are typed.
//
// It imports the contract of screens, the widgets and the use-cases of API users. It
// holds no rule: what is wrong with a draft is said by apiusers.Check, and what is saved
// is decided by apiusers.Create and Update. Nothing typed is ever lost: a save that fails,
// or meets a change by somebody else, leaves the form as it is.
package userform

import (
	"slices"
	"strings"
	"time"

	"charm.land/bubbles/v2/help"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/widget/sheet"
)

// Form is the screen. An edit is popped after saving with the model.APIUser; a new user
// is followed by its page.
type Form struct {
	*sheet.Sheet
	env screen.Env
	id  screen.ID

	target  model.ID       // the user that is edited, "" for a new one
	loading bool           // the stored user is on its way
	stored  *model.APIUser // what is edited, as it was last read
	start   apiusers.Draft // the draft that the form began with
	in      inputs
	names   []string      // of the space's clients, nil until they have come
	ttl     time.Duration // what a user has whose TTL is left empty

	problems []model.FieldError
	touched  map[string]bool   // what was left once, or all after a save
	said     map[string]string // what saving said about a field, until it changes
	theirs   map[string]string // what somebody else made of a field that was typed in too
	trouble  *model.Error      // why loading or saving failed, beyond one field
	saved    bool
	asking   question
	newer    string // who saved the user since it was read, "" for nobody

	load, save, look screen.Requests
}

// New returns the form over the user with id, or for a new user when id is "".
func New(env screen.Env, id model.ID) screen.Screen {
	f := &Form{
		env: env, id: screen.NewID(), target: id, loading: id != "", ttl: model.DefaultTTL,
		touched: map[string]bool{}, said: map[string]string{}, theirs: map[string]string{},
	}
	f.Sheet = sheet.New(env.Styles, f.id)
	f.Rows, f.Messages, f.Head, f.Foot, f.Changed, f.Left = f.rows, f.messages, f.headLines, f.footLines, f.changed, f.left
	f.fill(apiusers.Draft{})
	f.start = f.draft()
	f.Focus = "username"
	f.refresh()
	return f
}

// ID implements screen.Screen.
func (f *Form) ID() screen.ID { return f.id }

// Title implements screen.Screen.
func (f *Form) Title() string {
	switch {
	case f.target == "":
		return "New API user"
	case f.stored == nil:
		return "Edit"
	}
	return "Edit " + model.Printable(f.stored.Username)
}

// SetSize implements screen.Screen.
func (f *Form) SetSize(width, height int) {
	f.Sheet.SetSize(width, height)
	f.reveal()
}

// Capturing implements screen.Capturer.
func (f *Form) Capturing() bool {
	it := f.Focused()
	return !f.loading && it != nil && it.Typed()
}

// Close implements screen.Closer.
func (f *Form) Close() {
	for _, r := range []*screen.Requests{&f.load, &f.save, &f.look} {
		r.Cancel()
	}
}

// Unsaved implements screen.Guard.
func (f *Form) Unsaved() string {
	switch {
	case f.saved || f.loading || same(f.draft(), f.start):
		return ""
	case f.target == "":
		return "the new API user"
	}
	return "the changes to " + f.start.Username
}

// same reports whether two drafts say the same.
func same(a, b apiusers.Draft) bool {
	return a.Username == b.Username && a.Description == b.Description && a.OAuth == b.OAuth && a.BearerKeys == b.BearerKeys && a.TTL == b.TTL &&
		a.Expires.Equal(b.Expires) && slices.Equal(a.Permissions, b.Permissions) && slices.Equal(a.Networks, b.Networks)
}

var (
	keyNext   = keymap.Bind("tab", "next", "tab")
	keyPrev   = keymap.Bind("⇧tab", "previous", "shift+tab")
	keyMove   = keymap.Bind("↑ ↓ ← →", "move", "up", "down", "left", "right")
	keyCancel = keymap.Bind("esc", "cancel", "esc")
	keyToggle = keymap.Bind("space", "check; on a row's name: the row", "space")
	keyPress  = keymap.Bind("↵", "press, next field", "enter")
	keyLeap   = keymap.Bind("pgdn pgup", "leap", "pgdown", "pgup")
)

var formKeys = keymap.Map{
	{keymap.Save, keyNext, keymap.Bind("space", "check", "space"), keyMove, keyCancel},
	{keyPrev, keyToggle, keyPress, keyLeap},
}

// Keys implements screen.Screen.
func (f *Form) Keys() help.KeyMap { return formKeys }

// Init implements screen.Screen.
func (f *Form) Init() tea.Cmd { return f.reload() }

// refresh checks the draft anew; it is called after every change.
func (f *Form) refresh() {
	f.problems = apiusers.Check(f.draft(), f.env.Hub.Now).Problems
	if p := f.in.expiryProblem(f.env.Hub.Now()); p != "" {
		f.problems = slices.DeleteFunc(f.problems, func(e model.FieldError) bool { return e.Field == "expires_at" })
		f.problems = append(f.problems, model.FieldError{Field: "expires_at", Message: p})
	}
}

// View implements screen.Screen.
func (f *Form) View() string {
	switch {
	case f.Width <= 0 || f.Height <= 0:
		return ""
	case f.loading && f.trouble == nil:
		return " loading …"
	case f.loading:
		return strings.Join(f.headLines(), "\n")
	}
	return f.Sheet.View()
}

// Cursor implements screen.CursorHolder.
func (f *Form) Cursor() *tea.Cursor {
	if f.loading {
		return nil
	}
	return f.Sheet.Cursor()
}

func (f *Form) reveal() {
	if !f.loading {
		f.Reveal()
	}
}
