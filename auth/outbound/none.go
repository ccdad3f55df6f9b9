package outbound

import (
	"net/http"
	"net/url"

	"golang.org/x/oauth2"

	"ferry/model"
)

// noneAuth is a public client: it says who it is and proves nothing (RFC 6749 §3.2.1).
// Beside the device grant it is of use where a header of token requests is the proof.
var noneAuth = clientAuth{
	send:    model.SendNone,
	style:   oauth2.AuthStyleInParams,
	missing: func(*model.Client, bool) []string { return nil },
	apply: func(p party, _ http.Header, form url.Values) error {
		form.Set("client_id", p.client.Auth.ClientID)
		return nil
	},
}
