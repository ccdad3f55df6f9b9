package editing

import (
	"context"
	"slices"
	"strings"
	"testing"

	"charm.land/bubbles/v2/help"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/hub"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/screens/merge"
	"ferry/ui/screens/screentest"
	"ferry/ui/theme"
	"ferry/ui/widget"
	"ferry/ui/widget/field"
	"ferry/ui/widget/sheet"
)

type note struct {
	Title, Text string
	Tags        []string
}

// store holds one note. Its functions stand for use-cases.
type store struct {
	note     note
	revision uint64
	gone     bool
	fail     *model.Error  // of the next save
	hold     chan struct{} // a save waits for it, unless nil
	saves    int
}

type (
	got  struct{ Stored[note] }
	kept struct{ note note }
)

func (s *store) missing() error {
	if s.gone {
		return model.Errorf(model.ENotFound, "there is no such note")
	}
	return nil
}

func (s *store) save(id model.ID, d note) error {
	if s.hold != nil {
		<-s.hold
	}
	if e := s.fail; e != nil {
		s.fail = nil
		return e
	}
	if err := s.missing(); err != nil && id != "" {
		return err
	}
	s.note, s.revision, s.gone = d, s.revision+1, false
	s.saves++
	return nil
}

// screenOf is a form of a title, a text and tags.
type screenOf struct {
	*Form[note, got, kept]
	title, text, tags *field.Line
	hidden            bool // the text has no row
}

func (s *screenOf) Title() string     { return "Note" }
func (s *screenOf) Keys() help.KeyMap { return keymap.Map{{keymap.Save, Cancel}} }

func (s *screenOf) rows() []sheet.Row {
	rows := []sheet.Row{sheet.Line("title", "Title *", s.title), sheet.Line("text", "Text", s.text), sheet.Line("tags", "Tags", s.tags)}
	rows[2].Items[0].Several = true
	if s.hidden {
		rows = slices.Delete(rows, 1, 2)
	}
	return append(rows, sheet.Row{Bare: true, Items: []*sheet.Item{sheet.Press("save", "Save", s.Submit)}})
}

func (s *screenOf) check() (out []model.FieldError) {
	if s.title.Text() == "" {
		out = append(out, model.FieldError{Field: "title", Message: "a title is needed (--title)"})
	}
	if strings.Contains(s.text.Value(), "!") {
		out = append(out, model.FieldError{Field: "text", Message: "no shouting"})
	}
	return out
}

// open drives the form over what is in st, or for a new note.
func open(t *testing.T, st *store, id model.ID, change func(*Options[note, got, kept])) (*screentest.Driver, *screenOf) {
	t.Helper()
	s := &screenOf{title: &field.Line{}, text: &field.Line{}, tags: &field.Line{}}
	o := Options[note, got, kept]{
		Noun: "note", Name: func(d note) string { return d.Title }, Gone: "its history is gone",
		Rows: s.rows, Foot: func() []string { return nil }, Check: s.check,
		Fill: func(d note) {
			s.title.Set(d.Title)
			s.text.Set(d.Text)
			s.tags.Set(strings.Join(d.Tags, ", "))
		},
		Draft: func() note { return note{s.title.Text(), s.text.Text(), s.tags.List()} },
		Read: func(context.Context, *hub.Hub, model.ID) (got, error) {
			return got{Stored[note]{st.note, st.revision}}, st.missing()
		},
		Took: func(g got) *Stored[note] {
			if g.Revision == 0 {
				return nil
			}
			return &g.Stored
		},
		Newest: func(context.Context, *hub.Hub, model.ID) (merge.Newer, error) {
			return merge.Newer{Revision: st.revision, By: "bob"}, st.missing()
		},
		Merge: func(base, mine, theirs note) (note, merge.Both) {
			both := merge.Both{}
			merge.Value(both, "title", &theirs.Title, base.Title, mine.Title, merge.Text)
			merge.Value(both, "text", &theirs.Text, base.Text, mine.Text, merge.Text)
			return theirs, both
		},
		Save: func(_ *hub.Hub, id model.ID, d note, confirm string) func(context.Context) (kept, error) {
			return func(context.Context) (kept, error) { return kept{d}, st.save(id, d) }
		},
		Saved: func(k kept) tea.Cmd { return screen.Send(screen.Pop{Result: k.note}) },
		Named: func() widget.TypedNameOptions {
			return widget.TypedNameOptions{Title: "protected", Name: "n", Action: "save"}
		},
		Anew: func(d note) note { return d },
	}
	if change != nil {
		change(&o)
	}
	s.Form = New(screen.Env{Ctx: context.Background(), Styles: theme.New(true)}, id, o)
	s.Begin(note{})
	s.Focus = "title"
	d := screentest.Drive(t, s, 80, 20).See("Title")
	return d.Until("what is stored", func() bool { return !s.load.Running() }), s
}

func stored() *store { return &store{note: note{"one", "first", nil}, revision: 1} }

func TestMessagesWaitUntilTheirFieldIsLeft(t *testing.T) {
	d, s := open(t, &store{}, "", nil)
	if d.Gone("✗").Press("tab").See("✗ a title is needed").Gone("--title"); s.Unsaved() != "" {
		t.Errorf("unsaved: %s", s.Unsaved())
	}
	d.Type("a!").Gone("no shouting").Press("ctrl+s").Noticed("not saved: 2 fields need another look").See("no shouting")
	if s.Focus != "title" || s.Unsaved() != "the new note" {
		t.Errorf("focus on %s, unsaved: %s", s.Focus, s.Unsaved())
	}
}

func TestWhatHasNoRowIsSaidAtTheHead(t *testing.T) {
	d, s := open(t, &store{}, "", nil)
	d.Type("a").Press("tab").Type("b!")
	s.hidden = true
	d.Press("ctrl+s").Noticed("not saved: one field").See("text: no shouting")
}

