// Package gatewayrule is what an API user may call through the gateway: the list of
// clients with the rule for each in words, the form of one rule, and the decision about
// a request, rule by rule, without sending it.
//
// It imports model, the screen contract and widgets. It holds no rule of its own: what a
// rule may say and what it lets pass is said by model/gateway.
package gatewayrule

import (
	"context"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/gateway"
	"ferry/model/hub"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/screens/flow"
	"ferry/ui/screens/listing"
	"ferry/ui/widget"
)

// Callee is a client that a user may call, with the rule for it.
type Callee struct {
	ID        model.ID
	Name      string
	Disabled  bool
	Protected bool
	Permitted bool              // the user has call:NAME; a rule alone gives nothing
	Rule      *gateway.RuleView // nil: none
}

// Callees reads what a user may call, by name, and rules for what it may not.
func Callees(ctx context.Context, h *hub.Hub, u model.APIUser) ([]Callee, error) {
	calls := map[model.ID]bool{}
	for _, p := range u.Permissions {
		if id, ok := p.Callee(); ok {
			calls[model.ID(id)] = true
		}
	}
	rules, err := h.Gateway.List(ctx, h.Space, u.Username, "")
	if err != nil || len(calls) == 0 && len(rules) == 0 {
		return nil, err
	}
	byName := map[string]*gateway.RuleView{}
	for i := range rules {
		byName[rules[i].Client] = &rules[i]
	}
	clients, err := h.Clients.List(ctx, h.Space, nil)
	if err != nil {
		return nil, err
	}
	var out []Callee
	for i := range clients {
		c := &clients[i]
		rule := byName[c.Name]
		if rule == nil && !calls[c.ID] {
			continue
		}
		out = append(out, Callee{
			ID: c.ID, Name: c.Name, Disabled: c.State == model.Disabled, Protected: c.Protected || h.Space.Protected,
			Permitted: calls[c.ID], Rule: rule,
		})
	}
	slices.SortFunc(out, func(a, b Callee) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return out, nil
}

// Rules is the screen of what one user may call.
type Rules struct {
	*listing.List[Callee]
	user  model.ID
	name  string // of the user, "" until it has come
	room  int    // rows for the list and what is below it
	flow  *flow.Flow
	tried trial // what was asked last, to be changed and asked again
}

var (
	editKey = keymap.Bind("↵ e", "edit rule", "enter", "e")
	tryKey  = keymap.Bind("x", "try a request", "x")
	dropKey = keymap.Bind("D", "remove rule", "D")
)

var (
	rulesKeys = keymap.Map{{editKey, tryKey, dropKey, keymap.Filter, keymap.Quit, keymap.Refresh}, keymap.Moving}
	bareKeys  = keymap.Map{{keymap.Quit, keymap.Refresh}}
)

// New returns the screen of what the user with id may call.
func New(env screen.Env, user model.ID) screen.Screen {
	id := screen.NewID()
	r := &Rules{user: user, flow: flow.New(env, id)}
	load := func(ctx context.Context, h *hub.Hub, _ func(int)) ([]Callee, any, error) {
		u, err := h.Users.Get(ctx, h.Space, user)
		if err != nil {
			return nil, nil, err
		}
		rows, err := Callees(ctx, h, u)
		return rows, u.Username, err
	}
	r.List = listing.New(env, id, r.flow, listing.Options[Callee]{
		Load: load, Loaded: r.loaded, Filter: filter,
		ID: func(c *Callee) model.ID { return c.ID }, Name: func(c *Callee) string { return c.Name },
		Keys: rulesKeys, Bare: bareKeys, Key: r.key, What: "client", None: r.none, Table: r.table,
	})
	return r
}

// Title implements screen.Screen.
func (r *Rules) Title() string { return "May call" }

// SetSize implements screen.Screen.
func (r *Rules) SetSize(width, height int) {
	r.room = height
	r.List.SetSize(width, max(height-r.foot(), 0))
}

func (r *Rules) loaded(name any, err error) tea.Cmd {
	if err == nil {
		r.name = name.(string)
	}
	if model.CodeOf(err) == model.ENotFound && r.name != "" {
		return tea.Batch(screen.Send(screen.Pop{}), screen.Send(screen.Notice{Level: screen.Warning, Text: r.name + " was deleted"}))
	}
	return nil
}

// filter lets through what holds every word of query in its name or in the words of its rule.
func filter(dst []int, rows []Callee, query string) []int {
	words := model.Words(query)
	for i := range rows {
		if model.HasWords(strings.ToLower(rows[i].Name+" "+Words(rows[i].Rule)), words) {
			dst = append(dst, i)
		}
	}
	return dst
}

func (r *Rules) key(k tea.KeyPressMsg, at *Callee) tea.Cmd {
	if at == nil {
		return nil
	}
	switch {
	case key.Matches(k, editKey):
		return screen.Send(screen.Push{Route: screen.GatewayRule{User: r.user, Client: at.ID}})
	case key.Matches(k, tryKey):
		return r.try(*at)
	case key.Matches(k, dropKey):
		return r.remove(*at)
	}
	return nil
}

// remove says what the user may do then, and asks.
func (r *Rules) remove(c Callee) tea.Cmd {
	switch {
	case r.flow.Busy():
		return r.flow.Refuse()
	case c.Rule == nil:
		return screen.Send(screen.Notice{Level: screen.Warning, Text: c.Name + " has no rule for " + r.name + ": ↵ makes one"})
	}
	return Remove(r.flow, r.name, c)
}

// Remove asks whether a rule is to go, and removes it.
func Remove(f *flow.Flow, user string, c Callee) tea.Cmd {
	h := f.Env.Hub
	title := "Remove the rule of " + user + " for " + c.Name + "?"
	body := []string{"Now: " + Words(c.Rule) + ".", "Then " + user + " may call " + c.Name + " with every method and on every path."}
	if !c.Permitted {
		body[1] = user + " may not call " + c.Name + " in any case: the rule does nothing now."
	}
	run := func(confirm string) tea.Cmd {
		return f.Start(func(ctx context.Context) (flow.Outcome, error) {
			err := h.Gateway.RemoveIfRevision(ctx, h.Space, user, c.Name, c.Rule.Revision, confirm)
			return flow.Outcome{Done: true, Gone: err == nil, Text: "Removed the rule of " + user + " for " + c.Name}, err
		})
	}
	if c.Protected {
		return f.TypeName(widget.TypedNameOptions{Title: title, Body: body, Name: c.Name, Action: "remove it"}, run)
	}
	return f.Open(widget.NewConfirm(f.Env.Styles, widget.ConfirmOptions{Title: title, Body: body, Yes: "Remove", Danger: true}),
		func(any) tea.Cmd { return run("") })
}
