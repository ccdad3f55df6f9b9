package sheet

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"ferry/ui/keymap"
	"ferry/ui/screen"
)

// The keys of a form that moves in both directions, for its table: the sheet knows them
// by itself.
var (
	Move        = keymap.Bind("↑ ↓ ← →", "move", "up", "down", "left", "right")
	PressOrNext = keymap.Bind("↵", "press, next field", "enter")
	Leap        = keymap.Bind("pgdn pgup", "leap", "pgdown", "pgup")
)

// Settled says that keys which follow a paste are the person's own again.
type Settled struct{ to screen.ID }

// Addressee implements screen.Addressed.
func (m Settled) Addressee() screen.ID { return m.to }

// settleTime is how long keys after a paste may still belong to it: text that holds an
// end-of-paste of its own sends its tail as keys, and that must not press a button.
const settleTime = 40 * time.Millisecond

// Paste puts text into the field with the focus, and holds keys back for a moment.
func (s *Sheet) Paste(content string) tea.Cmd {
	if it := s.Focused(); it != nil && it.Typed() {
		if it.Several {
			content = strings.Join(strings.FieldsFunc(content, func(r rune) bool { return r == '\r' || r == '\n' }), ", ")
		}
		it.Line.Paste(content)
		s.typed(it)
	}
	s.settling++
	to := s.to
	return tea.Tick(settleTime, func(time.Time) tea.Msg { return Settled{to} })
}

// Settled takes the message of a paste.
func (s *Sheet) Settled() { s.settling = max(s.settling-1, 0) }

// Held reports whether keys are held back because text was just pasted.
func (s *Sheet) Held() bool { return s.settling > 0 }

// Settling takes a key that may be the tail of a paste, and reports whether it is one.
func (s *Sheet) Settling(k tea.KeyPressMsg) bool {
	if !s.Held() {
		return false
	}
	if it := s.Focused(); k.Text != "" && it != nil && it.Typed() {
		it.Line.Key(k)
		s.typed(it)
	}
	return true
}

// Key does what k means to the item with the focus, else moves.
func (s *Sheet) Key(k tea.KeyPressMsg) tea.Cmd {
	it := s.Focused()
	if it == nil {
		return s.Step(1)
	}
	switch it.Kind {
	case Text:
		if it.First != nil && it.First(k) || it.Line.Key(k) {
			s.typed(it)
			return nil
		}
	case Check:
		if k.String() == "space" || k.String() == "x" {
			return s.do(it)
		}
	case Radio:
		if to := pick(it, k.String()); to >= 0 {
			it.Pick(to)
			s.Changed(it)
			return nil
		}
	case Button:
		if k.String() == "enter" || k.String() == "space" {
			return s.do(it)
		}
		switch k.String() {
		case "left":
			return s.Step(-1)
		case "right":
			return s.Step(1)
		}
	}
	return s.Move(k)
}

func (s *Sheet) typed(it *Item) {
	if it.After != nil {
		it.After()
	}
	s.Changed(it)
}

func (s *Sheet) do(it *Item) tea.Cmd {
	cmd := it.Do()
	if !it.Leaves {
		s.Changed(it)
	}
	return cmd
}

// pick is which choice of a radio a key goes to, -1 when it is no key of a radio.
func pick(it *Item, name string) int {
	n := len(it.Choice)
	switch name {
	case "left":
		return max(it.Chosen-1, 0)
	case "right":
		return min(it.Chosen+1, n-1)
	case "space":
		return (it.Chosen + 1) % n
	}
	return -1
}
