package outbound

import (
	"net/url"

	"ferry/model"
)

// refreshForm asks for a new access token with a refresh token (RFC 6749 §6). The scope
// is left out: it is what was granted, which may be less than what was asked for then.
func refreshForm(r *model.TokenRequest, v url.Values) {
	v.Set("grant_type", "refresh_token")
	v.Set("refresh_token", r.Refresh.Reveal())
}

// refreshOf is the refresh token to keep: the new one where the endpoint rotates them,
// or the old one, which then stays good (RFC 6749 §6). Only a grant that a person takes
// part in keeps any.
func refreshOf(g grant, r *model.TokenRequest, issued string) model.Secret {
	switch {
	case !g.keeps:
		return model.Secret{}
	case issued != "" && len(issued) <= model.MaxTokenText:
		return model.NewSecret(issued)
	}
	return r.Refresh
}
