// Package transferform is the screen on which an export, an import or a sync is asked for,
// and a sync is edited. It is checked while one types.
//
// It imports the contract of screens, the widgets and the use-cases of transfers. It holds
// no rule: what is wrong with a draft is said by transfers.Service.Check, in a command, and
// whether it may run by Start and CreateSync. An export or an import that was started
// belongs to the runner: leaving does not stop it.
package transferform

import (
	"strings"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/transfers"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/screens/editing"
	"ferry/ui/widget/sheet"
)

// Form is the screen. What was started or created is followed by its page; an edit is
// popped after saving. It is hidden while the kind is still to be chosen.
type Form struct {
	*editing.Form[transfers.Draft, read, tried]

	kind   model.TransferKind
	choice int
	stored *model.Transfer
	in     inputs
	more   bool // the settings that are rarely needed show
	// By name, whether a client is protected; nil until they have come.
	clients map[string]bool
	names   []string          // the same, in order
	options transfers.Options // of the next try: what was answered so far

	check, plan screen.Requests
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
	f := empty(env, "")
	f.Hidden = d.Kind == ""
	f.begin(d)
	return f
}

// Edit returns the form over a stored sync.
func Edit(env screen.Env, id model.ID) screen.Screen {
	f := empty(env, id)
	f.begin(transfers.Draft{Kind: model.KindSync})
	f.Focus = "name"
	return f
}

func empty(env screen.Env, id model.ID) *Form {
	f := &Form{}
	f.Form = editing.New(env, id, editing.Options[transfers.Draft, read, tried]{
		Name: func(d transfers.Draft) string { return d.Name }, Gone: "its history is gone",
		Rows: f.rows, Foot: f.footLines, Uncover: f.uncover, Fill: f.fill, Draft: f.draft, Check: f.ownProblems,
		Changed: f.changed, Typed: f.recheck, Message: f.message, Key: f.key,
		Read: load, Took: f.took, Newest: newest, Merge: merged, Save: f.save, Saved: f.saved, Failed: f.failed, Named: f.named, Anew: f.anew,
	})
	return f
}

// begin fills the form with the draft of a kind.
func (f *Form) begin(d transfers.Draft) {
	f.kind, f.Noun, f.Refused = d.Kind, string(d.Kind), "not started"
	if d.Kind == model.KindSync {
		f.Refused = "not saved"
	}
	f.Begin(d)
	f.Focus = f.first()
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

// Title implements screen.Screen.
func (f *Form) Title() string {
	switch {
	case f.Hidden:
		return "New"
	case f.Target != "" && f.stored == nil:
		return "Edit"
	case f.Target != "":
		return "Edit " + model.Printable(f.stored.Name)
	}
	return "New " + string(f.kind)
}

// Close implements screen.Closer.
func (f *Form) Close() {
	f.Form.Close()
	f.check.Cancel()
	f.plan.Cancel()
}

// Cancel implements screen.Canceler: a preview that takes long. What was tried is not
// cancelled: it might have begun all the same.
func (f *Form) Cancel() bool {
	running := f.plan.Running()
	f.plan.Cancel()
	return running
}

var (
	keyChoose  = keymap.Bind("↵", "choose", "enter", "space")
	keyToggle  = keymap.Bind("space", "check, choose", "space")
	keyTake    = keymap.Bind("→", "complete a name", "right")
	keyStart   = keymap.Bind("^s", "start", "ctrl+s")
	keyPreview = keymap.Bind("^t", "first requests", "ctrl+t")
)

// Keys implements screen.Screen.
func (f *Form) Keys() help.KeyMap {
	rest := []key.Binding{keymap.Prev, keyToggle, keyTake, sheet.PressOrNext, sheet.Leap}
	switch {
	case f.Hidden:
		return keymap.Map{{keyChoose, keymap.Up, keymap.Down, editing.Cancel}}
	case f.kind == model.KindSync:
		return keymap.Map{{keymap.Save, keymap.Next, sheet.Move, editing.Cancel}, rest}
	case f.kind == model.KindImport:
		return keymap.Map{{keyStart, keyPreview, keymap.Next, sheet.Move, editing.Cancel}, rest}
	}
	return keymap.Map{{keyStart, keymap.Next, sheet.Move, editing.Cancel}, rest}
}

// View implements screen.Screen.
func (f *Form) View() string {
	if f.Hidden && f.Width > 0 && f.Height > 0 {
		return f.chooseView()
	}
	return f.Form.View()
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
		f.Hidden, d.Kind = false, kinds[f.choice].kind
		f.begin(d)
	}
}
