package client

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"ferry/model"
	"ferry/model/clients"
	"ferry/ui/widget"
)

// View implements screen.Screen.
func (c *Client) View() string {
	switch {
	case c.width == 0 || c.height == 0:
		return ""
	case c.seen == nil && c.err != nil:
		e := model.AsError(c.err)
		st := c.env.Styles
		return "\n  " + st.Danger.Render("✗ "+model.Printable(e.Message)) + "\n\n  " + st.HelpKey.Render("R") + " tries again"
	case c.seen == nil:
		return "\n  loading …"
	}
	if c.view.More() {
		return c.view.View() + "\n" + c.env.Styles.Faint.Render("   ↓ more")
	}
	return c.view.View()
}

// page collects the lines of the page.
type page struct {
	c     *Client
	lines []string
}

const labelWidth = 20

func (p *page) section(title string) {
	if len(p.lines) > 0 {
		p.lines = append(p.lines, "")
	}
	p.lines = append(p.lines, " "+p.c.env.Styles.Section.Render(title))
}

// field adds a label and a value, which wraps below itself.
func (p *page) field(label, value string) {
	room := max(p.c.width-labelWidth-4, 10)
	for i, l := range widget.Wrap(value, room) {
		if i > 0 {
			label = ""
		}
		p.lines = append(p.lines, "   "+p.c.env.Styles.Muted.Render(widget.Fit(label, labelWidth))+l)
	}
}

// text adds a field of outside text, nothing when it is empty.
func (p *page) text(label, value string) {
	if value != "" {
		p.field(label, model.Printable(value))
	}
}

// secret adds a secret: its mask, or its text while it is revealed.
func (p *page) secret(label, field string, s model.Secret) {
	st := p.c.env.Styles
	v, open := p.c.revealed[field]
	switch {
	case open:
		for i, l := range strings.Split(model.PrintableLines(v.Reveal()), "\n") { // a key has several
			if i > 0 {
				label = ""
			}
			p.field(label, st.Warn.Render(l))
		}
	case s.IsSet():
		p.field(label, s.String())
	default:
		p.field(label, st.Danger.Render("missing"))
	}
}

// render makes the page anew, keeping where it is scrolled to.
func (c *Client) render() {
	if c.seen == nil || c.width == 0 {
		return
	}
	p := &page{c: c}
	p.state()
	p.section("CONNECTION")
	p.connection()
	p.section("AUTHENTICATION")
	p.authentication()
	p.section("HEADERS")
	p.headers()
	p.section("GATEWAY")
	p.gateway()
	p.section("LAST CALLS")
	p.calls()
	c.view.Replace(p.lines)
}

func (p *page) state() {
	st, cl := p.c.env.Styles, &p.c.seen.client
	state := st.OK.Render("●") + " active"
	if cl.State == model.Disabled {
		state = st.Muted.Render("○") + " disabled: fetches no tokens and makes no calls (m activates it)"
	}
	if cl.Protected || p.c.env.Hub.Space.Protected {
		state += " · ◆ protected"
	}
	p.field("State", state)
	if cl.TLS.Insecure {
		label, said := "Insecure", "! certificates are not checked: anybody on the way can read and change whatever is sent"
		for _, l := range widget.Wrap(said, max(p.c.width-labelWidth-4, 10)) { // a style ends with its line
			p.field(label, st.Warn.Render(l))
			label = ""
		}
	}
	if m := clients.Missing(cl); len(m) > 0 {
		names := make([]string, len(m))
		for i, f := range m {
			names[i] = fieldName(f)
		}
		p.field("Missing", st.Danger.Render("✗ "+strings.Join(names, ", "))+" – give it again with e")
	}
	if cl.UsesOAuth() {
		p.field("Token", p.token())
	}
}

