package token

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"ferry/model"
	"ferry/ui/screens/nextstep"
	"ferry/ui/widget"
	"ferry/ui/widget/exchange"
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
	out := p.stateLines()
	t := p.known.Token
	if t.Access.IsSet() {
		out = append(out, p.tokenLines(t)...)
		out = append(out, p.claimLines()...)
	}
	return append(out, p.exchangeLines()...)
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

// problem is what failed and what to do about it in the console.
func (p *Panel) problem(e *model.Error, next string) []string {
	st := p.env.Styles
	text := e.Message
	if next == "" {
		text = nextstep.Text(e)
	}
	out := p.row("Problem", st.Danger.Render("✗ "+model.Printable(text)))
	if next != "" {
		out = append(out, p.row("", st.Muted.Render("next: "+model.Printable(next)))...)
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
	case code == model.EUpstream:
		return "look at the exchange below; e edits the client, r tries again"
	}
	return ""
}

func (p *Panel) stateLines() []string {
	st, now := p.env.Styles, p.env.Hub.Now()
	var out []string
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

// state is what the token is good for now: a sign, a word and a countdown.
func (p *Panel) state(t model.Token, now time.Time) string {
	st := p.env.Styles
	switch {
	case !p.client.UsesOAuth():
		return st.Muted.Render("– no token") + ": this client has no authentication; e edits it"
	case !t.Access.IsSet() && (p.client.State == model.Disabled || p.act.Running() || p.failed != nil || p.known.Failed != nil):
		return st.Muted.Render("– no token")
	case !t.Access.IsSet():
		return st.Muted.Render("– no token") + ": press r to fetch one; opening this page asks nobody"
	case t.Expires.IsZero():
		return st.OK.Render("● valid") + ", as far as is known: the endpoint gave no usable lifetime"
	case !now.Before(t.Expires):
		return st.Danger.Render("○ expired") + " " + widget.Ago(now.Sub(t.Expires)) + " ago: the next call renews it, r does now"
	}
	word := st.OK.Render("● valid")
	if !t.Fresh(now) {
		word = st.Warn.Render("◐ due for renewal")
	}
	bar := min(max(p.size.width-labelCells-34, 5), 30)
	return word + "  " + widget.Countdown(st, t.Expires.Sub(now), t.Life(), bar)
}

func (p *Panel) tokenLines(t model.Token) []string {
	st, now := p.env.Styles, p.env.Hub.Now()
	out := p.row("Renewal", p.renewal(t))
	scope := model.Printable(t.Scope)
	if scope == "" {
		scope = st.Muted.Render("(none)")
	}
	out = append(out, p.row("Type", model.Printable(t.Type)+st.Muted.Render("   sent as "+string(t.SentAs)+", fetched "+widget.Ago(now.Sub(t.Fetched))+" ago"))...)
	out = append(out, p.row("Scope", scope)...)
	if !p.showing() {
		return append(out, p.row("Token", t.Access.String()+st.Muted.Render("   v shows it for 10 s, y copies it"))...)
	}
	left := widget.Left(p.shownUntil.Sub(now))
	out = append(out, p.row("Token", st.Warn.Render("! shown")+st.Muted.Render(", hidden in "+left+"; v hides it now"))...)
	return append(out, p.row("", model.Printable(p.shown.Reveal()))...)
}

// renewal says when the next call fetches a new token, and why then.
func (p *Panel) renewal(t model.Token) string {
	if t.Expires.IsZero() {
		until := t.Fetched.Add(model.UnknownLifetime)
		return "used until " + clock(until) + " (5 minutes) or until an API refuses it, because its lifetime is unknown"
	}
	early := widget.Left(t.Expires.Sub(t.RenewAt()).Round(time.Second))
	return "by the first call after " + clock(t.RenewAt()) + ", " + early + " before it expires at " + clock(t.Expires) +
		", so that no call meets an expired token"
}

func clock(t time.Time) string { return t.Local().Format("15:04:05") }

func (p *Panel) claimLines() []string {
	st := p.env.Styles
	if p.claims == nil {
		return p.row("Claims", st.Muted.Render("… decoding"))
	}
	c := p.claims
	verdict := st.Warn.Render("! signature not verified")
	switch c.Verdict {
	case model.VerdictOpaque:
		verdict = st.Muted.Render("– opaque token, nothing to decode")
	case model.VerdictValid:
		verdict = st.OK.Render("✓ signature valid")
	case model.VerdictInvalid:
		verdict = st.Danger.Render("✗ signature invalid")
	}
	if c.Detail != "" {
		verdict += st.Muted.Render(": " + model.Printable(c.Detail))
	}
	out := p.row("Claims", verdict)
	if c.Opaque {
		return out
	}
	var header bytes.Buffer
	if json.Compact(&header, []byte(c.Header)) == nil {
		out = append(out, p.row("  header", widget.HighlightJSON(st, model.Printable(header.String())))...)
	} else {
		out = append(out, p.row("  header", model.Printable(c.Header))...)
	}
	label := "  payload"
	for l := range strings.Lines(model.PrintableLines(c.Payload)) {
		l = strings.ReplaceAll(strings.TrimRight(l, "\n"), "\t", "  ")
		for i, w := range widget.Wrap(l, max(p.size.width-labelCells-2, 1)) {
			text := widget.HighlightJSON(st, w)
			if when := claimTime(l); i == 0 && when != "" {
				text += st.Muted.Render("  " + when)
			}
			out = append(out, p.row(label, text)...)
			label = ""
		}
	}
	return out
}

// claimTime reads the time in a line of one of the claims that hold one (RFC 7519 §4.1),
// "" for any other line.
func claimTime(line string) string {
	name, value, ok := strings.Cut(strings.Trim(line, " ,"), ": ")
	if !ok || !slices.Contains([]string{`"exp"`, `"iat"`, `"nbf"`, `"auth_time"`}, name) {
		return ""
	}
	n, err := strconv.ParseFloat(value, 64)
	if err != nil || n < 0 || n > 1<<36 {
		return ""
	}
	return time.Unix(int64(n), 0).Local().Format("2006-01-02 15:04:05")
}

func (p *Panel) exchangeLines() []string {
	x := p.known.Exchange
	if x.Method == "" && x.Failure == "" {
		return nil
	}
	st := p.env.Styles
	head := exchange.Status(st, x.Status) + st.Muted.Render("  "+widget.Ago(p.env.Hub.Now().Sub(x.At))+" ago")
	out := p.row("Exchange", head, st.Muted.Render(exchange.Timing(x.Timing)))
	for _, l := range exchange.Lines(st, &x, max(p.size.width-labelCells-2, 1)) {
		out = append(out, strings.Repeat(" ", labelCells+2)+l)
	}
	return out
}
