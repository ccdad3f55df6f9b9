package clients

import (
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/dustin/go-humanize"

	"ferry/model"
	"ferry/model/clients"
	"ferry/ui/theme"
	"ferry/ui/widget"
)

type styles = theme.Styles

// columns are the widths of the columns; 0 is a column that is not shown.
type columns struct{ name, url, state, auth, token, call int }

const (
	indent     = 5 // " ▌✓● "
	gap        = 2
	authWidth  = 9  // OAuth 2.0
	tokenWidth = 9  // 59m left
	callWidth  = 11 // LAST CALL ▾
	stateWidth = 19 // disabled, protected
)

// layout shares the width out. What does not fit at 60 columns goes, what fits at 110
// comes: nothing is clipped that could be left out instead.
func layout(width, names int) columns {
	c := columns{token: tokenWidth, call: callWidth}
	rest := width - indent - 1 - tokenWidth - callWidth - 3*gap
	if width >= 72 {
		c.auth = authWidth
		rest -= authWidth + gap
	}
	if width >= 110 {
		c.state = stateWidth
		rest -= stateWidth + gap
	}
	c.name = min(max(names+2, 12), max(rest*3/8, 12))
	c.url = max(rest-c.name, 0)
	return c
}

// View implements screen.Screen. It renders the rows that show, whatever their number.
func (c *Clients) View() string {
	if c.width == 0 || c.height == 0 {
		return ""
	}
	if len(c.rows) == 0 {
		return c.emptyView()
	}
	cols := layout(c.width, c.names)
	var lines []string
	if c.infoShows() {
		lines = append(lines, c.info())
	}
	lines = append(lines, c.heading(cols))
	if len(c.match) == 0 {
		lines = append(lines, "", "  No client matches “"+model.Printable(c.query)+"”. esc clears the filter.")
	}
	from, to := c.scroll.Window()
	for i := from; i < to; i++ {
		lines = append(lines, c.row(&c.rows[c.match[i]], cols, i == c.scroll.Cursor))
	}
	return strings.Join(lines, "\n")
}

func (c *Clients) emptyView() string {
	st := c.env.Styles
	switch {
	case c.err != nil:
		e := model.AsError(c.err)
		lines := []string{"", "  " + st.Danger.Render("✗ "+e.Message)}
		if e.Next != "" {
			lines = append(lines, "  "+st.Muted.Render(e.Next))
		}
		return strings.Join(append(lines, "", "  "+st.HelpKey.Render("R")+" tries again"), "\n")
	case !c.known && !c.load.Running():
		return "\n  Loading was cancelled. " + st.HelpKey.Render("R") + " tries again."
	case !c.known && c.loaded > 0:
		return "\n  loading " + humanize.Comma(int64(c.loaded)) + " …"
	case !c.known:
		return "\n  loading …"
	}
	return strings.Join([]string{
		"", "  " + st.Bold.Render("No API clients yet."), "",
		"  An API client is a connection to another system's REST",
		"  API: a base URL, how to authenticate, and headers.", "",
		"  " + st.HelpKey.Render("n") + " creates the first one",
	}, "\n")
}

// infoShows reports whether the line above the heading has anything to say.
func (c *Clients) infoShows() bool {
	return c.typing || c.query != "" || len(c.marks) > 0 || c.err != nil && len(c.rows) > 0
}

func (c *Clients) info() string {
	st := c.env.Styles
	var parts []string
	if c.typing {
		parts = append(parts, st.Accent.Render("/")+" "+strings.TrimRight(c.filter.View(), " "))
	} else if c.query != "" {
		parts = append(parts, st.Accent.Render("/")+" "+model.Printable(c.query))
	}
	if c.query != "" {
		parts = append(parts, st.Muted.Render(humanize.Comma(int64(len(c.match)))+" of "+humanize.Comma(int64(len(c.rows)))))
	}
	if n := len(c.marks); n > 0 {
		parts = append(parts, st.Accent.Render(strconv.Itoa(n)+" marked")+st.Muted.Render(": m acts on them, esc unmarks"))
	}
	if c.err != nil {
		parts = append(parts, st.Danger.Render("✗ "+model.AsError(c.err).Message))
	}
	return " " + strings.Join(parts, "   ")
}

