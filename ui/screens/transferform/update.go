package transferform

import (
	"context"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/transfers"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/screens/merge"
	"ferry/ui/screens/nextstep"
	"ferry/ui/widget/sheet"
)

// Update implements screen.Screen. Whatever came, the focused row shows afterwards.
func (f *Form) Update(msg tea.Msg) tea.Cmd {
	cmd := f.handle(msg)
	f.reveal()
	return cmd
}

func (f *Form) handle(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case screen.Reply[read]:
		return f.loaded(msg)
	case screen.Reply[checked]:
		f.checkDone(msg)
	case screen.Reply[tried]:
		return f.tried(msg)
	case screen.Reply[[]model.PlannedRequest]:
		return f.planned(msg)
	case screen.Reply[merge.Newer]:
		if screen.Accept(&f.look, msg) && f.stored != nil && msg.Err == nil {
			f.newer = msg.Value.Than(f.stored.Revision)
		}
	case screen.Changed:
		return f.lookAgain()
	case sheet.Settled:
		f.Settled()
	case tea.PasteMsg:
		if f.loading || f.choosing || f.try.Running() {
			return nil
		}
		return tea.Batch(f.Paste(msg.Content), f.recheck())
	case tea.KeyPressMsg:
		f.asking = askNothing
		return f.key(msg)
	}
	return nil
}

func (f *Form) key(k tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(k, keyCancel):
		return f.leave()
	case f.choosing:
		f.choose(k)
		return f.recheck()
	case f.loading, f.try.Running(), f.Settling(k):
		return nil
	case key.Matches(k, keymap.Save):
		return f.submit()
	case key.Matches(k, keyPreview) && f.kind == model.KindImport:
		return f.preview()
	case key.Matches(k, keyNext):
		return f.Step(1)
	case key.Matches(k, keyPrev):
		return f.Step(-1)
	}
	return tea.Batch(f.Sheet.Key(k), f.recheck())
}

// checked is what Check said of a draft.
type checked []model.FieldError

// recheck asks the use-case what is wrong with the draft: that looks at files, clients and
// filters, so it is done beside the keys. A check under way is given up for it.
func (f *Form) recheck() tea.Cmd {
	if f.loading || f.choosing || f.done {
		return nil
	}
	h, d := f.env.Hub, f.draft()
	extra := f.ownProblems()
	return screen.Start(f.env.Ctx, f.id, &f.check, func(ctx context.Context) (checked, error) {
		return append(extra, problemsOf(h.Transfers.Check(ctx, h.Space, d))...), nil
	})
}

// ownProblems are about text that no draft can hold.
func (f *Form) ownProblems() checked {
	if t := f.in.text("first_page"); t != "" && f.draft().Read.FirstPage == nil {
		return checked{{Field: "first_page", Message: "a whole number"}}
	}
	return nil
}

// problemsOf are the fields at fault that an error names.
func problemsOf(err error) []model.FieldError {
	if err == nil {
		return nil
	}
	e := model.AsError(err)
	if len(e.Fields) == 0 && e.Field != "" {
		return []model.FieldError{{Field: e.Field, Message: e.Message}}
	}
	out := slices.Clone(e.Fields)
	for i := range out { // a console has no standard stream to offer
		out[i].Message = strings.TrimSuffix(out[i].Message, ", or - for the standard stream")
	}
	return out
}

func (f *Form) checkDone(r screen.Reply[checked]) {
	if screen.Accept(&f.check, r) && r.Err == nil {
		f.problems = r.Value
	}
}

// changed follows a change of an item.
func (f *Form) changed(it *sheet.Item) {
	for _, field := range f.FieldsOf(it.Key) {
		delete(f.said, field)
		delete(f.theirs, field)
	}
	f.trouble, f.options = nil, transfers.Options{}
}

// left follows a move of the focus. What is left is looked at from now on.
func (f *Form) left(from string) tea.Cmd {
	for _, field := range f.FieldsOf(from) {
		f.touched[field] = true
	}
	return nil
}

// messages returns what stands below a row: what is wrong once it was left, and what
// somebody else made of it.
func (f *Form) messages(r *sheet.Row) []sheet.Message {
	var out []sheet.Message
	add := func(tone sheet.Tone, text string) { out = append(out, sheet.Message{Tone: tone, Text: text}) }
	for _, field := range r.Fields {
		if said := f.said[field]; said != "" {
			add(sheet.Error, said)
			continue
		}
		i := slices.IndexFunc(f.problems, func(p model.FieldError) bool { return p.Field == field })
		if i >= 0 && f.touched[field] {
			add(sheet.Error, f.problems[i].Message)
		}
		if theirs, ok := f.theirs[field]; ok {
			add(sheet.Warn, "changed on both sides, yours is kept; theirs: "+theirs)
		}
	}
	return out
}

// headLines is what went wrong beyond one field; it does not scroll away.
func (f *Form) headLines() []string {
	say := func(tone sheet.Tone, text string) []string {
		return sheet.Message{Tone: tone, Text: text}.Render(f.Styles, f.Width-2)
	}
	switch {
	case f.trouble != nil:
		lines := say(sheet.Error, f.trouble.Message)
		if next := nextstep.Of(f.trouble); next != "" {
			lines = append(lines, say(sheet.Hint, "next: "+next)...)
		}
		return f.Indented(lines)
	case f.newer != "":
		return f.Indented(say(sheet.Warn, f.newer+" saved this sync meanwhile: saving will ask what to do, and nothing typed is lost"))
	}
	return nil
}

// footLines says what is under way. The line is always there, so that nothing moves.
func (f *Form) footLines() []string {
	switch {
	case f.try.Running() && f.kind == model.KindSync:
		return []string{" saving …"}
	case f.try.Running():
		return []string{" starting …"}
	case f.plan.Running():
		return []string{" making the first requests ready, none is sent …"}
	}
	return []string{""}
}
