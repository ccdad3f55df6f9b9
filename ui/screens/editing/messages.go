package editing

import (
	"fmt"
	"regexp"
	"slices"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/ui/screen"
	"ferry/ui/screens/nextstep"
	"ferry/ui/widget/sheet"
)

// flag is how a rule's message names the flag of a command, which is of no use here.
var flag = regexp.MustCompile(` \(--[a-z-]+\)`)

// Message makes a message of what a rule said.
func Message(tone sheet.Tone, text string) sheet.Message {
	return sheet.Message{Tone: tone, Text: flag.ReplaceAllString(text, "")}
}

// messages returns what stands below a row: what saving said, or what is wrong once the
// row was left, and what somebody else made of it.
func (f *Form[D, R, S]) messages(r *sheet.Row) []sheet.Message {
	var out []sheet.Message
	for _, field := range r.Fields {
		if said := f.said[field]; said != "" {
			out = append(out, Message(sheet.Error, said))
		} else {
			out = append(out, f.wrong(field)...)
		}
		if theirs, ok := f.theirs[field]; ok {
			out = append(out, Message(sheet.Warn, "changed on both sides, yours is kept; theirs: "+theirs))
		}
	}
	return out
}

func (f *Form[D, R, S]) wrong(field string) []sheet.Message {
	var out []sheet.Message
	for _, p := range slices.Concat(f.problems, f.Found) {
		if f.touched[field] && f.local(p.Field) == field {
			out = append(out, Message(sheet.Error, p.Message))
		}
	}
	if f.o.Beside != nil {
		out = append(out, f.o.Beside(field)...)
	}
	return out
}

// Touched reports whether a field was left once, so that what is wrong with it shows.
func (f *Form[D, R, S]) Touched(field string) bool { return f.touched[field] }

// head is what went wrong beyond one field; it does not scroll away.
func (f *Form[D, R, S]) head() []string {
	var all []sheet.Message
	switch {
	case f.Trouble != nil:
		all = append(all, Message(sheet.Error, f.Trouble.Message))
		if next := nextstep.Of(f.Trouble); next != "" {
			all = append(all, Message(sheet.Hint, "next: "+next))
		}
	case f.newer != "":
		all = append(all, Message(sheet.Warn, f.newer+" saved this "+f.Noun+" meanwhile: saving will ask what to do, and nothing typed is lost"))
	case f.o.Head != nil && f.shows():
		all = f.o.Head()
	}
	var lines []string
	for _, m := range all {
		lines = append(lines, m.Render(f.Styles, f.Width-2)...)
	}
	return f.Indented(lines)
}

func (f *Form[D, R, S]) local(field string) string {
	if f.o.Field == nil {
		return field
	}
	return f.o.Field(field)
}

// Recheck looks at the draft anew. It follows every change.
func (f *Form[D, R, S]) Recheck() { f.problems = f.o.Check() }

// Sound reports whether the check finds nothing. Else every message shows from now on, and
// the focus is on the first field at fault.
func (f *Form[D, R, S]) Sound() bool {
	f.Recheck()
	if len(f.problems) == 0 {
		return true
	}
	if !f.point(f.problems, func(model.FieldError) {}) {
		f.Trouble = model.AsError(model.Invalid(f.problems)) // where there is no row to say it at
	}
	return false
}

// Refuse is the notice that something was not done because the form is not sound.
func (f *Form[D, R, S]) Refuse(what string) tea.Cmd {
	return screen.Send(screen.Notice{Level: screen.Failure, Text: what + ": " + lookAt(len(f.problems))})
}

// point makes every message show, and puts the focus on the first of the fields at fault.
// Shown takes each that has a row.
func (f *Form[D, R, S]) point(faults []model.FieldError, shown func(model.FieldError)) (some bool) {
	for _, p := range faults {
		p.Field = f.local(p.Field)
		if f.o.Uncover != nil {
			f.o.Uncover(p.Field)
		}
		if !f.HasField(p.Field) {
			continue
		}
		if !some {
			f.FocusOn(p.Field)
		}
		some = true
		shown(p)
	}
	for _, r := range f.Rows() {
		for _, field := range r.Fields {
			f.touched[field] = true
		}
	}
	return some
}

// Blame puts what an error says of fields below them, and reports whether any has a row.
func (f *Form[D, R, S]) Blame(e *model.Error) bool {
	fields := e.Fields
	if len(fields) == 0 && e.Field != "" {
		text := e.Message
		if next := nextstep.Of(e); next != "" {
			text += "; " + next
		}
		fields = []model.FieldError{{Field: e.Field, Message: text}}
	}
	return f.point(fields, func(fe model.FieldError) { f.said[fe.Field] = fe.Message })
}

func lookAt(fields int) string {
	if fields == 1 {
		return "one field needs another look"
	}
	return fmt.Sprintf("%d fields need another look", fields)
}
