package outbound

import (
	"net/url"

	"ferry/model"
)

// clientCredentials is RFC 6749 §4.4: the client acts for itself, so its secret is
// all there is and must be there.
var clientCredentials = grant{
	kind: model.GrantClientCredentials,
	missing: func(a *model.Auth) (lack []string) {
		if a.ClientID == "" {
			lack = append(lack, "client_id")
		}
		if !a.ClientSecret.IsSet() {
			lack = append(lack, "client_secret")
		}
		return lack
	},
	form: func(*model.Auth, url.Values) {},
}
