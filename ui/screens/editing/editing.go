// Package editing is a form over one record, whatever that is: read off the hot path,
// checked while one types, saved with a name where that is asked for, and brought together
// with what somebody else saved meanwhile. A screen embeds a Form and says what is its
// own: its rows, its draft, and the use-cases that read and save it.
//
// It imports the screen contract, widgets and model, and holds no rule. Nothing typed is
// ever lost: a save that fails, or meets a change by somebody else, leaves the form as
// it is.
package editing

import (
	"context"
	"reflect"
	"strings"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/hub"
	"ferry/ui/screen"
	"ferry/ui/screens/flow"
	"ferry/ui/screens/merge"
	"ferry/ui/widget"
	"ferry/ui/widget/sheet"
)

// Form is a record that is made or edited. It is all of a screen.Screen but its title and
// its keys. D is the draft that is typed, R what is read from the store and S what saving
// comes to; R and S are two types, as their replies are told apart by them.
type Form[D, R, S any] struct {
	*sheet.Sheet
	Env screen.Env
	// Flow asks: its questions are answered by Resume.
	Flow *flow.Flow
	// Target is the record that is edited, "" for a new one.
	Target model.ID
	// Hidden says that something else stands in the place of the form: the choice of
	// what is made. Keys are the screen's until then.
	Hidden bool
	// Trouble is why reading or saving failed, beyond one field.
	Trouble *model.Error
	// Found is what a check beside the keys found. It is not in the way of saving.
	Found []model.FieldError
	// Noun is what the record is called, as in: bob saved this API user meanwhile.
	Noun string
	// Refused is how the notice of a save begins that failed.
	Refused string

	o        Options[D, R, S]
	id       screen.ID
	loading  bool   // the record is on its way
	known    bool   // it has come
	done     bool   // it was saved
	revision uint64 // of the record as it was last read
	newer    string // who saved it since, "" for nobody
	confirm  string // the name that the last save was given
	start    D      // what the form began with

	problems []model.FieldError
	touched  map[string]bool   // fields that were left once, or all after a save
	said     map[string]string // what saving said about a field, until it changes
	theirs   merge.Both        // what somebody else made of a field that was typed in too

	load, save, look screen.Requests
}

// Options is what a form is of. Fields are named as the rows name them. What takes a
// context runs in a command; the rest runs in Update and View. Those behind Named may be
// nil.
type Options[D, R, S any] struct {
	Noun string
	Name func(D) string // of the record, as its draft says

	Rows  func() []sheet.Row
	Foot  func() []string
	Fill  func(D)                   // makes the inputs show a draft
	Draft func() D                  // what the inputs say
	Check func() []model.FieldError // what is wrong with that, in the way of saving

	// Read reads the record with id, and what can be chosen; id is "" for a new one.
	Read func(ctx context.Context, h *hub.Hub, id model.ID) (R, error)
	// Took takes over what was read, and returns the record; nil when there is none yet.
	Took func(R) *Stored[D]
	// Newest is the revision as it is stored now.
	Newest func(ctx context.Context, h *hub.Hub, id model.ID) (merge.Newer, error)
	// Merge lays mine over theirs where it differs from base.
	Merge func(base, mine, theirs D) (D, merge.Both)
	// Save returns what saves a draft, with the name that was given to confirm it.
	Save  func(h *hub.Hub, id model.ID, d D, confirm string) func(context.Context) (S, error)
	Saved func(S) tea.Cmd
	// Named is the question for the name that a protected record asks for.
	Named func() widget.TypedNameOptions

	// Anew makes of a draft, whose record was deleted meanwhile, one for a new record. Nil
	// where that makes no sense: then the loss is told as soon as it is seen.
	Anew func(D) D
	Gone string // what is gone with the record, in words

	Field   func(string) string                   // the row's name for a field of the model
	Uncover func(field string)                    // makes a row show that is hidden
	Failed  func(*model.Error) (tea.Cmd, bool)    // takes an error of saving before the form does
	Beside  func(field string) []sheet.Message    // what else stands below a field
	Head    func() []sheet.Message                // what stands above the rows when all is well
	Changed func(*sheet.Item)                     // after an item changed, before the check
	Left    func(from string) tea.Cmd             // after the focus moved
	Typed   func() tea.Cmd                        // after a key or a paste that the form took
	Message func(tea.Msg) (cmd tea.Cmd, own bool) // takes a message before the form does
	Key     func(tea.KeyPressMsg) (tea.Cmd, bool) // takes a key before the rows do
}

