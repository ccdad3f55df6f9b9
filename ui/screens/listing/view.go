package listing

import (
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/dustin/go-humanize"

	"ferry/model"
	"ferry/ui/theme"
	"ferry/ui/widget"
)

// resize fits the window of rows between the heading and the end of the body.
func (l *List[T]) resize() {
	head := 1 + len(l.above())
	if l.informs() {
		head++
	}
	l.Scroll.Resize(len(l.Match), l.Height-head)
}

func (l *List[T]) above() []string {
	if l.o.Above == nil {
		return nil
	}
	return l.o.Above()
}

// View implements screen.Screen. It renders the rows that show, whatever their number.
func (l *List[T]) View() string {
	switch {
	case l.Width == 0 || l.Height == 0:
		return ""
	case len(l.Rows) == 0:
		return l.bare()
	}
	st := l.Env.Styles
	var lines []string
	if l.informs() {
		lines = append(lines, l.info())
	}
	heading, row := l.o.Table()
	lines = append(append(lines, l.above()...), st.Column.Render(heading))
	if len(l.Match) == 0 {
		lines = append(lines, "", "  No "+l.o.What+" matches “"+model.Printable(l.filter.Query)+"”. esc clears the filter.")
	}
	return strings.Join(append(lines, Window(st, &l.Scroll, func(i int) string {
		r := &l.Rows[l.Match[i]]
		return l.sign(r) + row(r)
	})...), "\n")
}

// sign is the cell in which a record is marked, where records can be.
func (l *List[T]) sign(r *T) string {
	switch {
	case l.o.Marks == "":
		return ""
	case l.marks[l.o.ID(r)]:
		return l.Env.Styles.Accent.Render("✓")
	}
	return " "
}

// informs reports whether info has anything to say.
func (l *List[T]) informs() bool {
	return l.filter.Shows() || len(l.marks) > 0 || l.Err != nil && len(l.Rows) > 0
}

// info is the first line: what is filtered by, what is marked, and what went wrong.
func (l *List[T]) info() string {
	st := l.Env.Styles
	var parts []string
	if l.filter.Shows() {
		parts = append(parts, l.filter.View())
	}
	if l.filter.Query != "" {
		parts = append(parts, l.filter.Left(len(l.Match), len(l.Rows)))
	}
	if n := len(l.marks); n > 0 {
		parts = append(parts, st.Accent.Render(strconv.Itoa(n)+" marked")+st.Muted.Render(": "+l.o.Marks+", esc unmarks"))
	}
	if l.Err != nil {
		parts = append(parts, st.Danger.Render("✗ "+model.AsError(l.Err).Message))
	}
	return " " + strings.Join(parts, "   ")
}

// Cursor implements screen.CursorHolder: it is in the filter while that is typed.
func (l *List[T]) Cursor() *tea.Cursor { return l.filter.Cursor(0) }

// bare is what is shown in place of rows: how loading goes, what went wrong, or, when
// there are no records, what the screen says about that.
func (l *List[T]) bare() string {
	st := l.Env.Styles
	switch {
	case l.Err != nil:
		e := model.AsError(l.Err)
		lines := []string{"", "  " + st.Danger.Render("✗ "+e.Message)}
		if e.Next != "" {
			lines = append(lines, "  "+st.Muted.Render(e.Next))
		}
		return strings.Join(append(lines, "", "  "+st.HelpKey.Render("R")+" tries again"), "\n")
	case !l.Known && !l.load.Running():
		return "\n  Loading was cancelled. " + st.HelpKey.Render("R") + " tries again."
	case !l.Known && l.loaded > 0:
		return "\n  loading " + humanize.Comma(int64(l.loaded)) + " …"
	case !l.Known:
		return "\n  loading …"
	case l.o.None == nil:
		return ""
	}
	return "\n" + strings.Join(l.o.None(), "\n")
}

// Heading is the title of a column, marked while the order is by it.
func (l *List[T]) Heading(order int, title string) string {
	if l.Sort == order {
		return title + " ▾"
	}
	return title
}

// Window are the rows that show, each behind the marker of the cursor. The selection is
// that marker alone: a row that was painted would cost five times the bytes for each key
// over SSH.
func Window(st *theme.Styles, s *widget.Scroll, row func(i int) string) []string {
	from, to := s.Window()
	var lines []string
	for i := from; i < to; i++ {
		lead := "  "
		if i == s.Cursor {
			lead = " " + st.Marker.Render("▌")
		}
		lines = append(lines, lead+row(i))
	}
	return lines
}

// Cell is one cell of a row and how wide its column is; 0 is a column that is not shown.
type Cell struct {
	Text  string
	Width int
}

// Join puts cells into their columns.
func Join(cells ...Cell) string {
	var b strings.Builder
	for _, c := range cells {
		if c.Width == 0 {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("  ")
		}
		b.WriteString(widget.Fit(c.Text, c.Width))
	}
	return strings.TrimRight(b.String(), " ")
}
