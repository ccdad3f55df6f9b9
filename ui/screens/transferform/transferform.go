// Package transferform is the screen on which an export, an import or a sync is asked for,
// and a sync is edited. It is checked while one types.
//
// It imports the contract of screens, the widgets and the use-cases of transfers. It holds
// no rule: what is wrong with a draft is said by transfers.Service.Check, in a command, and
// whether it may run by Start and CreateSync. An export or an import that was started
// belongs to the runner: leaving does not stop it. Nothing typed is ever lost: an error
// leaves the form as it is.
package transferform

import (
	"reflect"
	"strings"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/transfers"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/widget/sheet"
)

// Form is the screen. What was started or created is followed by its page; an edit is
// popped after saving.
type Form struct {
	*sheet.Sheet
	env screen.Env
	id  screen.ID

	kind     model.TransferKind
	choosing bool // the kind is still to be chosen
	choice   int
	target   model.ID // the sync that is edited, "" for something new
	stored   *model.Transfer
	loading  bool
	start    transfers.Draft // what the form began with
	in       inputs
	more     bool            // the settings that are rarely needed show
	clients  map[string]bool // by name: whether one is protected; nil until they have come
	names    []string        // the same, in order

	problems []model.FieldError
	touched  map[string]bool
	said     map[string]string // what the last try said about a field, until it changes
	theirs   map[string]string // what somebody else made of a field that was typed in too
	trouble  *model.Error      // why loading or a try failed, beyond one field
	newer    string            // who saved the sync since it was read, "" for nobody
	done     bool
	asking   question
	options  transfers.Options // of the next try: what was answered so far

	load, check, try, look, plan screen.Requests
}

// kinds are what a new transfer can be.
var kinds = []struct {
	kind       model.TransferKind
	name, note string
}{
	{model.KindExport, "Export", "the records of an API into a file"},
	{model.KindImport, "Import", "the records of a file to an API"},
	{model.KindSync, "Sync", "keeps an API in step with another"},
}

// New returns the form for a new transfer that begins as d says. Without a kind it begins
// with the choice of one.
func New(env screen.Env, d transfers.Draft) screen.Screen {
	f := empty(env)
	f.kind, f.choosing = d.Kind, d.Kind == ""
	f.fill(d)
	f.start = f.draft()
	f.Focus = f.first()
	return f
}

// Edit returns the form over a stored sync.
func Edit(env screen.Env, id model.ID) screen.Screen {
	f := empty(env)
	f.kind, f.target, f.loading = model.KindSync, id, true
	f.fill(transfers.Draft{Kind: model.KindSync})
	f.Focus = "name"
	return f
}

func empty(env screen.Env) *Form {
	f := &Form{env: env, id: screen.NewID(), touched: map[string]bool{}, said: map[string]string{}, theirs: map[string]string{}}
	f.Sheet = sheet.New(env.Styles, f.id)
	f.Rows, f.Messages, f.Head, f.Foot, f.Changed, f.Left = f.rows, f.messages, f.headLines, f.footLines, f.changed, f.left
	return f
}

// first is the field that is typed in first: the first that is needed and empty.
func (f *Form) first() string {
	for _, r := range f.rows() {
		for _, it := range r.Items {
			if it.Typed() && strings.HasSuffix(r.Label, "*") && it.Line.Empty() {
				return it.Key
			}
		}
	}
	if f.kind == model.KindImport {
		return "file"
	}
	return "path"
}

// ID implements screen.Screen.
func (f *Form) ID() screen.ID { return f.id }

// Title implements screen.Screen.
func (f *Form) Title() string {
	switch {
	case f.choosing:
		return "New"
	case f.target != "" && f.stored == nil:
		return "Edit"
	case f.target != "":
		return "Edit " + model.Printable(f.stored.Name)
	}
	return "New " + string(f.kind)
}

// Rebind implements screen.Rebinder.
func (f *Form) Rebind(h *hub.Hub) { f.env.Hub = h }

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
	for _, r := range []*screen.Requests{&f.load, &f.check, &f.try, &f.look, &f.plan} {
		r.Cancel()
	}
}

