package clients

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"strings"

	"ferry/model"
)

// Algorithms are those that an assertion can be signed with (RFC 7518 §3.1, RFC 8037 §3.1).
var Algorithms = []string{"ES256", "RS256", "PS256", "EdDSA"}

// minRSA is the shortest RSA key that may sign (RFC 7518 §3.3), in bits.
const minRSA = 2048

// checkAssertion checks the private key of private_key_jwt and that it fits its algorithm.
func checkAssertion(p *problems, a *model.Assertion) {
	checkText(p, "key_id", a.KeyID)
	switch a.Audience {
	case "", model.AudienceIssuer, model.AudienceTokenURL:
	default:
		p.addf("key_audience", "issuer or token_url")
	}
	known := a.Algorithm == "" || slices.Contains(Algorithms, a.Algorithm)
	if !known {
		p.addf("key_alg", "%q is no algorithm of an assertion: %s", model.Printable(clip(a.Algorithm)), strings.Join(Algorithms, ", "))
	}
	if !a.Key.IsSet() {
		return
	}
	key, problem := privateKey(a.Key)
	if problem != "" {
		p.addf("key", "%s", problem)
		return
	}
	fits, problem := algorithmsOf(key)
	switch {
	case problem != "":
		p.addf("key", "%s", problem)
	case known && a.Algorithm != "" && !slices.Contains(fits, a.Algorithm):
		p.addf("key_alg", "%s does not fit the key, which can sign %s", a.Algorithm, strings.Join(fits, " or "))
	}
}

// algorithmsOf returns the algorithms that a key can sign with, the usual one first.
func algorithmsOf(key crypto.Signer) (list []string, problem string) {
	switch k := key.(type) {
	case *ecdsa.PrivateKey:
		if k.Curve != elliptic.P256() {
			return nil, "an EC key must be on the curve P-256, for ES256"
		}
		return []string{"ES256"}, ""
	case *rsa.PrivateKey:
		if k.N.BitLen() < minRSA {
			return nil, "an RSA key needs at least 2048 bits"
		}
		return []string{"RS256", "PS256"}, ""
	case ed25519.PrivateKey:
		return []string{"EdDSA"}, ""
	}
	return nil, "this kind of key cannot sign an assertion: use EC P-256, RSA or Ed25519"
}

// privateKey reads a private key in PEM form: PKCS #8, PKCS #1 or SEC 1. The problem is
// for a person and holds nothing of the key.
func privateKey(text model.Secret) (key crypto.Signer, problem string) {
	if len(text.Reveal()) > maxPEM {
		return nil, "this is too large for a private key"
	}
	block := keyBlock(text.Reveal())
	if block == nil {
		return nil, "the file holds no private key in PEM form"
	}
	var parsed any
	var err error
	switch {
	case block.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED"):
		return nil, "the private key is encrypted; the vault seals it, so decrypt it first: openssl pkey -in FILE -out PLAIN"
	case block.Type == "PRIVATE KEY":
		parsed, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case block.Type == "RSA PRIVATE KEY":
		parsed, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case block.Type == "EC PRIVATE KEY":
		parsed, err = x509.ParseECPrivateKey(block.Bytes)
	default:
		return nil, "the file holds a " + strings.ToLower(model.Printable(clip(block.Type))) + ", not a private key in PEM form"
	}
	signer, ok := parsed.(crypto.Signer)
	if err != nil || !ok {
		return nil, "the private key cannot be read: it must be PKCS #8, PKCS #1 or SEC 1 in PEM form"
	}
	return signer, ""
}

// keyBlock returns the first PEM block that is not the parameters which openssl writes
// before an EC key, nil when there is none.
func keyBlock(text string) *pem.Block {
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil || block.Type != "EC PARAMETERS" {
			return block
		}
	}
}
