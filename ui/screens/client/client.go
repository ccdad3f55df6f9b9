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
	"ferry/model/hub"
	"ferry/model/tokens"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/screens/actions"
	"ferry/ui/screens/record"
	"ferry/ui/screens/useractions"
	"ferry/ui/widget"
)

// Client is the screen.
type Client struct {
	*record.Page[seen]
	client   model.ID
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
	keymap.Moving,
}

// New returns the page of the client with id.
func New(env screen.Env, id model.ID) screen.Screen {
	self := screen.NewID()
	c := &Client{client: id, view: widget.NewViewer(env.Styles), revealed: map[string]model.Secret{}, actions: actions.New(env, self)}
	c.Page = record.New(env, self, c.actions, record.Options[seen]{
		Read: func(ctx context.Context, h *hub.Hub) (seen, error) { return read(ctx, h, id) },
		Name: func(s *seen) string { return s.client.Name }, Shown: func(*seen) { c.render() }, Key: c.key,
	})
	return c
}

// Title implements screen.Screen.
func (c *Client) Title() string {
	if c.Seen != nil && c.Seen.client.TLS.Insecure {
		return c.Page.Title() + " (insecure)"
	}
	return c.Page.Title()
}

// Keys implements screen.Screen.
func (c *Client) Keys() help.KeyMap { return keys }

// SetSize implements screen.Screen.
func (c *Client) SetSize(width, height int) {
	c.Width, c.Height = width, height
	c.render()
	c.view.SetSize(width, height-1) // the last row says whether there is more
}

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
	return len(c.revealed) > 0 || c.Seen != nil && c.Seen.panel.Token.Expires.After(c.Now())
}

func read(ctx context.Context, h *hub.Hub, id model.ID) (s seen, err error) {
	if s.client, err = h.Clients.Get(ctx, h.Space, id); err != nil {
		return s, err
	}
	if s.history, err = h.Calls.History(ctx, &s.client); err != nil {
		return s, err
	}
	if s.at, err = useractions.GatewayURL(ctx, h, s.client.Name); err != nil {
		return s, err
	}
	if s.callers, err = callersOf(ctx, h, &s.client); err != nil {
		return s, err
	}
	s.panel, err = h.Tokens.Peek(ctx, &s.client)
	return s, err
}

// Resume implements screen.Resumer.
func (c *Client) Resume(result any) tea.Cmd {
	if !c.asking {
		return c.Page.Resume(result)
	}
	c.asking = false
	if field, ok := result.(string); ok {
		return c.show(field)
	}
	return nil
}

// Update implements screen.Screen.
func (c *Client) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		c.asking = false
	case screen.Tick:
		if len(c.revealed) > 0 && !c.Now().Before(c.until) {
			c.hide()
		}
		c.render()
		return nil
	case screen.Reply[secret]:
		return c.shown(msg)
	}
	return c.Page.Update(msg)
}

func (c *Client) key(k tea.KeyPressMsg) tea.Cmd {
	cl := &c.Seen.client
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
	if key.Matches(k, keymap.Moving...) { // the viewer's other keys mean something else here
		return c.view.Update(k)
	}
	return nil
}
