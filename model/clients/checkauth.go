package clients

import (
	"fmt"
	"slices"
	"strings"

	"ferry/model"
)

// reservedParams are form parameters that ferry sets itself in a token request.
var reservedParams = []string{
	"grant_type", "client_id", "client_secret", "username", "password", "scope",
	"client_assertion", "client_assertion_type", "refresh_token", "code",
}

func checkAuth(p *problems, d *Draft, c, stored *model.Client) {
	switch d.Method {
	case "", model.AuthNone:
		return
	case model.AuthOAuth2:
	default:
		p.addf("auth", "%q is no authentication method: none or oauth2", model.Printable(string(d.Method)))
		return
	}
	a := &c.Auth
	switch {
	case a.TokenURL == "" && a.Issuer == "":
		p.addf("token_url", "OAuth 2.0 needs the access token URL, or an issuer to discover it from")
	case a.TokenURL != "":
		checkURL(p, "token_url", a.TokenURL, c.AllowHTTP)
	}
	if a.Issuer != "" {
		checkURL(p, "issuer", a.Issuer, c.AllowHTTP)
	}
	if a.ClientID == "" {
		p.addf("client_id", "OAuth 2.0 needs a client id")
	}
	checkText(p, "client_id", a.ClientID)
	checkText(p, "username", a.Username)
	checkText(p, "audience", a.Audience)
	checkSecret(p, "client_secret", a.ClientSecret)
	checkSecret(p, "password", a.Password)
	switch a.Send {
	case model.SendAuto, model.SendHeader, model.SendBody:
	default:
		p.addf("send", "%q is no way to send credentials: header, body or auto", model.Printable(string(a.Send)))
	}
	checkCredentials(p, d, c, stored)
	checkScopes(p, a.Scopes)
	checkParams(p, a.Params)
}

// checkCredentials holds what each way of authenticating requires. A secret that an
// edit lost by moving the client elsewhere, or lost before, may stay missing: the
// client can then be saved, but sends nothing until it is given.
func checkCredentials(p *problems, d *Draft, c, stored *model.Client) {
	a := &c.Auth
	mayLack := func(had bool) bool { return stored != nil && stored.UsesOAuth() && (d.Moves(stored) || !had) }
	if !a.ClientSecret.IsSet() && a.Grant != model.GrantPassword &&
		!mayLack(stored != nil && stored.Auth.ClientSecret.IsSet()) {
		p.addf("client_secret", "OAuth 2.0 needs the client secret")
	}
	switch {
	case a.Username != "" && !a.Password.IsSet() && !mayLack(stored != nil && stored.Auth.Password.IsSet()):
		p.addf("password", "a username needs its password, or leave both empty")
	case a.Username == "" && a.Password.IsSet():
		p.addf("username", "a password needs its username, or leave both empty")
	}
}

const maxText = 4 << 10

func checkText(p *problems, field, s string) {
	if len(s) > maxText {
		p.addf(field, "at most %d bytes", maxText)
	} else if strings.ContainsFunc(s, isControl) {
		p.addf(field, "holds a control character or a line break")
	}
}

func checkSecret(p *problems, field string, s model.Secret) { checkText(p, field, s.Reveal()) }

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// checkScopes holds RFC 6749 §3.3: a scope is printable ASCII without space, " and \.
func checkScopes(p *problems, scopes []string) {
	for i, s := range scopes {
		switch {
		case s == "" || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '"' || r == '\\' }):
			p.addf("scopes", "%q is no scope: no spaces, quotes or control characters", model.Printable(clip(s)))
		case slices.Contains(scopes[:i], s):
			p.addf("scopes", "%s is given twice", s)
		}
	}
	if len(strings.Join(scopes, " ")) > maxText {
		p.addf("scopes", "at most %d bytes in all", maxText)
	}
}

func checkParams(p *problems, params []model.Param) {
	for _, kv := range params {
		switch {
		case kv.Name == "":
			p.addf("params", "a parameter needs a name: write name=value")
		case slices.Contains(reservedParams, kv.Name):
			p.addf("params", "%s has a field of its own", kv.Name)
		}
		checkText(p, "params", kv.Name+kv.Value)
	}
}

func warnings(d *Draft, c, stored *model.Client) []model.FieldError {
	w := &problems{}
	if c.AllowHTTP {
		for field, raw := range map[string]string{"base_url": c.BaseURL, "token_url": c.Auth.TokenURL} {
			if o := model.Origin(raw); strings.HasPrefix(o, "http://") && !model.IsLoopback(host(raw)) {
				w.addf(field, "plain http: whatever is sent can be read on the way")
			}
		}
	}
	if c.Auth.Grant == model.GrantPassword {
		w.addf("username", "the password grant is legacy: use it only where nothing else is offered")
	}
	if d.Moves(stored) {
		for _, f := range lost(d, stored) {
			w.addf(f, "the stored secret is cleared, because the client now points elsewhere: give it again")
		}
	}
	slices.SortFunc(w.list, func(a, b model.FieldError) int { return strings.Compare(a.Field, b.Field) })
	return w.list
}

// lost returns the fields whose stored secret a moving draft does not give again.
func lost(d *Draft, stored *model.Client) []string {
	var out []string
	if d.Method == model.AuthOAuth2 {
		if d.ClientSecret.Keep && stored.Auth.ClientSecret.IsSet() {
			out = append(out, "client_secret")
		}
		if d.Password.Keep && stored.Auth.Password.IsSet() {
			out = append(out, "password")
		}
	}
	for i, h := range d.Headers {
		if h.Value.Keep && headerValue(stored.Headers, h.Name).IsSet() {
			out = append(out, fmt.Sprintf("headers.%d", i))
		}
	}
	return out
}

// lacked reports whether a stored client has a secret header without its value.
func lacked(stored *model.Client, name string) bool {
	h, has := findHeader(stored.Headers, name)
	return has && h.Secret && !h.Value.IsSet()
}

func host(raw string) string {
	o := model.Origin(raw)
	_, rest, _ := strings.Cut(o, "://")
	if i := strings.LastIndexByte(rest, ':'); i >= 0 {
		rest = rest[:i]
	}
	return strings.Trim(rest, "[]")
}
