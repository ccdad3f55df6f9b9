package gatewayrule

import (
	"context"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/gateway"
	"ferry/model/hub"
	"ferry/ui/screen"
	"ferry/ui/screens/merge"
	"ferry/ui/widget"
)

// question is what an open overlay of the form asks.
type question int

const (
	askNothing question = iota
	askName             // the name of a protected client
	askConflict
)

// subject is whom and what a rule is about, as it was last read.
type subject struct {
	user   string
	callee Callee
}

func (s *subject) revision() uint64 {
	if s.callee.Rule == nil {
		return 0
	}
	return s.callee.Rule.Revision
}

func (s *subject) draft() gateway.RuleDraft {
	if s.callee.Rule == nil {
		return gateway.RuleDraft{User: s.user, Client: s.callee.Name}
	}
	return gateway.DraftOf(*s.callee.Rule)
}

// read reads whom and what a rule is about.
func read(ctx context.Context, h *hub.Hub, user, client model.ID) (s subject, err error) {
	u, err := h.Users.Get(ctx, h.Space, user)
	if err != nil {
		return s, err
	}
	c, err := h.Clients.Get(ctx, h.Space, client)
	if err != nil {
		return s, err
	}
	s.user = u.Username
	s.callee = Callee{
		ID: c.ID, Name: c.Name, Disabled: c.State == model.Disabled, Protected: c.Protected || h.Space.Protected,
		Permitted: slices.Contains(u.Permissions, model.CallPermission(c.ID)),
	}
	rules, err := h.Gateway.List(ctx, h.Space, u.Username, c.Name)
	if len(rules) > 0 {
		s.callee.Rule = &rules[0]
	}
	return s, err
}

// reload reads the rule. After a conflict the reply is merged with what was typed; the
// first one fills the form.
func (f *Form) reload() tea.Cmd {
	h, user, client := f.env.Hub, f.user, f.client
	return screen.Start(f.env.Ctx, f.id, &f.load, func(ctx context.Context) (subject, error) { return read(ctx, h, user, client) })
}

// lookAgain finds out whether somebody else saved the rule that is edited here.
func (f *Form) lookAgain() tea.Cmd {
	if f.seen == nil || f.saved || f.save.Running() || f.load.Running() {
		return nil
	}
	h, user, client := f.env.Hub, f.user, f.client
	return screen.Start(f.env.Ctx, f.id, &f.look, func(ctx context.Context) (merge.Newer, error) {
		s, err := read(ctx, h, user, client)
		if err != nil || s.callee.Rule == nil {
			return merge.Newer{}, err
		}
		return merge.Newer{Revision: s.callee.Rule.Revision, By: s.callee.Rule.UpdatedBy}, nil
	})
}

// looked takes what looking again came to: somebody else was quicker, or there is nothing
// left to write a rule for.
func (f *Form) looked(r screen.Reply[merge.Newer]) {
	switch {
	case !screen.Accept(&f.look, r):
	case r.Err == nil:
		f.newer = r.Value.Than(f.seen.revision())
	case model.CodeOf(r.Err) == model.ENotFound:
		f.trouble = model.AsError(r.Err)
	}
}

func (f *Form) loaded(r screen.Reply[subject]) {
	if !screen.Accept(&f.load, r) {
		return
	}
	if r.Err != nil {
		f.trouble = model.AsError(r.Err)
		return
	}
	base, mine, first := f.start, f.draft(), f.loading
	f.loading, f.seen = false, &r.Value
	f.fill(f.seen.draft())
	f.start = f.draft() // as the inputs give it, so that going through them is no change
	if !first {
		all, both := merged(base, mine, f.start)
		f.fill(all)
		f.theirs = both
	}
	f.trouble, f.newer = nil, ""
}

