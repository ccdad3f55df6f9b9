package server

import (
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/ui/keymap"
)

func (l *Live) key(k tea.KeyPressMsg) tea.Cmd {
	switch {
	case l.scroll.Key(k):
	case key.Matches(k, pauseKey):
		l.pause(!l.paused)
	case key.Matches(k, detailsKey):
		return details(l.env.Styles, l.current())
	case key.Matches(k, keymap.Filter):
		l.typing = true
		l.resize()
		return l.filter.Focus()
	case key.Matches(k, classKey):
		l.class = map[int]int{0: 2, 2: 3, 3: 4, 4: 5}[l.class]
		l.refilter("")
	case key.Matches(k, wipeKey):
		l.lines, l.held, l.lost = nil, nil, 0
		l.refilter("")
	case key.Matches(k, keymap.Refresh):
		return l.Init()
	}
	return nil
}

// pause holds everything still, or shows what came meanwhile.
func (l *Live) pause(on bool) {
	if l.paused = on; on {
		return
	}
	came := l.held
	l.held = nil
	slices.Reverse(came)
	l.came(came)
	l.resize()
}

// Back implements screen.Backer: it ends the filter, then the class.
func (l *Live) Back() bool {
	at := l.reading()
	switch {
	case l.typing || l.query != "":
		l.typing, l.query = false, ""
		l.filter.SetValue("")
	case l.class != 0:
		l.class = 0
	default:
		return false
	}
	l.refilter(at)
	return true
}

// typed handles what is typed into the filter; the arrows still move.
func (l *Live) typed(msg tea.Msg) tea.Cmd {
	if k, ok := msg.(tea.KeyPressMsg); ok {
		switch k.String() {
		case "enter":
			l.typing = false
			l.resize()
			return nil
		case "up":
			l.scroll.Move(l.scroll.Cursor - 1)
			return nil
		case "down":
			l.scroll.Move(l.scroll.Cursor + 1)
			return nil
		case "backspace":
			if l.filter.Value() == "" {
				l.Back()
				return nil
			}
		}
	}
	var cmd tea.Cmd
	l.filter, cmd = l.filter.Update(msg)
	if q := l.filter.Value(); q != l.query {
		l.query = q
		l.refilter("")
	}
	return cmd
}

// Cursor is in the filter while that is typed.
func (l *Live) Cursor() *tea.Cursor {
	if !l.typing {
		return nil
	}
	c := l.filter.Cursor()
	if c != nil {
		c.X, c.Y = c.X+3, len(l.head())
	}
	return c
}
