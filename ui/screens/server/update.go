package server

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/ui/keymap"
	"ferry/ui/screen"
)

// Update implements screen.Screen.
func (s *Server) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case screen.Tick:
		return s.ask()
	case screen.Changed:
		return s.reload()
	case screen.Reply[model.ServerStatus]:
		return s.told(msg)
	case screen.Reply[stored]:
		if screen.Accept(&s.load, msg) {
			if s.err = msg.Err; s.err == nil {
				s.stored = msg.Value
			}
			s.resize()
		}
	case tea.KeyPressMsg:
		if s.filter.Typing {
			return s.typed(msg)
		}
		return s.key(msg)
	case tea.PasteMsg:
		if s.filter.Typing {
			return s.typed(msg)
		}
	}
	res, cmd, _ := s.flow.Update(msg)
	if res.Changed {
		cmd = tea.Batch(cmd, s.reload())
	}
	return cmd
}

// Back implements screen.Backer: it ends the filter.
func (s *Server) Back() bool {
	was := s.filter.Clear()
	s.refilter()
	return was
}

func (s *Server) key(k tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(k, keymap.More):
		return s.menu()
	case key.Matches(k, keymap.Copy):
		return s.copyMenu()
	case key.Matches(k, keymap.Refresh):
		return s.Init()
	case s.status == nil:
		return s.keyOff(k)
	case s.part == gateway:
		return s.keyGateway(k)
	case s.scroll.Key(k):
		return nil
	case key.Matches(k, gatewayKey):
		s.Back() // a filter is of the requests
		s.part = gateway
		return nil
	case key.Matches(k, keymap.Filter):
		cmd := s.filter.Type()
		s.resize()
		return cmd
	case key.Matches(k, detailsKey):
		return s.details()
	}
	return nil
}

// keyGateway handles the keys of the list of clients.
func (s *Server) keyGateway(k tea.KeyPressMsg) tea.Cmd {
	switch {
	case s.clients.Key(k):
	case key.Matches(k, requestsKey):
		s.part = requests
	case key.Matches(k, tailKey):
		if c := s.traffic(); c != nil {
			return screen.Send(screen.Push{Route: screen.ServerTail{Space: c.Space, Client: c.Client}})
		}
	}
	return nil
}

// keyOff handles the keys of the list of settings.
func (s *Server) keyOff(k tea.KeyPressMsg) tea.Cmd {
	if s.settings.Key(k) {
		return nil
	}
	if all := s.stored.settings; key.Matches(k, editKey) && s.settings.Cursor < len(all) {
		return s.edit(all[s.settings.Cursor])
	}
	return nil
}

func (s *Server) typed(msg tea.Msg) tea.Cmd {
	was := s.filter.Query
	cmd := s.filter.Typed(msg, &s.scroll)
	if s.filter.Query != was {
		s.refilter()
		s.scroll.Move(0)
	}
	s.resize()
	return cmd
}

// Cursor is in the filter while that is typed.
func (s *Server) Cursor() *tea.Cursor {
	if s.status == nil {
		return nil
	}
	return s.filter.Cursor(len(s.head()))
}
