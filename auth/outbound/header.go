package outbound

import (
	"encoding/base64"
	"net/http"
	"net/url"

	"golang.org/x/oauth2"

	"ferry/model"
)

// headerAuth is client_secret_basic: id and secret are form-encoded each before
// Basic joins them (RFC 6749 §2.3.1), so that a colon in the id stays in the id.
var headerAuth = clientAuth{
	send:    model.SendHeader,
	style:   oauth2.AuthStyleInHeader,
	missing: needsSecret,
	apply: func(p party, h http.Header, _ url.Values) error {
		a := &p.client.Auth
		pair := url.QueryEscape(a.ClientID) + ":" + url.QueryEscape(a.ClientSecret.Reveal())
		h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(pair)))
		return nil
	},
}
