package widget

import (
	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/theme"
)

type show struct {
	dialog
	title string
	lines []string
	view  *Viewer
}

var showClose = keymap.Bind("↵ esc", "close", "enter", "esc", "backspace", "q")

// NewShow returns an overlay that shows text to read; it has no result. The lines must
// be sanitised already.
func NewShow(st *theme.Styles, title string, lines []string) screen.Overlay {
	s := &show{dialog: dialog{st: st}, title: title, lines: lines, view: NewViewer(st)}
	s.view.SetContent(lines)
	return s
}

func (s *show) Keys() help.KeyMap {
	return keymap.Map{append([]key.Binding{showClose}, viewerKeys[0]...), viewerKeys[1]}
}

func (s *show) SetSize(width, height int) {
	s.dialog.SetSize(width, height)
	rows := 0
	for _, l := range s.lines {
		rows += max((Width(l)+s.inner()-1)/max(s.inner(), 1), 1)
		if rows > s.rows() {
			break
		}
	}
	s.view.SetSize(s.inner(), min(rows+1, max(s.rows()-2, 1)))
}

func (s *show) Update(msg tea.Msg) tea.Cmd {
	if k, ok := msg.(tea.KeyPressMsg); ok && !s.view.Capturing() && key.Matches(k, showClose) {
		if k.String() == "esc" && s.view.Back() {
			return nil
		}
		return screen.Send(screen.Close{})
	}
	return s.view.Update(msg)
}

func (s *show) View() string {
	return s.frame(append([]string{s.st.Bold.Render(s.title), ""}, Wrap(s.view.View(), s.inner())...))
}
