package outbound

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"ferry/auth/wire"
	"ferry/model"
)

// Bounds on the keys of an issuer. RSA below minRSA bits is not believed (RFC 7518
// §3.3); go-jose refuses what is too long to be checked quickly, and exponents that prove nothing.
const (
	minRSA  = 2048
	maxKeys = 100
)

// issuerKey is one member of a JWKS. One of a kind that ferry does not know, or does not
// believe, must not hide the others, and says why it is not used.
type issuerKey struct {
	id, alg string
	key     any    // nil: not used
	why     string // sanitised; "" where it is nobody's business, as with encryption keys
}

// readKey reads one JWK (RFC 7517 §4).
func readKey(raw json.RawMessage) issuerKey {
	var head struct {
		Kty, Crv, Kid, Alg, Use string
		Ops                     []string `json:"key_ops"`
	}
	if json.Unmarshal(raw, &head) != nil {
		return issuerKey{why: "is no JSON object of a key"}
	}
	red := wire.NewRedactor(nil)
	k := issuerKey{id: head.Kid, alg: head.Alg}
	var jwk jose.JSONWebKey
	err := jwk.UnmarshalJSON(raw)
	switch {
	case head.Use != "" && head.Use != "sig", len(head.Ops) > 0 && !slices.Contains(head.Ops, "verify"):
	case strings.EqualFold(head.Kty, "oct"):
		k.why = "is a shared secret (kty oct), and what everybody can read proves nothing"
	case err != nil:
		k.why = "is of a kind that ferry does not verify, or damaged (" + red.Line(strings.TrimSpace("kty "+head.Kty+" "+head.Crv), 60) + ")"
	case !jwk.IsPublic():
		k.why = "is a private key, which anybody could have signed with"
	case !jwk.Valid():
		k.why = "is damaged"
	default:
		k.key, k.why = believed(jwk.Key)
	}
	return k
}

// believed returns a key that is strong enough, or why it is not.
func believed(key any) (any, string) {
	switch pub := key.(type) {
	case *rsa.PublicKey:
		if n := pub.N.BitLen(); n < minRSA {
			return nil, fmt.Sprintf("is too weak (RSA of %d bits, below %d)", n, minRSA)
		}
		return pub, ""
	case *ecdsa.PublicKey, ed25519.PublicKey:
		return pub, ""
	}
	return nil, "is of a kind that ferry does not verify"
}

// fits reports whether a key is one for the algorithm (RFC 7518 §3.1, RFC 8037 §3.1).
func fits(key any, alg string) bool {
	switch pub := key.(type) {
	case *rsa.PublicKey:
		return strings.HasPrefix(alg, "RS") || strings.HasPrefix(alg, "PS")
	case *ecdsa.PublicKey:
		return alg == map[int]string{256: "ES256", 384: "ES384", 521: "ES512"}[pub.Curve.Params().BitSize]
	case ed25519.PublicKey:
		return alg == string(jose.EdDSA)
	}
	return false
}

// check looks for the key that signed.
func check(sig *jose.JSONWebSignature, keys []issuerKey) (model.Verdict, string) {
	head := sig.Signatures[0].Protected
	red := wire.NewRedactor(nil)
	kid, tried, why := red.Line(head.KeyID, 80), 0, ""
	for _, k := range keys {
		switch {
		case head.KeyID != "" && k.id != head.KeyID:
			continue
		case k.key == nil:
			if k.why != "" {
				why = k.why
			}
			continue
		case k.alg != "" && k.alg != head.Algorithm, !fits(k.key, head.Algorithm):
			why = "is not one for " + red.Line(head.Algorithm, 32)
			continue
		}
		tried++
		if _, err := sig.Verify(k.key); err == nil {
			return model.VerdictValid, "signed with " + red.Line(head.Algorithm, 32) + describeKey(kid)
		}
	}
	switch {
	case tried > 0:
		return model.VerdictInvalid, "the signature does not match the issuer's key" + describeKey(kid)
	case why != "":
		return model.VerdictUnverified, "the issuer's key" + describeKey(kid) + " " + why
	}
	return model.VerdictUnverified, "the key that signed it is not among the issuer's keys" + describeKey(kid)
}

func describeKey(kid string) string {
	if kid == "" {
		return ""
	}
	return " (key " + kid + ")"
}
