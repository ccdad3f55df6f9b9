package outbound

import (
	"net/http"
	"net/url"

	"golang.org/x/oauth2"

	"ferry/model"
)

// tlsAuth is tls_client_auth (RFC 8705 §2): the certificate is shown in the TLS
// handshake, which auth/wire does, and the form names the client (§2.1).
var tlsAuth = clientAuth{
	send:  model.SendTLS,
	style: oauth2.AuthStyleInParams,
	missing: func(c *model.Client, _ bool) (lack []string) {
		if c.TLS.CertPEM == "" {
			lack = append(lack, "cert")
		}
		if !c.TLS.KeyPEM.IsSet() {
			lack = append(lack, "cert_key")
		}
		return lack
	},
	apply: func(p party, _ http.Header, form url.Values) error {
		if p.endpoint.Scheme != "https" {
			return model.Errorf(model.EInvalid, "a client certificate is shown over https only, and %s is plain http", model.Printable(p.endpoint.Host)).
				WithField("token_url").WithNext("use https: %s", update(p.client, "--token-url URL"))
		}
		form.Set("client_id", p.client.Auth.ClientID)
		return nil
	},
}
