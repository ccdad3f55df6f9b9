package apiuser

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"ferry/model"
	"ferry/ui/screens/gatewayrule"
	"ferry/ui/screens/record"
	"ferry/ui/widget"
)

// View implements screen.Screen.
func (u *User) View() string {
	if u.Width > 0 && u.Height > 0 && u.actions.Keys.Held() {
		return u.actions.Keys.View()
	}
	if view, is := u.Without(); is {
		return view
	}
	top := strings.Split(u.view.View(), "\n")
	for len(top) < u.fieldRows {
		top = append(top, "")
	}
	return strings.Join(append(top, u.keyLines()...), "\n")
}

// share shares the rows out between the fields, of which there are so many lines, and the
// keys with their heading: each gets what it needs, or else half.
func (u *User) share(fields int) {
	fields++ // an empty line between
	about := 0
	if u.details() {
		about = 1
	}
	list := 2 + len(u.Seen.keys) + about
	list = min(list, max(u.Height/2, u.Height-fields, 4))
	u.fieldRows = max(min(fields, u.Height-list), 0)
	u.view.SetSize(u.Width, max(min(u.fieldRows, fields-1), 0))
	u.scroll.Resize(len(u.Seen.keys), max(list-2-about, 0))
}

// render makes the fields anew, keeping where they are scrolled to.
func (u *User) render() {
	if u.Seen == nil || u.Width == 0 {
		return
	}
	p := &page{record.NewFields(u.Env.Styles, u.Width, labelWidth), u}
	p.state()
	p.access()
	p.permissions()
	p.History(u.Seen.user.Created, u.Seen.user.Updated, u.Seen.user.Revision)
	u.view.Replace(p.Lines)
	u.share(len(p.Lines))
}

// page collects the lines of the fields.
type page struct {
	record.Fields
	u *User
}

const labelWidth = 17

func (p *page) state() {
	st, us := p.u.Env.Styles, &p.u.Seen.user
	state := st.OK.Render("●") + " active"
	switch {
	case us.State == model.Disabled:
		state = st.Muted.Render("○") + " disabled: gets no tokens (m activates it)"
	case us.Expired(p.u.Now()):
		state = st.Warn.Render("○ expired") + ": gets no tokens (e sets another end)"
	}
	if p.u.Env.Hub.Space.Protected {
		state += " · ◆ protected space"
	}
	p.Field("State", state)
	p.Field("Username", model.Printable(us.Username)+st.Muted.Render("  (the client_id)"))
	p.Text("Description", us.Description)
}

func (p *page) access() {
	st, us, at := p.u.Env.Styles, &p.u.Seen.user, p.u.Seen.endpoint
	oauth := "off: the token endpoint refuses it (e switches it on)"
	if us.OAuth {
		oauth = "on · access tokens live " + strconv.Itoa(int(us.TTL/time.Minute)) + " min"
	}
	p.Field("OAuth 2.0", oauth)
	if us.BearerKeys {
		p.Field("Gateway", "takes an API key itself as Bearer")
	}
	note := ""
	switch {
	case !at.Running && at.Guessed:
		note = st.Muted.Render("  (assumed: no server)")
	case !at.Running:
		note = st.Muted.Render("  (no server runs here)")
	}
	p.Field("Token URL", model.Printable(at.URL)+note)
	networks := "anywhere"
	if len(p.u.Seen.view.From) > 0 {
		networks = strings.Join(p.u.Seen.view.From, ", ")
	}
	p.Field("From", networks)
	if !us.Expires.IsZero() {
		p.Field("Expires", ends(us.Expires, p.u.Now()))
	}
}

// ends is when something expires, and in how long.
func ends(t, now time.Time) string {
	text := t.UTC().Format("2006-01-02 15:04") + " UTC"
	if !t.After(now) {
		return text + ", over"
	}
	return text + ", in " + widget.Left(t.Sub(now))
}

// permissions shows the rows of the grid that hold any, then the others.
func (p *page) permissions() {
	list := p.u.Seen.view.Permissions
	if len(list) == 0 {
		p.Field("Permissions", "none: it can sign in and do nothing")
		return
	}
	label := "Permissions"
	add := func(area, value string) {
		p.Lines = append(p.Lines, p.Labelled(label, widget.Fit(area, 11)+value))
		label = ""
	}
	var rest []string
	for _, s := range list {
		if _, call := model.Permission(s).Callee(); !call && !slices.ContainsFunc(model.PermissionAreas(), func(a string) bool { return gridded(s, a) }) {
			rest = append(rest, s)
		}
	}
	for _, area := range model.PermissionAreas() {
		if slices.ContainsFunc(list, func(s string) bool { return gridded(s, area) }) {
			add(area, p.verbs(area, list))
		}
	}
	if len(rest) > 0 {
		add("also", strings.Join(rest, "  "))
	}
	p.calls(add)
}

// calls shows what it may call, a line each with the rule in words: several lines only where
// it is not all the same.
func (p *page) calls(add func(area, value string)) {
	area, room := "call", max(p.u.Width-labelWidth-3-11-1, 10)
	line := func(text string) {
		for i, l := range widget.Wrap(text, room) {
			if i > 0 {
				l = "  " + l
			}
			add(area, widget.Truncate(l, room))
			area = ""
		}
	}
	var free []string
	for i := range p.u.Seen.calls {
		switch c := &p.u.Seen.calls[i]; {
		case !c.Permitted:
		case c.Rule == nil:
			free = append(free, model.Printable(c.Name))
		default:
			line(model.Printable(c.Name) + ": " + gatewayrule.Words(c.Rule))
		}
	}
	if len(free) > 0 {
		line(strings.Join(free, ", ") + ": " + gatewayrule.Words(nil))
	}
}

// gridded reports whether a permission is in the grid's row of an area.
func gridded(permission, area string) bool {
	a, verb, ok := strings.Cut(permission, ":")
	return ok && a == area && slices.Contains(model.PermissionVerbs(), verb)
}

func (p *page) verbs(area string, list []string) string {
	var out []string
	gap := "  "
	if p.u.Width < 64 {
		gap = " "
	}
	for _, verb := range model.PermissionVerbs() {
		text := verb
		if !slices.Contains(list, string(model.Permit(area, verb))) {
			text = "–"
		}
		out = append(out, widget.Fit(text, 6))
	}
	return strings.TrimRight(strings.Join(out, gap), " ")
}
