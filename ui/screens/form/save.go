package form

import (
	"context"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/clients"
	"ferry/model/curl"
	"ferry/ui/screen"
	"ferry/ui/widget"
)

// question is what an open overlay of the form asks.
type question int

const (
	askNothing question = iota
	askName             // the name of a protected record
	askConflict
	askGone
	askSend
	askAlgorithm
	askScopes
	askCurl
	askCall
)

// reload reads the client that is edited. After a conflict the reply is merged with
// what was typed; the first one fills the form.
func (f *Form) reload() tea.Cmd {
	hub, space, id := f.env.Hub, f.env.Hub.Space, f.target
	return screen.Start(f.env.Ctx, f.id, &f.load, func(ctx context.Context) (model.Client, error) {
		return hub.Clients.Get(ctx, space, id)
	})
}

func (f *Form) loaded(r screen.Reply[model.Client]) tea.Cmd {
	if !screen.Accept(&f.load, r) {
		return nil
	}
	if r.Err != nil {
		f.trouble = model.AsError(r.Err)
		return nil
	}
	c := r.Value
	theirs := clients.DraftOf(c)
	if f.loading {
		f.loading, f.stored = false, &c
		f.fill(theirs)
	} else {
		f.adopt(c, theirs)
	}
	f.trouble, f.newer = nil, ""
	f.start = theirs
	f.refresh()
	f.start = f.baseline()
	return nil
}

// baseline is the draft that a form filled with the stored client gives, so that
// going through the inputs alone is no change.
func (f *Form) baseline() clients.Draft {
	other := Form{stored: f.stored}
	other.fill(clients.DraftOf(*f.stored))
	return other.draft()
}

// trySave saves unless the check has something against it; then the first field at
// fault gets the focus.
func (f *Form) trySave() tea.Cmd {
	f.refresh()
	if !f.mayGoOn() {
		return screen.Send(screen.Notice{Level: screen.Failure, Text: "not saved: " + countProblems(len(f.report.Problems))})
	}
	space, name := f.env.Hub.Space, f.env.Hub.Space.Name
	protected := space.Protected
	if f.stored != nil {
		protected, name = protected || f.stored.Protected, f.stored.Name
	}
	if protected {
		return f.askName(name)
	}
	return f.saveWith("")
}

func (f *Form) askName(name string) tea.Cmd {
	f.asking = askName
	return screen.Send(screen.Open{Overlay: widget.NewTypedName(f.env.Styles, widget.TypedNameOptions{
		Title: name + " is protected", Body: []string{"Saving changes how it is used."}, Name: name, Action: "save",
	})})
}

// mayGoOn reports whether the check finds nothing. Else every message shows from now
// on, and the focus is on the first.
func (f *Form) mayGoOn() bool {
	for _, p := range f.report.Problems {
		// A file that is named is read on the way; until then the draft lacks it.
		if field := f.localField(p.Field); !f.pending(field) {
			f.touchAll()
			f.openProblems()
			f.focusOn(p.Field)
			return false
		}
	}
	return true
}

func (f *Form) saveWith(confirm string) tea.Cmd {
	hub, space, id, d := f.env.Hub, f.env.Hub.Space, f.target, f.draft()
	paths := f.paths()
	f.trouble, f.probe = nil, probe{}
	f.test.Cancel()
	f.began = hub.Now()
	return screen.Start(f.env.Ctx, f.id, &f.save, func(ctx context.Context) (clients.Saved, error) {
		if err := withFiles(&d, paths); err != nil {
			return clients.Saved{}, err
		}
		if id == "" {
			return hub.Clients.Create(ctx, space, d, confirm)
		}
		return hub.Clients.Update(ctx, space, id, d, confirm)
	})
}

func (f *Form) saveDone(r screen.Reply[clients.Saved]) tea.Cmd {
	if !screen.Accept(&f.save, r) {
		return nil
	}
	if r.Err != nil {
		return f.saveFailed(model.AsError(r.Err))
	}
	f.saved = &r.Value
	verb := "Created "
	if f.target != "" {
		verb = "Saved "
	}
	notice := screen.Notice{Level: screen.Success, Text: verb + r.Value.Client.Name}
	if n := len(r.Value.Warnings); n > 0 {
		notice.Level = screen.Warning
		notice.Text += ": " + f.warningText(r.Value.Warnings[0])
		if n > 1 {
			notice.Text += fmt.Sprintf(" (and %d more)", n-1)
		}
	}
	if f.first.Path != "" || f.first.Method != "" {
		return tea.Batch(screen.Send(notice), f.offerCall())
	}
	return tea.Sequence(screen.Send(screen.Pop{Result: r.Value}), screen.Send(notice))
}

