package outbound

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"ferry/auth/wire"
	"ferry/auth/wire/wiretest"
	"ferry/model"
)

func sign(t *testing.T, alg jose.SignatureAlgorithm, key any, kid, payload string) string {
	t.Helper()
	opts := (&jose.SignerOptions{}).WithType("at+jwt")
	if kid != "" {
		opts = opts.WithHeader("kid", kid)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, opts)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := signer.Sign([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	out, err := sig.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func jwks(t *testing.T, extra string, keys ...jose.JSONWebKey) string {
	t.Helper()
	var parts []string
	for _, k := range keys {
		raw, err := json.Marshal(k)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, string(raw))
	}
	if extra != "" {
		parts = append([]string{extra}, parts...)
	}
	return `{"keys":[` + strings.Join(parts, ",") + `]}`
}

func public(k crypto.Signer, kid string) jose.JSONWebKey {
	return jose.JSONWebKey{Key: k.Public(), KeyID: kid, Use: "sig"}
}

func TestDecode(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	strong, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	payload := `{"iss":"x","exp":1893456000,"big":12345678901234567890,"name":"a\u001b[2Jb` + "\u202e" + `"}`
	good := sign(t, jose.ES256, ec, "k1", payload)
	part := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	forged := strings.Split(good, ".")
	forged[1] = part(`{"iss":"x","admin":true}`)
	const unknown = `{"kty":"NEW","kid":"k1","x":"1"}`
	for name, tc := range map[string]struct {
		token, jwks string
		verdict     model.Verdict
		detail      string
	}{
		"valid ES256":                  {good, jwks(t, "", public(ec, "k1")), model.VerdictValid, "signed with ES256 (key k1)"},
		"valid, beside an unknown key": {good, jwks(t, unknown, public(other, "k2"), public(ec, "k1")), model.VerdictValid, "ES256"},
		"valid EdDSA":                  {sign(t, jose.EdDSA, ed, "", payload), jwks(t, "", public(ed, "")), model.VerdictValid, "signed with EdDSA"},
		"valid RS256":                  {sign(t, jose.RS256, strong, "r", payload), jwks(t, "", public(strong, "r")), model.VerdictValid, "RS256"},
		"weak RSA key":                 {sign(t, jose.RS256, weak, "r", payload), jwks(t, "", public(weak, "r")), model.VerdictUnverified, "too weak"},
		"changed claims":               {strings.Join(forged, "."), jwks(t, "", public(ec, "k1")), model.VerdictInvalid, "does not match"},
		"another key, same id":         {good, jwks(t, "", public(other, "k1")), model.VerdictInvalid, "does not match"},
		"the key is not there":         {good, jwks(t, "", public(other, "k9")), model.VerdictUnverified, "not among the issuer's keys (key k1)"},
		"no keys are known":            {good, "", model.VerdictUnverified, "keys are not known"},
		"no key set there":             {good, "<html>", model.VerdictUnverified, "no key set"},
		"2 MiB of keys":                {good, strings.Repeat(" ", 2<<20), model.VerdictUnverified, "longer than 1024 KiB"},
		"alg none":                     {part(`{"alg":"none"}`) + "." + part(payload) + ".", jwks(t, "", public(ec, "k1")), model.VerdictInvalid, "not signed"},
		"no alg":                       {part(`{}`) + "." + part(payload) + ".", jwks(t, "", public(ec, "k1")), model.VerdictInvalid, "not signed"},
		"shared secret":                {sign(t, jose.HS256, []byte("0123456789abcdef0123456789abcdef"), "k1", payload), jwks(t, "", public(ec, "k1")), model.VerdictUnverified, "shared secret (HS256)"},
		"unknown algorithm":            {part(`{"alg":"X\u001b1"}`) + "." + part(payload) + ".AA", jwks(t, "", public(ec, "k1")), model.VerdictUnverified, "algorithm X<U+001B>1"},
		"private key in the set":       {good, jwks(t, "", jose.JSONWebKey{Key: ec, KeyID: "k1"}), model.VerdictUnverified, "is a private key"},
	} {
		t.Run(name, func(t *testing.T) {
			at := ""
			if tc.jwks != "" {
				at = answer(t, 200, "application/json", tc.jwks).URL("/keys")
			}
			got := newSource(t, wire.Limits{}).Decode(t.Context(), clientFor(""), at, model.Token{Access: model.NewSecret(tc.token)})
			if got.Opaque || got.Verdict != tc.verdict || !strings.Contains(got.Detail, tc.detail) {
				t.Fatalf("%s: %s", got.Verdict, got.Detail)
			}
			for _, text := range []string{got.Header, got.Payload, got.Detail} {
				wiretest.Controls(t, "claims", text)
			}
			if name == "valid ES256" {
				want := "{\n  \"iss\": \"x\",\n  \"exp\": 1893456000,\n  \"big\": 12345678901234567890,\n  \"name\": \"a\\u001b[2Jb<U+202E>\"\n}"
				if got.Payload != want {
					t.Errorf("payload %s, want %s", got.Payload, want)
				}
			}
		})
	}
}

// Issue 4, bad input: JWKS with unknown or weak keys → never "valid", and why.
func TestKeysThatAreNotBelieved(t *testing.T) {
	k := testKeys()
	payload := `{"iss":"x"}`
	es := sign(t, jose.ES256, k.ec, "k1", payload)
	rs := sign(t, jose.RS256, k.rsa, "k1", payload)
	n := base64.RawURLEncoding.EncodeToString(k.rsa.N.Bytes())
	huge := base64.RawURLEncoding.EncodeToString(bytes.Repeat([]byte{0xff}, 2500))
	pub := func(key crypto.Signer, edit func(*jose.JSONWebKey)) string {
		j := public(key, "k1")
		edit(&j)
		return jwks(t, "", j)
	}
	one := func(key string) string { return `{"keys":[` + key + `]}` }
	for name, tc := range map[string]struct{ token, jwks, detail string }{
		"unknown kty":         {es, one(`{"kty":"PQ\u001b","kid":"k1"}`), "kind that ferry does not verify, or damaged (kty PQ<U+001B>)"},
		"unknown curve":       {es, one(`{"kty":"EC","crv":"secp256k1","kid":"k1","x":"AA","y":"AA"}`), "(kty EC secp256k1)"},
		"off the curve":       {es, one(`{"kty":"EC","crv":"P-256","kid":"k1","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`), "or damaged"},
		"not base64":          {es, one(`{"kty":"EC","crv":"P-256","kid":"k1","x":"!","y":"!"}`), "or damaged"},
		"shared secret":       {es, one(`{"kty":"oct","kid":"k1","k":"AAAA"}`), "is a shared secret (kty oct)"},
		"RSA, 1024 bits":      {sign(t, jose.RS256, k.weak, "k1", payload), pub(k.weak, func(*jose.JSONWebKey) {}), "too weak (RSA of 1024 bits, below 2048)"},
		"RSA, exponent 1":     {rs, one(`{"kty":"RSA","kid":"k1","n":"` + n + `","e":"AQ"}`), "or damaged (kty RSA)"},
		"RSA, 20,000 bits":    {rs, one(`{"kty":"RSA","kid":"k1","n":"` + huge + `","e":"AQAB"}`), "or damaged (kty RSA)"},
		"another algorithm":   {rs, pub(k.rsa, func(j *jose.JSONWebKey) { j.Algorithm = "PS256" }), "is not one for RS256"},
		"another kind":        {es, pub(k.rsa, func(*jose.JSONWebKey) {}), "is not one for ES256"},
		"another curve":       {es, pub(k.p384, func(*jose.JSONWebKey) {}), "is not one for ES256"},
		"for encryption":      {es, pub(k.ec, func(j *jose.JSONWebKey) { j.Use = "enc" }), "not among the issuer's keys"},
		"for encryption, ops": {es, strings.Replace(jwks(t, "", public(k.ec, "k1")), `"kty"`, `"key_ops":["encrypt"],"kty"`, 1), "not among the issuer's keys"},
		"a string":            {es, one(`"k1"`), "not among the issuer's keys"},
		"no keys":             {es, `{"keys":[]}`, "not among the issuer's keys"},
		"not a set":           {es, `[]`, "no key set"},
		"the 101st":           {es, one(strings.Repeat(`{"kty":"PQ","kid":"k0"},`, maxKeys) + strings.Trim(strings.TrimPrefix(jwks(t, "", public(k.ec, "k1")), `{"keys":`), "[]}") + "}"), "not among the issuer's keys"},
	} {
		t.Run(name, func(t *testing.T) {
			got := newSource(t, wire.Limits{}).Decode(t.Context(), clientFor(""), answer(t, 200, "application/json", tc.jwks).URL("/keys"), model.Token{Access: model.NewSecret(tc.token)})
			if got.Verdict != model.VerdictUnverified || !strings.Contains(got.Detail, tc.detail) {
				t.Errorf("%s: %s", got.Verdict, got.Detail)
			}
			wiretest.Controls(t, "detail", got.Detail)
		})
	}
	// A token signed with the public key as a shared secret is not even looked at.
	der, err := x509.MarshalPKIXPublicKey(k.rsa.Public())
	if err != nil {
		t.Fatal(err)
	}
	forged := sign(t, jose.HS256, der, "k1", payload)
	if got := newSource(t, wire.Limits{}).Decode(t.Context(), clientFor(""), "http://127.0.0.1:1/", model.Token{Access: model.NewSecret(forged)}); got.Verdict == model.VerdictValid {
		t.Error(got.Detail)
	}
}

// Indentation grows with the square of the depth: 12 KiB of brackets must not become 70 MiB.
func TestDeepClaimsStaySmall(t *testing.T) {
	payload := `{"a":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`
	part := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	got := newSource(t, wire.Limits{}).Decode(t.Context(), clientFor(""), "", model.Token{Access: model.NewSecret(part(`{"alg":"ES256","b":"[[[\"[["}`) + "." + part(payload) + ".x")})
	if got.Payload != payload || got.Header != "{\n  \"alg\": \"ES256\",\n  \"b\": \"[[[\\\"[[\"\n}" {
		t.Errorf("%d bytes of claims, header %s", len(got.Payload), got.Header)
	}
}

func TestDecodeOpaque(t *testing.T) {
	part := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	for name, token := range map[string]string{
		"empty": "", "word": "abcdef", "three words": "a.b.c", "no JSON": part("x") + "." + part("{}") + ".x", "a list": part("[]") + "." + part("{}") + ".x",
		"encrypted": part(`{"alg":"RSA-OAEP","enc":"A256GCM"}`) + ".a.b.c.d", "dots": "....", "payload is no JSON": part("{}") + "." + part("{") + ".x",
	} {
		got := newSource(t, wire.Limits{}).Decode(t.Context(), clientFor(""), "http://127.0.0.1:1/never-asked", model.Token{Access: model.NewSecret(token)})
		if !got.Opaque || got.Verdict != model.VerdictOpaque || got.Detail == "" {
			t.Errorf("%s: %+v", name, got)
		}
		if name == "encrypted" && !strings.Contains(fmt.Sprint(got.Header, got.Detail), "encrypted JWT") {
			t.Errorf("%+v", got)
		}
	}
}
