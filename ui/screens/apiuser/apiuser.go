// Package apiuser is the page of one API user: what it may do, where it signs in, and
// its keys.
//
// It imports model, the screen contract and widgets, and holds no rule.
package apiuser

import (
	"context"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/hub"
	"ferry/model/keys"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/screens/gatewayrule"
	"ferry/ui/screens/record"
	"ferry/ui/screens/useractions"
	"ferry/ui/widget"
)

// User is the screen.
type User struct {
	*record.Page[seen]
	user   model.ID
	gone   bool           // it was deleted while a new key shows
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
	self := screen.NewID()
	u := &User{user: id, view: widget.NewViewer(env.Styles), actions: useractions.New(env, self)}
	u.Page = record.New(env, self, u.actions, record.Options[seen]{
		Read: func(ctx context.Context, h *hub.Hub) (seen, error) { return read(ctx, h, id) },
		Name: func(s *seen) string { return s.user.Username }, Shown: u.shown, Key: u.key, Leave: u.leave,
	})
	return u
}

// Title implements screen.Screen.
func (u *User) Title() string {
	if u.Seen != nil && u.actions.Keys.Held() {
		return u.Page.Title() + " › " + u.actions.Keys.Title()
	}
	return u.Page.Title()
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
	u.Width, u.Height = width, height
	u.actions.Keys.SetSize(width, height)
	u.render()
}

// Capturing implements screen.Capturer: a new key shows.
func (u *User) Capturing() bool { return u.actions.Keys.Held() }

// Unsaved implements screen.Guard.
func (u *User) Unsaved() string { return u.actions.Keys.Unsaved() }

// Close implements screen.Closer.
func (u *User) Close() { u.actions.Keys.Close() }

// Back implements screen.Backer: a new key that is shown stays.
func (u *User) Back() bool { return u.actions.Keys.Back() }

func read(ctx context.Context, h *hub.Hub, id model.ID) (s seen, err error) {
	if s.user, err = h.Users.Get(ctx, h.Space, id); err != nil {
		return s, err
	}
	if s.view, err = h.Users.View(ctx, h.Space, s.user); err != nil {
		return s, err
	}
	if s.keys, err = h.Keys.List(ctx, h.Space, id); err != nil {
		return s, err
	}
	if s.calls, err = gatewayrule.Callees(ctx, h, s.user); err != nil {
		return s, err
	}
	s.endpoint, err = useractions.TokenURL(ctx, h)
	return s, err
}

// Update implements screen.Screen.
func (u *User) Update(msg tea.Msg) tea.Cmd {
	cmd := u.Page.Update(msg)
	if u.gone && !u.actions.Keys.Held() {
		return tea.Batch(cmd, screen.Send(screen.Pop{}))
	}
	return cmd
}

// leave leaves the page of a user who is gone, but not while a new key shows: the page
// then goes with its window.
func (u *User) leave() tea.Cmd {
	if u.gone = u.actions.Keys.Held(); u.gone {
		return nil
	}
	return screen.Send(screen.Pop{})
}

// shown leaves the cursor on its key.
func (u *User) shown(was *seen) {
	var at model.ID
	if was != nil && u.scroll.Cursor < len(was.keys) {
		at = was.keys[u.scroll.Cursor].Key.ID
	}
	if u.Seen != nil {
		u.place(at)
	}
	u.render()
}

// current is the key under the cursor, nil when there is none.
func (u *User) current() *keys.Summary {
	if u.Seen == nil || u.scroll.Cursor >= len(u.Seen.keys) {
		return nil
	}
	return &u.Seen.keys[u.scroll.Cursor]
}

// place puts the cursor on the key that was under it before.
func (u *User) place(id model.ID) {
	u.scroll.Resize(len(u.Seen.keys), u.scroll.Height)
	for i := range u.Seen.keys {
		if u.Seen.keys[i].Key.ID == id {
			u.scroll.Move(i)
		}
	}
}

func (u *User) key(k tea.KeyPressMsg) tea.Cmd {
	one := useractions.Target{User: u.Seen.user, Key: u.current()}
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
	case len(u.Seen.keys) > 0:
		u.scroll.Key(k)
	case key.Matches(k, pageKeys[1]...):
		return u.view.Update(k)
	}
	return nil
}
