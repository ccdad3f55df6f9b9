package outbound

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"ferry/model"
)

// badKey is the error for a key that cannot be used. Nothing was sent, and the message
// holds nothing of the key.
func badKey(c *model.Client, field, format string, args ...any) *model.Error {
	flag := "--key-file FILE"
	if field == "key_alg" {
		flag = "--key-alg ALG"
	}
	return model.Errorf(model.EInvalid, format, args...).WithField(field).
		WithNext("give a PEM file with an EC (P-256), RSA (2048 bits or more) or Ed25519 private key: %s", update(c, flag))
}

// signingKey reads the key of private_key_jwt and the algorithm it signs with: the
// client's, where the key can do it, or what follows from the key.
func signingKey(c *model.Client) (any, jose.SignatureAlgorithm, error) {
	key, err := privateKey(c)
	if err != nil {
		return nil, "", err
	}
	var kind string
	var can []string
	switch k := key.(type) {
	case *ecdsa.PrivateKey:
		if k.Curve != elliptic.P256() {
			return nil, "", badKey(c, "key", "the key is an EC key on %s, and ES256 needs P-256", k.Curve.Params().Name)
		}
		kind, can = "an EC key", []string{"ES256"}
	case *rsa.PrivateKey:
		if n := k.N.BitLen(); n < minRSA {
			return nil, "", badKey(c, "key", "the key is an RSA key of %d bits, fewer than %d", n, minRSA)
		}
		kind, can = "an RSA key", []string{"RS256", "PS256"}
	case ed25519.PrivateKey:
		kind, can = "an Ed25519 key", []string{"EdDSA"}
	default:
		return nil, "", badKey(c, "key", "the key is of a kind that signs no assertion")
	}
	alg := c.Auth.Assertion.Algorithm
	if alg == "" {
		alg = can[0]
	}
	if !slices.Contains(can, alg) {
		return nil, "", badKey(c, "key_alg", "%s cannot sign with %s, only with %s", kind, model.Printable(alg[:min(len(alg), 32)]), strings.Join(can, " or "))
	}
	return key, jose.SignatureAlgorithm(alg), nil
}

// privateKey reads the one private key of a PEM text.
func privateKey(c *model.Client) (any, error) {
	rest, found := []byte(c.Auth.Assertion.Key.Reveal()), ""
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		key, err := parseKey(block)
		switch {
		case block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "":
			return nil, badKey(c, "key", "the key is encrypted with a passphrase").
				WithNext("decrypt it first: openssl pkey -in FILE -out PLAIN, then %s", update(c, "--key-file PLAIN"))
		case !strings.HasSuffix(block.Type, "PRIVATE KEY"):
			found = block.Type // an EC PARAMETERS or a certificate may stand before the key
			continue
		case err != nil:
			return nil, badKey(c, "key", "the key does not read as a private key").WithCause(err)
		}
		return key, nil
	}
	if found != "" {
		return nil, badKey(c, "key", "the PEM text holds a %s and no private key", model.Printable(found[:min(len(found), 40)]))
	}
	return nil, badKey(c, "key", "the key is no PEM text")
}

func parseKey(b *pem.Block) (any, error) {
	switch b.Type {
	case "PRIVATE KEY":
		return x509.ParsePKCS8PrivateKey(b.Bytes)
	case "RSA PRIVATE KEY":
		return x509.ParsePKCS1PrivateKey(b.Bytes)
	case "EC PRIVATE KEY":
		return x509.ParseECPrivateKey(b.Bytes)
	}
	return nil, fmt.Errorf("PEM type %d characters long", len(b.Type))
}
