package client

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"ferry/model"
	"ferry/model/clients"
	"ferry/ui/screens/record"
	"ferry/ui/widget"
)

// View implements screen.Screen.
func (c *Client) View() string {
	if view, is := c.Without(); is {
		return view
	}
	if c.view.More() {
		return c.view.View() + "\n" + c.Env.Styles.Faint.Render("   ↓ more")
	}
	return c.view.View()
}

// page collects the lines of the page.
type page struct {
	record.Fields
	c *Client
}

const labelWidth = 20

func (p *page) section(title string) {
	if len(p.Lines) > 0 {
		p.Lines = append(p.Lines, "")
	}
	p.Lines = append(p.Lines, " "+p.c.Env.Styles.Section.Render(title))
}

// secret adds a secret: its mask, or its text while it is revealed.
func (p *page) secret(label, field string, s model.Secret) {
	st := p.c.Env.Styles
	v, open := p.c.revealed[field]
	switch {
	case open:
		for i, l := range strings.Split(model.PrintableLines(v.Reveal()), "\n") { // a key has several
			if i > 0 {
				label = ""
			}
			p.Field(label, st.Warn.Render(l))
		}
	case s.IsSet():
		p.Field(label, s.String())
	default:
		p.Field(label, st.Danger.Render("missing"))
	}
}

// render makes the page anew, keeping where it is scrolled to.
func (c *Client) render() {
	if c.Seen == nil || c.Width == 0 {
		return
	}
	p := &page{record.NewFields(c.Env.Styles, c.Width, labelWidth), c}
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
	c.view.Replace(p.Lines)
}

func (p *page) state() {
	st, cl := p.c.Env.Styles, &p.c.Seen.client
	state := st.OK.Render("●") + " active"
	if cl.State == model.Disabled {
		state = st.Muted.Render("○") + " disabled: fetches no tokens and makes no calls (m activates it)"
	}
	if cl.Protected || p.c.Env.Hub.Space.Protected {
		state += " · ◆ protected"
	}
	p.Field("State", state)
	if cl.TLS.Insecure {
		label, said := "Insecure", "! certificates are not checked: anybody on the way can read and change whatever is sent"
		for _, l := range widget.Wrap(said, p.Room()) { // a style ends with its line
			p.Field(label, st.Warn.Render(l))
			label = ""
		}
	}
	if m := clients.Missing(cl); len(m) > 0 {
		names := make([]string, len(m))
		for i, f := range m {
			names[i] = fieldName(f)
		}
		p.Field("Missing", st.Danger.Render("✗ "+strings.Join(names, ", "))+" – give it again with e")
	}
	if cl.UsesOAuth() {
		p.Field("Token", p.token())
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
	st, panel := p.c.Env.Styles, &p.c.Seen.panel
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
	return widget.Countdown(st, t.Expires.Sub(p.c.Now()), t.Life(), min(max(p.c.Width-50, 10), 30))
}

func (p *page) connection() {
	cl := &p.c.Seen.client
	p.Text("Connection name", cl.Name)
	p.Text("Base URL", cl.BaseURL)
	if cl.AllowHTTP {
		p.Field("Plain http", p.c.Env.Styles.Warn.Render("allowed"))
	}
	p.Field("Timeout", cl.EffectiveTimeout().String())
	p.tls(&cl.TLS)
	p.transport(&cl.Transport)
	if cl.KeepBodies {
		p.Field("Test calls", "bodies are kept in the history, for replay")
	}
	p.History(cl.Created, cl.Updated, cl.Revision)
}

func (p *page) authentication() {
	a := &p.c.Seen.client.Auth
	if a.Method != model.AuthOAuth2 {
		p.Field("Method", "No Auth")
		return
	}
	p.Field("Method", "OAuth 2.0, "+grantName(a.Grant))
	p.Text("Access token URL", a.TokenURL)
	p.Text("Issuer", a.Issuer)
	p.Text("Device URL", a.DeviceURL)
	p.Text("Client ID", a.ClientID)
	p.credentials(a)
	p.Text("Scopes", strings.Join(a.Scopes, " "))
	p.Text("Audience", a.Audience)
	for _, r := range a.Resources {
		p.Text("Resource", r)
	}
	for _, kv := range a.Params {
		p.Text("Parameter", kv.Name+"="+kv.Value)
	}
	p.Field("Send credentials in", sendName(a.Send))
	for _, h := range a.Headers {
		p.header("Token request", "token_headers."+h.Name, &h)
	}
	p.place(a.Place)
}

func (p *page) headers() {
	hs := p.c.Seen.client.Headers
	if len(hs) == 0 {
		p.Lines = append(p.Lines, "   "+p.c.Env.Styles.Muted.Render("none"))
	}
	for _, h := range hs {
		p.header("", "headers."+h.Name, &h)
	}
}

// maxCalls is how many of the last calls the page shows; the test call shows all.
const maxCalls = 8

func (p *page) calls() {
	st, list := p.c.Env.Styles, p.c.Seen.history
	if len(list) == 0 {
		p.Lines = append(p.Lines, "   "+st.Muted.Render("none yet; x makes a test call"))
	}
	for _, h := range list[:min(len(list), maxCalls)] {
		status := strconv.Itoa(h.Status)
		if h.Status == 0 {
			status = "no answer"
		}
		when := widget.Ago(p.c.Now().Sub(h.At)) + " ago"
		line := fmt.Sprintf("   %-9s  %-8s  %7s  %-6s ", status, when, h.Duration.Round(time.Millisecond), h.Method)
		p.Lines = append(p.Lines, line+widget.Truncate(model.Printable(h.Path), max(p.c.Width-widget.Width(line)-1, 0)))
	}
}
