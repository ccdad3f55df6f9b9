package authority

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"

	"ferry/model"
)

// TestIndependentLibraryAgrees: go-jose accepts what we sign and we accept what it signs.
func TestIndependentLibraryAgrees(t *testing.T) {
	for _, a := range []model.Algorithm{model.ES256, model.EdDSA, model.RS256} {
		s := serve(t, a)
		u := s.user(s.Space, "robot", "clients:view")
		k := s.dir.Load().Signing[0]
		private, err := x509.ParsePKCS8PrivateKey([]byte(k.Private.Reveal()))
		if err != nil {
			t.Fatal(err)
		}
		signer, err := jose.NewSigner(
			jose.SigningKey{Algorithm: jose.SignatureAlgorithm(a), Key: jose.JSONWebKey{Key: private, KeyID: string(k.ID)}},
			(&jose.SignerOptions{}).WithType("at+jwt"))
		if err != nil {
			t.Fatal(err)
		}
		s.accepted(compact(t, signer, s.claimsOf(u, "")), true)
	}
}

// TestSigningKeyOfAnotherKindIsNotUsed: the algorithm of a key is its own.
func TestSigningKeyOfAnotherKindIsNotUsed(t *testing.T) {
	s := serve(t, model.ES256)
	k := s.dir.Load().Signing[0]
	k.Algorithm = model.RS256
	if _, err := NewSigner(k); model.CodeOf(err) != model.EInternal {
		t.Errorf("%v", err)
	}
	k.Private = model.NewSecret("canary")
	if _, err := NewSigner(k); err == nil || strings.Contains(fmt.Sprint(err), "canary") {
		t.Errorf("%v", err)
	}
}

// TestClaimsAreWrittenAsJSONHasThem: claims and answers.
func TestClaimsAreWrittenAsJSONHasThem(t *testing.T) {
	for _, text := range []string{"", "plain", `"quotes" and \`, "line\nfeed", "é <b>&", "\u202e", "\xff\xfe", "\x00"} {
		c := Claims{Issuer: text, Subject: text, Audience: Audience{text, "b"}, ClientID: text, IssuedAt: -1, NotBefore: 2, Expires: 3, ID: text, Scope: text, Space: text, Key: model.ID(text)}
		want, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(c.append(nil))); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
		a := answer{text, "Bearer", 300, text}
		if want, err = json.Marshal(a); err != nil || string(want) != string(a.append(nil)) {
			t.Errorf("%q: %s, want %s %v", text, a.append(nil), want, err)
		}
	}
}

// FuzzToken: whatever is presented, it is refused without a panic unless go-jose finds
// the same key's signature under the same claims.
func FuzzToken(f *testing.F) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		f.Fatal(err)
	}
	signer, err := NewSigner(model.SigningKey{ID: "k", Algorithm: model.ES256, Private: model.NewSecret(string(der))})
	if err != nil {
		f.Fatal(err)
	}
	token, err := signer.Sign(&Claims{Issuer: "i", Audience: Audience{"i"}, ID: "j", Expires: 1})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(token)
	f.Add(b64(`{"alg":"none","typ":"at+jwt","kid":"k"}`) + "." + b64("{}") + ".")
	f.Add("..")
	var public crypto.PublicKey = &key.PublicKey
	f.Fuzz(func(t *testing.T, text string) {
		c, fault := readJWT(text, func(kid string) *Signer {
			if kid == "k" {
				return signer
			}
			return nil
		})
		if fault != nil {
			return
		}
		parsed, err := jwt.ParseSigned(text, []jose.SignatureAlgorithm{jose.ES256})
		if err != nil {
			t.Fatalf("%q was accepted: %v", text, err)
		}
		var other jwt.Claims
		if err := parsed.Claims(public, &other); err != nil || other.ID != c.ID || other.Issuer != c.Issuer {
			t.Fatalf("%q was accepted: %v, %+v and %+v", text, err, other, c)
		}
	})
}

// FuzzBearer: no header makes the check panic or repeats what was sent.
func FuzzBearer(f *testing.F) {
	f.Add("Bearer a.b.c", "")
	f.Add("Basic YTpi", "access_token=x")
	f.Fuzz(func(t *testing.T, header, query string) {
		r := httptest.NewRequestWithContext(context.Background(), "GET", "/", nil)
		r.URL.RawQuery = query
		r.Header["Authorization"] = []string{header}
		token, fault := BearerToken(r)
		if fault == nil && (len(token) > MaxToken || !strings.Contains(header, token) || strings.ContainsAny(token, " \r\n\",\\")) {
			t.Fatalf("%q gave %q", header, token)
		}
	})
}
