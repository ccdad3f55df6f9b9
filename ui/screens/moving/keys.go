package moving

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/transfers"
	"ferry/ui/keymap"
)

var (
	pauseKey = keymap.Bind("p", "pause/resume", "p")
	abortKey = keymap.Bind("c", "cancel", "c")
	runKey   = keymap.Bind("r", "run now", "r")
)

// Keys are the keys of what can be done to a transfer as it is, for the help line.
func Keys(s *transfers.Status) []key.Binding {
	switch {
	case s.Transfer.Kind == model.KindSync:
		return []key.Binding{pauseKey, runKey, keymap.Edit}
	case !s.Phase.Ended():
		return []key.Binding{pauseKey, abortKey}
	}
	return nil
}

// Key does what a key does to a transfer, or says why that does not fit it.
func (a *Actions) Key(k tea.KeyPressMsg, s *transfers.Status) (cmd tea.Cmd, mine bool) {
	switch {
	case key.Matches(k, pauseKey):
		return a.pause(s), true
	case key.Matches(k, abortKey):
		return a.abort(s), true
	case key.Matches(k, runKey):
		return a.run(s), true
	case key.Matches(k, keymap.Edit):
		return a.edit(s), true
	case key.Matches(k, keymap.Copy):
		return a.copy(s), true
	case key.Matches(k, keymap.Delete):
		return a.delete(s), true
	}
	return nil, false
}
