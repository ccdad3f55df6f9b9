package outbound

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"ferry/model"
)

// clientAuth is one way in which a client authenticates to an endpoint of the
// authorization server (RFC 6749 §2.3.1, RFC 7523 §2.2, RFC 8705 §2). A new one is a
// file of its own and a line in the table. auto is none: model/tokens decides it before
// anything is sent.
type clientAuth struct {
	send  model.ClientAuth
	style oauth2.AuthStyle
	// missing names the fields beside client_id without which nothing is sent.
	missing func(c *model.Client, confidential bool) []string
	// apply puts the credentials into a request. For a token request only the members of
	// the form count: the header is x/oauth2's to write.
	apply func(p party, h http.Header, form url.Values) error
}

// party is what a client authenticates with, where, and when.
type party struct {
	client   *model.Client
	endpoint *url.URL
	issuer   string // as the metadata says it, or ""
	tokenURL string // or ""
	now      time.Time
}

var clientAuths = []clientAuth{headerAuth, bodyAuth, keyAuth, tlsAuth, noneAuth}

func clientAuthOf(send model.ClientAuth) (clientAuth, error) {
	for _, ca := range clientAuths {
		if ca.send == send {
			return ca, nil
		}
	}
	return clientAuth{}, model.Errorf(model.EInvalid, "a client authenticates by header, body, key, tls or none, not by %q", model.Printable(string(send))).WithField("send")
}

// needsSecret is missing for what sends the client secret. A public client has none
// (RFC 6749 §2.1); a confidential one cannot do without.
func needsSecret(c *model.Client, confidential bool) []string {
	if confidential && !c.Auth.ClientSecret.IsSet() {
		return []string{"client_secret"}
	}
	return nil
}

// incomplete is the error for fields without which nothing is sent; nil when there are none.
func incomplete(c *model.Client, lack []string) error {
	if len(lack) == 0 {
		return nil
	}
	names := make([]string, len(lack))
	for i, f := range lack {
		if names[i] = nameOf[f]; names[i] == "" {
			names[i] = strings.ReplaceAll(f, "_", " ")
		}
	}
	return model.Errorf(model.EIncomplete, "\"%s\" has no %s, so nothing was sent", model.Printable(c.Name), strings.Join(names, " and no ")).
		WithField(lack[0]).WithNext("give it: %s", update(c, flagOf[lack[0]]))
}

// nameOf is what a person calls a field whose own name does not say it.
var nameOf = map[string]string{"key": "key for private_key_jwt", "cert": "client certificate", "cert_key": "private key of its certificate"}

// flagOf is the flag that sets a field.
var flagOf = map[string]string{
	"client_id": "--client-id ID", "client_secret": "--client-secret-file FILE",
	"username": "--username USER", "password": "--password-file FILE",
	"key": "--key-file FILE", "cert": "--cert-file FILE --cert-key-file FILE", "cert_key": "--cert-key-file FILE",
}
