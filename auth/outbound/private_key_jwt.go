package outbound

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"

	"ferry/model"
)

// assertionType is the client_assertion_type of RFC 7523 §2.2.
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// assertionLife is how long an assertion is good for: it is used once, at once.
const assertionLife = time.Minute

// keyAuth is private_key_jwt (RFC 7523 §2.2, OpenID Connect Core §9): a signed
// assertion takes the place of the secret, and the key never leaves.
var keyAuth = clientAuth{
	send:  model.SendKey,
	style: oauth2.AuthStyleInParams,
	missing: func(c *model.Client, _ bool) []string {
		if !c.Auth.Assertion.Key.IsSet() {
			return []string{"key"}
		}
		return nil
	},
	apply: func(p party, _ http.Header, form url.Values) error {
		signed, err := assertion(p)
		if err != nil {
			return err
		}
		form.Set("client_id", p.client.Auth.ClientID)
		form.Set("client_assertion_type", assertionType)
		form.Set("client_assertion", signed)
		return nil
	},
}

// assertion signs what RFC 7523 §3 asks for. EInvalid with field "key" or "key_alg".
func assertion(p party) (string, error) {
	a := &p.client.Auth
	key, alg, err := signingKey(p.client)
	if err != nil {
		return "", err
	}
	opts := (&jose.SignerOptions{}).WithType("JWT")
	if a.Assertion.KeyID != "" {
		opts = opts.WithHeader("kid", a.Assertion.KeyID)
	}
	claims, err := json.Marshal(struct {
		Issuer   string `json:"iss"`
		Subject  string `json:"sub"`
		Audience string `json:"aud"`
		ID       string `json:"jti"`
		Issued   int64  `json:"iat"`
		Expires  int64  `json:"exp"`
	}{a.ClientID, a.ClientID, audience(p), rand.Text(), p.now.Unix(), p.now.Add(assertionLife).Unix()})
	if err != nil {
		return "", model.Errorf(model.EInternal, "the assertion could not be written").WithCause(err)
	}
	var signed string
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, opts)
	if err == nil {
		var sig *jose.JSONWebSignature
		if sig, err = signer.Sign(claims); err == nil {
			signed, err = sig.CompactSerialize()
		}
	}
	if err != nil {
		return "", badKey(p.client, "key", "the key cannot sign: it is damaged").WithCause(err)
	}
	return signed, nil
}

// audience is the issuer where one is known, which no other server can be made to
// accept, and the token URL where the client says so or nothing else is known.
func audience(p party) string {
	a := &p.client.Auth
	issuer, tokenURL := p.issuer, p.tokenURL
	if issuer == "" {
		issuer = a.Issuer
	}
	if tokenURL == "" {
		tokenURL = a.TokenURL
	}
	switch {
	case issuer != "" && a.Assertion.Audience != model.AudienceTokenURL:
		return issuer
	case tokenURL != "":
		return tokenURL
	}
	return p.endpoint.String()
}