// Stored is a record as it was read.
type Stored[D any] struct {
	Draft    D
	Revision uint64
}

// New returns the form over the record with id, or for a new one when id is "". The screen
// that embeds it calls Begin before anything else.
func New[D, R, S any](env screen.Env, id model.ID, o Options[D, R, S]) *Form[D, R, S] {
	f := &Form[D, R, S]{
		Env: env, Target: id, Noun: o.Noun, Refused: "not saved", o: o, id: screen.NewID(), loading: id != "",
		touched: map[string]bool{}, said: map[string]string{}, theirs: merge.Both{},
	}
	f.Flow = flow.New(env, f.id)
	f.Sheet = sheet.New(env.Styles, f.id)
	f.Rows, f.Foot, f.Messages, f.Head, f.Changed, f.Left = o.Rows, o.Foot, f.messages, f.head, f.changed, f.left
	return f
}

// Begin fills the form with the draft that it begins with.
func (f *Form[D, R, S]) Begin(d D) {
	f.o.Fill(d)
	f.start = f.o.Draft()
	f.Recheck()
}

// ID implements screen.Screen.
func (f *Form[D, R, S]) ID() screen.ID { return f.id }

// Init implements screen.Screen: it starts reading.
func (f *Form[D, R, S]) Init() tea.Cmd { return f.reload() }

// Rebind implements screen.Rebinder.
func (f *Form[D, R, S]) Rebind(h *hub.Hub) {
	f.Env.Hub = h
	f.Flow.Rebind(h)
}

// Close implements screen.Closer.
func (f *Form[D, R, S]) Close() {
	for _, r := range []*screen.Requests{&f.load, &f.save, &f.look} {
		r.Cancel()
	}
}

// Resume implements screen.Resumer.
func (f *Form[D, R, S]) Resume(result any) tea.Cmd {
	cmd, _ := f.Flow.Resume(result)
	f.reveal()
	return cmd
}

// Unsaved implements screen.Guard.
func (f *Form[D, R, S]) Unsaved() string {
	if f.done || !f.shows() || reflect.DeepEqual(f.o.Draft(), f.start) {
		return ""
	}
	return f.Lost()
}

// Lost is what leaving would lose where something is unsaved, in words.
func (f *Form[D, R, S]) Lost() string {
	if f.Target == "" {
		return "the new " + f.Noun
	}
	return "the changes to " + f.o.Name(f.start)
}

// Saving reports whether a save is under way.
func (f *Form[D, R, S]) Saving() bool { return f.save.Running() }

// Idle reports whether there is a form to type in.
func (f *Form[D, R, S]) Idle() bool { return f.shows() && !f.done && !f.Saving() }

func (f *Form[D, R, S]) shows() bool { return !f.loading && !f.Hidden }

// Finish ends the form: nothing in it is left to save.
func (f *Form[D, R, S]) Finish() { f.done = true }

// Leave asks the root to go back; the root asks first when something is unsaved.
func (f *Form[D, R, S]) Leave() tea.Cmd { return screen.Send(screen.Pop{}) }

// SetSize implements screen.Screen.
func (f *Form[D, R, S]) SetSize(width, height int) {
	f.Sheet.SetSize(width, height)
	f.reveal()
}

// reveal scrolls so that the focused row and its messages show.
func (f *Form[D, R, S]) reveal() {
	if f.shows() {
		f.Reveal()
	}
}

// Capturing implements screen.Capturer.
func (f *Form[D, R, S]) Capturing() bool {
	it := f.Focused()
	return f.shows() && it != nil && it.Typed()
}

// Cursor implements screen.CursorHolder.
func (f *Form[D, R, S]) Cursor() *tea.Cursor {
	if !f.shows() {
		return nil
	}
	return f.Sheet.Cursor()
}

// View implements screen.Screen.
func (f *Form[D, R, S]) View() string {
	switch {
	case f.Width <= 0 || f.Height <= 0:
		return ""
	case f.loading && f.Trouble == nil:
		return " loading …"
	case f.loading:
		return strings.Join(f.head(), "\n")
	}
	return f.Sheet.View()
}
