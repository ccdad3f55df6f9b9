package outbound

import (
	"net/http"
	"net/url"

	"golang.org/x/oauth2"

	"ferry/model"
)

// bodyAuth is client_secret_post: id and secret are members of the form.
var bodyAuth = clientAuth{
	send:  model.SendBody,
	style: oauth2.AuthStyleInParams,
	apply: func(a *model.Auth, _ http.Header, form url.Values) {
		form.Set("client_id", a.ClientID)
		if a.ClientSecret.IsSet() {
			form.Set("client_secret", a.ClientSecret.Reveal())
		}
	},
}
