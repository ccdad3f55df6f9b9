// Package transfers is the list of exports, imports and syncs: what runs and how far it
// is, what stopped and why, and what is due.
//
// It imports model, the screen contract and widgets, and holds no rule. It reads from the
// store alone, so that it shows what any process runs.
package transfers

import (
	"context"

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
)

// Transfers is the screen.
type Transfers struct {
	*listing.List[transfers.Status]
	actions *moving.Actions
}

// keysFor are the keys while a transfer is under the cursor: those of what can be done to it.
func keysFor(s *transfers.Status) keymap.Map {
	does := []key.Binding{keymap.New, keymap.Enter}
	if s != nil {
		does = append(does, moving.Keys(s)...)
	}
	return keymap.Map{
		append(does, keymap.Filter, keymap.Delete, listing.SortKey, keymap.Mark, keymap.Copy, keymap.Refresh),
		keymap.Moving,
	}
}

// New returns the list; a filter in the route is applied from the start.
func New(env screen.Env, route screen.Transfers) screen.Screen {
	id := screen.NewID()
	t := &Transfers{actions: moving.New(env, id)}
	t.List = listing.New(env, id, t.actions, listing.Options[transfers.Status]{
		Place: screen.PlaceTransfers, Query: route.Filter, Load: load, Filter: moving.Filter, Orders: orders,
		ID: func(s *transfers.Status) model.ID { return s.Transfer.ID }, Name: (*transfers.Status).Title,
		Keys: keysFor(nil), Bare: listing.BareKeys, Marks: "D deletes them", Key: t.key,
		What: "transfer", None: t.none, Table: t.table,
	})
	return t
}

// Title implements screen.Screen.
func (t *Transfers) Title() string { return "Transfers" }

// Keys implements screen.Screen: they are those of the transfer under the cursor.
func (t *Transfers) Keys() help.KeyMap {
	if at := t.Current(); at != nil && !t.Capturing() {
		return keysFor(at)
	}
	return t.List.Keys()
}

// Ticking implements screen.Ticker: while one runs, the list is read again every second.
func (t *Transfers) Ticking() bool {
	for i := range t.Rows {
		if t.Rows[i].Phase == model.PhaseRunning {
			return true
		}
	}
	return false
}

// Update implements screen.Screen.
func (t *Transfers) Update(msg tea.Msg) tea.Cmd {
	if _, ok := msg.(screen.Tick); ok {
		return t.Reload()
	}
	return t.List.Update(msg)
}

func load(ctx context.Context, h *hub.Hub, loaded func(int)) ([]transfers.Status, any, error) {
	rows, err := h.Transfers.List(ctx, h.Space, loaded)
	return rows, nil, err
}

func (t *Transfers) key(k tea.KeyPressMsg, at *transfers.Status) tea.Cmd {
	switch {
	case key.Matches(k, keymap.New):
		return screen.Send(screen.Push{Route: screen.NewTransfer{}})
	case at == nil:
		return nil
	case key.Matches(k, keymap.Enter):
		return screen.Send(screen.Push{Route: screen.Transfer{ID: at.Transfer.ID}})
	case key.Matches(k, keymap.Delete):
		if marked := t.Marked(); len(marked) > 0 {
			return t.actions.DeleteAll(marked)
		}
	}
	cmd, _ := t.actions.Key(k, at)
	return cmd
}