func (f *Form) warningText(w model.FieldError) string { return fieldName(w.Field) + ": " + w.Message }

// saveFailed leaves every input as it is and says what can be done.
func (f *Form) saveFailed(e *model.Error) tea.Cmd {
	switch {
	case e.Code == model.EConflict:
		f.trouble = e
		return f.ask(askConflict, "Changed by somebody else meanwhile",
			widget.MenuItem{Key: "r", Label: "Reload theirs, keep what I typed", Value: true},
			widget.MenuItem{Key: "e", Label: "Keep editing", Value: false})
	case e.Code == model.ENotFound && f.target != "":
		f.trouble = e
		return f.ask(askGone, f.start.Name+" was deleted meanwhile",
			widget.MenuItem{Key: "n", Label: "Make it a new client", Note: "its stored secrets are gone", Value: true},
			widget.MenuItem{Key: "e", Label: "Keep editing", Value: false})
	case e.Code == model.EProtected:
		name := f.env.Hub.Space.Name
		if f.stored != nil {
			name = f.stored.Name
		}
		return f.askName(name)
	}
	fields := e.Fields
	if len(fields) == 0 && e.Field != "" {
		fields = []model.FieldError{{Field: e.Field, Message: withNext(e)}}
	}
	shown := false
	for _, fe := range fields {
		field := f.localField(fe.Field)
		if key := f.sectionOf(field); key != "" {
			f.open[key] = true
		}
		if f.HasField(field) {
			f.said[field] = fe.Message
			if !shown {
				f.focusOn(fe.Field)
			}
			shown = true
		}
	}
	f.touchAll()
	if !shown {
		f.trouble = e
	}
	return screen.Send(screen.Notice{Level: screen.Failure, Text: "not saved: " + e.Message})
}

func withNext(e *model.Error) string {
	if e.Next == "" {
		return e.Message
	}
	return e.Message + "; " + e.Next
}

func (f *Form) ask(q question, title string, items ...widget.MenuItem) tea.Cmd {
	f.asking = q
	return screen.Send(screen.Open{Overlay: widget.NewMenu(f.env.Styles, title, items)})
}

// Resume implements screen.Resumer.
func (f *Form) Resume(result any) tea.Cmd {
	asked := f.asking
	f.asking = askNothing
	if result == nil && asked != askCall {
		return nil
	}
	yes, _ := result.(bool)
	switch asked {
	case askName:
		name, _ := result.(string)
		return f.saveWith(name)
	case askConflict:
		if yes {
			return f.reload()
		}
	case askGone:
		if yes {
			f.becomeNew()
		}
	case askSend:
		way, _ := result.(model.ClientAuth)
		f.choseSend(way)
	case askAlgorithm:
		f.in.algorithm, _ = result.(string)
		f.chose("key_alg")
	case askScopes:
		list, _ := result.([]string)
		f.in.scopes.Set(strings.Join(list, " "))
		f.chose("scopes")
	case askCurl:
		if got, ok := result.(curl.Import); ok {
			f.imported(got)
		}
	case askCall:
		return f.leaveFor(yes)
	}
	return nil
}

func countProblems(n int) string {
	if n == 1 {
		return "one field needs another look"
	}
	return fmt.Sprintf("%d fields need another look", n)
}

// touchAll makes every message show.
func (f *Form) touchAll() {
	for _, r := range f.rows() {
		for _, field := range r.Fields {
			f.touched[field] = true
		}
	}
	for _, key := range []string{secTLS, secTransport, secAdvanced, secGateway} {
		for _, field := range f.sectionFields(key) {
			f.touched[field] = true
		}
	}
}

// focusOn moves the focus to a field, opening what hides it.
func (f *Form) focusOn(field string) {
	local := f.localField(field)
	if key := f.sectionOf(local); key != "" {
		f.open[key] = true
	}
	f.FocusOn(local)
}

// chose follows a choice that was made in a menu.
func (f *Form) chose(field string) {
	delete(f.said, field)
	delete(f.theirs, field)
	f.outdated()
	f.refresh()
}
