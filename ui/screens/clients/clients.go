// Package clients is the list of API clients: the home of a space.
//
// It imports model, the screen contract and widgets, and holds no rule.
package clients

import (
	"context"
	"time"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/clients"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/screens/actions"
	"ferry/ui/widget"
)

// Clients is the screen.
type Clients struct {
	env           screen.Env
	id            screen.ID
	width, height int

	rows   []clients.Summary // all of them, in the order of sort
	match  []int             // positions in rows of those that the filter lets through
	scroll widget.Scroll
	sort   order
	marks  map[model.ID]bool
	names  int // cells of the longest name

	filter textinput.Model
	typing bool
	query  string

	load    screen.Requests
	loaded  int  // how many have come so far
	known   bool // rows were loaded at least once
	stale   bool // the store changed while they were loading
	err     error
	actions *actions.Actions
}

var sortKey = keymap.Bind("s", "sort", "s")

var keys = keymap.Map{
	{
		keymap.New, keymap.Enter, keymap.Edit, keymap.Token, keymap.Call, keymap.More, keymap.Filter, keymap.Delete, sortKey,
		keymap.Mark, keymap.Copy, keymap.Refresh,
	},
	{keymap.Up, keymap.Down, keymap.Top, keymap.Bottom, keymap.HalfUp, keymap.HalfDown},
}

var typingKeys = keymap.Map{{
	keymap.Bind("↵", "keep the filter", "enter"), keymap.Bind("esc", "clear it", "esc"), keymap.Bind("↑ ↓", "move", "up", "down"),
}}

var emptyKeys = keymap.Map{{keymap.New, keymap.Refresh, keymap.Command}}

// New returns the list; a filter in the route is applied from the start.
func New(env screen.Env, route screen.Clients) screen.Screen {
	c := &Clients{
		env: env, id: screen.NewID(), marks: map[model.ID]bool{},
		filter: widget.NewInput(env.Styles, false), query: route.Filter,
	}
	c.filter.SetValue(route.Filter)
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
	case c.typing:
		return typingKeys
	case len(c.rows) == 0:
		return emptyKeys
	}
	return keys
}

// Init starts loading the list.
func (c *Clients) Init() tea.Cmd { return c.reload() }

// Capturing implements screen.Capturer: the filter is being typed.
func (c *Clients) Capturing() bool { return c.typing }

// Cancel implements screen.Canceler.
func (c *Clients) Cancel() bool {
	loading := c.load.Running()
	c.load.Cancel()
	return c.actions.Cancel() || loading
}

// Ticking implements screen.Ticker: a token that is shown counts down.
func (c *Clients) Ticking() bool {
	now := c.env.Hub.Now()
	from, to := c.scroll.Window()
	for _, i := range c.match[min(from, len(c.match)):min(to, len(c.match))] {
		if c.rows[i].Runtime.TokenExpires.After(now) {
			return true
		}
	}
	return false
}

// progress is how many clients have come so far.
type progress struct {
	to screen.ID
	n  int
	ch <-chan int
}

// Addressee implements screen.Addressed.
func (p progress) Addressee() screen.ID { return p.to }

type list struct {
	rows  []clients.Summary
	names int
}

// reload gets the list anew; what is shown stays until it has come.
func (c *Clients) reload() tea.Cmd {
	if c.load.Running() {
		c.stale = true
		return nil
	}
	c.stale = false
	h, sort, ch := c.env.Hub, c.sort, make(chan int, 1)
	load := screen.Start(c.env.Ctx, c.id, &c.load, func(ctx context.Context) (list, error) {
		defer close(ch)
		rows, err := h.Clients.List(ctx, h.Space, func(n int) { offer(ch, n) })
		if err != nil {
			return list{}, err
		}
		sort.apply(rows)
		names := 0
		for i := range rows {
			names = max(names, len(rows[i].Name))
		}
		return list{rows, names}, nil
	})
	return tea.Batch(load, c.listen(ch))
}

// offer leaves the newest count in the channel without waiting for anybody.
func offer(ch chan int, n int) {
	select {
	case <-ch:
	default:
	}
	ch <- n
}

func (c *Clients) listen(ch <-chan int) tea.Cmd {
	id := c.id
	return func() tea.Msg {
		n, ok := <-ch
		if !ok {
			return nil
		}
		return progress{id, n, ch}
	}
}

func (c *Clients) accept(reply screen.Reply[list]) tea.Cmd {
	if !screen.Accept(&c.load, reply) {
		return nil
	}
	c.err = reply.Err
	if c.err == nil {
		at := c.current()
		c.rows, c.names, c.known = reply.Value.rows, reply.Value.names, true
		c.refilter()
		c.place(at)
		c.dropMarks()
	}
	cmds := []tea.Cmd{screen.Send(screen.Count{Place: screen.PlaceClients, N: len(c.rows)})}
	if c.stale {
		cmds = append(cmds, c.reload())
	}
	return tea.Batch(cmds...)
}

// current is the client under the cursor, nil when there is none.
func (c *Clients) current() *clients.Summary {
	if c.scroll.Cursor >= len(c.match) {
		return nil
	}
	return &c.rows[c.match[c.scroll.Cursor]]
}

// place puts the cursor on the client that was under it before.
func (c *Clients) place(was *clients.Summary) {
	if was == nil {
		return
	}
	for i, at := range c.match {
		if c.rows[at].ID == was.ID {
			c.scroll.Move(i)
			return
		}
	}
}

// dropMarks forgets marks of clients that are gone.
func (c *Clients) dropMarks() {
	if len(c.marks) == 0 {
		return
	}
	have := make(map[model.ID]bool, len(c.marks))
	for i := range c.rows {
		if c.marks[c.rows[i].ID] {
			have[c.rows[i].ID] = true
		}
	}
	c.marks = have
}

func (c *Clients) refilter() {
	c.match = clients.Filter(c.match[:0], c.rows, c.query)
	c.resize()
}

// SetSize implements screen.Screen.
func (c *Clients) SetSize(width, height int) {
	c.width, c.height = width, height
	c.filter.SetWidth(max(width/2, 1))
	c.resize()
}

// resize fits the window of rows between the heading and the end of the body.
func (c *Clients) resize() {
	head := 1
	if c.infoShows() {
		head++
	}
	c.scroll.Resize(len(c.match), c.height-head)
}

func (c *Clients) now() time.Time { return c.env.Hub.Now() }
