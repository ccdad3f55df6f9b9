package spaces

import (
	"context"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/hub"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/screens/flow"
	"ferry/ui/screens/listing"
)

// Spaces is the screen.
type Spaces struct {
	*listing.List[model.Space]
	flow *flow.Flow
	want model.ID // the space to put the cursor on when the list has come
}

var protectKey = keymap.Bind("p", "protect", "p")

var keys = keymap.Map{
	{
		keymap.Bind("↵", "work there", "enter"), keymap.New, keymap.Bind("e", "rename", "e"), protectKey, keymap.Delete,
		keymap.Filter, keymap.More, keymap.Refresh,
	},
	keymap.Moving,
}

// New returns the list of spaces.
func New(env screen.Env) screen.Screen {
	id := screen.NewID()
	s := &Spaces{flow: flow.New(env, id), want: env.Hub.Space.ID}
	s.List = listing.New(env, id, s.flow, listing.Options[model.Space]{
		Load: load, Loaded: s.loaded, Filter: filter,
		ID: func(sp *model.Space) model.ID { return sp.ID }, Name: func(sp *model.Space) string { return sp.Name },
		Keys: keys, Key: s.key, What: "space", Table: s.table,
	})
	return s
}

// Title implements screen.Screen.
func (s *Spaces) Title() string { return "Spaces" }

func load(ctx context.Context, h *hub.Hub, _ func(int)) ([]model.Space, any, error) {
	rows, err := h.Spaces.List(ctx)
	return rows, nil, err
}

func (s *Spaces) loaded(_ any, err error) tea.Cmd {
	if err == nil {
		s.Place(s.want)
		s.want = ""
	}
	return nil
}

func (s *Spaces) key(k tea.KeyPressMsg, at *model.Space) tea.Cmd {
	if key.Matches(k, keymap.New) {
		return s.idle(s.create)
	}
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
