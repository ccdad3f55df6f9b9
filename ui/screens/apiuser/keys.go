package apiuser

import (
	"strconv"
	"strings"
	"time"

	"ferry/model"
	"ferry/model/keys"
	"ferry/ui/screens/listing"
	"ferry/ui/screens/newkey"
	"ferry/ui/screens/record"
	"ferry/ui/widget"
)

// columns are the widths of the columns of keys; 0 is one that is not shown.
type columns struct{ label, id, created, used, expires, state int }

const indent = 4 // " ▌● "

func keyColumns(width int) columns {
	c := columns{id: 8, used: 9, expires: 12, state: 8}
	rest := width - indent - 1
	if width >= 76 {
		c.created = 10
	}
	if width >= 90 {
		c.used = 26
	}
	if width < 70 {
		c.state = 7
	}
	for _, w := range []int{c.id, c.created, c.used, c.expires, c.state} {
		if w > 0 {
			rest -= w + 2
		}
	}
	c.label = max(rest, 8)
	return c
}

// keyLines are the heading and the rows of keys that show.
func (u *User) keyLines() []string {
	st, list := u.Env.Styles, u.Seen.keys
	active := 0
	for i := range list {
		if list[i].Key.State(u.Now()) == model.KeyActive {
			active++
		}
	}
	title := " " + st.Section.Render("KEYS")
	if len(list) > 0 {
		title += " " + strconv.Itoa(active) + " active"
		if rest := len(list) - active; rest > 0 {
			title += ", " + strconv.Itoa(rest) + " ended"
		}
	}
	if u.view.More() {
		title += st.Faint.Render("   ↑ ^d shows more of the above")
	}
	if len(list) == 0 {
		return []string{title, "   none yet; " + st.HelpKey.Render("a") + " generates an API token, which is shown once"}
	}
	cols := keyColumns(u.Width)
	out := []string{title, st.Column.Render(strings.Repeat(" ", indent) + join(cols, "LABEL", "ID", "CREATED", "LAST USED", "EXPIRES", "STATE"))}
	out = append(out, listing.Window(st, &u.scroll, func(i int) string { return u.keyRow(&list[i], cols) })...)
	if k := u.current(); k != nil && u.details() {
		out = append(out, strings.Repeat(" ", indent)+st.Muted.Render(widget.Truncate(about(k, u.Now()), u.Width-indent-1)))
	}
	return out
}

// details reports whether there is room for a line about the key under the cursor.
func (u *User) details() bool { return u.Height >= 14 && len(u.Seen.keys) > 0 }

// about is what the columns have no room for.
func about(s *keys.Summary, now time.Time) string {
	text := "made " + record.Stamp(s.Key.Created)
	if s.Use.At.IsZero() {
		return text + " · never used"
	}
	text += " · used " + widget.Ago(now.Sub(s.Use.At)) + " ago"
	if s.Use.Addr != "" {
		text += " from " + model.Printable(s.Use.Addr)
	}
	return text
}

func join(c columns, label, id, created, used, expires, state string) string {
	return listing.Join(
		listing.Cell{Text: label, Width: c.label}, listing.Cell{Text: id, Width: c.id}, listing.Cell{Text: created, Width: c.created},
		listing.Cell{Text: used, Width: c.used}, listing.Cell{Text: expires, Width: c.expires}, listing.Cell{Text: state, Width: c.state},
	)
}

func (u *User) keyRow(s *keys.Summary, cols columns) string {
	st, now := u.Env.Styles, u.Now()
	sign := st.OK.Render("●")
	state := s.Key.State(now)
	if state != model.KeyActive {
		sign = st.Muted.Render("○")
	}
	label := model.Printable(s.Key.Label)
	if label == "" {
		label = st.Faint.Render("(no label)")
	}
	expires := expiryCell(&s.Key, state, now)
	if state == model.KeyActive && soon(&s.Key, now) {
		expires = st.Warn.Render(expires)
	}
	return sign + " " + join(cols, label, newkey.Short(s.Key.ID), s.Key.Created.At.UTC().Format("2006-01-02"),
		usedCell(s, now, cols.used), expires, string(state))
}

func soon(k *model.APIKey, now time.Time) bool {
	return !k.Expires.IsZero() && k.Expires.Sub(now) <= model.ExpiringSoon
}

// expiryCell is when a key ends; a word says when that is soon.
func expiryCell(k *model.APIKey, state model.KeyState, now time.Time) string {
	switch {
	case state == model.KeyRevoked:
		return k.Revoked.At.UTC().Format("2006-01-02")
	case k.Expires.IsZero():
		return "never"
	case state == model.KeyActive && soon(k, now):
		return "! in " + widget.Left(k.Expires.Sub(now))
	}
	return k.Expires.UTC().Format("2006-01-02")
}

func usedCell(s *keys.Summary, now time.Time, width int) string {
	if s.Use.At.IsZero() {
		return "never"
	}
	text := widget.Ago(now.Sub(s.Use.At)) + " ago"
	if s.Use.Addr != "" && width > 12 {
		text += " · " + model.Printable(s.Use.Addr)
	}
	return text
}
