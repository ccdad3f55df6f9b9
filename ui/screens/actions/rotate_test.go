package actions

import (
	"reflect"
	"testing"

	"ferry/model"
)

func TestOnlySecretsThatAreUsedCanBeRotated(t *testing.T) {
	secret := []model.Header{{Name: "X-Key", Value: model.NewSecret("v"), Secret: true}}
	oauth := func(send model.ClientAuth) model.Client {
		return model.Client{Auth: model.Auth{Method: model.AuthOAuth2, Send: send}}
	}
	withTLS := oauth(model.SendTLS)
	withTLS.TLS.CertPEM, withTLS.Transport.ProxyUser = "cert", "u"
	withHeaders := oauth(model.SendHeader)
	withHeaders.Auth.Headers, withHeaders.Headers, withHeaders.Auth.Grant = secret, secret, model.GrantPassword
	for _, c := range []struct {
		client model.Client
		fields []string
	}{
		{model.Client{}, nil},
		{oauth(model.SendAuto), []string{"client_secret"}},
		{oauth(model.SendKey), []string{"key"}},
		{oauth(model.SendNone), nil},
		{withTLS, []string{"cert", "cert_key", "proxy_password"}},
		{withHeaders, []string{"client_secret", "password", "token_headers", "headers"}},
	} {
		var got []string
		for _, f := range secretFields(&c.client) {
			got = append(got, f.field)
		}
		if !reflect.DeepEqual(got, c.fields) {
			t.Errorf("%s: %v, want %v", c.client.Auth.Send, got, c.fields)
		}
	}
}

// A field of one line makes spaces of line breaks; a pasted key gets them back.
func TestAPastedKeyGetsItsLinesBack(t *testing.T) {
	const key = "-----BEGIN EC PARAMETERS-----\nBggq\n-----END EC PARAMETERS-----\n-----BEGIN EC PRIVATE KEY-----\nMHcC\nAQEE==\n-----END EC PRIVATE KEY-----\n"
	list := []secretField{{field: "key", pem: true}, {field: "cert_key", pem: true}, {field: "token_headers", header: "X-Key"}, {field: "proxy_password"}}
	oneLine := "-----BEGIN EC PARAMETERS----- Bggq -----END EC PARAMETERS----- -----BEGIN EC PRIVATE KEY----- MHcC AQEE== -----END EC PRIVATE KEY-----"
	r := rotationOf(list, []string{oneLine, key, "t", ""})
	if r.Key.Reveal() != key || r.CertKey.Reveal() != key || r.TokenHeaders["X-Key"].Reveal() != "t" || r.ProxyPassword != nil {
		t.Fatalf("%q", r.Key.Reveal())
	}
}
