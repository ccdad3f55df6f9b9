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
	"ferry/ui/screens/editing"
	"ferry/ui/screens/merge"
	"ferry/ui/widget"
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

func newest(ctx context.Context, h *hub.Hub, user, client model.ID) (merge.Newer, error) {
	s, err := read(ctx, h, user, client)
	if err != nil || s.callee.Rule == nil {
		return merge.Newer{}, err
	}
	return merge.Newer{Revision: s.callee.Rule.Revision, By: s.callee.Rule.UpdatedBy}, nil
}

func (f *Form) took(s subject) *editing.Stored[gateway.RuleDraft] {
	f.seen = &s
	return &editing.Stored[gateway.RuleDraft]{Draft: s.draft(), Revision: s.revision()}
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
	merge.Value(both, "max_body", &out.MaxBody, base.MaxBody, mine.MaxBody, gateway.SizeText)
	return out, both
}

// named asks for the name of a protected client: the rule lets more through than before.
func (f *Form) named() widget.TypedNameOptions {
	name := f.seen.callee.Name
	return widget.TypedNameOptions{Title: name + " is protected", Body: []string{"The rule would let more through than before."}, Name: name, Action: "save"}
}

func save(h *hub.Hub, _ model.ID, d gateway.RuleDraft, confirm string) func(context.Context) (gateway.RuleView, error) {
	return func(ctx context.Context) (gateway.RuleView, error) { return h.Gateway.Set(ctx, h.Space, d, confirm) }
}

func (f *Form) saved(r gateway.RuleView) tea.Cmd {
	notice := screen.Notice{Level: screen.Success, Text: "Saved: " + f.seen.user + " may call " + f.seen.callee.Name + ": " + Words(&r)}
	return tea.Sequence(screen.Send(screen.Pop{Result: r}), screen.Send(notice))
}