// Cursor is in the filter while that is typed.
func (c *Clients) Cursor() *tea.Cursor {
	if !c.typing {
		return nil
	}
	cur := c.filter.Cursor()
	if cur != nil {
		cur.X += 3
	}
	return cur
}

func (c *Clients) heading(cols columns) string {
	titles := map[order]string{byName: "NAME", byCall: "LAST CALL", byToken: "TOKEN"}
	title := func(o order) string {
		if c.sort == o {
			return titles[o] + " ▾"
		}
		return titles[o]
	}
	return c.env.Styles.Column.Render(strings.Repeat(" ", indent) + join(cols, title(byName), "BASE URL", "STATE", "AUTH", title(byToken), title(byCall)))
}

// join puts cells into their columns.
func join(cols columns, name, url, state, auth, token, call string) string {
	var b strings.Builder
	for _, cell := range []struct {
		text  string
		width int
	}{{name, cols.name}, {url, cols.url}, {state, cols.state}, {auth, cols.auth}, {token, cols.token}, {call, cols.call}} {
		if cell.width == 0 {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("  ")
		}
		b.WriteString(widget.Fit(cell.text, cell.width))
	}
	return strings.TrimRight(b.String(), " ")
}

// row renders one client. The selection is the marker alone: a row that was painted
// would cost five times the bytes for each key over SSH.
func (c *Clients) row(s *clients.Summary, cols columns, selected bool) string {
	st := c.env.Styles
	marker, mark, state := " ", " ", st.OK.Render("●")
	if selected {
		marker = st.Marker.Render("▌")
	}
	if c.marks[s.ID] {
		mark = st.Accent.Render("✓")
	}
	if s.State == model.Disabled {
		state = st.Muted.Render("○")
	}
	name, word := model.Printable(s.Name), string(s.State)
	if s.Protected {
		word += ", protected"
		if cols.state == 0 {
			name = widget.Truncate(name, cols.name-2) + " ◆"
		}
	}
	now := c.now()
	token, style := tokenCell(s, now)
	if style != nil {
		token = style(st).Render(token)
	}
	return " " + marker + mark + state + " " +
		join(cols, name, model.Printable(s.BaseURL), word, authWord(s.Method), token, callCell(s.Runtime, now))
}

func authWord(m model.AuthMethod) string {
	if m == model.AuthOAuth2 {
		return "OAuth 2.0"
	}
	return "No Auth"
}

// tokenCell is the token of a client in a word, with the style it is shown in.
func tokenCell(s *clients.Summary, now time.Time) (string, func(*styles) lipgloss.Style) {
	r := &s.Runtime
	switch left := r.TokenExpires.Sub(now); {
	case s.Method != model.AuthOAuth2:
		return "–", nil
	case r.TokenFailed:
		return "failed", func(st *styles) lipgloss.Style { return st.Danger }
	case r.TokenFetched.IsZero():
		return "–", nil
	case r.TokenExpires.IsZero():
		return "fetched", nil
	case left <= 0:
		return "expired", func(st *styles) lipgloss.Style { return st.Warn }
	case left < 100*time.Second: // counted one by one, so that the end is seen to come
		return strconv.Itoa(int((left+time.Second-1)/time.Second)) + "s left", nil
	default:
		return widget.Left(left) + " left", nil
	}
}

// callCell is the last call of a client: its status and how long ago it was.
func callCell(r model.Runtime, now time.Time) string {
	switch {
	case r.LastCallAt.IsZero():
		return "–"
	case r.LastStatus == 0:
		return "fail · " + widget.Ago(now.Sub(r.LastCallAt))
	}
	return strconv.Itoa(r.LastStatus) + " · " + widget.Ago(now.Sub(r.LastCallAt))
}
