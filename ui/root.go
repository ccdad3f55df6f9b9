package ui

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/transfers"
	"ferry/ui/runner"
	"ferry/ui/screen"
	"ferry/ui/theme"
)

// root is the one tea.Model. Its parts are apart: keys.go says who gets a key, stack.go
// where one is, overlay.go what lies above it, chrome.go how it is laid out.
type root struct {
	o      Options
	ctx    context.Context
	styles *theme.Styles
	guard  guard

	hub     *hub.Hub
	opening screen.Requests // finding the key and opening
	reread  screen.Requests // the space that is worked in
	users   screen.Requests // how many API users it has
	moves   screen.Requests // how many transfers it has
	probe   screen.Requests // whether a server runs
	sized   bool
	width   int
	height  int
	full    bool // chrome is hidden
	ascii   bool // the terminal's character set is not UTF-8

	stack    []*level
	past     []trail
	future   []trail
	overlays []*above
	cmdline  cmdline
	counts   map[screen.Place]string

	runner  *runner.Runner
	running []transfers.Status // what runs in this console, as it was last told

	notice    screen.Notice
	noticeSeq int
	ticking   bool         // a timer for Tick is running
	armed     string       // the key whose second press quits
	underWay  atomic.Int32 // commands of screens that run
	id        screen.ID
}

func newRoot(ctx context.Context, o Options) *root {
	r := &root{
		o: o, ctx: ctx, styles: theme.New(true), counts: map[screen.Place]string{},
		ascii: !isUTF8(o.Env), id: screen.NewID(),
	}
	r.cmdline = newCmdline(r.styles)
	r.runner = runner.New(ctx, r.guard.goSafe)
	return r
}

// close ends what the screens and the hub hold.
func (r *root) close() {
	r.drop(0)
	if r.hub != nil && r.hub.Close != nil {
		if err := r.hub.Close(); err != nil {
			r.o.Log.Warn("closing the store", "err", err)
		}
	}
}

// Init starts opening the store; the first frame does not wait for it.
func (r *root) Init() tea.Cmd {
	return tea.Batch(r.follow(), r.wrap(r.id, screen.Start(r.ctx, r.id, &r.opening, func(ctx context.Context) (*hub.Hub, error) {
		key, err := r.o.Door.FindKey(ctx)
		if err != nil {
			return nil, err
		}
		return r.o.Door.Open(ctx, key)
	})))
}

// Update implements tea.Model.
func (r *root) Update(msg tea.Msg) (tea.Model, tea.Cmd) { return r, r.safely(msg) }

// safely takes a message in; after a panic the program ends, with r still its model.
func (r *root) safely(msg tea.Msg) (cmd tea.Cmd) {
	defer r.guard.recover()
	if r.o.Log.Enabled(r.ctx, slog.LevelDebug) {
		r.o.Log.Debug("message", "type", fmt.Sprintf("%T", msg)) // its type alone: it may hold a secret
	}
	return tea.Batch(r.update(msg), r.tick())
}

func (r *root) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		return r.resize(msg.Width, msg.Height)
	case tea.KeyPressMsg:
		return r.key(msg)
	case tea.PasteMsg:
		return r.paste(msg)
	case tea.BackgroundColorMsg:
		r.styles.Rebuild(msg.IsDark())
		return nil
	case fromScreen:
		return r.request(msg)
	case screen.Opened:
		return r.enter(msg.Hub)
	case screen.Notice:
		return r.notify(msg)
	case noticeGone:
		if msg.seq == r.noticeSeq {
			r.notice = screen.Notice{}
		}
		return nil
	case tickMsg:
		r.ticking = false
		return r.toTop(screen.Tick{})
	case watching:
		return r.changed(msg)
	case runnerNews:
		return r.told(msg.News)
	case probeDue:
		return r.probeServer()
	case names:
		if r.hub != nil && msg.space == r.hub.Space.ID {
			r.cmdline.names = msg
		}
		return nil
	case resolved:
		return r.resolvedTo(msg)
	case screen.Addressed:
		if msg.Addressee() == r.id {
			return r.reply(msg)
		}
		return r.deliver(msg.Addressee(), msg)
	}
	return r.toTop(msg)
}

