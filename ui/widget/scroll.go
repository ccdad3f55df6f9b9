package widget

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/ui/keymap"
)

// Scroll is the place of a cursor and of a window in a list of Len rows.
type Scroll struct {
	Cursor, Offset int
	Len, Height    int
}

// Resize sets how many rows there are and how many of them show.
func (s *Scroll) Resize(length, height int) {
	s.Len, s.Height = length, max(height, 0)
	s.clamp()
}

// Move sets the cursor, within the list, and the window around it.
func (s *Scroll) Move(to int) {
	s.Cursor = to
	s.clamp()
}

func (s *Scroll) clamp() {
	s.Cursor = max(min(s.Cursor, s.Len-1), 0)
	if s.Cursor < s.Offset {
		s.Offset = s.Cursor
	}
	if s.Height > 0 && s.Cursor >= s.Offset+s.Height {
		s.Offset = s.Cursor - s.Height + 1
	}
	s.Offset = max(min(s.Offset, s.Len-s.Height), 0)
}

// Key moves the cursor when k is one of the keys for that, and reports whether it was.
func (s *Scroll) Key(k tea.KeyPressMsg) bool {
	half := max(s.Height/2, 1)
	switch {
	case key.Matches(k, keymap.Up):
		s.Move(s.Cursor - 1)
	case key.Matches(k, keymap.Down):
		s.Move(s.Cursor + 1)
	case key.Matches(k, keymap.Top):
		s.Move(0)
	case key.Matches(k, keymap.Bottom):
		s.Move(s.Len - 1)
	case key.Matches(k, keymap.HalfUp):
		s.Move(s.Cursor - half)
	case key.Matches(k, keymap.HalfDown):
		s.Move(s.Cursor + half)
	default:
		return false
	}
	return true
}

// Window returns the first and one past the last row that show.
func (s *Scroll) Window() (from, to int) {
	return s.Offset, min(s.Offset+s.Height, s.Len)
}
