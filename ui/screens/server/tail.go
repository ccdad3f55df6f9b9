package server

import (
	"slices"
	"strconv"
	"strings"

	"charm.land/bubbles/v2/help"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/hub"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/screens/listing"
	"ferry/ui/widget"
)

// maxLines is how many requests a tail keeps.
const maxLines = 1000

// Live is the screen of what one client is asked for through the gateway, as it happens.
// Whoever reads further down stays on their request; p holds everything still.
type Live struct {
	env           screen.Env
	id            screen.ID
	space, client string
	width, height int

	follow  follower
	probe   screen.Requests
	state   state
	problem string
	traffic *model.ClientTraffic // nil while nobody asked for the client

	lines  []model.ServedRequest // newest first
	held   []model.ServedRequest // those that came while it was held, newest first
	paused bool
	lost   uint64 // requests that were too many to be told of

	class  int   // of the status that is shown, 0: all
	match  []int // positions in lines of those that show
	scroll widget.Scroll
	filter listing.Filter
}

var (
	pauseKey = keymap.Bind("p", "hold/go on", "p", "space")
	classKey = keymap.Bind("c", "2xx … 5xx", "c")
	wipeKey  = keymap.Bind("X", "clear the lines", "X")
)

var liveKeys = keymap.Map{{pauseKey, detailsKey, keymap.Filter, classKey, wipeKey, keymap.Quit, keymap.Refresh}, keymap.Moving}

// Tail returns the live requests to one client of a space.
func Tail(env screen.Env, space, client string) screen.Screen {
	l := &Live{env: env, id: screen.NewID(), space: space, client: client, filter: listing.NewFilter(env.Styles, "")}
	l.follow.self = l.id
	return l
}

// ID implements screen.Screen.
func (l *Live) ID() screen.ID { return l.id }

// Title implements screen.Screen.
func (l *Live) Title() string {
	name := model.Printable(l.client)
	if l.space != l.env.Hub.Space.Name {
		name = model.Printable(l.space) + "/" + name
	}
	return name + " live"
}

// Keys implements screen.Screen.
func (l *Live) Keys() help.KeyMap {
	if l.filter.Typing {
		return listing.TypingKeys
	}
	return liveKeys
}

// Rebind implements screen.Rebinder.
func (l *Live) Rebind(h *hub.Hub) { l.env.Hub = h }

// Ticking implements screen.Ticker: the server is asked every second how the client is.
func (l *Live) Ticking() bool { return true }

// Capturing implements screen.Capturer.
func (l *Live) Capturing() bool { return l.filter.Typing }

// Close implements screen.Closer.
func (l *Live) Close() { l.follow.req.Cancel(); l.probe.Cancel() }

// SetSize implements screen.Screen.
func (l *Live) SetSize(width, height int) {
	l.width, l.height = width, height
	l.filter.SetWidth(width)
	l.resize()
}

// Init follows the server, and reads what it told last.
func (l *Live) Init() tea.Cmd { return tea.Batch(l.tail(), l.ask()) }

func (l *Live) tail() tea.Cmd {
	return l.follow.start(l.env.Ctx, l.env.Hub.Server, model.TailFilter{Client: l.client})
}

func (l *Live) ask() tea.Cmd { return ask(l.env, l.id, &l.probe) }

// Update implements screen.Screen.
func (l *Live) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case screen.Tick: // a server that stopped may be back
		return tea.Batch(l.ask(), l.tail())
	case screen.Reply[model.ServerStatus]:
		l.told(msg)
	case screen.Reply[ended]:
		screen.Accept(&l.follow.req, msg)
	case batch:
		l.came(msg.list)
		return l.follow.listen(msg.of)
	case tea.KeyPressMsg:
		if l.filter.Typing {
			return l.typed(msg)
		}
		return l.key(msg)
	case tea.PasteMsg:
		if l.filter.Typing {
			return l.typed(msg)
		}
	}
	return nil
}

// told takes what the server told of itself: how the client is, and, the first time, what
// it was asked for before this screen was there.
func (l *Live) told(reply screen.Reply[model.ServerStatus]) {
	if !screen.Accept(&l.probe, reply) {
		return
	}
	switch model.CodeOf(reply.Err) {
	case "":
	case model.ENotFound:
		l.state = off
		l.resize()
		return
	default:
		l.state, l.problem = silent, model.AsError(reply.Err).Message
		l.resize()
		return
	}
	was := l.state
	l.state, l.traffic = on, nil
	for i := range reply.Value.Gateway {
		if c := &reply.Value.Gateway[i]; l.mine(c.Space, c.Client) {
			l.traffic = c
		}
	}
	if was != on {
		var old []model.ServedRequest
		for i := len(reply.Value.Recent) - 1; i >= 0; i-- {
			old = append(old, reply.Value.Recent[i])
		}
		l.came(old)
	}
	l.resize()
}

// mine reports whether something is of the client that is looked at.
func (l *Live) mine(space, client string) bool {
	return strings.EqualFold(client, model.Printable(l.client)) && (space == "" || strings.EqualFold(space, model.Printable(l.space)))
}

// came takes requests in, oldest first. Each shows once, whichever way it came.
func (l *Live) came(list []model.ServedRequest) {
	var fresh []model.ServedRequest
	for i := range list {
		r := &list[i]
		l.lost += r.Lost
		if l.mine(r.Space, r.Upstream) && !l.has(r) {
			fresh = append(fresh, *r)
		}
	}
	if len(fresh) == 0 {
		return
	}
	to := &l.lines
	if l.paused {
		to = &l.held
	}
	at := l.reading()
	slices.Reverse(fresh)
	all := slices.Concat(fresh, *to)
	slices.SortStableFunc(all, func(a, b model.ServedRequest) int { return b.At.Compare(a.At) })
	*to = all[:min(len(all), maxLines)]
	if !l.paused {
		l.refilter(at)
	}
}

func (l *Live) has(r *model.ServedRequest) bool {
	same := func(o model.ServedRequest) bool { return o.ID == r.ID && o.At.Equal(r.At) }
	return slices.ContainsFunc(l.lines, same) || slices.ContainsFunc(l.held, same)
}

// reading is the request that is read further down, "" at the top: there the newest is.
func (l *Live) reading() string {
	if r := l.current(); r != nil && l.scroll.Cursor > 0 {
		return r.ID
	}
	return ""
}

// refilter applies the filter anew, and leaves the request called at under the cursor, if
// it still shows; else the cursor is on the newest.
func (l *Live) refilter(at string) {
	l.match = l.match[:0]
	words := model.Words(l.filter.Query)
	for i := range l.lines {
		if r := &l.lines[i]; (l.class == 0 || r.Status/100 == l.class) && holds(r, words) {
			l.match = append(l.match, i)
		}
	}
	l.resize()
	for i, n := range l.match {
		if at != "" && l.lines[n].ID == at {
			// The rows move down with the requests that came on top, so that nothing jumps.
			l.scroll.Offset += i - l.scroll.Cursor
			l.scroll.Move(i)
			return
		}
	}
	l.scroll.Move(0)
}

// current is the request under the cursor, nil when there is none.
func (l *Live) current() *model.ServedRequest {
	if l.scroll.Cursor >= len(l.match) || l.match[l.scroll.Cursor] >= len(l.lines) {
		return nil
	}
	return &l.lines[l.match[l.scroll.Cursor]]
}

// className is which statuses show.
func className(class int) string {
	if class == 0 {
		return "all"
	}
	return strconv.Itoa(class) + "xx"
}