func TestWhatSavingSaysOfAFieldStaysUntilThatChanges(t *testing.T) {
	st := stored()
	st.fail = model.Errorf(model.EExists, "the title is taken").WithField("title").WithNext("choose another")
	d, s := open(t, st, "1", nil)
	d.See("first").Press("tab", "tab").Type("x").Press("ctrl+s").Noticed("not saved: the title is taken").See("✗ the title is taken; choose another")
	if s.Focus != "title" || s.Unsaved() != "the changes to one" {
		t.Errorf("focus on %s, unsaved: %s", s.Focus, s.Unsaved())
	}
	d.Type("2").Gone("is taken").Press("ctrl+s").Until("the pop", func() bool { return d.Popped })
	if st.note.Title != "one2" || !slices.Equal(st.note.Tags, []string{"x"}) || s.Unsaved() != "" {
		t.Errorf("%+v", st.note)
	}
}

func TestAConflictAsksAndMerges(t *testing.T) {
	st := stored()
	d, s := open(t, st, "1", nil)
	d.See("first").Press("tab", "ctrl+u").Type("mine")
	st.note, st.revision = note{"two", "theirs", nil}, 2
	st.fail = model.Errorf(model.EConflict, "bob changed it")
	d.Send(screen.Changed{})
	d.See("bob saved this note meanwhile").Press("ctrl+s").See("Changed by somebody else meanwhile").Press("e").See("✗ bob changed it").See("mine")
	st.fail = model.Errorf(model.EConflict, "bob changed it")
	d.Press("ctrl+s").See("Changed by").Press("r").See("yours is kept; theirs: theirs").See("two").Gone("bob changed it")
	if s.Unsaved() != "the changes to two" {
		t.Errorf("unsaved: %s", s.Unsaved())
	}
	// What was said and what they made of it stand together, and go together.
	st.fail = model.Errorf(model.EInvalid, "too short").WithField("text")
	d.Press("ctrl+s").See("✗ too short").See("theirs: theirs").Type("x").Gone("too short").Gone("theirs: theirs")
}

func TestARecordThatIsGoneBecomesANewOne(t *testing.T) {
	st := stored()
	d, s := open(t, st, "1", nil)
	d.See("first").Press("ctrl+u")
	st.gone = true
	d.Send(screen.Changed{})
	d.Type("x").Press("ctrl+s").See("one was deleted meanwhile").Press("e").See("there is no such note").Press("ctrl+s").See("its history is gone").Press("n")
	d.Until("a new one", func() bool { return s.Target == "" })
	if d.Gone("there is no such note"); s.Unsaved() != "the new note" {
		t.Errorf("unsaved: %s", s.Unsaved())
	}
	d.Press("ctrl+s").Until("the pop", func() bool { return d.Popped })
	if st.note.Title != "x" || st.gone {
		t.Errorf("%+v", st)
	}
}

func TestALossThatCannotBeMadeGoodIsToldAtOnce(t *testing.T) {
	st := stored()
	d, _ := open(t, st, "1", func(o *Options[note, got, kept]) { o.Anew = nil })
	d.See("first").Type("x")
	st.gone = true
	d.Send(screen.Changed{})
	d.See("✗ there is no such note").See("onex").Press("ctrl+s").Noticed("not saved: there is no such note")
}

func TestNothingIsTypedWhileItIsReadOrSaved(t *testing.T) {
	st := stored()
	st.hold = make(chan struct{})
	d, s := open(t, st, "1", nil)
	d.See("first").Type("x").Press("ctrl+s")
	if !s.Saving() {
		t.Fatal("no save is under way")
	}
	d.Type("y").Press("ctrl+s", "tab").Paste("z")
	close(st.hold)
	d.Until("the pop", func() bool { return d.Popped })
	d.Type("y")
	if s.title.Value() != "onex" || st.saves != 1 {
		t.Errorf("%q, saved %d times", s.title.Value(), st.saves)
	}

	f := New(s.Env, "1", s.o)
	f.SetSize(80, 20)
	for _, k := range []string{"x", "ctrl+s", "tab"} {
		f.Update(screentest.Key(k))
	}
	if f.View() != " loading …" || f.Saving() || f.Capturing() || f.Cursor() != nil || f.Unsaved() != "" {
		t.Errorf("it shows %q", f.View())
	}
}

func TestANameIsAskedForWhereItIsNeeded(t *testing.T) {
	st := stored()
	st.fail = model.Errorf(model.EProtected, "its name is needed")
	d, _ := open(t, st, "1", nil)
	d.See("first").Type("x").Press("ctrl+s").See("Type n to go on").Press("esc")
	if d.Popped || st.saves != 0 {
		t.Fatal("saved without the name")
	}
	st.fail = model.Errorf(model.EProtected, "its name is needed")
	d.Press("ctrl+s").See("Type n to go on")
	st.fail = model.Errorf(model.EProtected, "n is not its name")
	d.Type("n").Press("enter").Noticed("not saved: n is not its name").See("✗ n is not its name")
	st.fail = model.Errorf(model.EProtected, "its name is needed")
	d.Press("ctrl+s").See("Type n to go on").Type("n").Press("enter").Until("the pop", func() bool { return d.Popped })
}

func TestAPasteOfLinesIsSeveralValues(t *testing.T) {
	d, s := open(t, &store{}, "", nil)
	d.Paste("a\r\nb").See("a<U+000D><U+000A>b").Press("tab", "tab").Paste("x\r\ny\n").See("x, y")
	if !slices.Equal(s.o.Draft().Tags, []string{"x", "y"}) {
		t.Errorf("%v", s.o.Draft().Tags)
	}
}
