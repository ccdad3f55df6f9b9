package outbound

import (
	"net/url"

	"ferry/model"
)

// clientCredentials is RFC 6749 §4.4: the client acts for itself, so its credential is
// all there is and must be there. A refresh token beside it is not kept (§4.4.3).
var clientCredentials = grant{
	kind:         model.GrantClientCredentials,
	confidential: true,
	missing:      func(*model.Auth) []string { return nil },
	form: func(_ *model.TokenRequest, v url.Values) error {
		v.Set("grant_type", string(model.GrantClientCredentials))
		return nil
	},
}
