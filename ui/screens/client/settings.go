package client

import (
	"strconv"

	"ferry/model"
	"ferry/model/clients"
)

func grantName(g model.Grant) string {
	switch g {
	case model.GrantPassword:
		return "password grant (legacy)"
	case model.GrantDevice:
		return "device code: a person allows it"
	}
	return "client credentials"
}

func sendName(way model.ClientAuth) string {
	switch way {
	case model.SendKey:
		return "a signed assertion (private_key_jwt)"
	case model.SendTLS:
		return "the client certificate (tls_client_auth)"
	case model.SendNone:
		return "none: a public client"
	}
	return model.Printable(string(way))
}

// credentials are the secrets that the client authenticates with, those that are set or
// have to be.
func (p *page) credentials(a *model.Auth) {
	usesSecret := a.Send != model.SendKey && a.Send != model.SendTLS && a.Send != model.SendNone
	if a.ClientSecret.IsSet() || usesSecret && a.Grant != model.GrantPassword {
		p.secret("Client secret", "client_secret", a.ClientSecret)
	}
	if a.Send == model.SendKey || a.Assertion.Key.IsSet() {
		p.secret("Private key", "key", a.Assertion.Key)
		p.Text("Key ID", a.Assertion.KeyID)
		p.Text("Algorithm", a.Assertion.Algorithm)
		if a.Assertion.Audience == model.AudienceTokenURL {
			p.Field("Addressed to", "the token URL")
		}
	}
	if a.Grant == model.GrantPassword {
		p.Text("Username", a.Username)
		p.secret("Password", "password", a.Password)
	}
}

// place is where the token stands in API requests, when that is not where it always is.
func (p *page) place(at model.Place) {
	where := ""
	switch {
	case at.Query != "":
		where = "in the query as " + at.Query
	case at.Header != "":
		where = "in the header " + at.Header
	case at.Prefix != "":
		where = "in the header Authorization"
	}
	if at.Prefix != "" {
		where += ", after " + at.Prefix
	}
	p.Text("Token", where)
}

func (p *page) tls(t *model.TLS) {
	if t.CAPEM != "" {
		p.Field("Trusts", "its own certificates, not the system's")
	}
	p.Text("TLS server name", t.ServerName)
	if t.MinVersion != "" {
		p.Field("TLS at least", t.MinVersion)
	}
	if t.CertPEM != "" {
		p.Text("Client certificate", clients.CertificateText(t.CertPEM))
		p.secret("Its private key", "cert_key", t.KeyPEM)
	}
}

func (p *page) transport(t *model.Transport) {
	if t.Proxy == model.ProxyNone {
		p.Field("Proxy", "none, whatever the environment says")
	} else {
		p.Text("Proxy", t.Proxy)
	}
	if t.ProxyUser != "" {
		p.Text("Proxy user", t.ProxyUser)
		p.secret("Proxy password", "proxy_password", t.ProxyPassword)
	}
	if t.Connect > 0 {
		p.Field("Connect timeout", t.Connect.String())
	}
	if t.FirstByte > 0 {
		p.Field("First byte timeout", t.FirstByte.String())
	}
	p.Text("User agent", t.UserAgent)
	if t.RateLimit > 0 {
		p.Field("Requests a second", strconv.FormatFloat(t.RateLimit, 'g', -1, 64)+" at most")
	}
}

// header is one header, under its name or below a label.
func (p *page) header(label, field string, h *model.Header) {
	if label == "" {
		if h.Secret {
			p.secret(model.Printable(h.Name), field, h.Value)
			return
		}
		p.Field(model.Printable(h.Name), model.Printable(h.Value.Reveal()))
		return
	}
	if v, open := p.c.revealed[field]; open {
		p.Field(label, model.Printable(h.Name)+": "+p.c.Env.Styles.Warn.Render(model.Printable(v.Reveal())))
		return
	}
	value := model.Printable(h.Value.Reveal())
	if h.Secret {
		value = h.Value.String()
	}
	if h.Secret && !h.Value.IsSet() {
		value = p.c.Env.Styles.Danger.Render("missing")
	}
	p.Field(label, model.Printable(h.Name)+": "+value)
}
