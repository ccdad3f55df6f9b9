package authority

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"math/big"

	"github.com/go-jose/go-jose/v4"

	"ferry/model"
)

// Signer signs access tokens with one key and checks what it signed. Everything that a
// key allows to be made once is made by NewSigner.
type Signer struct {
	key    model.SigningKey
	header []byte // of every token, in base64url with a dot at its end
	jwk    json.RawMessage
	sign   func(text []byte) ([]byte, error)
	verify func(text, signature []byte) bool
}

// minRSA is the size of the smallest RSA key that RFC 7518 §3.3 allows, in bits.
const minRSA = 2048

// NewSigner takes a signing key apart. EInternal when it is not one of its algorithm.
func NewSigner(k model.SigningKey) (*Signer, error) {
	private, err := x509.ParsePKCS8PrivateKey([]byte(k.Private.Reveal()))
	if err != nil {
		// The parser's error is left out: it may quote what it read.
		return nil, model.Errorf(model.EInternal, "the signing key %s cannot be read", model.Printable(string(k.ID)))
	}
	s := &Signer{key: k}
	var public crypto.PublicKey
	switch p := private.(type) {
	case *ecdsa.PrivateKey:
		if k.Algorithm == model.ES256 && p.Curve == elliptic.P256() {
			public = s.useECDSA(p)
		}
	case ed25519.PrivateKey:
		if k.Algorithm == model.EdDSA {
			public = s.useEd25519(p)
		}
	case *rsa.PrivateKey:
		if k.Algorithm == model.RS256 && p.N.BitLen() >= minRSA {
			public = s.useRSA(p)
		}
	}
	if public == nil {
		return nil, model.Errorf(model.EInternal, "the signing key %s is not one for %s",
			model.Printable(string(k.ID)), model.Printable(string(k.Algorithm)))
	}
	header, err1 := json.Marshal(jwtHeader{Algorithm: string(k.Algorithm), Type: tokenType, KeyID: string(k.ID)})
	jwk, err2 := jose.JSONWebKey{Key: public, KeyID: string(k.ID), Algorithm: string(k.Algorithm), Use: "sig"}.MarshalJSON()
	if err1 != nil || err2 != nil {
		return nil, model.Errorf(model.EInternal, "the signing key %s cannot be published", model.Printable(string(k.ID)))
	}
	s.jwk = jwk
	s.header = append(base64.RawURLEncoding.AppendEncode(nil, header), '.')
	return s, nil
}

// useECDSA signs as RFC 7518 §3.4 says: r and s, 32 bytes each.
func (s *Signer) useECDSA(private *ecdsa.PrivateKey) crypto.PublicKey {
	const half = 32
	s.sign = func(text []byte) ([]byte, error) {
		sum := sha256.Sum256(text)
		r, t, err := ecdsa.Sign(rand.Reader, private, sum[:])
		if err != nil {
			return nil, err
		}
		out := make([]byte, 2*half)
		r.FillBytes(out[:half])
		t.FillBytes(out[half:])
		return out, nil
	}
	public := &private.PublicKey
	s.verify = func(text, signature []byte) bool {
		if len(signature) != 2*half {
			return false
		}
		sum := sha256.Sum256(text)
		r, t := new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:])
		return ecdsa.Verify(public, sum[:], r, t)
	}
	return public
}

// useEd25519 signs as RFC 8037 §3.1 says.
func (s *Signer) useEd25519(private ed25519.PrivateKey) crypto.PublicKey {
	public, ok := private.Public().(ed25519.PublicKey)
	if !ok {
		return nil
	}
	s.sign = func(text []byte) ([]byte, error) { return ed25519.Sign(private, text), nil }
	s.verify = func(text, signature []byte) bool { return ed25519.Verify(public, text, signature) }
	return public
}

// useRSA signs as RFC 7518 §3.3 says.
func (s *Signer) useRSA(private *rsa.PrivateKey) crypto.PublicKey {
	s.sign = func(text []byte) ([]byte, error) {
		sum := sha256.Sum256(text)
		return rsa.SignPKCS1v15(nil, private, crypto.SHA256, sum[:])
	}
	public := &private.PublicKey
	s.verify = func(text, signature []byte) bool {
		sum := sha256.Sum256(text)
		return rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], signature) == nil
	}
	return public
}

// KeySet is a JWK Set (RFC 7517 §5) of public keys.
type KeySet struct {
	Keys []json.RawMessage `json:"keys"`
}

// JWKS returns the public keys of signers.
func JWKS(signers ...*Signer) KeySet {
	set := KeySet{Keys: make([]json.RawMessage, len(signers))}
	for i, s := range signers {
		set.Keys[i] = s.jwk
	}
	return set
}
