package outbound

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"ferry/auth/wire"
	"ferry/model"
)

// signatures are the algorithms that are believed: asymmetric ones only, so that a
// public key is never taken for a shared secret (RFC 8725 §2.1), and "none" never.
var signatures = []jose.SignatureAlgorithm{
	jose.ES256, jose.ES384, jose.ES512, jose.EdDSA, jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512,
}

// verdict verifies a JWT's signature against the keys at jwksURL.
func (s *Source) verdict(ctx context.Context, c *model.Client, jwksURL, token, header string) (model.Verdict, string) {
	alg := algorithm(header)
	switch {
	case strings.EqualFold(alg, "none"):
		return model.VerdictInvalid, "the token is not signed (alg none)"
	case strings.HasPrefix(alg, "HS"):
		return model.VerdictUnverified, "the token is signed with a shared secret (" + alg + "), which only its issuer can check"
	case jwksURL == "":
		return model.VerdictUnverified, "the issuer's keys are not known; give the client an issuer to verify signatures"
	}
	sig, err := jose.ParseSignedCompact(token, signatures)
	if err != nil || len(sig.Signatures) != 1 {
		return model.VerdictUnverified, "ferry does not verify the algorithm " + alg
	}
	keys, why := s.keys(ctx, c, jwksURL)
	if why != "" {
		return model.VerdictUnverified, why
	}
	return check(sig, keys)
}

// algorithm is the alg of a JWT header, sanitised.
func algorithm(part string) string {
	var h struct {
		Alg string `json:"alg"`
	}
	raw, _ := base64.RawURLEncoding.DecodeString(strings.TrimRight(part, "="))
	if json.Unmarshal(raw, &h) != nil || h.Alg == "" {
		return "none"
	}
	return wire.NewRedactor(nil).Line(h.Alg, 32)
}

// keys fetches a JWKS; why says what went wrong.
func (s *Source) keys(ctx context.Context, c *model.Client, jwksURL string) (keys []issuerKey, why string) {
	u, err := wire.CheckURL(c, jwksURL, "jwks_url")
	if err != nil {
		return nil, model.AsError(err).Message
	}
	ctx, cancel := s.pool.Bound(ctx, c)
	defer cancel()
	a, who, err := s.get(ctx, c, u, target(c, "key set", "--issuer URL"))
	if err != nil {
		return nil, model.AsError(err).Message
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if a.Status != http.StatusOK || json.Unmarshal(a.Body, &set) != nil {
		return nil, who + " answered with something that is no key set"
	}
	for _, raw := range set.Keys[:min(len(set.Keys), maxKeys)] {
		keys = append(keys, readKey(raw))
	}
	return keys, ""
}
