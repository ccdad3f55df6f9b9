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
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/screens/listing"
	"ferry/ui/screens/useractions"
	"ferry/ui/widget"
)

// Users is the screen.
type Users struct {
	env           screen.Env
	id            screen.ID
	width, height int

	list    *listing.List[apiusers.Summary]
	sort    order
	ending  int  // keys that expire soon
	soon    bool // only users with such keys are shown
	actions *useractions.Actions
}

var (
	sortKey = keymap.Bind("s", "sort", "s")
	soonKey = keymap.Bind("w", "what expires soon", "w")
	addKey  = keymap.Bind("a", "API token", "a")
)

var keys = keymap.Map{
	{
		keymap.New, keymap.Enter, keymap.Edit, addKey, keymap.More, keymap.Filter, keymap.Delete, sortKey,
		soonKey, keymap.Copy, keymap.Refresh,
	},
	{keymap.Up, keymap.Down, keymap.Top, keymap.Bottom, keymap.HalfUp, keymap.HalfDown},
}

var emptyKeys = keymap.Map{{keymap.New, keymap.Refresh, keymap.Command}}

// New returns the list; a filter in the route is applied from the start.
func New(env screen.Env, route screen.APIUsers) screen.Screen {
	u := &Users{env: env, id: screen.NewID()}
	u.list = listing.New(listing.Options[apiusers.Summary]{
		Env: env, Self: u.id, Load: u.load, Filter: u.filter, Head: u.head, Query: route.Filter,
		ID: func(s *apiusers.Summary) model.ID { return s.User.ID },
	})
	u.actions = useractions.New(env, u.id)
	return u
}

// ID implements screen.Screen.
func (u *Users) ID() screen.ID { return u.id }

// Title implements screen.Screen.
func (u *Users) Title() string {
	if u.actions.Keys.Held() {
		return u.actions.Keys.Title()
	}
	return "API users"
}

// Keys implements screen.Screen.
func (u *Users) Keys() help.KeyMap {
	switch {
	case u.actions.Keys.Held():
		return u.actions.Keys.Keys()
	case u.list.Typing:
		return listing.TypingKeys
	case len(u.list.Rows) == 0:
		return emptyKeys
	}
	return keys
}

// Init starts loading the list.
func (u *Users) Init() tea.Cmd { return u.list.Reload() }

// Capturing implements screen.Capturer: the filter is being typed, or a new key shows.
func (u *Users) Capturing() bool { return u.list.Typing || u.actions.Keys.Held() }

// Unsaved implements screen.Guard.
func (u *Users) Unsaved() string { return u.actions.Keys.Unsaved() }

// Close implements screen.Closer.
func (u *Users) Close() { u.actions.Keys.Close() }

// Cancel implements screen.Canceler. A key that is being made is not cancelled: it might
// exist all the same.
func (u *Users) Cancel() bool {
	loading := u.list.Cancel()
	return u.actions.Cancel() || loading
}

// load reads the users in the order they are shown in, and counts the keys that end soon.
func (u *Users) load() func(context.Context, func(int)) (listing.Loaded[apiusers.Summary], error) {
	h, sort := u.env.Hub, u.sort
	return func(ctx context.Context, loaded func(int)) (out listing.Loaded[apiusers.Summary], err error) {
		if out.Rows, err = h.Users.List(ctx, h.Space, loaded); err != nil {
			return out, err
		}
		sort.apply(out.Rows)
		for i := range out.Rows {
			out.Widest = max(out.Widest, widget.Width(out.Rows[i].User.Username))
		}
		ending, err := h.Keys.Expiring(ctx, h.Space)
		out.Extra = len(ending)
		return out, err
	}
}

func (u *Users) filter(dst []int, rows []apiusers.Summary, query string) []int {
	dst = apiusers.Filter(dst, rows, query)
	if u.soon {
		now := u.now()
		dst = slices.DeleteFunc(dst, func(i int) bool { return !endsSoon(&rows[i], now) })
	}
	return dst
}

// endsSoon reports whether one of the user's active keys is on the warning list.
func endsSoon(s *apiusers.Summary, now time.Time) bool {
	return !s.KeyExpires.IsZero() && s.KeyExpires.After(now) && s.KeyExpires.Sub(now) <= model.ExpiringSoon
}

// SetSize implements screen.Screen.
func (u *Users) SetSize(width, height int) {
	u.width, u.height = width, height
	u.list.SetSize(width, height)
	u.actions.Keys.SetSize(width, height)
}

// head is how many lines stand above the rows.
func (u *Users) head() int {
	n := 1
	if u.list.Informs() {
		n++
	}
	if u.warns() {
		n++
	}
	return n
}

func (u *Users) now() time.Time { return u.env.Hub.Now() }
