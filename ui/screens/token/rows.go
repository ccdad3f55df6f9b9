package token

import (
	"time"

	"ferry/model"
	"ferry/ui/widget"
)

// authNames are the names under which OAuth 2.0 knows the ways to authenticate.
var authNames = map[model.ClientAuth]string{
	model.SendHeader: "client_secret_basic", model.SendBody: "client_secret_post",
	model.SendKey: "private_key_jwt", model.SendTLS: "tls_client_auth", model.SendNone: "no client authentication",
}

func (p *Panel) tokenLines(t model.Token) []string {
	st, now := p.env.Styles, p.env.Hub.Now()
	out := p.row("Renewal", p.renewal(t, now))
	scope := model.Printable(t.Scope)
	if scope == "" {
		scope = st.Muted.Render("(none)")
	}
	how := "   fetched " + widget.Ago(now.Sub(t.Fetched)) + " ago"
	if name := authNames[t.SentAs]; name != "" {
		how += " with " + name
	}
	out = append(out, p.row("Type", model.Printable(t.Type)+st.Muted.Render(how))...)
	out = append(out, p.row("Scope", scope)...)
	if !p.showing() {
		return append(out, p.row("Token", t.Access.String()+st.Muted.Render("   v shows it for 10 s, y copies it"))...)
	}
	left := widget.Left(p.shownUntil.Sub(now))
	out = append(out, p.row("Token", st.Warn.Render("! shown")+st.Muted.Render(", hidden in "+left+"; v hides it now"))...)
	return append(out, p.row("", model.Printable(p.shown.Reveal()))...)
}

// renewal says when the next call fetches a new token, why then, and how.
func (p *Panel) renewal(t model.Token, now time.Time) string {
	if p.needsPerson() {
		return "none: the server gave no refresh token, so a person signs in again when it has expired" + at(t.Expires)
	}
	if t.Expires.IsZero() {
		until := t.Fetched.Add(model.UnknownLifetime)
		return "used until " + clock(until) + " (5 minutes) or until an API refuses it, because its lifetime is unknown"
	}
	how := ""
	if p.known.Refresh {
		how = ", with its refresh token: nobody has to sign in"
	}
	if !now.Before(t.RenewAt()) {
		return "due since " + clock(t.RenewAt()) + ", " + early(t) + " before its end" + at(t.Expires) + "; the next call renews it" + how
	}
	return "renewed from " + clock(t.RenewAt()) + ", " + early(t) + " before its end" + at(t.Expires) + ", by the first call then" + how
}

func at(end time.Time) string {
	if end.IsZero() {
		return ""
	}
	return " at " + clock(end)
}

// early says how long before its end t is renewed, and by which rule (model.Token.RenewAt).
func early(t model.Token) string {
	life, before := t.Life(), t.Expires.Sub(t.RenewAt())
	switch {
	case before*10 == life:
		return "10 % of its life"
	case before*2 == life:
		return "half of its life"
	}
	return before.Round(time.Second).String()
}

func clock(t time.Time) string { return t.Local().Format("15:04:05") }
