package apiusers

import (
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/dustin/go-humanize"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/ui/screens/listing"
	"ferry/ui/widget"
)

// columns are the widths of the columns; 0 is a column that is not shown.
type columns struct{ name, oauth, permits, keys, used int }

const (
	indent       = 4  // " ▌● "
	oauthWidth   = 10 // on · 1440m
	permitsWidth = 11 // 23 · call 4
	keysWidth    = 19 // 20 · expires in 13d
	usedWidth    = 11 // LAST USED ▾
	nameWidth    = 14 // at least, or a column of less use goes
)

// layout shares the width out. What does not fit at 60 columns goes, what is left at 110
// shows more of the permissions.
func layout(width, names int) columns {
	c := columns{oauth: oauthWidth, keys: keysWidth}
	rest := width - indent - 1 - oauthWidth - keysWidth - 2*2
	if rest-usedWidth-2 >= nameWidth {
		c.used = usedWidth
		rest -= usedWidth + 2
	}
	if rest-permitsWidth-2 >= nameWidth {
		c.permits = max(permitsWidth, rest-2-max(names, nameWidth)-2)
		rest -= c.permits + 2
	}
	c.name = max(rest, 8)
	return c
}

// View implements screen.Screen. It renders the rows that show, whatever their number.
func (u *Users) View() string {
	switch {
	case u.width == 0 || u.height == 0:
		return ""
	case u.actions.Keys.Held():
		return u.actions.Keys.View()
	case len(u.list.Rows) == 0:
		return u.emptyView()
	}
	cols := layout(u.width, u.list.Widest)
	var lines []string
	if u.list.Informs() {
		lines = append(lines, u.list.Info())
	}
	if u.warns() {
		lines = append(lines, u.warning())
	}
	lines = append(lines, u.heading(cols))
	lines = append(lines, u.list.NoMatch("API user")...)
	from, to := u.list.Scroll.Window()
	for i := from; i < to; i++ {
		lines = append(lines, u.row(&u.list.Rows[u.list.Match[i]], cols, i == u.list.Scroll.Cursor))
	}
	return strings.Join(lines, "\n")
}

func (u *Users) emptyView() string {
	st := u.env.Styles
	return u.list.Empty(
		"  "+st.Bold.Render("No API users yet."), "",
		"  An API user is how another system signs in to this hub:",
		"  a client_id, what it may do, and API keys as its secrets.", "",
		"  "+st.HelpKey.Render("n")+" creates the first one",
	)
}

func (u *Users) warns() bool { return u.ending > 0 }

// warning says how many keys expire soon.
func (u *Users) warning() string {
	st := u.env.Styles
	text := "! " + humanize.Comma(int64(u.ending)) + " keys expire within 14 days"
	if u.ending == 1 {
		text = "! 1 key expires within 14 days"
	}
	does := " shows whose"
	if u.soon {
		does = " shows all users again"
	}
	return " " + st.Warn.Render(text) + "   " + st.HelpKey.Render("w") + st.Muted.Render(does)
}

// Cursor is in the filter while that is typed.
func (u *Users) Cursor() *tea.Cursor {
	if u.actions.Keys.Held() {
		return nil
	}
	return u.list.Cursor()
}

func (u *Users) heading(cols columns) string {
	title := func(o order, name string) string {
		if u.sort == o {
			return name + " ▾"
		}
		return name
	}
	return u.env.Styles.Column.Render(strings.Repeat(" ", indent) +
		join(cols, title(byName, "NAME"), "OAUTH 2.0", "PERMISSIONS", title(byKey, "KEYS"), title(byUse, "LAST USED")))
}

func join(cols columns, name, oauth, permits, keys, used string) string {
	return listing.Join(
		listing.Cell{Text: name, Width: cols.name}, listing.Cell{Text: oauth, Width: cols.oauth},
		listing.Cell{Text: permits, Width: cols.permits}, listing.Cell{Text: keys, Width: cols.keys}, listing.Cell{Text: used, Width: cols.used},
	)
}

// row renders one user. The selection is the marker alone.
func (u *Users) row(s *apiusers.Summary, cols columns, selected bool) string {
	st, now := u.env.Styles, u.now()
	marker, state := " ", st.OK.Render("●")
	if selected {
		marker = st.Marker.Render("▌")
	}
	name, oauth := model.Printable(s.User.Username), "off"
	if s.User.OAuth {
		oauth = "on · " + strconv.Itoa(int(s.User.TTL/time.Minute)) + "m"
	}
	switch {
	case s.User.State == model.Disabled:
		state = st.Muted.Render("○")
	case s.User.Expired(now):
		state, oauth = st.Warn.Render("○"), st.Warn.Render("expired")
	}
	keys := keysCell(s, now)
	if endsSoon(s, now) {
		keys = st.Warn.Render(keys)
	}
	return " " + marker + state + " " + join(cols, name, oauth, permitsCell(s.Scopes, cols.permits), keys, usedCell(s, now))
}

// permitsCell is the permissions of a user if they fit, else how many there are, with
// those to call apart.
func permitsCell(scopes []string, width int) string {
	if len(scopes) == 0 {
		return "none"
	}
	calls := 0
	for _, s := range scopes {
		if _, ok := model.Permission(s).Callee(); ok {
			calls++
		}
	}
	if len(scopes)*7 <= width { // none is shorter with the space behind it
		if text := model.Printable(strings.Join(scopes, " ")); widget.Width(text) <= width {
			return text
		}
	}
	switch rest := len(scopes) - calls; {
	case calls == 0:
		return strconv.Itoa(rest)
	case rest == 0:
		return "call " + strconv.Itoa(calls)
	default:
		return strconv.Itoa(rest) + " · call " + strconv.Itoa(calls)
	}
}

// keysCell is how many active keys a user has, and when the next one ends if that is soon.
func keysCell(s *apiusers.Summary, now time.Time) string {
	if s.Keys == 0 {
		return "none"
	}
	text := strconv.Itoa(s.Keys)
	if endsSoon(s, now) {
		text += " · expires in " + widget.Left(s.KeyExpires.Sub(now))
	}
	return text
}

func usedCell(s *apiusers.Summary, now time.Time) string {
	if s.LastUsed.IsZero() {
		return "never"
	}
	return widget.Ago(now.Sub(s.LastUsed)) + " ago"
}