// fieldName is what a field is called on screen.
func fieldName(field string) string {
	if h, ok := strings.CutPrefix(field, "headers."); ok {
		return "header " + model.Printable(h)
	}
	if h, ok := strings.CutPrefix(field, "token_headers."); ok {
		return "token header " + model.Printable(h)
	}
	switch field {
	case "key":
		return "private key"
	case "cert_key":
		return "key of the client certificate"
	}
	return strings.ReplaceAll(field, "_", " ")
}

func (p *page) token() string {
	st, panel := p.c.env.Styles, &p.c.seen.panel
	t := &panel.Token
	switch {
	case panel.Rejected:
		return st.Danger.Render("✗ the credentials were rejected") + " and are not sent again"
	case panel.Failed != nil:
		return st.Danger.Render("✗ " + model.Printable(panel.Failed.Message))
	case !t.Access.IsSet():
		return "none yet; t fetches one"
	case t.Expires.IsZero():
		return "fetched, unknown lifetime"
	}
	return widget.Countdown(st, t.Expires.Sub(p.c.now()), t.Life(), min(max(p.c.width-50, 10), 30))
}

func (p *page) connection() {
	cl := &p.c.seen.client
	p.text("Connection name", cl.Name)
	p.text("Base URL", cl.BaseURL)
	if cl.AllowHTTP {
		p.field("Plain http", p.c.env.Styles.Warn.Render("allowed"))
	}
	p.field("Timeout", cl.EffectiveTimeout().String())
	p.tls(&cl.TLS)
	p.transport(&cl.Transport)
	if cl.KeepBodies {
		p.field("Test calls", "bodies are kept in the history, for replay")
	}
	p.field("Created", stamp(cl.Created))
	if cl.Revision > 1 {
		p.field("Changed", stamp(cl.Updated)+", revision "+strconv.FormatUint(cl.Revision, 10))
	}
}

func stamp(s model.Stamp) string {
	return s.At.UTC().Format("2006-01-02 15:04") + " UTC by " + model.Printable(s.By)
}

func (p *page) authentication() {
	a := &p.c.seen.client.Auth
	if a.Method != model.AuthOAuth2 {
		p.field("Method", "No Auth")
		return
	}
	p.field("Method", "OAuth 2.0, "+grantName(a.Grant))
	p.text("Access token URL", a.TokenURL)
	p.text("Issuer", a.Issuer)
	p.text("Device URL", a.DeviceURL)
	p.text("Client ID", a.ClientID)
	p.credentials(a)
	p.text("Scopes", strings.Join(a.Scopes, " "))
	p.text("Audience", a.Audience)
	for _, r := range a.Resources {
		p.text("Resource", r)
	}
	for _, kv := range a.Params {
		p.text("Parameter", kv.Name+"="+kv.Value)
	}
	p.field("Send credentials in", sendName(a.Send))
	for _, h := range a.Headers {
		p.header("Token request", "token_headers."+h.Name, &h)
	}
	p.place(a.Place)
}

func (p *page) headers() {
	hs := p.c.seen.client.Headers
	if len(hs) == 0 {
		p.lines = append(p.lines, "   "+p.c.env.Styles.Muted.Render("none"))
	}
	for _, h := range hs {
		p.header("", "headers."+h.Name, &h)
	}
}

// maxCalls is how many of the last calls the page shows; the test call shows all.
const maxCalls = 8

func (p *page) calls() {
	st, list := p.c.env.Styles, p.c.seen.history
	if len(list) == 0 {
		p.lines = append(p.lines, "   "+st.Muted.Render("none yet; x makes a test call"))
	}
	for _, h := range list[:min(len(list), maxCalls)] {
		status := strconv.Itoa(h.Status)
		if h.Status == 0 {
			status = "no answer"
		}
		when := widget.Ago(p.c.now().Sub(h.At)) + " ago"
		line := fmt.Sprintf("   %-9s  %-8s  %7s  %-6s ", status, when, h.Duration.Round(time.Millisecond), h.Method)
		p.lines = append(p.lines, line+widget.Truncate(model.Printable(h.Path), max(p.c.width-widget.Width(line)-1, 0)))
	}
}
