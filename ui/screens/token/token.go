// Package token is the panel of one client's access token: its state with a countdown,
// what it says, and the exchange by which it came.
//
// It imports the contract of screens, the widgets and the use-cases of clients and
// tokens. Opening it asks nobody for a token; only keys do. The token itself is shown
// or handed out by tokens.Reveal alone, which writes that to the audit log.
package token

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
)

// Panel is the screen.
type Panel struct {
	env  screen.Env
	id   screen.ID
	size struct{ width, height int }

	target model.ID
	client *model.Client // nil until it was read
	gone   *model.Error  // why it cannot be read
	known  tokens.Panel  // what is cached
	claims *model.Claims // of the cached token, nil until decoded
	failed *model.Error  // why the last action came to nothing
	doing  string        // what is under way: "fetching a token"
	began  time.Time
	login  *tokens.Login    // a person is signing in
	said   *introspection   // what the server says of the token
	aside  []model.Exchange // introspection and revocation, oldest first
	chosen int              // of the exchanges

	shown      model.Secret // the revealed token
	shownUntil time.Time

	top    int // first line shown
	asking question
	path   string // the file that a question is about

	load, decode, act, hand screen.Requests
}

// New returns the panel of the client with id.
func New(env screen.Env, id model.ID) screen.Screen {
	return &Panel{env: env, id: screen.NewID(), target: id}
}

// ID implements screen.Screen.
func (p *Panel) ID() screen.ID { return p.id }

// Title implements screen.Screen.
func (p *Panel) Title() string {
	if p.client == nil {
		return "Token"
	}
	return p.client.Name + " › Token"
}

// SetSize implements screen.Screen.
func (p *Panel) SetSize(width, height int) {
	p.size.width, p.size.height = max(width, 0), max(height, 0)
	p.scroll(0)
}

// Close implements screen.Closer.
func (p *Panel) Close() {
	for _, r := range []*screen.Requests{&p.load, &p.decode, &p.act, &p.hand} {
		r.Cancel()
	}
	p.shown = model.Secret{}
}

// Back implements screen.Backer: what is under way is cancelled first, then a token
// that shows is hidden.
func (p *Panel) Back() bool {
	if p.Cancel() {
		return true
	}
	had := p.showing()
	p.hide()
	return had
}

// Cancel implements screen.Canceler.
func (p *Panel) Cancel() bool {
	if !p.act.Running() {
		return false
	}
	p.act.Cancel()
	p.failed = model.Errorf(model.EInterrupted, "cancelled: %s", p.doing)
	p.doing, p.login = "", nil
	return true
}

// Ticking implements screen.Ticker: a token counts down, or something runs.
func (p *Panel) Ticking() bool {
	return p.act.Running() || p.shown.IsSet() || p.known.Token.Access.IsSet() && !p.known.Token.Expires.IsZero()
}

var (
	keyFetch    = keymap.Bind("r ↵", "fetch or renew", "r", "enter")
	keyRevoke   = keymap.Bind("u", "revoke", "u")
	keyActivate = keymap.Bind("a", "activate", "a")
	keyCancel   = keymap.Bind("esc", "cancel", "esc")
	keySignIn   = keymap.Bind("r ↵", "sign in", "r", "enter")
	keyAsk      = keymap.Bind("i", "introspect", "i")
	keyOlder    = keymap.Bind("↓", "older exchange", "down")
	keyNewer    = keymap.Bind("↑", "newer exchange", "up")
	keyDown     = keymap.Bind("j", "scroll down", "j")
	keyUp       = keymap.Bind("k", "scroll up", "k")
)

// Keys implements screen.Screen.
func (p *Panel) Keys() help.KeyMap {
	fetch := keyFetch
	if p.needsPerson() {
		fetch = keySignIn
	}
	first := []key.Binding{fetch, keymap.Reveal, keymap.Copy, keymap.Call, keyRevoke, keyAsk, keymap.Edit, keymap.Refresh, keymap.Back}
	switch {
	case p.login != nil:
		first = []key.Binding{keymap.Copy, keyCancel}
	case p.act.Running():
		first = []key.Binding{keyCancel}
	case p.client != nil && p.client.State == model.Disabled:
		first = append([]key.Binding{keyActivate}, first[1:]...)
	case !p.known.Token.Access.IsSet():
		first = []key.Binding{fetch, keymap.Copy, keymap.Call, keymap.Edit, keymap.Refresh, keymap.Back}
	}
	scroll := []key.Binding{keymap.Down, keymap.Up}
	if len(p.exchanges()) > 1 {
		scroll = []key.Binding{keyOlder, keyNewer, keyDown, keyUp}
	}
	return keymap.Map{first, append(scroll, keymap.HalfDown, keymap.HalfUp, keymap.Top, keymap.Bottom)}
}

// Init implements screen.Screen.
func (p *Panel) Init() tea.Cmd { return p.reload() }

// read is the client and what is cached for it.
type read struct {
	client model.Client
	known  tokens.Panel
}

func (p *Panel) reload() tea.Cmd {
	hub, space, id := p.env.Hub, p.env.Hub.Space, p.target
	return screen.Start(p.env.Ctx, p.id, &p.load, func(ctx context.Context) (read, error) {
		c, err := hub.Clients.Get(ctx, space, id)
		if err != nil || !c.UsesOAuth() {
			return read{client: c}, err
		}
		known, err := hub.Tokens.Peek(ctx, &c)
		return read{c, known}, err
	})
}

func (p *Panel) loaded(r screen.Reply[read]) tea.Cmd {
	if !screen.Accept(&p.load, r) {
		return nil
	}
	if r.Err != nil {
		p.gone = model.AsError(r.Err)
		return nil
	}
	c := r.Value.client
	p.client, p.gone = &c, nil
	return p.learn(r.Value.known)
}

// learn takes over what is known of the token. A new token is decoded, and the old
// one does not stay on screen.
func (p *Panel) learn(known tokens.Panel) tea.Cmd {
	was := p.known.Token.Access
	p.known = known
	if was.Equal(known.Token.Access) && (p.claims != nil || p.decode.Running()) {
		return nil
	}
	p.claims, p.said, p.chosen = nil, nil, 0
	p.hide()
	p.scroll(0)
	if !known.Token.Access.IsSet() {
		p.decode.Cancel()
		return nil
	}
	hub, c, t := p.env.Hub, *p.client, known.Token
	return screen.Start(p.env.Ctx, p.id, &p.decode, func(ctx context.Context) (model.Claims, error) {
		return hub.Tokens.Claims(ctx, &c, t), nil
	})
}

// usable says in words why no token can be fetched, "" when one can.
func (p *Panel) unusable() string {
	switch c := p.client; {
	case c == nil:
		return "the client is not read yet"
	case !c.UsesOAuth():
		return "this client has no authentication, so it has no token"
	case c.State == model.Disabled:
		return "this client is disabled: press a to activate it"
	}
	return ""
}