// Cancel implements screen.Canceler: a preview that takes long. What was tried is not
// cancelled: it might have begun all the same.
func (f *Form) Cancel() bool {
	running := f.plan.Running()
	f.plan.Cancel()
	return running
}

// Unsaved implements screen.Guard.
func (f *Form) Unsaved() string {
	switch {
	case f.done || f.loading || f.choosing || reflect.DeepEqual(f.draft(), f.start):
		return ""
	case f.target == "":
		return "the new " + string(f.kind)
	}
	return "the changes to " + f.start.Name
}

var (
	keyNext    = keymap.Bind("tab", "next", "tab")
	keyPrev    = keymap.Bind("⇧tab", "previous", "shift+tab")
	keyMove    = keymap.Bind("↑ ↓ ← →", "move", "up", "down", "left", "right")
	keyCancel  = keymap.Bind("esc", "cancel", "esc")
	keyChoose  = keymap.Bind("↵", "choose", "enter", "space")
	keyToggle  = keymap.Bind("space", "check, choose", "space")
	keyTake    = keymap.Bind("→", "complete a name", "right")
	keyPress   = keymap.Bind("↵", "press, next field", "enter")
	keyLeap    = keymap.Bind("pgdn pgup", "leap", "pgdown", "pgup")
	keyStart   = keymap.Bind("^s", "start", "ctrl+s")
	keyPreview = keymap.Bind("^t", "first requests", "ctrl+t")
)

// Keys implements screen.Screen.
func (f *Form) Keys() help.KeyMap {
	rest := []key.Binding{keyPrev, keyToggle, keyTake, keyPress, keyLeap}
	switch {
	case f.choosing:
		return keymap.Map{{keyChoose, keymap.Up, keymap.Down, keyCancel}}
	case f.kind == model.KindSync:
		return keymap.Map{{keymap.Save, keyNext, keyMove, keyCancel}, rest}
	case f.kind == model.KindImport:
		return keymap.Map{{keyStart, keyPreview, keyNext, keyMove, keyCancel}, rest}
	}
	return keymap.Map{{keyStart, keyNext, keyMove, keyCancel}, rest}
}

// Init implements screen.Screen.
func (f *Form) Init() tea.Cmd { return f.reload() }

// View implements screen.Screen.
func (f *Form) View() string {
	switch {
	case f.Width <= 0 || f.Height <= 0:
		return ""
	case f.choosing:
		return f.chooseView()
	case f.loading && f.trouble == nil:
		return " loading …"
	case f.loading:
		return strings.Join(f.headLines(), "\n")
	}
	return f.Sheet.View()
}

func (f *Form) chooseView() string {
	st := f.Styles
	lines := []string{"", "  " + st.Bold.Render("What shall it be?"), ""}
	for i, k := range kinds {
		mark := "  "
		if i == f.choice {
			mark = st.Marker.Render("▌") + " "
		}
		lines = append(lines, " "+mark+k.name+strings.Repeat(" ", 9-len(k.name))+st.Muted.Render(k.note))
	}
	return strings.Join(lines, "\n")
}

// choose takes a key while the kind is to be chosen.
func (f *Form) choose(k tea.KeyPressMsg) {
	switch {
	case f.Held(): // the tail of a paste
	case key.Matches(k, keymap.Up):
		f.choice = max(f.choice-1, 0)
	case key.Matches(k, keymap.Down):
		f.choice = min(f.choice+1, len(kinds)-1)
	case key.Matches(k, keyChoose):
		d := f.draft()
		f.choosing, f.kind = false, kinds[f.choice].kind
		d.Kind = f.kind
		f.fill(d)
		f.start = f.draft()
		f.Focus = f.first()
	}
}

// Cursor implements screen.CursorHolder.
func (f *Form) Cursor() *tea.Cursor {
	if f.loading || f.choosing {
		return nil
	}
	return f.Sheet.Cursor()
}

func (f *Form) reveal() {
	if !f.loading && !f.choosing {
		f.Reveal()
	}
}

// leave asks the root to go back; the root asks first when something is unsaved.
func (f *Form) leave() tea.Cmd { return screen.Send(screen.Pop{}) }
