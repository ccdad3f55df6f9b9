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
		cmd := l.filter.Type()
		l.resize()
		return cmd
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
	case l.filter.Clear():
	case l.class != 0:
		l.class = 0
	default:
		return false
	}
	l.refilter(at)
	return true
}

func (l *Live) typed(msg tea.Msg) tea.Cmd {
	was := l.filter.Query
	cmd := l.filter.Typed(msg, &l.scroll)
	if l.filter.Query != was {
		l.refilter("")
	}
	l.resize()
	return cmd
}

// Cursor is in the filter while that is typed.
func (l *Live) Cursor() *tea.Cursor { return l.filter.Cursor(len(l.head())) }
