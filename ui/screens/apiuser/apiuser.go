// Package apiuser is the page of one API user: what it may do, where it signs in, and
// its keys.
//
// It imports model, the screen contract and widgets, and holds no rule.
package apiuser

import (
	"context"
	"time"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/keys"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/screens/gatewayrule"
	"ferry/ui/screens/useractions"
	"ferry/ui/widget"
)

// User is the screen.
type User struct {
	env           screen.Env
	id            screen.ID
	user          model.ID
	width, height int

	seen   *seen
	err    error
	gone   bool // it was deleted while a new key shows
	load   screen.Requests
	view   *widget.Viewer // the fields, above the keys
	scroll widget.Scroll  // the keys
	// fieldRows is how many rows lie above the keys.
	fieldRows int
	actions   *useractions.Actions
}

// seen is what was read of the user.
type seen struct {
	user     model.APIUser
	view     apiusers.View
	keys     []keys.Summary
	calls    []gatewayrule.Callee // what it may call through the gateway
	endpoint useractions.Endpoint
}

var (
	addKey    = keymap.Bind("a", "API token", "a")
	rotateKey = keymap.Bind("r", "rotate", "r")
	revokeKey = keymap.Bind("D", "revoke", "D")
	rulesKey  = keymap.Bind("c", "may call", "c")
)

var pageKeys = keymap.Map{
	{
		addKey, keymap.Edit, rotateKey, revokeKey, rulesKey, keymap.More, keymap.Copy, keymap.Quit, keymap.Refresh,
	},
	{
		keymap.Bind("j ↓", "next key", "j", "down"), keymap.Bind("k ↑", "previous key", "k", "up"), keymap.Bind("g", "first key", "g", "home"),
		keymap.Bind("G", "last key", "G", "end"), keymap.HalfUp, keymap.HalfDown,
	},
}

// New returns the page of the user with id.
func New(env screen.Env, id model.ID) screen.Screen {
	u := &User{env: env, id: screen.NewID(), user: id, view: widget.NewViewer(env.Styles)}
	u.actions = useractions.New(env, u.id)
	return u
}

// ID implements screen.Screen.
func (u *User) ID() screen.ID { return u.id }

// Title implements screen.Screen.
func (u *User) Title() string {
	switch {
	case u.seen == nil:
		return "…"
	case u.actions.Keys.Held():
		return model.Printable(u.seen.user.Username) + " › " + u.actions.Keys.Title()
	}
	return model.Printable(u.seen.user.Username)
}

// Keys implements screen.Screen.
func (u *User) Keys() help.KeyMap {
	if u.actions.Keys.Held() {
		return u.actions.Keys.Keys()
	}
	return pageKeys
}

// SetSize implements screen.Screen.
func (u *User) SetSize(width, height int) {
	u.width, u.height = width, height
	u.actions.Keys.SetSize(width, height)
	u.render()
}

// Init loads the user.
func (u *User) Init() tea.Cmd { return u.reload() }

// Capturing implements screen.Capturer: a new key shows.
func (u *User) Capturing() bool { return u.actions.Keys.Held() }

// Unsaved implements screen.Guard.
func (u *User) Unsaved() string { return u.actions.Keys.Unsaved() }

// Close implements screen.Closer.
func (u *User) Close() { u.actions.Keys.Close() }

// Back implements screen.Backer: a new key that is shown stays.
func (u *User) Back() bool { return u.actions.Keys.Back() }

// Cancel implements screen.Canceler. A key that is being made is not cancelled: it might
// exist all the same.
func (u *User) Cancel() bool { return u.actions.Cancel() }

func (u *User) now() time.Time { return u.env.Hub.Now() }

