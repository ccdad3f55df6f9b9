package clients

import (
	"strconv"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"ferry/model"
	"ferry/model/clients"
	"ferry/ui/screens/listing"
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

func (c *Clients) none() []string {
	st := c.Env.Styles
	return []string{
		"  " + st.Bold.Render("No API clients yet."), "",
		"  An API client is a connection to another system's REST",
		"  API: a base URL, how to authenticate, and headers.", "",
		"  " + st.HelpKey.Render("n") + " creates the first one",
	}
}

func (c *Clients) table() (string, func(*clients.Summary) string) {
	cols := layout(c.Width, c.Widest)
	heading := join(cols, c.Heading(byName, "NAME"), "BASE URL", "STATE", "AUTH", c.Heading(byToken, "TOKEN"), c.Heading(byCall, "LAST CALL"))
	return strings.Repeat(" ", indent) + heading, func(s *clients.Summary) string { return c.row(s, cols) }
}

// join puts cells into their columns.
func join(cols columns, name, url, state, auth, token, call string) string {
	return listing.Join(
		listing.Cell{Text: name, Width: cols.name}, listing.Cell{Text: url, Width: cols.url}, listing.Cell{Text: state, Width: cols.state},
		listing.Cell{Text: auth, Width: cols.auth}, listing.Cell{Text: token, Width: cols.token}, listing.Cell{Text: call, Width: cols.call},
	)
}

// row renders one client.
func (c *Clients) row(s *clients.Summary, cols columns) string {
	st, now := c.Env.Styles, c.Env.Hub.Now()
	state := st.OK.Render("●")
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
	url := model.Printable(s.BaseURL)
	if s.Insecure { // a word, never silent, and it is the address that gives way
		url = st.Warn.Render("insecure") + " " + widget.Truncate(url, max(cols.url-len("insecure "), 0))
	}
	token, style := tokenCell(s, now)
	if style != nil {
		token = style(st).Render(token)
	}
	return state + " " + join(cols, name, url, word, authWord(s.Method), token, callCell(s.Runtime, now))
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
