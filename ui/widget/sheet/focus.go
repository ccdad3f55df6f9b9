package sheet

import (
	"slices"

	tea "charm.land/bubbletea/v2"
)

// Move does what moving keys do everywhere in the form.
func (s *Sheet) Move(k tea.KeyPressMsg) tea.Cmd {
	switch k.String() {
	case "down":
		return s.stepRow(1)
	case "up":
		return s.stepRow(-1)
	case "left":
		return s.stepInRow(-1)
	case "right":
		return s.stepInRow(1)
	case "enter":
		return s.Step(1)
	case "pgdown":
		return s.stepRow(max(s.Height/2, 1))
	case "pgup":
		return s.stepRow(-max(s.Height/2, 1))
	}
	return nil
}

// Step moves the focus to the next or previous item, around the ends.
func (s *Sheet) Step(by int) tea.Cmd {
	items := s.items()
	at := 0
	for i, it := range items {
		if it.Key == s.Focus {
			at = i + by
		}
	}
	return s.MoveTo(items[(at+len(items))%len(items)].Key)
}

// at is the row and the column of the focus.
func (s *Sheet) at(rows []Row) (row, column int) {
	for i := range rows {
		for j, it := range rows[i].All() {
			if it.Key == s.Focus {
				return i, j
			}
		}
	}
	return 0, 0
}

// stepRow moves the focus by rows, staying in the column as far as that goes.
func (s *Sheet) stepRow(by int) tea.Cmd {
	rows := slices.DeleteFunc(s.Rows(), func(r Row) bool { return len(r.All()) == 0 })
	at, column := s.at(rows)
	to := min(max(at+by, 0), len(rows)-1)
	if to == at {
		return nil
	}
	items := rows[to].All()
	return s.MoveTo(items[min(column, len(items)-1)].Key)
}

// stepInRow moves the focus within its row and stops at the ends.
func (s *Sheet) stepInRow(by int) tea.Cmd {
	rows := s.Rows()
	at, column := s.at(rows)
	items := rows[at].All()
	to := min(max(column+by, 0), len(items)-1)
	if to == column {
		return nil
	}
	return s.MoveTo(items[to].Key)
}

func (s *Sheet) items() []*Item {
	var out []*Item
	for _, r := range s.Rows() {
		out = append(out, r.All()...)
	}
	return out
}

// Focused returns the item with the focus, nil when it went away.
func (s *Sheet) Focused() *Item {
	for _, it := range s.items() {
		if it.Key == s.Focus {
			return it
		}
	}
	return nil
}

// FieldsOf returns the fields whose messages stand below the item with key.
func (s *Sheet) FieldsOf(key string) []string {
	for _, r := range s.Rows() {
		for i, it := range r.All() {
			if it.Key != key {
				continue
			}
			if r.Lead == nil && len(r.Fields) == len(r.Items) {
				return r.Fields[i : i+1]
			}
			return r.Fields
		}
	}
	return nil
}

// MoveTo gives the focus to an item.
func (s *Sheet) MoveTo(to string) tea.Cmd {
	left := s.Focus
	s.Focus = to
	return s.Left(left)
}

// FocusOn gives the focus to the item of a field, without telling that it moved.
func (s *Sheet) FocusOn(name string) {
	for _, r := range s.Rows() {
		i := slices.Index(r.Fields, name)
		if i < 0 {
			continue
		}
		items := r.All()
		if len(items) == 0 {
			continue
		}
		if len(r.Fields) == 1 || i >= len(items) {
			i = 0
		}
		s.Focus = items[i].Key
		s.Reveal()
		return
	}
}

// FocusFirst gives the focus to the first item, where what had it went away.
func (s *Sheet) FocusFirst() {
	if items := s.items(); len(items) > 0 {
		s.Focus = items[0].Key
	}
}
