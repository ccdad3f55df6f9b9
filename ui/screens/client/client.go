// Package client is the page of one API client: every setting in three sections, what
// is missing, its token and its last calls.
//
// It imports model, the screen contract and widgets, and holds no rule.
package client

import (
	"context"
	"time"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/tokens"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/screens/actions"
	"ferry/ui/screens/useractions"
	"ferry/ui/widget"
)

// Client is the screen.
type Client struct {
	env           screen.Env
	id            screen.ID
	client        model.ID
	width, height int

	seen     *seen
	err      error
	load     screen.Requests
	view     *widget.Viewer
	actions  *actions.Actions
	reveal   screen.Requests
	revealed map[string]model.Secret // field → what is shown in the clear
	until    time.Time
	asking   bool // the menu of secrets is open
}

// seen is what was read of the client.
type seen struct {
	client  model.Client
	panel   tokens.Panel
	history []model.HistoryEntry
	at      useractions.Endpoint // in the gateway
	callers []caller             // who may call it there, by name
}

// revealLife is how long a revealed secret stays on screen.
const revealLife = 10 * time.Second

var exportKey = keymap.Bind("X", "export", "X")

var keys = keymap.Map{
	{
		keymap.Edit, keymap.Token, keymap.Call, keymap.More, keymap.Reveal, keymap.Copy, keymap.Delete,
		exportKey, keymap.Quit, keymap.Refresh,
	},
	{keymap.Up, keymap.Down, keymap.Top, keymap.Bottom, keymap.HalfUp, keymap.HalfDown},
}

// New returns the page of the client with id.
func New(env screen.Env, id model.ID) screen.Screen {
	c := &Client{env: env, id: screen.NewID(), client: id, view: widget.NewViewer(env.Styles), revealed: map[string]model.Secret{}}
	c.actions = actions.New(env, c.id)
	return c
}

// ID implements screen.Screen.
func (c *Client) ID() screen.ID { return c.id }

// Title implements screen.Screen.
func (c *Client) Title() string {
	if c.seen == nil {
		return "…"
	}
	if c.seen.client.TLS.Insecure {
		return model.Printable(c.seen.client.Name) + " (insecure)"
	}
	return model.Printable(c.seen.client.Name)
}

// Keys implements screen.Screen.
func (c *Client) Keys() help.KeyMap { return keys }

// SetSize implements screen.Screen.
func (c *Client) SetSize(width, height int) {
	c.width, c.height = width, height
	c.render()
	c.view.SetSize(width, height-1) // the last row says whether there is more
}

// Init loads the client.
func (c *Client) Init() tea.Cmd { return c.reload() }

// Cancel implements screen.Canceler.
func (c *Client) Cancel() bool { return c.actions.Cancel() }

// Close forgets what was revealed.
func (c *Client) Close() { clear(c.revealed) }

// Back implements screen.Backer: what is revealed is hidden first.
func (c *Client) Back() bool {
	if len(c.revealed) == 0 {
		return false
	}
	c.hide()
	return true
}

// Ticking implements screen.Ticker.
func (c *Client) Ticking() bool {
	return len(c.revealed) > 0 || c.seen != nil && c.seen.panel.Token.Expires.After(c.now())
}

func (c *Client) now() time.Time { return c.env.Hub.Now() }

func (c *Client) reload() tea.Cmd {
	h, id := c.env.Hub, c.client
	return screen.Start(c.env.Ctx, c.id, &c.load, func(ctx context.Context) (*seen, error) {
		var s seen
		var err error
		if s.client, err = h.Clients.Get(ctx, h.Space, id); err != nil {
			return nil, err
		}
		if s.history, err = h.Calls.History(ctx, &s.client); err != nil {
			return nil, err
		}
		if s.at, err = useractions.GatewayURL(ctx, h, s.client.Name); err != nil {
			return nil, err
		}
		if s.callers, err = callersOf(ctx, h, &s.client); err != nil {
			return nil, err
		}
		s.panel, err = h.Tokens.Peek(ctx, &s.client)
		return &s, err
	})
}

// Resume implements screen.Resumer.
func (c *Client) Resume(result any) tea.Cmd {
	if c.asking {
		c.asking = false
		if field, ok := result.(string); ok {
			return c.show(field)
		}
		return nil
	}
	if cmd, mine := c.actions.Resume(result); mine {
		return cmd
	}
	return c.reload()
}

// Update implements screen.Screen.
func (c *Client) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		c.actions.Forget()
		c.asking = false
		return c.key(msg)
	case screen.Changed:
		return c.reload()
	case screen.Tick:
		if len(c.revealed) > 0 && !c.now().Before(c.until) {
			c.hide()
		}
		c.render()
		return nil
	case screen.Reply[*seen]:
		return c.accept(msg)
	case screen.Reply[secret]:
		return c.shown(msg)
	}
	res, cmd, _ := c.actions.Update(msg)
	switch {
	case res.Deleted:
		return tea.Batch(cmd, screen.Send(screen.Pop{}))
	case res.Changed:
		return tea.Batch(cmd, c.reload())
	}
	return cmd
}

func (c *Client) accept(reply screen.Reply[*seen]) tea.Cmd {
	if !screen.Accept(&c.load, reply) {
		return nil
	}
	if c.err = reply.Err; c.err == nil {
		c.seen = reply.Value
	}
	c.render()
	if model.CodeOf(c.err) == model.ENotFound && c.seen != nil {
		return tea.Batch(screen.Send(screen.Pop{}),
			screen.Send(screen.Notice{Level: screen.Warning, Text: c.seen.client.Name + " was deleted"}))
	}
	return nil
}

func (c *Client) key(k tea.KeyPressMsg) tea.Cmd {
	if key.Matches(k, keymap.Refresh) {
		return c.reload()
	}
	if c.seen == nil {
		return nil
	}
	cl := &c.seen.client
	one := actions.Target{ID: cl.ID, Name: cl.Name, State: cl.State, Protected: cl.Protected}
	switch {
	case key.Matches(k, keymap.Edit):
		return screen.Send(screen.Push{Route: screen.EditClient{ID: cl.ID}})
	case key.Matches(k, keymap.Token) && !cl.UsesOAuth():
		return screen.Send(screen.Notice{Level: screen.Warning, Text: cl.Name + " has no authentication, so it has no token"})
	case key.Matches(k, keymap.Token):
		return screen.Send(screen.Push{Route: screen.Token{ID: cl.ID}})
	case key.Matches(k, keymap.Call):
		return screen.Send(screen.Push{Route: screen.Call{ID: cl.ID}})
	case key.Matches(k, keymap.More):
		return c.actions.Menu([]actions.Target{one})
	case key.Matches(k, keymap.Copy):
		return c.actions.Copy(one)
	case key.Matches(k, keymap.Delete):
		return c.actions.Do(actions.Delete, []actions.Target{one})
	case key.Matches(k, exportKey):
		return c.actions.Do(actions.Export, []actions.Target{one})
	case key.Matches(k, keymap.Reveal):
		return c.toggle()
	}
	if isScroll(k) {
		return c.view.Update(k)
	}
	return nil
}

// isScroll reports whether a key is one of those that scroll; the viewer's others mean
// something else here.
func isScroll(k tea.KeyPressMsg) bool { return key.Matches(k, keys[1]...) }
