package ui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/dustin/go-humanize"

	"ferry/model"
	"ferry/ui/screen"
)

// watching is the state of following the store's changes.
type watching struct {
	changes <-chan struct{}
	err     error
}

// settle is how long changes are gathered before the screens look again.
const settle = 150 * time.Millisecond

// watch follows the store's changes, by whichever process.
func (r *root) watch() tea.Cmd {
	h, ctx := r.hub, r.ctx
	if h == nil || h.Watch == nil {
		return nil
	}
	return r.wrap(r.id, func() tea.Msg {
		changes, err := h.Watch(ctx)
		if err != nil {
			return watching{err: err}
		}
		return nextChange(ctx, changes)
	})
}

func nextChange(ctx context.Context, changes <-chan struct{}) tea.Msg {
	select {
	case <-ctx.Done():
		return nil
	case _, ok := <-changes:
		if !ok {
			return nil
		}
	}
	select {
	case <-ctx.Done():
	case <-time.After(settle):
	}
	for {
		select {
		case _, ok := <-changes:
			if ok {
				continue
			}
		default:
		}
		return watching{changes: changes}
	}
}

func (r *root) changed(w watching) tea.Cmd {
	if w.err != nil {
		return r.notify(screen.Notice{Level: screen.Warning, Text: "changes by others are not followed: " + model.AsError(w.err).Message + "; R refreshes"})
	}
	cmds := make([]tea.Cmd, 0, len(r.stack)+3)
	for _, l := range r.stack {
		cmds = append(cmds, r.wrap(l.screen.ID(), l.screen.Update(screen.Changed{})))
	}
	ctx := r.ctx
	cmds = append(cmds, r.readSpace(), r.countUsers(), r.countTransfers(), r.wrap(r.id, func() tea.Msg { return nextChange(ctx, w.changes) }))
	return tea.Batch(cmds...)
}

// userCount is how many API users the space has.
type userCount int

// countUsers counts them for the line of places, unless their list does, or they have no
// place.
func (r *root) countUsers() tea.Cmd {
	if l := r.stack; !hasPlace(screen.PlaceAPIUsers) || len(l) > 0 && (place{route: screen.APIUsers{}}).holds(l[0].route) {
		return nil
	}
	h := r.hub
	return r.wrap(r.id, screen.Start(h.Context(r.ctx), r.id, &r.users, func(ctx context.Context) (userCount, error) {
		rows, err := h.Users.List(ctx, h.Space, nil)
		return userCount(len(rows)), err
	}))
}

// usersCounted takes the count in; without one, whoever goes there sees why.
func (r *root) usersCounted(reply screen.Reply[userCount]) {
	if screen.Accept(&r.users, reply) && reply.Err == nil {
		r.count(screen.Count{Place: screen.PlaceAPIUsers, N: int(reply.Value)})
	}
}

// transferCount is how many transfers the space has.
type transferCount int

// countTransfers is countUsers for transfers.
func (r *root) countTransfers() tea.Cmd {
	if l := r.stack; len(l) > 0 && (place{route: screen.Transfers{}}).holds(l[0].route) {
		return nil
	}
	h := r.hub
	return r.wrap(r.id, screen.Start(h.Context(r.ctx), r.id, &r.moves, func(ctx context.Context) (transferCount, error) {
		rows, err := h.Transfers.List(ctx, h.Space, nil)
		return transferCount(len(rows)), err
	}))
}

func (r *root) transfersCounted(reply screen.Reply[transferCount]) {
	if screen.Accept(&r.moves, reply) && reply.Err == nil {
		r.count(screen.Count{Place: screen.PlaceTransfers, N: int(reply.Value)})
	}
}

// count notes what the line of places shows behind the name of a place.
func (r *root) count(c screen.Count) {
	text := c.Text
	if text == "" {
		text = humanize.Comma(int64(c.N))
	}
	r.counts[c.Place] = text
}

// serverState is whether a server runs on this store.
type serverState string

const (
	serverOn  serverState = "on"
	serverOff serverState = "off"
)

type probeDue struct{}

// How often the console asks whether a server runs, and how long that may take. The
// place Server asks every second while it is looked at.
const (
	probeEvery = 5 * time.Second
	probeLimit = 2 * time.Second
)

// probeServer asks whether a server runs on this store.
func (r *root) probeServer() tea.Cmd {
	h := r.hub
	if h == nil || !hasPlace(screen.PlaceServer) {
		return nil
	}
	return r.wrap(r.id, screen.Start(r.ctx, r.id, &r.probe, func(ctx context.Context) (serverState, error) {
		if _, err := serverStatus(ctx, h); model.CodeOf(err) == model.ENotFound {
			return serverOff, nil
		}
		return serverOn, nil // also one that does not answer: its place says so
	}))
}

func (r *root) serverProbed(reply screen.Reply[serverState]) tea.Cmd {
	if screen.Accept(&r.probe, reply) {
		r.count(screen.Count{Place: screen.PlaceServer, Text: string(reply.Value)})
	}
	return tea.Tick(probeEvery, func(time.Time) tea.Msg { return probeDue{} })
}
