package outbound

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
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
