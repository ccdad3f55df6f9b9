// Package server is the place Server: what the server that runs on this store tells of
// itself on its admin socket, and the settings that the next one starts with.
//
// It imports model, the screen contract and widgets. It asks the server once a second
// while it is looked at, and shows nothing of it that was not sanitised.
package server

import (
	"context"
	"time"

	"charm.land/bubbles/v2/help"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/serving"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/screens/flow"
	"ferry/ui/screens/listing"
	"ferry/ui/widget"
)

// state is how the server was found.
type state int

const (
	asking state = iota // nothing is known yet
	off                 // none runs
	on
	silent // one is there, but does not answer as it should
)

// Server is the screen.
type Server struct {
	env           screen.Env
	id            screen.ID
	width, height int

	probe    screen.Requests
	state    state
	problem  string              // why it is silent
	status   *model.ServerStatus // what it told last; nil when it never did
	answered time.Time

	part    part
	clients widget.Scroll // of the gateway

	match  []int // positions in status.Recent of those that the filter lets through
	scroll widget.Scroll
	filter listing.Filter

	load     screen.Requests
	stored   stored
	err      error         // of loading
	settings widget.Scroll // of the list that shows when no server was seen

	flow *flow.Flow
}

// stored is what the store has about serving.
type stored struct {
	settings []serving.Setting
	keys     []serving.SigningKeyView
}

var (
	detailsKey = keymap.Bind("↵", "details", "enter")
	editKey    = keymap.Bind("↵ e", "edit", "enter", "e")
	tailKey    = keymap.Bind("↵", "live requests", "enter")

	gatewayKey  = keymap.Bind("i", "gateway", "i", "right", "l")
	requestsKey = keymap.Bind("i", "requests", "i", "left", "h")
)

var (
	keys    = keymap.Map{{keymap.More, keymap.Filter, detailsKey, gatewayKey, keymap.Copy, keymap.Refresh}, keymap.Moving}
	keysGw  = keymap.Map{{keymap.More, tailKey, requestsKey, keymap.Copy, keymap.Refresh}, keymap.Moving}
	keysOff = keymap.Map{{editKey, keymap.More, keymap.Copy, keymap.Refresh}, keymap.Moving}
)

// New returns the place Server.
func New(env screen.Env) screen.Screen {
	s := &Server{env: env, id: screen.NewID(), filter: listing.NewFilter(env.Styles, "")}
	s.flow = flow.New(env, s.id)
	return s
}

// ID implements screen.Screen.
func (s *Server) ID() screen.ID { return s.id }

// Title implements screen.Screen.
func (s *Server) Title() string { return "Server" }

// Keys implements screen.Screen.
func (s *Server) Keys() help.KeyMap {
	switch {
	case s.filter.Typing:
		return listing.TypingKeys
	case s.status == nil:
		return keysOff
	case s.part == gateway:
		return keysGw
	}
	return keys
}

// Rebind implements screen.Rebinder.
func (s *Server) Rebind(h *hub.Hub) { s.env.Hub, s.flow.Env.Hub = h, h }

// Ticking implements screen.Ticker: the server is asked every second.
func (s *Server) Ticking() bool { return true }

// Capturing implements screen.Capturer.
func (s *Server) Capturing() bool { return s.filter.Typing }

// Cancel implements screen.Canceler.
func (s *Server) Cancel() bool { return s.flow.Cancel() }

// Init asks the server and reads the settings.
func (s *Server) Init() tea.Cmd { return tea.Batch(s.ask(), s.reload()) }

// answerLimit is how long the server may take to tell how it is.
const answerLimit = 1500 * time.Millisecond

func (s *Server) ask() tea.Cmd { return ask(s.env, s.id, &s.probe) }

// ask asks the server how it is on behalf of a screen, unless it is being asked.
func ask(env screen.Env, self screen.ID, probe *screen.Requests) tea.Cmd {
	if probe.Running() {
		return nil
	}
	server := env.Hub.Server
	return screen.Start(env.Ctx, self, probe, func(ctx context.Context) (model.ServerStatus, error) {
		if server == nil {
			return model.ServerStatus{}, model.Errorf(model.ENotFound, "no server runs on this store")
		}
		ctx, cancel := context.WithTimeout(ctx, answerLimit)
		defer cancel()
		st, err := server.Status(ctx)
		return clean(st), err
	})
}

func (s *Server) reload() tea.Cmd {
	h := s.env.Hub
	return screen.Start(s.env.Ctx, s.id, &s.load, func(ctx context.Context) (out stored, err error) {
		if out.settings, err = h.Serving.Settings(ctx); err == nil {
			out.keys, err = h.Serving.SigningKeys(ctx)
		}
		return out, err
	})
}

// told takes in what the server told, or that it did not.
func (s *Server) told(reply screen.Reply[model.ServerStatus]) tea.Cmd {
	if !screen.Accept(&s.probe, reply) {
		return nil
	}
	label := "on"
	switch model.CodeOf(reply.Err) {
	case "":
		s.state, s.answered = on, s.env.Hub.Now()
		s.take(&reply.Value)
	case model.ENotFound:
		s.state, label = off, "off"
	default:
		s.state, s.problem = silent, model.AsError(reply.Err).Message
	}
	s.resize()
	return screen.Send(screen.Count{Place: screen.PlaceServer, Text: label})
}

// take shows another status. Whoever reads further down stays on the request that is
// under the cursor.
func (s *Server) take(st *model.ServerStatus) {
	var at string
	if r := s.current(); r != nil && s.scroll.Cursor > 0 {
		at = r.ID
	}
	was := s.traffic()
	s.status = st
	s.placeTraffic(was)
	s.refilter()
	if at == "" {
		return
	}
	for i, n := range s.match {
		if st.Recent[n].ID == at {
			s.scroll.Move(i)
			return
		}
	}
}

// current is the request under the cursor, nil when there is none.
func (s *Server) current() *model.ServedRequest {
	if s.status == nil || s.scroll.Cursor >= len(s.match) {
		return nil
	}
	return &s.status.Recent[s.match[s.scroll.Cursor]]
}

// Resume implements screen.Resumer.
func (s *Server) Resume(result any) tea.Cmd {
	if cmd, mine := s.flow.Resume(result); mine {
		return cmd
	}
	return s.Init()
}
