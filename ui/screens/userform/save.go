package userform

import (
	"context"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/keys"
	"ferry/ui/screen"
	"ferry/ui/screens/merge"
	"ferry/ui/widget"
)

// question is what an open overlay of the form asks.
type question int

const (
	askNothing question = iota
	askName             // the name of a protected record
	askConflict
	askGone
)

// read is what the form needs from the store.
type read struct {
	user  *model.APIUser // nil for a new one
	draft apiusers.Draft
	names []string // of clients
	ttl   time.Duration
}

// reload reads the user that is edited, and what can be chosen. After a conflict the
// reply is merged with what was typed; the first one fills the form.
func (f *Form) reload() tea.Cmd {
	h, id := f.env.Hub, f.target
	return screen.Start(f.env.Ctx, f.id, &f.load, func(ctx context.Context) (read, error) {
		r := read{names: []string{}}
		cfg, err := h.Serving.Config(ctx)
		if err != nil {
			return r, err
		}
		r.ttl = cfg.DefaultTTL
		list, err := h.Clients.List(ctx, h.Space, nil)
		if err != nil {
			return r, err
		}
		for i := range list {
			r.names = append(r.names, list[i].Name)
		}
		if id == "" {
			return r, nil
		}
		u, err := h.Users.Get(ctx, h.Space, id)
		if err != nil {
			return r, err
		}
		r.user = &u
		r.draft, err = h.Users.DraftOf(ctx, h.Space, u)
		return r, err
	})
}

func (f *Form) loaded(r screen.Reply[read]) tea.Cmd {
	if !screen.Accept(&f.load, r) {
		return nil
	}
	if r.Err != nil {
		f.trouble = model.AsError(r.Err)
		return nil
	}
	f.names, f.ttl = r.Value.names, r.Value.ttl
	f.hintTTL()
	if r.Value.user == nil {
		return nil
	}
	theirs := r.Value.draft
	mine, base := f.draft(), f.start
	f.stored = r.Value.user
	f.fill(theirs)
	f.start = f.draft() // as the inputs give it, so that going through them is no change
	if f.loading {
		f.loading = false
	} else {
		all, both := merged(base, mine, f.start)
		f.fill(all)
		f.theirs = both
	}
	f.trouble, f.newer = nil, ""
	f.refresh()
	return nil
}

// merged returns what they saved with what was typed laid over it.
func merged(base, mine, theirs apiusers.Draft) (out apiusers.Draft, both merge.Both) {
	out, both = theirs, merge.Both{}
	merge.Value(both, "username", &out.Username, base.Username, mine.Username, merge.Text)
	merge.Value(both, "description", &out.Description, base.Description, mine.Description, merge.Text)
	merge.Value(both, "oauth2", &out.OAuth, base.OAuth, mine.OAuth, merge.OnOff)
	merge.Value(both, "bearer_keys", &out.BearerKeys, base.BearerKeys, mine.BearerKeys, merge.OnOff)
	merge.Value(both, "ttl_minutes", &out.TTL, base.TTL, mine.TTL, minutesText)
	merge.Value(both, "expires_at", &out.Expires, base.Expires, mine.Expires, keys.ExpiryText)
	merge.List(both, "from", &out.Networks, base.Networks, mine.Networks, func(l []string) string { return strings.Join(l, ", ") })
	merge.Set(&out.Permissions, base.Permissions, mine.Permissions)
	return out, both
}

// trySave saves unless the check has something against it; then the first field at
// fault gets the focus.
func (f *Form) trySave() tea.Cmd {
	f.refresh()
	if n := len(f.problems); n > 0 {
		f.touchAll()
		f.FocusOn(f.problems[0].Field)
		text := "not saved: one field needs another look"
		if n > 1 {
			text = fmt.Sprintf("not saved: %d fields need another look", n)
		}
		return screen.Send(screen.Notice{Level: screen.Failure, Text: text})
	}
	if f.env.Hub.Space.Protected {
		return f.askName()
	}
	return f.saveWith("")
}

// askName asks for the name of the user, or of the space that a new one comes into.
func (f *Form) askName() tea.Cmd {
	f.asking = askName
	o := widget.TypedNameOptions{
		Title: "The space is protected", Body: []string{"A new API user asks for the space's name."}, Name: f.env.Hub.Space.Name, Action: "create it",
	}
	if f.stored != nil {
		o.Name, o.Body, o.Action = f.stored.Username, []string{"A change asks for the user's name."}, "save"
	}
	return screen.Send(screen.Open{Overlay: widget.NewTypedName(f.env.Styles, o)})
}

