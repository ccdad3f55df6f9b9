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
	// confidential: the client must authenticate, because it asks for itself.
	confidential bool
	// keeps: its refresh token is kept.
	keeps bool
	// missing names the fields without which nothing is sent, in snake_case.
	missing func(a *model.Auth) []string
	// form adds the grant type and what the grant sends beside scope, audience, resources,
	// extra parameters and client credentials.
	form func(r *model.TokenRequest, v url.Values) error
}

var grants = []grant{clientCredentials, password, device}

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

// params returns the form of a token request without scope and client credentials.
func (g grant) params(r *model.TokenRequest, how clientAuth) (url.Values, error) {
	c := &r.Client
	if !g.keeps && (r.Device.IsSet() || r.Refresh.IsSet()) {
		return nil, model.Errorf(model.EInvalid, "the grant %s has no device code and no refresh token", g.kind).WithField("grant")
	}
	if err := incomplete(c, g.lacks(c, how)); err != nil {
		return nil, err
	}
	v := url.Values{}
	if err := g.form(r, v); err != nil {
		return nil, err
	}
	return v, addParams(c, v)
}

// lacks names every field without which nothing is sent.
func (g grant) lacks(c *model.Client, how clientAuth) (lack []string) {
	if c.Auth.ClientID == "" {
		lack = append(lack, "client_id")
	}
	lack = append(lack, g.missing(&c.Auth)...)
	return append(lack, how.missing(c, g.confidential)...)
}

// ownParams are set from fields of the client and never by an extra parameter.
var ownParams = []string{
	"grant_type", "client_id", "client_secret", "scope", "username", "password", "client_assertion", "client_assertion_type",
	"device_code", "refresh_token", "token", "token_type_hint",
}

// addParams adds audience, resources (RFC 8707 §2) and extra parameters.
func addParams(c *model.Client, v url.Values) error {
	a := &c.Auth
	own := slices.Clone(ownParams)
	if a.Audience != "" {
		own = append(own, "audience")
		v.Set("audience", a.Audience)
	}
	if len(a.Resources) > 0 {
		own = append(own, "resource")
		v["resource"] = slices.Clone(a.Resources)
	}
	for _, p := range a.Params {
		if slices.Contains(own, strings.ToLower(p.Name)) {
			return model.Errorf(model.EInvalid, "the extra parameter %q is set by a field of its own", model.Printable(p.Name)).WithField("params")
		}
		v.Add(p.Name, p.Value)
	}
	return nil
}
