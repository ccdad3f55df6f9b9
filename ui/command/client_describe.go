package command

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"ferry/model"
	"ferry/model/clients"
)

// rowFunc adds a line of a description; one without a value is left out.
type rowFunc func(label, value string)

// describe prints a client for a person: what is set, one field a line.
func describe(w io.Writer, space model.Space, c *model.Client) {
	var rows [][]string
	row := func(label, value string) {
		if value != "" {
			rows = append(rows, []string{label, value})
		}
	}
	row("Name", c.Name)
	row("Space", space.Name)
	row("Base URL", c.BaseURL)
	row("State", string(c.State))
	row("Protected", yesNo(c.Protected))
	row("Authentication", authName(c.Auth.Method))
	if c.UsesOAuth() {
		describeAuth(row, &c.Auth)
	}
	describeHeaders(row, "Header", c.Headers)
	if c.AllowHTTP {
		row("Plain http", "allowed")
	}
	describeTLS(row, &c.TLS)
	describeTransport(row, &c.Transport)
	if c.KeepBodies {
		row("Bodies in history", "kept")
	}
	describeExposure(row, &c.Gateway)
	row("Timeout", c.EffectiveTimeout().String())
	row("Missing", strings.Join(clients.Missing(c), ", "))
	if c.Revision > 0 { // it is stored
		row("Revision", fmt.Sprint(c.Revision))
		row("Created", utc(c.Created.At)+" by "+c.Created.By)
		row("Updated", utc(c.Updated.At)+" by "+c.Updated.By)
	}
	table(w, rows)
}

func describeAuth(row rowFunc, a *model.Auth) {
	row("Grant", string(a.Grant))
	row("Access token URL", a.TokenURL)
	row("Issuer", a.Issuer)
	row("Device URL", a.DeviceURL)
	row("Client ID", a.ClientID)
	switch a.Send {
	case model.SendKey, model.SendTLS, model.SendNone:
		if a.ClientSecret.IsSet() {
			row("Client secret", mask(a.ClientSecret)+" (not used)")
		}
	default:
		row("Client secret", mask(a.ClientSecret))
	}
	if a.Send == model.SendKey || a.Assertion.Key.IsSet() {
		row("Private key", mask(a.Assertion.Key))
	}
	row("Key ID", a.Assertion.KeyID)
	row("Key algorithm", a.Assertion.Algorithm)
	row("Assertions for", string(a.Assertion.Audience))
	if a.Grant == model.GrantPassword {
		row("Username", a.Username)
		row("Password", mask(a.Password))
	}
	row("Scopes", strings.Join(a.Scopes, " "))
	row("Audience", a.Audience)
	for _, r := range a.Resources {
		row("Resource", r)
	}
	for _, p := range a.Params {
		row("Parameter", p.Name+"="+p.Value)
	}
	describeHeaders(row, "Token header", a.Headers)
	row("Credentials in", string(a.Send))
	row("Token in", placeText(a.Place))
}

// placeText says where the token stands, "" when that is the usual place.
func placeText(p model.Place) string {
	switch {
	case p.Query != "":
		return "query parameter " + p.Query + ": it ends up in logs"
	case p.Header != "":
		return "header " + p.Header + ": " + strings.TrimSpace(p.Prefix+" TOKEN")
	case p.Prefix != "":
		return "header Authorization: " + p.Prefix + " TOKEN"
	}
	return ""
}

func describeHeaders(row rowFunc, label string, list []model.Header) {
	for _, h := range list {
		value := h.Value.Reveal()
		if h.Secret {
			value = mask(h.Value)
		}
		row(label, h.Name+": "+value)
	}
}

func describeTLS(row rowFunc, t *model.TLS) {
	if t.Insecure {
		row("TLS", "insecure: certificates are not checked")
	}
	if t.CAPEM != "" {
		row("TLS trust", "its own certificates")
	}
	row("TLS server name", t.ServerName)
	row("TLS at least", t.MinVersion)
	if t.CertPEM != "" {
		row("Certificate", clients.CertificateText(t.CertPEM))
		row("Certificate key", mask(t.KeyPEM))
	}
}

func describeTransport(row rowFunc, t *model.Transport) {
	row("Proxy", t.Proxy)
	if t.ProxyUser != "" {
		row("Proxy user", t.ProxyUser)
		row("Proxy password", mask(t.ProxyPassword))
	}
	row("Connect timeout", setSpan(t.Connect))
	row("First byte timeout", setSpan(t.FirstByte))
	row("User agent", t.UserAgent)
	if t.RateLimit > 0 {
		row("Rate limit", strconv.FormatFloat(t.RateLimit, 'g', -1, 64)+" requests/s")
	}
}

func setSpan(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}