func (f *Form) saveWith(confirm string) tea.Cmd {
	h, id, d := f.env.Hub, f.target, f.draft()
	f.trouble = nil
	return screen.Start(f.env.Ctx, f.id, &f.save, func(ctx context.Context) (model.APIUser, error) {
		if id == "" {
			return h.Users.Create(ctx, h.Space, d, confirm)
		}
		return h.Users.Update(ctx, h.Space, id, d, confirm)
	})
}

func (f *Form) saveDone(r screen.Reply[model.APIUser]) tea.Cmd {
	if !screen.Accept(&f.save, r) {
		return nil
	}
	if r.Err != nil {
		return f.saveFailed(model.AsError(r.Err))
	}
	f.saved = true
	u := r.Value
	if f.target != "" {
		return tea.Sequence(screen.Send(screen.Pop{Result: u}), screen.Send(screen.Notice{Level: screen.Success, Text: "Saved " + u.Username}))
	}
	return tea.Sequence(screen.Send(screen.Replace{Route: screen.APIUser{ID: u.ID}}),
		screen.Send(screen.Notice{Level: screen.Success, Text: "Created " + u.Username + "; a generates its API token"}))
}

// saveFailed leaves every input as it is and says what can be done.
func (f *Form) saveFailed(e *model.Error) tea.Cmd {
	switch {
	case e.Code == model.EConflict:
		f.trouble = e
		return f.ask(askConflict, "Changed by somebody else meanwhile",
			widget.MenuItem{Key: "r", Label: "Reload theirs, keep what I typed", Value: true},
			widget.MenuItem{Key: "e", Label: "Keep editing", Value: false})
	case e.Code == model.ENotFound && f.target != "" && e.Field == "":
		f.trouble = e
		return f.ask(askGone, f.start.Username+" was deleted meanwhile",
			widget.MenuItem{Key: "n", Label: "Make it a new API user", Note: "its keys are gone", Value: true},
			widget.MenuItem{Key: "e", Label: "Keep editing", Value: false})
	case e.Code == model.EProtected:
		return f.askName()
	}
	fields := e.Fields
	if len(fields) == 0 && e.Field != "" {
		fields = []model.FieldError{{Field: e.Field, Message: e.Message}}
	}
	shown := false
	for _, fe := range fields {
		if f.HasField(fe.Field) {
			f.said[fe.Field] = fe.Message
			if !shown {
				f.FocusOn(fe.Field)
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

func (f *Form) ask(q question, title string, items ...widget.MenuItem) tea.Cmd {
	f.asking = q
	return screen.Send(screen.Open{Overlay: widget.NewMenu(f.env.Styles, title, items)})
}

// Resume implements screen.Resumer.
func (f *Form) Resume(result any) tea.Cmd {
	asked := f.asking
	f.asking = askNothing
	yes, _ := result.(bool)
	switch name, typed := result.(string); {
	case asked == askName && typed:
		return f.saveWith(name)
	case asked == askConflict && yes:
		return f.reload()
	case asked == askGone && yes:
		f.becomeNew()
	}
	return nil
}

// becomeNew turns the edit of a user that is gone into a new one.
func (f *Form) becomeNew() {
	d := f.draft()
	d.Revision = 0
	f.target, f.stored, f.trouble = "", nil, nil
	f.fill(d)
	f.start = apiusers.Draft{}
	f.refresh()
}

// touchAll makes every message show.
func (f *Form) touchAll() {
	for _, r := range f.rows() {
		for _, field := range r.Fields {
			f.touched[field] = true
		}
	}
}

// lookAgain finds out whether somebody else saved the user that is edited here. What is
// typed stays; the person learns early that saving will ask.
func (f *Form) lookAgain() tea.Cmd {
	if f.stored == nil || f.saved || f.save.Running() || f.load.Running() {
		return nil
	}
	h, id := f.env.Hub, f.target
	return screen.Start(f.env.Ctx, f.id, &f.look, func(ctx context.Context) (merge.Newer, error) {
		u, err := h.Users.Get(ctx, h.Space, id)
		return merge.Newer{Revision: u.Revision, By: u.Updated.By}, err
	})
}