func (u *User) reload() tea.Cmd {
	h, id := u.env.Hub, u.user
	return screen.Start(u.env.Ctx, u.id, &u.load, func(ctx context.Context) (*seen, error) {
		var s seen
		var err error
		if s.user, err = h.Users.Get(ctx, h.Space, id); err != nil {
			return nil, err
		}
		if s.view, err = h.Users.View(ctx, h.Space, s.user); err != nil {
			return nil, err
		}
		if s.keys, err = h.Keys.List(ctx, h.Space, id); err != nil {
			return nil, err
		}
		if s.calls, err = gatewayrule.Callees(ctx, h, s.user); err != nil {
			return nil, err
		}
		s.endpoint, err = useractions.TokenURL(ctx, h)
		return &s, err
	})
}

// Resume implements screen.Resumer.
func (u *User) Resume(result any) tea.Cmd {
	if cmd, mine := u.actions.Resume(result); mine {
		return cmd
	}
	return u.reload()
}

// Update implements screen.Screen.
func (u *User) Update(msg tea.Msg) tea.Cmd {
	if res, cmd, mine := u.actions.Update(msg); mine {
		switch {
		case res.Deleted, u.gone && !u.actions.Keys.Held():
			return tea.Batch(cmd, screen.Send(screen.Pop{}))
		case res.Changed:
			return tea.Batch(cmd, u.reload())
		}
		return cmd
	}
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		u.actions.Forget()
		return u.key(msg)
	case screen.Changed:
		return u.reload()
	case screen.Reply[*seen]:
		return u.accept(msg)
	}
	return nil
}

func (u *User) accept(reply screen.Reply[*seen]) tea.Cmd {
	if !screen.Accept(&u.load, reply) {
		return nil
	}
	if u.err = reply.Err; u.err == nil {
		at := u.currentID()
		u.seen = reply.Value
		u.place(at)
	}
	u.render()
	if model.CodeOf(u.err) != model.ENotFound || u.seen == nil {
		return nil
	}
	notice := screen.Send(screen.Notice{Level: screen.Warning, Text: u.seen.user.Username + " was deleted"})
	if u.actions.Keys.Held() {
		u.gone = true // the page goes with the window
		return notice
	}
	return tea.Batch(screen.Send(screen.Pop{}), notice)
}

// current is the key under the cursor, nil when there is none.
func (u *User) current() *keys.Summary {
	if u.seen == nil || u.scroll.Cursor >= len(u.seen.keys) {
		return nil
	}
	return &u.seen.keys[u.scroll.Cursor]
}

func (u *User) currentID() model.ID {
	if k := u.current(); k != nil {
		return k.Key.ID
	}
	return ""
}

// place puts the cursor on the key that was under it before.
func (u *User) place(id model.ID) {
	u.scroll.Resize(len(u.seen.keys), u.scroll.Height)
	for i := range u.seen.keys {
		if u.seen.keys[i].Key.ID == id {
			u.scroll.Move(i)
		}
	}
}

func (u *User) key(k tea.KeyPressMsg) tea.Cmd {
	if key.Matches(k, keymap.Refresh) {
		return u.reload()
	}
	if u.seen == nil {
		return nil
	}
	one := useractions.Target{User: u.seen.user, Key: u.current()}
	switch {
	case key.Matches(k, keymap.Edit):
		return screen.Send(screen.Push{Route: screen.EditAPIUser{ID: u.user}})
	case key.Matches(k, rulesKey):
		return u.actions.Do(useractions.MayCall, one)
	case key.Matches(k, addKey):
		return u.actions.Do(useractions.Generate, one)
	case key.Matches(k, rotateKey):
		return u.actions.Do(useractions.Rotate, one)
	case key.Matches(k, revokeKey):
		return u.actions.Do(useractions.Revoke, one)
	case key.Matches(k, keymap.More):
		return u.actions.Menu(one)
	case key.Matches(k, keymap.Copy):
		return u.actions.Copy(one)
	case key.Matches(k, keymap.HalfDown), key.Matches(k, keymap.HalfUp):
		return u.view.Update(k)
	case len(u.seen.keys) > 0:
		u.scroll.Key(k)
	case key.Matches(k, pageKeys[1]...):
		return u.view.Update(k)
	}
	return nil
}
