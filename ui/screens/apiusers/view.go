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

// View implements screen.Screen.
func (u *Users) View() string {
	if u.Width > 0 && u.Height > 0 && u.actions.Keys.Held() {
		return u.actions.Keys.View()
	}
	return u.List.View()
}

func (u *Users) none() []string {
	st := u.Env.Styles
	return []string{
		"  " + st.Bold.Render("No API users yet."), "",
		"  An API user is how another system signs in to this hub:",
		"  a client_id, what it may do, and API keys as its secrets.", "",
		"  " + st.HelpKey.Render("n") + " creates the first one",
	}
}

// warning says how many keys expire soon, if any does.
func (u *Users) warning() []string {
	if u.ending == 0 {
		return nil
	}
	st := u.Env.Styles
	text := "! " + humanize.Comma(int64(u.ending)) + " keys expire within 14 days"
	if u.ending == 1 {
		text = "! 1 key expires within 14 days"
	}
	does := " shows whose"
	if u.soon {
		does = " shows all users again"
	}
	return []string{" " + st.Warn.Render(text) + "   " + st.HelpKey.Render("w") + st.Muted.Render(does)}
}

// Cursor implements screen.CursorHolder.
func (u *Users) Cursor() *tea.Cursor {
	if u.actions.Keys.Held() {
		return nil
	}
	return u.List.Cursor()
}

func (u *Users) table() (string, func(*apiusers.Summary) string) {
	cols := layout(u.Width, u.Widest)
	heading := join(cols, u.Heading(byName, "NAME"), "OAUTH 2.0", "PERMISSIONS", u.Heading(byKey, "KEYS"), u.Heading(byUse, "LAST USED"))
	return strings.Repeat(" ", indent) + heading, func(s *apiusers.Summary) string { return u.row(s, cols) }
}

func join(cols columns, name, oauth, permits, keys, used string) string {
	return listing.Join(
		listing.Cell{Text: name, Width: cols.name}, listing.Cell{Text: oauth, Width: cols.oauth},
		listing.Cell{Text: permits, Width: cols.permits}, listing.Cell{Text: keys, Width: cols.keys}, listing.Cell{Text: used, Width: cols.used},
	)
}

// row renders one user.
func (u *Users) row(s *apiusers.Summary, cols columns) string {
	st, now := u.Env.Styles, u.Env.Hub.Now()
	state := st.OK.Render("●")
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
	return state + " " + join(cols, name, oauth, permitsCell(s.Scopes, cols.permits), keys, usedCell(s, now))
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
