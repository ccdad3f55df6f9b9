// Package apiusers is the list of API users: who may use the hub, and which of their
// keys end soon.
//
// It imports model, the screen contract and widgets, and holds no rule.
package apiusers

import (
	"context"
	"slices"
	"time"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/hub"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/screens/listing"
	"ferry/ui/screens/useractions"
)

// Users is the screen. While a new key is held, that is all that it shows.
type Users struct {
	*listing.List[apiusers.Summary]
	ending  int  // keys that expire soon
	soon    bool // only users with such keys are shown
	actions *useractions.Actions
}

var (
	soonKey = keymap.Bind("w", "what expires soon", "w")
	addKey  = keymap.Bind("a", "API token", "a")
)

var keys = keymap.Map{
	{
		keymap.New, keymap.Enter, keymap.Edit, addKey, keymap.More, keymap.Filter, keymap.Delete, listing.SortKey,
		soonKey, keymap.Copy, keymap.Refresh,
	},
	keymap.Moving,
}

// New returns the list; a filter in the route is applied from the start.
func New(env screen.Env, route screen.APIUsers) screen.Screen {
	id := screen.NewID()
	u := &Users{actions: useractions.New(env, id)}
	u.List = listing.New(env, id, u.actions, listing.Options[apiusers.Summary]{
		Place: screen.PlaceAPIUsers, Query: route.Filter, Load: load, Loaded: u.loaded, Filter: u.filter, Orders: orders,
		ID: func(s *apiusers.Summary) model.ID { return s.User.ID }, Name: func(s *apiusers.Summary) string { return s.User.Username },
		Keys: keys, Bare: listing.BareKeys, Key: u.key,
		What: "API user", None: u.none, Above: u.warning, Table: u.table,
	})
	return u
}

// Title implements screen.Screen.
func (u *Users) Title() string {
	if u.actions.Keys.Held() {
		return u.actions.Keys.Title()
	}
	return "API users"
}

// Keys implements screen.Screen.
func (u *Users) Keys() help.KeyMap {
	if u.actions.Keys.Held() {
		return u.actions.Keys.Keys()
	}
	return u.List.Keys()
}

// Capturing implements screen.Capturer: the filter is being typed, or a new key shows.
func (u *Users) Capturing() bool { return u.List.Capturing() || u.actions.Keys.Held() }

// Unsaved implements screen.Guard.
func (u *Users) Unsaved() string { return u.actions.Keys.Unsaved() }

// Close implements screen.Closer.
func (u *Users) Close() { u.actions.Keys.Close() }

// Back implements screen.Backer: it ends the filter, then the list of what expires. A
// new key that is shown stays.
func (u *Users) Back() bool {
	switch {
	case u.actions.Keys.Back(), u.List.Back():
	case u.soon:
		u.soon = false
		u.Refilter()
	default:
		return false
	}
	return true
}

// SetSize implements screen.Screen.
func (u *Users) SetSize(width, height int) {
	u.List.SetSize(width, height)
	u.actions.Keys.SetSize(width, height)
}

// load reads the users, and counts the keys that end soon.
func load(ctx context.Context, h *hub.Hub, loaded func(int)) ([]apiusers.Summary, any, error) {
	rows, err := h.Users.List(ctx, h.Space, loaded)
	if err != nil {
		return nil, nil, err
	}
	ending, err := h.Keys.Expiring(ctx, h.Space)
	return rows, len(ending), err
}

func (u *Users) loaded(ending any, err error) tea.Cmd {
	if err == nil {
		u.ending = ending.(int)
		u.soon = u.soon && u.ending > 0
		u.Refilter()
	}
	return nil
}

func (u *Users) filter(dst []int, rows []apiusers.Summary, query string) []int {
	dst = apiusers.Filter(dst, rows, query)
	if u.soon {
		now := u.Env.Hub.Now()
		dst = slices.DeleteFunc(dst, func(i int) bool { return !endsSoon(&rows[i], now) })
	}
	return dst
}

// endsSoon reports whether one of the user's active keys is on the warning list.
func endsSoon(s *apiusers.Summary, now time.Time) bool {
	return !s.KeyExpires.IsZero() && s.KeyExpires.After(now) && s.KeyExpires.Sub(now) <= model.ExpiringSoon
}

// toggleSoon shows only users with keys that expire soon, or all of them again.
func (u *Users) toggleSoon() tea.Cmd {
	if u.ending == 0 {
		return screen.Send(screen.Notice{Text: "no key expires within 14 days"})
	}
	u.soon = !u.soon
	u.Refilter()
	return nil
}

func (u *Users) key(k tea.KeyPressMsg, at *apiusers.Summary) tea.Cmd {
	switch {
	case key.Matches(k, keymap.New):
		return screen.Send(screen.Push{Route: screen.NewAPIUser{}})
	case key.Matches(k, soonKey):
		return u.toggleSoon()
	case at == nil:
		return nil
	}
	one := useractions.Target{User: at.User}
	switch {
	case key.Matches(k, keymap.Enter):
		return screen.Send(screen.Push{Route: screen.APIUser{ID: at.User.ID}})
	case key.Matches(k, keymap.Edit):
		return screen.Send(screen.Push{Route: screen.EditAPIUser{ID: at.User.ID}})
	case key.Matches(k, addKey):
		return u.actions.Do(useractions.Generate, one)
	case key.Matches(k, keymap.More):
		return u.actions.Menu(one)
	case key.Matches(k, keymap.Copy):
		return u.actions.Copy(one)
	case key.Matches(k, keymap.Delete):
		return u.actions.Do(useractions.Delete, one)
	}
	return nil
}
