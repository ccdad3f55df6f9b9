// Package transfer is the page of one transfer: how far it is, what it waits for, why it
// stopped and what was kept, its settings, the records with which something went wrong,
// and its earlier runs.
//
// It imports model, the screen contract and widgets, and holds no rule. It reads from the
// store alone, so that it shows what any process runs.
package transfer

import (
	"context"
	"slices"
	"time"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/transfers"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/screens/moving"
	"ferry/ui/screens/record"
	"ferry/ui/widget"
)

// part is one of the lists below the state.
type part int

const (
	settings part = iota
	faults
	runs
	parts
)

// Transfer is the screen.
type Transfer struct {
	*record.Page[seen]
	part    part
	whole   []string // all parts below each other, where there is room for them; else nil
	views   [parts]*widget.Viewer
	head    []string // the state, as it is shown now
	actions *moving.Actions
}

// seen is what was read of the transfer.
type seen struct {
	status transfers.Status
	hook   string // path of the webhook, "" for none
	served bool   // a server runs on this store, which runs syncs when they are due
	runs   []model.TransferRun
	faults []model.TransferFault
}

var (
	partKey = keymap.Bind("i", "errors, runs", "i", "right", "l")
	backKey = keymap.Bind("h ←", "part before", "h", "left")
)

var scrolling = append(slices.Clone(keymap.Moving), backKey)

// New returns the page of the transfer with id.
func New(env screen.Env, id model.ID) screen.Screen {
	self := screen.NewID()
	t := &Transfer{actions: moving.New(env, self)}
	for i := range t.views {
		t.views[i] = widget.NewViewer(env.Styles)
	}
	t.Page = record.New(env, self, t.actions, record.Options[seen]{
		Read: func(ctx context.Context, h *hub.Hub) (seen, error) { return read(ctx, h, id) },
		Name: func(s *seen) string { return s.status.Title() }, Shown: func(*seen) { t.render() }, Key: t.key,
	})
	return t
}

// Keys implements screen.Screen: what can be done to the transfer, and what to its page.
func (t *Transfer) Keys() help.KeyMap {
	var s transfers.Status
	if t.Seen != nil {
		s = t.Seen.status
	}
	return keymap.Map{append(moving.Keys(&s), partKey, keymap.Copy, keymap.Delete, keymap.Quit, keymap.Refresh), scrolling}
}

// SetSize implements screen.Screen.
func (t *Transfer) SetSize(width, height int) {
	t.Width, t.Height = width, height
	t.render()
}

// Ticking implements screen.Ticker: while it runs it is read again every second.
func (t *Transfer) Ticking() bool {
	return t.Seen != nil && t.Seen.status.Phase == model.PhaseRunning
}

// answerLimit is how long the page waits for a server that holds its socket and tells nothing.
const answerLimit = time.Second

func read(ctx context.Context, h *hub.Hub, id model.ID) (s seen, err error) {
	if s.status, err = h.Transfers.Find(ctx, h.Space, string(id)); err != nil {
		return s, err
	}
	if v := transfers.ViewOf(h.Space, &s.status); v.Sync != nil {
		s.hook = v.Sync.Webhook
	}
	if s.status.Transfer.Kind == model.KindSync && h.Server != nil {
		ask, cancel := context.WithTimeout(ctx, answerLimit)
		_, asked := h.Server.Status(ask)
		cancel()
		s.served = model.CodeOf(asked) != model.ENotFound
	}
	if s.runs, err = h.Transfers.Runs(ctx, id); err != nil {
		return s, err
	}
	s.faults, err = h.Transfers.Faults(ctx, h.Space, id)
	return s, err
}

// Update implements screen.Screen.
func (t *Transfer) Update(msg tea.Msg) tea.Cmd {
	if _, ok := msg.(screen.Tick); ok {
		return t.Reload()
	}
	return t.Page.Update(msg)
}

func (t *Transfer) key(k tea.KeyPressMsg) tea.Cmd {
	if cmd, mine := t.actions.Key(k, &t.Seen.status); mine {
		return cmd
	}
	switch {
	case key.Matches(k, partKey):
		t.part = (t.part + 1) % parts
	case key.Matches(k, backKey):
		t.part = (t.part + parts - 1) % parts
	case key.Matches(k, scrolling...):
		return t.views[t.part].Update(k)
	}
	return nil
}
