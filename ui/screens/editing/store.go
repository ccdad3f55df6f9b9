package editing

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/ui/screen"
	"ferry/ui/screens/merge"
	"ferry/ui/widget"
)

// reload reads the record. After a conflict the reply is merged with what was typed; the
// first one fills the form.
func (f *Form[D, R, S]) reload() tea.Cmd {
	h, id, read := f.Env.Hub, f.Target, f.o.Read
	return screen.Start(f.Env.Ctx, f.id, &f.load, func(ctx context.Context) (R, error) { return read(ctx, h, id) })
}

func (f *Form[D, R, S]) loaded(r screen.Reply[R]) tea.Cmd {
	if !screen.Accept(&f.load, r) {
		return nil
	}
	if r.Err != nil {
		f.Trouble = model.AsError(r.Err)
		return nil
	}
	base, mine, first := f.start, f.o.Draft(), f.loading
	s := f.o.Took(r.Value)
	if s == nil {
		return f.typed()
	}
	f.loading, f.known, f.revision = false, true, s.Revision
	f.o.Fill(s.Draft)
	f.start = f.o.Draft() // as the inputs give it, so that going through them is no change
	if !first {
		all, both := f.o.Merge(base, mine, f.start)
		f.o.Fill(all)
		f.theirs = both
	}
	if f.Focused() == nil {
		f.FocusFirst()
	}
	f.Trouble, f.newer = nil, ""
	f.Recheck()
	return f.typed()
}

// lookAgain finds out whether somebody else saved the record that is edited here. What is
// typed stays; the person learns early that saving will ask.
func (f *Form[D, R, S]) lookAgain() tea.Cmd {
	if !f.known || f.done || f.Saving() || f.load.Running() {
		return nil
	}
	h, id, newest := f.Env.Hub, f.Target, f.o.Newest
	return screen.Start(f.Env.Ctx, f.id, &f.look, func(ctx context.Context) (merge.Newer, error) { return newest(ctx, h, id) })
}

func (f *Form[D, R, S]) looked(r screen.Reply[merge.Newer]) {
	switch {
	case !screen.Accept(&f.look, r):
	case r.Err == nil:
		f.newer = r.Value.Than(f.revision)
	case model.CodeOf(r.Err) == model.ENotFound && f.o.Anew == nil:
		f.Trouble = model.AsError(r.Err)
	}
}

// Submit saves the form unless the check has something against it.
func (f *Form[D, R, S]) Submit() tea.Cmd {
	if !f.Sound() {
		return f.Refuse(f.Refused)
	}
	return f.saveWith("")
}

func (f *Form[D, R, S]) saveWith(confirm string) tea.Cmd {
	f.Trouble, f.confirm = nil, confirm
	return screen.Start(f.Env.Ctx, f.id, &f.save, f.o.Save(f.Env.Hub, f.Target, f.o.Draft(), confirm))
}

func (f *Form[D, R, S]) saveDone(r screen.Reply[S]) tea.Cmd {
	if !screen.Accept(&f.save, r) {
		return nil
	}
	if r.Err != nil {
		return f.failed(model.AsError(r.Err))
	}
	f.done = true
	return f.o.Saved(r.Value)
}

// failed leaves every input as it is and says what can be done.
func (f *Form[D, R, S]) failed(e *model.Error) tea.Cmd {
	if f.o.Failed != nil {
		if cmd, own := f.o.Failed(e); own {
			return cmd
		}
	}
	switch {
	case e.Code == model.EProtected && f.confirm == "":
		return f.Flow.TypeName(f.o.Named(), f.saveWith)
	case e.Code == model.EConflict:
		f.Trouble = e
		return f.Offer("Changed by somebody else meanwhile", widget.MenuItem{Key: "r", Label: "Reload theirs, keep what I typed"}, f.reload)
	case e.Code == model.ENotFound && e.Field == "" && f.known && f.o.Anew != nil:
		f.Trouble = e
		return f.Offer(f.o.Name(f.start)+" was deleted meanwhile", widget.MenuItem{Key: "n", Label: "Make it a new " + f.Noun, Note: f.o.Gone}, f.becomeNew)
	}
	text := e.Message
	if n := len(e.Fields); n > 1 {
		text = lookAt(n)
	}
	if !f.Blame(e) {
		f.Trouble = e
	}
	return screen.Send(screen.Notice{Level: screen.Failure, Text: f.Refused + ": " + text})
}

// becomeNew turns the edit of a record that is gone into a new one.
func (f *Form[D, R, S]) becomeNew() tea.Cmd {
	d := f.o.Anew(f.o.Draft())
	var nothing D
	f.Target, f.known, f.revision, f.newer, f.Trouble, f.start = "", false, 0, "", nil, nothing
	f.o.Fill(d)
	f.Sound()
	return nil
}

// Ask lets the person choose one of items.
func (f *Form[D, R, S]) Ask(title string, then func(value any) tea.Cmd, items ...widget.MenuItem) tea.Cmd {
	return f.Flow.Open(widget.NewMenu(f.Styles, title, items), then)
}

// Offer lets the person do something, or keep editing.
func (f *Form[D, R, S]) Offer(title string, it widget.MenuItem, do func() tea.Cmd) tea.Cmd {
	it.Value = true
	return f.Ask(title, func(value any) tea.Cmd {
		if yes, _ := value.(bool); yes {
			return do()
		}
		return nil
	}, it, widget.MenuItem{Key: "e", Label: "Keep editing", Value: false})
}
