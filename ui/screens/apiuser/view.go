package apiuser

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"ferry/model"
	"ferry/ui/screens/gatewayrule"
	"ferry/ui/widget"
)

// View implements screen.Screen.
func (u *User) View() string {
	switch {
	case u.width == 0 || u.height == 0:
		return ""
	case u.actions.Keys.Held():
		return u.actions.Keys.View()
	case u.seen == nil && u.err != nil:
		e := model.AsError(u.err)
		st := u.env.Styles
		return "\n  " + st.Danger.Render("✗ "+model.Printable(e.Message)) + "\n\n  " + st.HelpKey.Render("R") + " tries again"
	case u.seen == nil:
		return "\n  loading …"
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
	list := 2 + len(u.seen.keys) + about
	list = min(list, max(u.height/2, u.height-fields, 4))
	u.fieldRows = max(min(fields, u.height-list), 0)
	u.view.SetSize(u.width, max(min(u.fieldRows, fields-1), 0))
	u.scroll.Resize(len(u.seen.keys), max(list-2-about, 0))
}

// render makes the fields anew, keeping where they are scrolled to.
func (u *User) render() {
	if u.seen == nil || u.width == 0 {
		return
	}
	p := &page{u: u}
	p.state()
	p.access()
	p.permissions()
	p.history()
	u.view.Replace(p.lines)
	u.share(len(p.lines))
}

// page collects the lines of the fields.
type page struct {
	u     *User
	lines []string
}

const labelWidth = 17

// field adds a label and a value, which wraps below itself.
func (p *page) field(label, value string) {
	room := max(p.u.width-labelWidth-4, 10)
	for i, l := range widget.Wrap(value, room) {
		if i > 0 {
			label = ""
		}
		p.lines = append(p.lines, "   "+p.u.env.Styles.Muted.Render(widget.Fit(label, labelWidth))+l)
	}
}

func (p *page) state() {
	st, us := p.u.env.Styles, &p.u.seen.user
	state := st.OK.Render("●") + " active"
	switch {
	case us.State == model.Disabled:
		state = st.Muted.Render("○") + " disabled: gets no tokens (m activates it)"
	case us.Expired(p.u.now()):
		state = st.Warn.Render("○ expired") + ": gets no tokens (e sets another end)"
	}
	if p.u.env.Hub.Space.Protected {
		state += " · ◆ protected space"
	}
	p.field("State", state)
	p.field("Username", model.Printable(us.Username)+st.Muted.Render("  (the client_id)"))
	if us.Description != "" {
		p.field("Description", model.Printable(us.Description))
	}
}

func (p *page) access() {
	st, us, at := p.u.env.Styles, &p.u.seen.user, p.u.seen.endpoint
	oauth := "off: the token endpoint refuses it (e switches it on)"
	if us.OAuth {
		oauth = "on · access tokens live " + strconv.Itoa(int(us.TTL/time.Minute)) + " min"
	}
	p.field("OAuth 2.0", oauth)
	if us.BearerKeys {
		p.field("Gateway", "takes an API key itself as Bearer")
	}
	note := ""
	switch {
	case !at.Running && at.Guessed:
		note = st.Muted.Render("  (assumed: no server)")
	case !at.Running:
		note = st.Muted.Render("  (no server runs here)")
	}
	p.field("Token URL", model.Printable(at.URL)+note)
	networks := "anywhere"
	if len(p.u.seen.view.From) > 0 {
		networks = strings.Join(p.u.seen.view.From, ", ")
	}
	p.field("From", networks)
	if !us.Expires.IsZero() {
		p.field("Expires", ends(us.Expires, p.u.now()))
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
	list := p.u.seen.view.Permissions
	if len(list) == 0 {
		p.field("Permissions", "none: it can sign in and do nothing")
		return
	}
	label := "Permissions"
	add := func(area, value string) {
		p.lines = append(p.lines, "   "+p.u.env.Styles.Muted.Render(widget.Fit(label, labelWidth))+widget.Fit(area, 11)+value)
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
	area, room := "call", max(p.u.width-labelWidth-3-11-1, 10)
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
	for i := range p.u.seen.calls {
		switch c := &p.u.seen.calls[i]; {
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
	if p.u.width < 64 {
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

func (p *page) history() {
	us := &p.u.seen.user
	p.field("Created", stamp(us.Created))
	if us.Revision > 1 {
		p.field("Changed", stamp(us.Updated)+", revision "+strconv.FormatUint(us.Revision, 10))
	}
}

func stamp(s model.Stamp) string {
	return s.At.UTC().Format("2006-01-02 15:04") + " UTC by " + model.Printable(s.By)
}
