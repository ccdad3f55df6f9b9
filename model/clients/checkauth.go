package clients

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"ferry/model"
)

// reservedParams are form parameters that ferry sets itself in a token request.
var reservedParams = []string{
	"grant_type", "client_id", "client_secret", "username", "password", "scope",
	"client_assertion", "client_assertion_type", "refresh_token", "code", "device_code",
}

func checkAuth(p *problems, d *Draft, c *model.Client) {
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
	checkSend(p, d, c)
	checkAssertion(p, &a.Assertion)
	checkScopes(p, a.Scopes)
	checkResources(p, a.Resources)
	checkParams(p, a.Params)
	checkHeaders(p, "token_headers", a.Headers, tokenHeadersOfFerry)
	checkPlace(p, c)
}

// checkSend holds what each way of sending credentials, and each grant, asks for; secrets
// are left to checkSecrets.
func checkSend(p *problems, d *Draft, c *model.Client) {
	a := &c.Auth
	switch a.Send {
	case model.SendAuto, model.SendHeader, model.SendBody, model.SendKey:
	case model.SendTLS:
		if c.TLS.CertPEM == "" {
			p.addf("cert", "tls_client_auth needs the client's certificate and its private key")
		}
		if strings.HasPrefix(model.Origin(a.TokenURL), "http://") {
			p.addf("send", "tls_client_auth needs an https token URL: plain http has no certificates")
		}
	case model.SendNone:
		if a.Grant != model.GrantDevice {
			p.addf("send", "none is for public clients of the device grant: choose auto, header, body, key or tls")
		}
	default:
		p.addf("send", "%q is no way to send credentials: auto, header, body, key, tls or none", model.Printable(clip(string(a.Send))))
	}
	if a.Username == "" && a.Password.IsSet() {
		p.addf("username", "a password needs its username, or leave both empty")
	}
	if !d.device() {
		return
	}
	if a.Grant == model.GrantPassword {
		p.addf("username", "the device grant has no username: a person logs in; leave it empty, or do without the device grant")
	}
	if a.DeviceURL != "" {
		checkURL(p, "device_url", a.DeviceURL, c.AllowHTTP)
	} else if a.Issuer == "" {
		p.addf("device_url", "the device grant needs the device authorization URL, or an issuer to discover it from")
	}
}

// checkSecrets adds the secrets that are missing. One that an edit lost by moving the
// client elsewhere, or lost before, may stay missing: the client can then be saved, but
// sends nothing until it is given.
func checkSecrets(p *problems, d *Draft, c, stored *model.Client) {
	mayLack := map[string]bool{}
	if stored != nil {
		for _, s := range slots(stored) {
			lacked := s.needed != "" && !s.value.IsSet()
			mayLack[strings.ToLower(s.field)] = lacked || s.value.IsSet() && d.Moves(stored)
		}
	}
	for _, s := range slots(c) {
		if s.needed != "" && !s.value.IsSet() && !mayLack[strings.ToLower(s.field)] {
			p.addf(numbered(c, s.field), "%s", s.needed)
		}
	}
}

// numbered names a header by its number, as forms and bodies count them.
func numbered(c *model.Client, field string) string {
	for prefix, list := range map[string][]model.Header{"headers.": c.Headers, "token_headers.": c.Auth.Headers} {
		if name, is := strings.CutPrefix(field, prefix); is {
			i := slices.IndexFunc(list, func(h model.Header) bool { return h.Name == name })
			return fmt.Sprintf("%s%d", prefix, i)
		}
	}
	return field
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

// checkResources holds RFC 8707 §2: an absolute URI without a fragment.
func checkResources(p *problems, resources []string) {
	for i, raw := range resources {
		u, err := url.Parse(raw)
		switch {
		case err != nil || !u.IsAbs() || len(raw) > maxURL || strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
			p.addf("resources", "%q is no absolute URI, as in https://api.example.com", model.Printable(clip(raw)))
		case u.Fragment != "" || strings.HasSuffix(raw, "#"):
			p.addf("resources", "%s: a resource cannot hold a fragment (#…)", model.Printable(clip(raw)))
		case slices.Contains(resources[:i], raw):
			p.addf("resources", "%s is given twice", clip(raw))
		}
	}
	if len(resources) > maxResources {
		p.addf("resources", "at most %d resources", maxResources)
	}
}

const maxResources = 20

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

func host(raw string) string {
	o := model.Origin(raw)
	_, rest, _ := strings.Cut(o, "://")
	if i := strings.LastIndexByte(rest, ':'); i >= 0 {
		rest = rest[:i]
	}
	return strings.Trim(rest, "[]")
}
