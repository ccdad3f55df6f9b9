// Package clients is the list of API clients: the home of a space.
//
// It imports model, the screen contract and widgets, and holds no rule.
package clients

import (
	"context"
	"time"

	"charm.land/bubbles/v2/help"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/clients"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/screens/actions"
	"ferry/ui/screens/listing"
)

// Clients is the screen.
type Clients struct {
	env           screen.Env
	id            screen.ID
	width, height int

	list    *listing.List[clients.Summary]
	sort    order
	marks   map[model.ID]bool
	actions *actions.Actions
}

var (
	sortKey   = keymap.Bind("s", "sort", "s")
	exportKey = keymap.Bind("X", "export", "X")
)

var keys = keymap.Map{
	{
		keymap.New, keymap.Enter, keymap.Edit, keymap.Token, keymap.Call, keymap.More, keymap.Filter, keymap.Delete, sortKey,
		keymap.Mark, keymap.Copy, exportKey, keymap.Refresh,
	},
	{keymap.Up, keymap.Down, keymap.Top, keymap.Bottom, keymap.HalfUp, keymap.HalfDown},
}

var emptyKeys = keymap.Map{{keymap.New, keymap.Refresh, keymap.Command}}

// New returns the list; a filter in the route is applied from the start.
func New(env screen.Env, route screen.Clients) screen.Screen {
	c := &Clients{env: env, id: screen.NewID(), marks: map[model.ID]bool{}}
	c.list = listing.New(listing.Options[clients.Summary]{
		Env: env, Self: c.id, Load: c.load, Filter: clients.Filter, Head: c.head, Query: route.Filter,
		ID: func(s *clients.Summary) model.ID { return s.ID },
	})
	c.actions = actions.New(env, c.id)
	return c
}

// ID implements screen.Screen.
func (c *Clients) ID() screen.ID { return c.id }

// Title implements screen.Screen.
func (c *Clients) Title() string { return "Clients" }

// Keys implements screen.Screen.
func (c *Clients) Keys() help.KeyMap {
	switch {
	case c.list.Typing:
		return listing.TypingKeys
	case len(c.list.Rows) == 0:
		return emptyKeys
	}
	return keys
}

// Init starts loading the list.
func (c *Clients) Init() tea.Cmd { return c.list.Reload() }

// Capturing implements screen.Capturer: the filter is being typed.
func (c *Clients) Capturing() bool { return c.list.Typing }

// Cancel implements screen.Canceler.
func (c *Clients) Cancel() bool {
	loading := c.list.Cancel()
	return c.actions.Cancel() || loading
}

// Ticking implements screen.Ticker: a token that is shown counts down.
func (c *Clients) Ticking() bool {
	now := c.env.Hub.Now()
	from, to := c.list.Scroll.Window()
	for _, i := range c.list.Match[min(from, len(c.list.Match)):min(to, len(c.list.Match))] {
		if c.list.Rows[i].Runtime.TokenExpires.After(now) {
			return true
		}
	}
	return false
}

// load reads the clients in the order they are shown in.
func (c *Clients) load() func(context.Context, func(int)) (listing.Loaded[clients.Summary], error) {
	h, sort := c.env.Hub, c.sort
	return func(ctx context.Context, loaded func(int)) (out listing.Loaded[clients.Summary], err error) {
		if out.Rows, err = h.Clients.List(ctx, h.Space, loaded); err != nil {
			return out, err
		}
		sort.apply(out.Rows)
		for i := range out.Rows {
			out.Widest = max(out.Widest, len(out.Rows[i].Name))
		}
		return out, nil
	}
}

// dropMarks forgets marks of clients that are gone.
func (c *Clients) dropMarks() {
	if len(c.marks) == 0 {
		return
	}
	have := make(map[model.ID]bool, len(c.marks))
	for i := range c.list.Rows {
		if c.marks[c.list.Rows[i].ID] {
			have[c.list.Rows[i].ID] = true
		}
	}
	c.marks = have
}

// SetSize implements screen.Screen.
func (c *Clients) SetSize(width, height int) {
	c.width, c.height = width, height
	c.list.SetSize(width, height)
}

// head is how many lines stand above the rows.
func (c *Clients) head() int {
	if c.infoShows() {
		return 2
	}
	return 1
}

func (c *Clients) now() time.Time { return c.env.Hub.Now() }
