package token

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"ferry/model"
	"ferry/ui/screens/nextstep"
	"ferry/ui/widget"
)

const labelCells = 12

// View implements screen.Screen.
func (p *Panel) View() string {
	if p.size.width <= 0 || p.size.height <= 0 {
		return ""
	}
	lines := p.lines()
	top := min(p.top, max(len(lines)-p.size.height, 0))
	lines = lines[top:min(top+p.size.height, len(lines))]
	for i, l := range lines {
		lines[i] = widget.Truncate(l, p.size.width)
	}
	if p.more(top) && len(lines) == p.size.height {
		last := len(lines) - 1
		mark := p.env.Styles.Muted.Render(" ↓ more")
		lines[last] = widget.Truncate(widget.Fit(lines[last], max(p.size.width-8, 0))+mark, p.size.width)
	}
	return strings.Join(lines, "\n")
}

func (p *Panel) more(top int) bool { return len(p.lines()) > top+p.size.height }

func (p *Panel) scroll(by int) {
	p.top = max(min(p.top+by, len(p.lines())-p.size.height), 0)
}

// lines is the whole panel; the view shows a part of it.
func (p *Panel) lines() []string {
	switch {
	case p.gone != nil:
		return p.problem(p.gone, "")
	case p.client == nil:
		return []string{" loading …"}
	}
	if p.login != nil {
		return p.loginLines()
	}
	before, exchanges, after := p.sections()
	return slices.Concat(before, exchanges, after)
}

// sections are the panel in three parts. An exchange that failed comes before what is
// known of a token that is still good: it is why somebody looks.
func (p *Panel) sections() (before, exchanges, after []string) {
	before, exchanges = p.stateLines(), p.exchangeLines()
	t := p.known.Token
	if !t.Access.IsSet() {
		return before, exchanges, nil
	}
	about := slices.Concat(p.tokenLines(t), p.introspectionLines(), p.claimLines())
	if list := p.exchanges(); len(list) > 0 && (list[0].Status == 0 || list[0].Status >= http.StatusBadRequest) {
		return before, exchanges, about
	}
	return append(before, about...), exchanges, nil
}

func (p *Panel) row(label string, text ...string) []string {
	var out []string
	for _, t := range text {
		for _, l := range widget.Wrap(t, max(p.size.width-labelCells-2, 1)) {
			out = append(out, " "+p.env.Styles.Muted.Render(widget.Fit(label, labelCells))+" "+l)
			label = ""
		}
	}
	return out
}

// paint wraps text behind its lead, and gives each line the style.
func (p *Panel) paint(style lipgloss.Style, lead, text string) []string {
	indent := widget.Width(lead)
	lines := widget.Wrap(text, max(p.size.width-labelCells-2-indent, 1))
	for i, l := range lines {
		lines[i] = style.Render(lead + l)
		lead = strings.Repeat(" ", indent)
	}
	return lines
}

// problem is what failed and what to do about it in the console.
func (p *Panel) problem(e *model.Error, next string) []string {
	st := p.env.Styles
	text := e.Message
	if next == "" {
		text = nextstep.Text(e)
	}
	out := p.row("Problem", p.paint(st.Danger, "✗ ", model.Printable(text))...)
	if next != "" {
		out = append(out, p.row("", p.paint(st.Muted, "next: ", model.Printable(next))...)...)
	}
	return out
}

// next says what to do about a failure here, where there are keys instead of commands.
func next(code model.Code, rejected bool) string {
	switch {
	case rejected, code == model.ERejected:
		return "e edits the client to give the right secret; r sends the same one once more"
	case code == model.EIncomplete:
		return "e edits the client to give what is missing"
	case code == model.EDisabled:
		return "a activates the client"
	case code == model.EUnreachable, code == model.ETimeout, code == model.EInterrupted:
		return "r tries again; e edits the client"
	case code == model.EPermission:
		return "r asks for a code with which a person signs in"
	case code == model.EInvalid:
		return "e edits the client"
	case code == model.EUpstream:
		return "look at the exchange below; e edits the client, r tries again"
	}
	return ""
}

func (p *Panel) stateLines() []string {
	st, now := p.env.Styles, p.env.Hub.Now()
	var out []string
	out = append(out, p.warnings()...)
	if p.client.State == model.Disabled {
		out = append(out, p.row("Client", st.Warn.Render("○ disabled")+": it fetches no tokens and makes no calls; a activates it")...)
	}
	if p.act.Running() {
		since := widget.Ago(now.Sub(p.began))
		out = append(out, p.row("Working", st.Info.Render("… "+p.doing+", "+since)+st.Muted.Render("  esc cancels"))...)
	}
	failed := p.failed
	if f := p.known.Failed; failed == nil && f != nil {
		failed = &model.Error{Code: f.Code, Message: f.Message, Next: f.Next}
	}
	if failed != nil && !p.act.Running() {
		out = append(out, p.problem(failed, next(failed.Code, p.known.Rejected))...)
	}
	return append(out, p.row("State", p.state(p.known.Token, now))...)
}

// afterEnd says what becomes of a token that has expired.
func (p *Panel) afterEnd() string {
	if p.needsPerson() {
		return "a person must sign in again; press r to ask for a code"
	}
	return "the next call renews it, r does now"
}

// warnings are what makes a client's exchanges less private than they look, in words.
func (p *Panel) warnings() []string {
	st, c := p.env.Styles, p.client
	var out []string
	if c.TLS.Insecure {
		out = append(out, p.row("Insecure", st.Danger.Render("! certificates are not checked")+": anybody on the way can read and change what is sent")...)
	}
	switch proxy := c.Transport.Proxy; proxy {
	case "":
	case model.ProxyNone:
		out = append(out, p.row("Proxy", "none, whatever the environment says")...)
	default:
		out = append(out, p.row("Proxy", "through "+model.Printable(proxy))...)
	}
	if q := c.Auth.Place.Query; q != "" {
		out = append(out, p.row("Placed", st.Warn.Render("! in the query as "+model.Printable(q))+": it ends up in logs")...)
	} else if h := c.Auth.Place.Header; h != "" {
		out = append(out, p.row("Placed", "in the header "+model.Printable(h))...)
	}
	return out
}

// state is what the token is good for now: a sign, a word and a countdown.
func (p *Panel) state(t model.Token, now time.Time) string {
	st := p.env.Styles
	switch {
	case !p.client.UsesOAuth():
		return st.Muted.Render("– no token") + ": this client has no authentication; e edits it"
	case !t.Access.IsSet() && p.needsPerson() && p.failed == nil && p.known.Failed == nil:
		return st.Muted.Render("– no token") + ": a person must sign in; press r to ask for a code"
	case !t.Access.IsSet() && (p.client.State == model.Disabled || p.act.Running() || p.failed != nil || p.known.Failed != nil):
		return st.Muted.Render("– no token")
	case !t.Access.IsSet():
		return st.Muted.Render("– no token") + ": press r to fetch one; opening this page asks nobody"
	case t.Expires.IsZero():
		return st.OK.Render("● valid") + ", as far as is known: the endpoint gave no usable lifetime"
	case !now.Before(t.Expires):
		return st.Danger.Render("○ expired") + " " + widget.Ago(now.Sub(t.Expires)) + " ago: " + p.afterEnd()
	}
	word := st.OK.Render("● valid")
	if !t.Fresh(now) {
		word = st.Warn.Render("◐ due for renewal")
	}
	bar := min(max(p.size.width-labelCells-34, 5), 30)
	return word + "  " + widget.Countdown(st, t.Expires.Sub(now), t.Life(), bar)
}
