package outbound

import (
	"net/http"
	"net/url"

	"golang.org/x/oauth2"

	"ferry/model"
)

// bodyAuth is client_secret_post: id and secret are members of the form.
var bodyAuth = clientAuth{
	send:    model.SendBody,
	style:   oauth2.AuthStyleInParams,
	missing: needsSecret,
	apply: func(p party, _ http.Header, form url.Values) error {
		form.Set("client_id", p.client.Auth.ClientID)
		if s := p.client.Auth.ClientSecret; s.IsSet() {
			form.Set("client_secret", s.Reveal())
		}
		return nil
	},
}
