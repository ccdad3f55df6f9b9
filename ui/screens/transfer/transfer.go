// Package transfer is the page of one transfer: how far it is, what it waits for, why it
// stopped and what was kept, its settings, the records with which something went wrong,
// and its earlier runs.
//
// It imports model, the screen contract and widgets, and holds no rule. It reads from the
// store alone, so that it shows what any process runs.
package transfer

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
	"ferry/ui/screens/moving"
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
	env           screen.Env
	id            screen.ID
	transfer      model.ID
	width, height int

	seen    *seen
	err     error
	load    screen.Requests
	stale   bool // the store changed while it was read
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
	pauseKey = keymap.Bind("p", "pause/resume", "p")
	stopKey  = keymap.Bind("c", "cancel", "c")
	runKey   = keymap.Bind("r", "run now", "r")
	partKey  = keymap.Bind("i", "errors, runs", "i", "right", "l")
	backKey  = keymap.Bind("h ←", "part before", "h", "left")
)

var scrolling = []key.Binding{keymap.Up, keymap.Down, keymap.Top, keymap.Bottom, keymap.HalfUp, keymap.HalfDown, backKey}

var (
	endKeys  = keymap.Map{{partKey, keymap.Copy, keymap.Delete, keymap.Quit, keymap.Refresh}, scrolling}
	fileKeys = keymap.Map{{pauseKey, stopKey, partKey, keymap.Copy, keymap.Delete, keymap.Quit, keymap.Refresh}, scrolling}
	syncKeys = keymap.Map{{pauseKey, runKey, keymap.Edit, partKey, keymap.Copy, keymap.Delete, keymap.Quit, keymap.Refresh}, scrolling}
)

// New returns the page of the transfer with id.
func New(env screen.Env, id model.ID) screen.Screen {
	t := &Transfer{env: env, id: screen.NewID(), transfer: id}
	for i := range t.views {
		t.views[i] = widget.NewViewer(env.Styles)
	}
	t.actions = moving.New(env, t.id)
	return t
}

// ID implements screen.Screen.
func (t *Transfer) ID() screen.ID { return t.id }

// Title implements screen.Screen.
func (t *Transfer) Title() string {
	if t.seen == nil {
		return "…"
	}
	return model.Printable(t.seen.status.Title())
}

// Keys implements screen.Screen.
func (t *Transfer) Keys() help.KeyMap {
	switch {
	case t.seen == nil:
		return fileKeys
	case t.seen.status.Transfer.Kind == model.KindSync:
		return syncKeys
	case t.seen.status.Phase.Ended():
		return endKeys
	}
	return fileKeys
}

// Rebind implements screen.Rebinder.
func (t *Transfer) Rebind(h *hub.Hub) { t.env.Hub, t.actions.Env.Hub = h, h }

// SetSize implements screen.Screen.
func (t *Transfer) SetSize(width, height int) {
	t.width, t.height = width, height
	t.render()
}

// Init loads the transfer.
func (t *Transfer) Init() tea.Cmd { return t.reload() }

// Cancel implements screen.Canceler: it stops what this page does, not the transfer.
func (t *Transfer) Cancel() bool { return t.actions.Cancel() }

// Ticking implements screen.Ticker: while it runs it is read again every second.
func (t *Transfer) Ticking() bool {
	return t.seen != nil && t.seen.status.Phase == model.PhaseRunning
}

func (t *Transfer) now() time.Time { return t.env.Hub.Now() }

// answerLimit is how long the page waits for a server that holds its socket and tells nothing.
const answerLimit = time.Second

func (t *Transfer) reload() tea.Cmd {
	if t.load.Running() {
		t.stale = true
		return nil
	}
	t.stale = false
	h, id := t.env.Hub, t.transfer
	return screen.Start(t.env.Ctx, t.id, &t.load, func(ctx context.Context) (*seen, error) {
		var s seen
		var err error
		if s.status, err = h.Transfers.Find(ctx, h.Space, string(id)); err != nil {
			return nil, err
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
			return nil, err
		}
		s.faults, err = h.Transfers.Faults(ctx, h.Space, id)
		return &s, err
	})
}

// Resume implements screen.Resumer.
func (t *Transfer) Resume(result any) tea.Cmd {
	if cmd, mine := t.actions.Resume(result); mine {
		return cmd
	}
	return t.reload()
}

// Update implements screen.Screen.
func (t *Transfer) Update(msg tea.Msg) tea.Cmd {
	if res, cmd, mine := t.actions.Update(msg); mine {
		switch {
		case res.Deleted:
			return tea.Batch(cmd, screen.Send(screen.Pop{}))
		case res.Changed:
			return tea.Batch(cmd, t.reload())
		}
		return cmd
	}
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		t.actions.Forget()
		return t.key(msg)
	case screen.Changed, screen.Tick:
		return t.reload()
	case screen.Reply[*seen]:
		return t.accept(msg)
	}
	return nil
}

func (t *Transfer) accept(reply screen.Reply[*seen]) tea.Cmd {
	if !screen.Accept(&t.load, reply) {
		return nil
	}
	if t.err = reply.Err; t.err == nil {
		t.seen = reply.Value
	}
	t.render()
	if model.CodeOf(t.err) == model.ENotFound && t.seen != nil {
		return tea.Batch(screen.Send(screen.Pop{}),
			screen.Send(screen.Notice{Level: screen.Warning, Text: t.seen.status.Title() + " was deleted"}))
	}
	if t.stale {
		return t.reload()
	}
	return nil
}

func (t *Transfer) key(k tea.KeyPressMsg) tea.Cmd {
	if key.Matches(k, keymap.Refresh) {
		return t.reload()
	}
	if t.seen == nil {
		return nil
	}
	s := &t.seen.status
	switch {
	case key.Matches(k, pauseKey):
		return t.actions.Pause(s)
	case key.Matches(k, stopKey):
		return t.actions.Abort(s)
	case key.Matches(k, runKey):
		return t.actions.Run(s)
	case key.Matches(k, keymap.Edit):
		return t.actions.Edit(s)
	case key.Matches(k, keymap.Copy):
		return t.actions.Copy(s)
	case key.Matches(k, keymap.Delete):
		return t.actions.Delete(s)
	case key.Matches(k, partKey):
		t.part = (t.part + 1) % parts
	case key.Matches(k, backKey):
		t.part = (t.part + parts - 1) % parts
	case key.Matches(k, scrolling...):
		return t.views[t.part].Update(k)
	}
	return nil
}
