package spaces

import (
	"context"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/hub"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/screens/flow"
	"ferry/ui/screens/listing"
	"ferry/ui/widget"
)

// Spaces is the screen.
type Spaces struct {
	env           screen.Env
	id            screen.ID
	width, height int

	list *listing.List[model.Space]
	flow *flow.Flow
	want model.ID // the space to put the cursor on when the list has come
}

var protectKey = keymap.Bind("p", "protect", "p")

var keys = keymap.Map{
	{
		keymap.Bind("↵", "work there", "enter"), keymap.New, keymap.Bind("e", "rename", "e"), protectKey, keymap.Delete,
		keymap.Filter, keymap.More, keymap.Refresh,
	},
	{keymap.Up, keymap.Down, keymap.Top, keymap.Bottom, keymap.HalfUp, keymap.HalfDown},
}

// New returns the list of spaces.
func New(env screen.Env) screen.Screen {
	s := &Spaces{env: env, id: screen.NewID(), want: env.Hub.Space.ID}
	s.list = listing.New(listing.Options[model.Space]{
		Env: env, Self: s.id, Load: s.load, Filter: filter, Head: s.head, ID: func(sp *model.Space) model.ID { return sp.ID },
	})
	s.flow = flow.New(env, s.id)
	return s
}

// ID implements screen.Screen.
func (s *Spaces) ID() screen.ID { return s.id }

// Title implements screen.Screen.
func (s *Spaces) Title() string { return "Spaces" }

// Keys implements screen.Screen.
func (s *Spaces) Keys() help.KeyMap {
	if s.list.Typing {
		return listing.TypingKeys
	}
	return keys
}

// Rebind implements screen.Rebinder.
func (s *Spaces) Rebind(h *hub.Hub) { s.env.Hub, s.flow.Env.Hub = h, h }

// Capturing implements screen.Capturer: the filter is being typed.
func (s *Spaces) Capturing() bool { return s.list.Typing }

// Cancel implements screen.Canceler.
func (s *Spaces) Cancel() bool {
	loading := s.list.Cancel()
	return s.flow.Cancel() || loading
}

// Init starts loading the list.
func (s *Spaces) Init() tea.Cmd { return s.list.Reload() }

func (s *Spaces) load() func(context.Context, func(int)) (listing.Loaded[model.Space], error) {
	h := s.env.Hub
	return func(ctx context.Context, _ func(int)) (out listing.Loaded[model.Space], err error) {
		out.Rows, err = h.Spaces.List(ctx)
		for i := range out.Rows {
			out.Widest = max(out.Widest, widget.Width(model.Printable(out.Rows[i].Name)))
		}
		return out, err
	}
}

// Update implements screen.Screen.
func (s *Spaces) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		if s.list.Typing {
			return s.list.Typed(msg)
		}
		return s.key(msg)
	case tea.PasteMsg:
		if s.list.Typing {
			return s.list.Typed(msg)
		}
		return nil
	case screen.Changed:
		return s.list.Reload()
	}
	if fresh, cmd, mine := s.list.Update(msg); mine {
		if fresh != nil && s.want != "" {
			s.list.Place(s.want)
			s.want = ""
		}
		return cmd
	}
	res, cmd, _ := s.flow.Update(msg)
	if res.Changed {
		cmd = tea.Batch(cmd, s.list.Reload())
	}
	return cmd
}

// Resume implements screen.Resumer.
func (s *Spaces) Resume(result any) tea.Cmd {
	if cmd, mine := s.flow.Resume(result); mine {
		return cmd
	}
	return s.list.Reload()
}

// Back implements screen.Backer: it ends the filter.
func (s *Spaces) Back() bool { return s.list.Back() }

// SetSize implements screen.Screen.
func (s *Spaces) SetSize(width, height int) {
	s.width, s.height = width, height
	s.list.SetSize(width, height)
}

func (s *Spaces) key(k tea.KeyPressMsg) tea.Cmd {
	if cmd, mine := s.list.Key(k); mine {
		return cmd
	}
	if key.Matches(k, keymap.New) {
		return s.idle(s.create)
	}
	at := s.list.Current()
	if at == nil {
		return nil
	}
	sp := *at
	switch {
	case key.Matches(k, keys[0][0]):
		return s.enter(sp)
	case key.Matches(k, keymap.Edit):
		return s.do(s.rename, sp)
	case key.Matches(k, protectKey):
		return s.do(s.protect, sp)
	case key.Matches(k, keymap.More):
		return s.menu(sp)
	case key.Matches(k, keymap.Delete):
		return s.do(s.delete, sp)
	}
	return nil
}
