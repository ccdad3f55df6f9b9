package outbound

import (
	"net/http"
	"net/url"

	"golang.org/x/oauth2"

	"ferry/model"
)

// clientAuth is one way in which a client authenticates to an endpoint of the
// authorization server (RFC 6749 §2.3.1). A new one is a file of its own and a line
// in the table. auto is none: model/tokens decides it before anything is sent.
type clientAuth struct {
	send  model.ClientAuth
	style oauth2.AuthStyle
	// apply puts the credentials into a request that x/oauth2 does not build.
	apply func(a *model.Auth, h http.Header, form url.Values)
}

var clientAuths = []clientAuth{headerAuth, bodyAuth}

func clientAuthOf(send model.ClientAuth) (clientAuth, error) {
	for _, ca := range clientAuths {
		if ca.send == send {
			return ca, nil
		}
	}
	return clientAuth{}, model.Errorf(model.EInvalid, "client credentials travel in the header or in the body, not in %q", model.Printable(string(send))).WithField("send")
}
