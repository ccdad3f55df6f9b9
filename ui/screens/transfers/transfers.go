// Package transfers is the list of exports, imports and syncs: what runs and how far it
// is, what stopped and why, and what is due.
//
// It imports model, the screen contract and widgets, and holds no rule. It reads from the
// store alone, so that it shows what any process runs.
package transfers

import (
	"context"
	"time"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/transfers"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/screens/listing"
	"ferry/ui/screens/moving"
	"ferry/ui/widget"
)

// Transfers is the screen.
type Transfers struct {
	env           screen.Env
	id            screen.ID
	width, height int

	list    *listing.List[transfers.Status]
	sort    order
	rank    map[model.ID]int // the places by time
	marks   map[model.ID]bool
	actions *moving.Actions
}

var (
	sortKey  = keymap.Bind("s", "sort", "s")
	pauseKey = keymap.Bind("p", "pause/resume", "p")
	stopKey  = keymap.Bind("c", "cancel", "c")
	runKey   = keymap.Bind("r", "run now", "r")
)

// keysFor are the keys while a transfer is marked by the cursor: those of what can be done to it.
func keysFor(s *transfers.Status) keymap.Map {
	does := []key.Binding{keymap.New, keymap.Enter}
	switch {
	case s == nil:
	case s.Transfer.Kind == model.KindSync:
		does = append(does, pauseKey, runKey, keymap.Edit)
	case !s.Phase.Ended():
		does = append(does, pauseKey, stopKey)
	}
	return keymap.Map{
		append(does, keymap.Filter, keymap.Delete, sortKey, keymap.Mark, keymap.Copy, keymap.Refresh),
		{keymap.Up, keymap.Down, keymap.Top, keymap.Bottom, keymap.HalfUp, keymap.HalfDown},
	}
}

var emptyKeys = keymap.Map{{keymap.New, keymap.Refresh, keymap.Command}}

// New returns the list; a filter in the route is applied from the start.
func New(env screen.Env, route screen.Transfers) screen.Screen {
	t := &Transfers{env: env, id: screen.NewID(), marks: map[model.ID]bool{}, rank: map[model.ID]int{}}
	t.list = listing.New(listing.Options[transfers.Status]{
		Env: env, Self: t.id, Load: t.load, Filter: moving.Filter, Head: t.head, Query: route.Filter,
		ID: func(s *transfers.Status) model.ID { return s.Transfer.ID },
	})
	t.actions = moving.New(env, t.id)
	return t
}

// ID implements screen.Screen.
func (t *Transfers) ID() screen.ID { return t.id }

// Title implements screen.Screen.
func (t *Transfers) Title() string { return "Transfers" }

// Keys implements screen.Screen.
func (t *Transfers) Keys() help.KeyMap {
	switch {
	case t.list.Typing:
		return listing.TypingKeys
	case len(t.list.Rows) == 0:
		return emptyKeys
	}
	return keysFor(t.list.Current())
}

// Init starts loading the list.
func (t *Transfers) Init() tea.Cmd { return t.list.Reload() }

// Rebind implements screen.Rebinder.
func (t *Transfers) Rebind(h *hub.Hub) { t.env.Hub, t.actions.Env.Hub = h, h }

// Capturing implements screen.Capturer: the filter is being typed.
func (t *Transfers) Capturing() bool { return t.list.Typing }

// Cancel implements screen.Canceler.
func (t *Transfers) Cancel() bool {
	loading := t.list.Cancel()
	return t.actions.Cancel() || loading
}

// Ticking implements screen.Ticker: while one runs, the list is read again every second.
func (t *Transfers) Ticking() bool {
	for i := range t.list.Rows {
		if t.list.Rows[i].Phase == model.PhaseRunning {
			return true
		}
	}
	return false
}

// load reads the transfers in the order they are shown in.
func (t *Transfers) load() func(context.Context, func(int)) (listing.Loaded[transfers.Status], error) {
	h, sort := t.env.Hub, t.sort
	return func(ctx context.Context, loaded func(int)) (out listing.Loaded[transfers.Status], err error) {
		if out.Rows, err = h.Transfers.List(ctx, h.Space, loaded); err != nil {
			return out, err
		}
		rank := make(map[model.ID]int, len(out.Rows))
		for i := range out.Rows {
			rank[out.Rows[i].Transfer.ID] = i
			out.Widest = max(out.Widest, widget.Width(out.Rows[i].Title()))
		}
		sort.apply(out.Rows, rank)
		out.Extra = rank
		return out, nil
	}
}

// dropMarks forgets marks of transfers that are gone.
func (t *Transfers) dropMarks() {
	for id := range t.marks {
		if _, have := t.rank[id]; !have {
			delete(t.marks, id)
		}
	}
}

// SetSize implements screen.Screen.
func (t *Transfers) SetSize(width, height int) {
	t.width, t.height = width, height
	t.list.SetSize(width, height)
}

// head is how many lines stand above the rows.
func (t *Transfers) head() int {
	if t.infoShows() {
		return 2
	}
	return 1
}

func (t *Transfers) infoShows() bool { return t.list.Informs() || len(t.marks) > 0 }

func (t *Transfers) now() time.Time { return t.env.Hub.Now() }
