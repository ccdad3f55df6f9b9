package listing

import (
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/dustin/go-humanize"

	"ferry/model"
	"ferry/ui/keymap"
	"ferry/ui/widget"
)

// Resize fits the window of rows between the heading and the end of the body.
func (l *List[T]) Resize() { l.Scroll.Resize(len(l.Match), l.height-l.o.Head()) }

// Key handles the keys that every list has, and reports whether k is one.
func (l *List[T]) Key(k tea.KeyPressMsg) (cmd tea.Cmd, mine bool) {
	switch {
	case l.Scroll.Key(k):
		return nil, true
	case key.Matches(k, keymap.Filter):
		l.Typing = true
		l.Resize()
		return l.filter.Focus(), true
	case key.Matches(k, keymap.Refresh):
		return l.Reload(), true
	}
	return nil, false
}

// Typed handles what is typed into the filter; the arrows still move.
func (l *List[T]) Typed(msg tea.Msg) tea.Cmd {
	if k, ok := msg.(tea.KeyPressMsg); ok {
		switch k.String() {
		case "enter":
			l.Typing = false
			l.Resize()
			return nil
		case "up":
			l.Scroll.Move(l.Scroll.Cursor - 1)
			return nil
		case "down":
			l.Scroll.Move(l.Scroll.Cursor + 1)
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
	l.setQuery(l.filter.Value())
	return cmd
}

// Back ends the filter and reports whether there was one.
func (l *List[T]) Back() bool {
	if !l.Typing && l.Query == "" {
		return false
	}
	l.Typing = false
	l.setQuery("")
	l.filter.SetValue("")
	return true
}

func (l *List[T]) setQuery(q string) {
	if q == l.Query {
		l.Resize()
		return
	}
	at := l.CurrentID()
	l.Query = q
	l.Refilter()
	l.Scroll.Move(0)
	if q == "" {
		l.Place(at)
	}
}

// Informs reports whether Info has anything to say.
func (l *List[T]) Informs() bool { return l.Typing || l.Query != "" || l.Err != nil && len(l.Rows) > 0 }

// Info is the line above the heading, with more between what is filtered by and what
// went wrong.
func (l *List[T]) Info(more ...string) string {
	st := l.o.Env.Styles
	var parts []string
	if l.Typing {
		parts = append(parts, st.Accent.Render("/")+" "+strings.TrimRight(l.filter.View(), " "))
	} else if l.Query != "" {
		parts = append(parts, st.Accent.Render("/")+" "+model.Printable(l.Query))
	}
	if l.Query != "" {
		parts = append(parts, st.Muted.Render(humanize.Comma(int64(len(l.Match)))+" of "+humanize.Comma(int64(len(l.Rows)))))
	}
	parts = append(parts, more...)
	if l.Err != nil {
		parts = append(parts, st.Danger.Render("✗ "+model.AsError(l.Err).Message))
	}
	return " " + strings.Join(parts, "   ")
}

// Cursor is in the filter while that is typed, on the first line.
func (l *List[T]) Cursor() *tea.Cursor {
	if !l.Typing {
		return nil
	}
	cur := l.filter.Cursor()
	if cur != nil {
		cur.X += 3
	}
	return cur
}

// Empty is what is shown in place of rows: how loading goes, what went wrong, or, when
// there are no records, what the screen says about that.
func (l *List[T]) Empty(none ...string) string {
	st := l.o.Env.Styles
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
	}
	return strings.Join(append([]string{""}, none...), "\n")
}

// NoMatch is what is shown when the filter lets nothing through.
func (l *List[T]) NoMatch(what string) []string {
	if len(l.Match) > 0 {
		return nil
	}
	return []string{"", "  No " + what + " matches “" + model.Printable(l.Query) + "”. esc clears the filter."}
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
