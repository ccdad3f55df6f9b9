package listing

import (
	"iter"
	"slices"

	"ferry/model"
)

// Current is the record under the cursor, nil when there is none.
func (l *List[T]) Current() *T {
	if l.Scroll.Cursor >= len(l.Match) {
		return nil
	}
	return &l.Rows[l.Match[l.Scroll.Cursor]]
}

func (l *List[T]) currentID() model.ID {
	if at := l.Current(); at != nil {
		return l.o.ID(at)
	}
	return ""
}

// Showing are the records in the window.
func (l *List[T]) Showing() iter.Seq[*T] {
	return func(yield func(*T) bool) {
		from, to := l.Scroll.Window()
		for i := from; i < min(to, len(l.Match)); i++ {
			if !yield(&l.Rows[l.Match[i]]) {
				return
			}
		}
	}
}

// Place puts the cursor on the record with id, if it shows.
func (l *List[T]) Place(id model.ID) {
	if id == "" {
		return
	}
	for i, at := range l.Match {
		if l.o.ID(&l.Rows[at]) == id {
			l.Scroll.Move(i)
			return
		}
	}
}

// Refilter applies the filter and the order anew, with the cursor on the same record.
func (l *List[T]) Refilter() {
	at := l.currentID()
	l.find()
	l.Place(at)
}

// refind applies a filter that may be another than was. The first that it finds is under
// the cursor, and when it is cleared the record that was.
func (l *List[T]) refind(was string) {
	if l.filter.Query == was {
		l.resize()
		return
	}
	at := l.currentID()
	l.find()
	l.Scroll.Move(0)
	if l.filter.Query == "" {
		l.Place(at)
	}
}

// find finds the rows that show. Rows themselves never move: what is read once more is
// in the same order, however it is looked at.
func (l *List[T]) find() {
	l.Match = l.o.Filter(l.Match[:0], l.Rows, l.filter.Query)
	if l.order != nil {
		through := make([]bool, len(l.Rows))
		for _, i := range l.Match {
			through[i] = true
		}
		l.Match = l.Match[:0]
		for _, i := range l.order {
			if through[i] {
				l.Match = append(l.Match, i)
			}
		}
	}
	l.resize()
}

// sorted are the positions of rows in the order that by makes, nil for no other.
func sorted[T any](rows []T, by func(a, b *T) int) []int {
	if by == nil {
		return nil
	}
	out := make([]int, len(rows))
	for i := range out {
		out[i] = i
	}
	slices.SortStableFunc(out, func(a, b int) int { return by(&rows[a], &rows[b]) })
	return out
}

// mark marks a record or takes its mark off, and goes on to the next one.
func (l *List[T]) mark(id model.ID) {
	if l.marks[id] {
		delete(l.marks, id)
	} else {
		l.marks[id] = true
	}
	l.resize()
	l.Scroll.Move(l.Scroll.Cursor + 1)
}

func (l *List[T]) unmark() {
	clear(l.marks)
	l.resize()
}

// Marked are the records that are marked, whether they show or not.
func (l *List[T]) Marked() []T {
	var out []T
	for i := range l.Rows {
		if len(l.marks) > 0 && l.marks[l.o.ID(&l.Rows[i])] {
			out = append(out, l.Rows[i])
		}
	}
	return out
}

// dropMarks forgets marks of records that are gone.
func (l *List[T]) dropMarks() {
	have := make(map[model.ID]bool, len(l.marks))
	for _, r := range l.Marked() {
		have[l.o.ID(&r)] = true
	}
	l.marks = have
}
