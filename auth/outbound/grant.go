package outbound

import (
	"net/url"
	"slices"
	"strings"

	"ferry/model"
)

// grant is one way to ask for a token (RFC 6749 §1.3). A new one is a file of its
// own and a line in the table.
type grant struct {
	kind model.Grant
	// missing names the fields without which nothing is sent, in snake_case.
	missing func(a *model.Auth) []string
	// form adds what the grant sends beside scope, audience and client credentials.
	form func(a *model.Auth, v url.Values)
}

var grants = []grant{clientCredentials, password}

// grantOf returns the grant of a. One that is not set follows from the user name.
func grantOf(a *model.Auth) (grant, error) {
	kind := a.Grant
	if kind == "" {
		kind = model.GrantClientCredentials
		if a.Username != "" {
			kind = model.GrantPassword
		}
	}
	for _, g := range grants {
		if g.kind == kind {
			return g, nil
		}
	}
	return grant{}, model.Errorf(model.EInvalid, "ferry does not know the grant %q", model.Printable(string(kind))).WithField("grant")
}

// ownParams are set from fields of the client and never by an extra parameter.
var ownParams = []string{"grant_type", "client_id", "client_secret", "scope", "username", "password"}

// params returns the form of a token request without scope and client credentials.
func (g grant) params(c *model.Client) (url.Values, error) {
	a := &c.Auth
	if lack := g.missing(a); len(lack) > 0 {
		return nil, model.Errorf(model.EIncomplete, "\"%s\" has no %s, so nothing was sent", model.Printable(c.Name), strings.ReplaceAll(strings.Join(lack, " and no "), "_", " ")).
			WithField(lack[0]).WithNext("give it: %s", update(c, flagOf[lack[0]]))
	}
	v := url.Values{"grant_type": {string(g.kind)}}
	g.form(a, v)
	if a.Audience != "" {
		v.Set("audience", a.Audience)
	}
	for _, p := range a.Params {
		if slices.Contains(ownParams, strings.ToLower(p.Name)) || p.Name == "audience" && a.Audience != "" {
			return nil, model.Errorf(model.EInvalid, "the extra parameter %q is set by a field of its own", model.Printable(p.Name)).WithField("params")
		}
		v.Add(p.Name, p.Value)
	}
	return v, nil
}

// flagOf is the flag that sets a field.
var flagOf = map[string]string{
	"client_id": "--client-id ID", "client_secret": "--client-secret-file FILE",
	"username": "--username USER", "password": "--password-file FILE",
}
