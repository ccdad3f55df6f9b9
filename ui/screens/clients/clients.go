// Package clients is the list of API clients: the home of a space.
//
// It imports model, the screen contract and widgets, and holds no rule.
package clients

import (
	"context"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/clients"
	"ferry/model/hub"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/screens/actions"
	"ferry/ui/screens/listing"
)

// Clients is the screen.
type Clients struct {
	*listing.List[clients.Summary]
	actions *actions.Actions
}

var exportKey = keymap.Bind("X", "export", "X")

var keys = keymap.Map{
	{
		keymap.New, keymap.Enter, keymap.Edit, keymap.Token, keymap.Call, keymap.More, keymap.Filter, keymap.Delete, listing.SortKey,
		keymap.Mark, keymap.Copy, exportKey, keymap.Refresh,
	},
	keymap.Moving,
}

// New returns the list; a filter in the route is applied from the start.
func New(env screen.Env, route screen.Clients) screen.Screen {
	id := screen.NewID()
	c := &Clients{actions: actions.New(env, id)}
	c.List = listing.New(env, id, c.actions, listing.Options[clients.Summary]{
		Place: screen.PlaceClients, Query: route.Filter, Load: load, Filter: clients.Filter, Orders: orders,
		ID: func(s *clients.Summary) model.ID { return s.ID }, Name: func(s *clients.Summary) string { return s.Name },
		Keys: keys, Bare: listing.BareKeys, Marks: "m acts on them", Key: c.key,
		What: "client", None: c.none, Table: c.table,
	})
	return c
}

// Title implements screen.Screen.
func (c *Clients) Title() string { return "Clients" }

// Ticking implements screen.Ticker: a token that is shown counts down.
func (c *Clients) Ticking() bool {
	now := c.Env.Hub.Now()
	for s := range c.Showing() {
		if s.Runtime.TokenExpires.After(now) {
			return true
		}
	}
	return false
}

func load(ctx context.Context, h *hub.Hub, loaded func(int)) ([]clients.Summary, any, error) {
	rows, err := h.Clients.List(ctx, h.Space, loaded)
	return rows, nil, err
}

func (c *Clients) key(k tea.KeyPressMsg, at *clients.Summary) tea.Cmd {
	switch {
	case key.Matches(k, keymap.New):
		return screen.Send(screen.Push{Route: screen.NewClient{}})
	case at == nil:
		return nil
	}
	one := target(at)
	switch {
	case key.Matches(k, keymap.Enter):
		return screen.Send(screen.Push{Route: screen.Client{ID: at.ID}})
	case key.Matches(k, keymap.Edit):
		return screen.Send(screen.Push{Route: screen.EditClient{ID: at.ID}})
	case key.Matches(k, keymap.Token):
		if at.Method != model.AuthOAuth2 {
			return screen.Send(screen.Notice{Level: screen.Warning, Text: at.Name + " has no authentication, so it has no token"})
		}
		return screen.Send(screen.Push{Route: screen.Token{ID: at.ID}})
	case key.Matches(k, keymap.Call):
		return screen.Send(screen.Push{Route: screen.Call{ID: at.ID}})
	case key.Matches(k, exportKey):
		return c.actions.Do(actions.Export, []actions.Target{one})
	case key.Matches(k, keymap.More):
		return c.actions.Menu(c.targets(one))
	case key.Matches(k, keymap.Copy):
		return c.actions.Copy(one)
	case key.Matches(k, keymap.Delete):
		return c.actions.Do(actions.Delete, []actions.Target{one})
	}
	return nil
}

func target(s *clients.Summary) actions.Target {
	return actions.Target{ID: s.ID, Name: s.Name, State: s.State, Protected: s.Protected}
}

// targets is what more actions are for: the marked clients, or else the one.
func (c *Clients) targets(one actions.Target) []actions.Target {
	var out []actions.Target
	for _, s := range c.Marked() {
		out = append(out, target(&s))
	}
	if out == nil {
		return []actions.Target{one}
	}
	return out
}
