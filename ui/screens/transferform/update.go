package transferform

import (
	"context"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/transfers"
	"ferry/ui/screen"
	"ferry/ui/screens/editing"
	"ferry/ui/widget/sheet"
)

// message takes the replies that are this form's own, and the keys of the choice that
// stands in its place.
func (f *Form) message(msg tea.Msg) (tea.Cmd, bool) {
	switch msg := msg.(type) {
	case screen.Reply[checked]:
		f.checkDone(msg)
		return nil, true
	case screen.Reply[[]model.PlannedRequest]:
		return f.planned(msg), true
	case tea.KeyPressMsg:
		if f.Hidden && !key.Matches(msg, editing.Cancel) {
			f.choose(msg)
			return f.recheck(), true
		}
	}
	return nil, false
}

func (f *Form) key(k tea.KeyPressMsg) (tea.Cmd, bool) {
	if key.Matches(k, keyPreview) && f.kind == model.KindImport {
		return f.preview(), true
	}
	return nil, false
}

// checked is what Check said of a draft.
type checked []model.FieldError

// recheck asks the use-case what is wrong with the draft: that looks at files, clients and
// filters, so it is done beside the keys. A check under way is given up for it.
func (f *Form) recheck() tea.Cmd {
	if !f.Idle() {
		return nil
	}
	h, d := f.Env.Hub, f.draft()
	return screen.Start(f.Env.Ctx, f.ID(), &f.check, func(ctx context.Context) (checked, error) {
		return problemsOf(h.Transfers.Check(ctx, h.Space, d)), nil
	})
}

// ownProblems are about text that no draft can hold.
func (f *Form) ownProblems() []model.FieldError {
	if t := f.in.text("first_page"); t != "" && f.draft().Read.FirstPage == nil {
		return []model.FieldError{{Field: "first_page", Message: "a whole number"}}
	}
	return nil
}

// problemsOf are the fields at fault that an error names.
func problemsOf(err error) []model.FieldError {
	if err == nil {
		return nil
	}
	e := inConsole(err)
	if len(e.Fields) == 0 && e.Field != "" {
		return []model.FieldError{{Field: e.Field, Message: e.Message}}
	}
	return e.Fields
}

// inConsole words an error for a console, which has no standard stream to offer.
func inConsole(err error) *model.Error {
	e := *model.AsError(err)
	e.Fields = slices.Clone(e.Fields)
	for i := range e.Fields {
		e.Fields[i].Message = strings.TrimSuffix(e.Fields[i].Message, ", or - for the standard stream")
	}
	return &e
}

func (f *Form) checkDone(r screen.Reply[checked]) {
	if screen.Accept(&f.check, r) && r.Err == nil {
		f.Found = r.Value
	}
}

// changed follows a change of an item: what was answered belongs to what was there.
func (f *Form) changed(*sheet.Item) { f.Trouble, f.options = nil, transfers.Options{} }

// uncover shows what is rarely needed where a field is not there without it.
func (f *Form) uncover(field string) { f.more = f.more || !f.HasField(field) }

// footLines says what is under way. The line is always there, so that nothing moves.
func (f *Form) footLines() []string {
	switch {
	case f.Saving() && f.kind == model.KindSync:
		return []string{" saving …"}
	case f.Saving():
		return []string{" starting …"}
	case f.plan.Running():
		return []string{" making the first requests ready, none is sent …"}
	}
	return []string{""}
}