// merged returns what they saved with what was typed laid over it.
func merged(base, mine, theirs gateway.RuleDraft) (out gateway.RuleDraft, both merge.Both) {
	out, both = theirs, merge.Both{}
	words := func(l []string) string { return strings.Join(l, ", ") }
	merge.Value(both, "read_only", &out.ReadOnly, base.ReadOnly, mine.ReadOnly, merge.OnOff)
	merge.List(both, "methods", &out.Methods, base.Methods, mine.Methods, words)
	merge.List(both, "paths", &out.Paths, base.Paths, mine.Paths, words)
	merge.Value(both, "per_second", &out.PerSecond, base.PerSecond, mine.PerSecond, numberText)
	merge.Value(both, "per_day", &out.PerDay, base.PerDay, mine.PerDay, wholeText)
	merge.Value(both, "max_body", &out.MaxBody, base.MaxBody, mine.MaxBody, SizeText)
	return out, both
}

// trySave saves unless something is wrong with a field; then that gets the focus. The name
// of a protected client is asked for when the rule says that it lets more through.
func (f *Form) trySave() tea.Cmd {
	for _, r := range f.rows() {
		for _, name := range r.Fields {
			if f.problem(name) != "" {
				f.touchAll()
				f.FocusOn(name)
				return screen.Send(screen.Notice{Level: screen.Failure, Text: "not saved: one field needs another look"})
			}
		}
	}
	if f.newer != "" && f.seen.revision() == 0 { // without a revision nothing else would notice
		return f.askConflict()
	}
	return f.saveWith("")
}

func (f *Form) askName() tea.Cmd {
	f.asking = askName
	return screen.Send(screen.Open{Overlay: widget.NewTypedName(f.env.Styles, widget.TypedNameOptions{
		Title: f.seen.callee.Name + " is protected", Body: []string{"The rule would let more through than before."}, Name: f.seen.callee.Name, Action: "save",
	})})
}

func (f *Form) saveWith(confirm string) tea.Cmd {
	h, d := f.env.Hub, f.draft()
	f.trouble = nil
	return screen.Start(f.env.Ctx, f.id, &f.save, func(ctx context.Context) (gateway.RuleView, error) {
		return h.Gateway.Set(ctx, h.Space, d, confirm)
	})
}

func (f *Form) saveDone(r screen.Reply[gateway.RuleView]) tea.Cmd {
	if !screen.Accept(&f.save, r) {
		return nil
	}
	if r.Err != nil {
		return f.saveFailed(model.AsError(r.Err))
	}
	f.saved = true
	notice := screen.Notice{Level: screen.Success, Text: "Saved: " + f.seen.user + " may call " + f.seen.callee.Name + ": " + Words(&r.Value)}
	return tea.Sequence(screen.Send(screen.Pop{Result: r.Value}), screen.Send(notice))
}

// saveFailed leaves every input as it is and says what can be done.
func (f *Form) saveFailed(e *model.Error) tea.Cmd {
	switch e.Code {
	case model.EConflict:
		f.trouble = e
		return f.askConflict()
	case model.EProtected:
		return f.askName()
	}
	fields := e.Fields
	if len(fields) == 0 && e.Field != "" {
		fields = []model.FieldError{{Field: e.Field, Message: e.Message}}
	}
	shown := false
	for _, fe := range fields {
		name, _, _ := strings.Cut(fe.Field, ".")
		if f.HasField(name) {
			f.said[name] = fe.Message
			if !shown {
				f.FocusOn(name)
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

func (f *Form) askConflict() tea.Cmd {
	f.asking = askConflict
	return screen.Send(screen.Open{Overlay: widget.NewMenu(f.env.Styles, "Changed by somebody else meanwhile", []widget.MenuItem{
		{Key: "r", Label: "Reload theirs, keep what I typed", Value: true}, {Key: "e", Label: "Keep editing", Value: false},
	})})
}

// Resume implements screen.Resumer.
func (f *Form) Resume(result any) tea.Cmd {
	if cmd, mine := f.flow.Resume(result); mine {
		return cmd
	}
	asked := f.asking
	f.asking = askNothing
	yes, _ := result.(bool)
	switch name, typed := result.(string); {
	case asked == askName && typed:
		return f.saveWith(name)
	case asked == askConflict && yes:
		return f.reload()
	}
	return nil
}

// touchAll makes every message show.
func (f *Form) touchAll() {
	for _, r := range f.rows() {
		for _, name := range r.Fields {
			f.touched[name] = true
		}
	}
}