func (r *root) resize(width, height int) tea.Cmd {
	r.width, r.height = width, height
	r.layout()
	if r.sized {
		return nil
	}
	r.sized = true
	// The terminal is asked for its background after the first frame, never before.
	return tea.Tick(50*time.Millisecond, func(time.Time) tea.Msg { return tea.RequestBackgroundColor() })
}

// reply takes in what the root itself asked for.
func (r *root) reply(msg screen.Addressed) tea.Cmd {
	switch msg := msg.(type) {
	case screen.Reply[*hub.Hub]:
		return r.opened(msg)
	case screen.Reply[model.Space]:
		return r.spaceRead(msg)
	case screen.Reply[userCount]:
		r.usersCounted(msg)
	case screen.Reply[transferCount]:
		r.transfersCounted(msg)
	case screen.Reply[serverState]:
		return r.serverProbed(msg)
	}
	return nil
}

// opened is where finding the key and opening the store came to.
func (r *root) opened(reply screen.Reply[*hub.Hub]) tea.Cmd {
	if !screen.Accept(&r.opening, reply) {
		return nil
	}
	if reply.Err == nil {
		return r.enter(reply.Value)
	}
	return r.show(trail{screen.Unlock{}}, reply.Err)
}

// enter begins work in an opened hub.
func (r *root) enter(h *hub.Hub) tea.Cmd {
	r.hub = h
	r.drop(0)
	return tea.Batch(r.show(startTrail(r.o.Route), nil), r.watch(), r.countUsers(), r.countTransfers(), r.probeServer())
}

// startTrail is the way to a route that was asked for from outside: back leads home.
func startTrail(to screen.Route) trail {
	switch to.(type) {
	case screen.Clients, screen.APIUsers, screen.Transfers, screen.Audit, screen.Server:
		return trail{to}
	case screen.APIUser, screen.NewAPIUser, screen.EditAPIUser:
		return trail{screen.APIUsers{}, to}
	case screen.ServerTail:
		return trail{screen.Server{}, to}
	case screen.Transfer, screen.NewTransfer, screen.EditSync:
		return trail{screen.Transfers{}, to}
	}
	return trail{screen.Clients{}, to}
}

// deliver hands an addressed message to its screen, if that is still there.
func (r *root) deliver(to screen.ID, msg tea.Msg) tea.Cmd {
	for _, l := range r.stack {
		if l.screen.ID() == to {
			return r.wrap(to, l.screen.Update(msg))
		}
	}
	for _, a := range r.overlays {
		if a.id == to || a.owner == to {
			return r.wrap(a.id, a.overlay.Update(msg))
		}
	}
	return nil
}

// toTop hands a message to the overlay and the screen on top.
func (r *root) toTop(msg tea.Msg) tea.Cmd {
	var cmds []tea.Cmd
	if a := r.overlay(); a != nil {
		cmds = append(cmds, r.wrap(a.id, a.overlay.Update(msg)))
	}
	if l := r.top(); l != nil {
		cmds = append(cmds, r.wrap(l.screen.ID(), l.screen.Update(msg)))
	}
	return tea.Batch(cmds...)
}

type (
	noticeGone struct{ seq int }
	tickMsg    struct{}
)

// tick keeps a timer running while something on screen counts down, and only then.
func (r *root) tick() tea.Cmd {
	if r.ticking || !r.counting() {
		return nil
	}
	r.ticking = true
	return tea.Every(time.Second, func(time.Time) tea.Msg { return tickMsg{} })
}

func (r *root) counting() bool {
	if a := r.overlay(); a != nil {
		if t, ok := a.overlay.(screen.Ticker); ok && t.Ticking() {
			return true
		}
	}
	l := r.top()
	if l == nil {
		return false
	}
	t, ok := l.screen.(screen.Ticker)
	return ok && t.Ticking()
}

// noticeLife is how long good news stays; bad news stays until the next key.
const noticeLife = 5 * time.Second

func (r *root) notify(n screen.Notice) tea.Cmd {
	n.Text = model.PrintableLines(n.Text)
	r.notice = n
	r.noticeSeq++
	if n.Level >= screen.Warning {
		return nil
	}
	seq := r.noticeSeq
	return tea.Tick(noticeLife, func(time.Time) tea.Msg { return noticeGone{seq} })
}
