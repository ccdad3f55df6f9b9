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

	"charm.land/bubbles/v2/help"
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
	env           screen.Env
	id            screen.ID
	user          model.ID
	name          string // of the user, "" until it has come
	width, height int

	list  *listing.List[Callee]
	flow  *flow.Flow
	tried trial // what was asked last, to be changed and asked again
}

var (
	editKey = keymap.Bind("↵ e", "edit rule", "enter", "e")
	tryKey  = keymap.Bind("x", "try a request", "x")
	dropKey = keymap.Bind("D", "remove rule", "D")
)

var (
	moving    = []key.Binding{keymap.Up, keymap.Down, keymap.Top, keymap.Bottom, keymap.HalfUp, keymap.HalfDown}
	rulesKeys = keymap.Map{{editKey, tryKey, dropKey, keymap.Filter, keymap.Quit, keymap.Refresh}, moving}
	emptyKeys = keymap.Map{{keymap.Quit, keymap.Refresh}}
)

// New returns the screen of what the user with id may call.
func New(env screen.Env, user model.ID) screen.Screen {
	r := &Rules{env: env, id: screen.NewID(), user: user}
	r.list = listing.New(listing.Options[Callee]{
		Env: env, Self: r.id, Load: r.load, Filter: filter, Head: r.head, ID: func(c *Callee) model.ID { return c.ID },
	})
	r.flow = flow.New(env, r.id)
	return r
}

// ID implements screen.Screen.
func (r *Rules) ID() screen.ID { return r.id }

// Title implements screen.Screen.
func (r *Rules) Title() string { return "May call" }

// Keys implements screen.Screen.
func (r *Rules) Keys() help.KeyMap {
	switch {
	case r.list.Typing:
		return listing.TypingKeys
	case len(r.list.Rows) == 0:
		return emptyKeys
	}
	return rulesKeys
}

// Rebind implements screen.Rebinder.
func (r *Rules) Rebind(h *hub.Hub) { r.env.Hub, r.flow.Env.Hub = h, h }

// SetSize implements screen.Screen.
func (r *Rules) SetSize(width, height int) {
	r.width, r.height = width, height
	r.list.SetSize(width, max(height-r.foot(), 0))
}

// Init starts loading.
func (r *Rules) Init() tea.Cmd { return r.list.Reload() }

// Capturing implements screen.Capturer.
func (r *Rules) Capturing() bool { return r.list.Typing }

// Back implements screen.Backer: it ends the filter.
func (r *Rules) Back() bool { return r.list.Back() }

// Cancel implements screen.Canceler.
func (r *Rules) Cancel() bool {
	loading := r.list.Cancel()
	return r.flow.Cancel() || loading
}

// Cursor is in the filter while that is typed.
func (r *Rules) Cursor() *tea.Cursor { return r.list.Cursor() }

func (r *Rules) load() func(context.Context, func(int)) (listing.Loaded[Callee], error) {
	h, id := r.env.Hub, r.user
	return func(ctx context.Context, _ func(int)) (out listing.Loaded[Callee], err error) {
		u, err := h.Users.Get(ctx, h.Space, id)
		if err != nil {
			return out, err
		}
		out.Extra = u.Username
		out.Rows, err = Callees(ctx, h, u)
		for i := range out.Rows {
			out.Widest = max(out.Widest, widget.Width(out.Rows[i].Name))
		}
		return out, err
	}
}

// filter lets through what holds every word of query in its name or in the words of its rule.
func filter(dst []int, rows []Callee, query string) []int {
	words := strings.Fields(strings.ToLower(query))
	for i := range rows {
		text := strings.ToLower(rows[i].Name + " " + Words(rows[i].Rule))
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) }) {
			dst = append(dst, i)
		}
	}
	return dst
}

// Resume implements screen.Resumer.
func (r *Rules) Resume(result any) tea.Cmd {
	if cmd, mine := r.flow.Resume(result); mine {
		return cmd
	}
	return r.list.Reload()
}

// Update implements screen.Screen.
func (r *Rules) Update(msg tea.Msg) tea.Cmd {
	if res, cmd, mine := r.flow.Update(msg); mine {
		if res.Changed {
			cmd = tea.Batch(cmd, r.list.Reload())
		}
		return cmd
	}
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		r.flow.Forget()
		if r.list.Typing {
			return r.list.Typed(msg)
		}
		return r.key(msg)
	case tea.PasteMsg:
		if r.list.Typing {
			return r.list.Typed(msg)
		}
		return nil
	case screen.Changed:
		return r.list.Reload()
	}
	fresh, cmd, mine := r.list.Update(msg)
	if fresh != nil {
		r.name, _ = fresh.Extra.(string)
	}
	if mine && model.CodeOf(r.list.Err) == model.ENotFound && r.name != "" {
		return tea.Batch(cmd, screen.Send(screen.Pop{}), screen.Send(screen.Notice{Level: screen.Warning, Text: r.name + " was deleted"}))
	}
	return cmd
}

func (r *Rules) key(k tea.KeyPressMsg) tea.Cmd {
	if cmd, mine := r.list.Key(k); mine {
		return cmd
	}
	at := r.list.Current()
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
