package outbound

import (
	"net/url"

	"ferry/model"
)

// password is RFC 6749 §4.3, the legacy grant. The client may be a public one, with
// an id and no secret (§2.1). It is built on clientcredentials with the grant type
// replaced, which x/oauth2 provides for: PasswordCredentialsToken takes no audience
// and no extra parameter.
var password = grant{
	kind: model.GrantPassword,
	missing: func(a *model.Auth) (lack []string) {
		if a.Username == "" {
			lack = append(lack, "username")
		}
		if !a.Password.IsSet() {
			lack = append(lack, "password")
		}
		return lack
	},
	form: func(r *model.TokenRequest, v url.Values) error {
		v.Set("grant_type", string(model.GrantPassword))
		v.Set("username", r.Client.Auth.Username)
		v.Set("password", r.Client.Auth.Password.Reveal())
		return nil
	},
}
