package authority

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"ferry/model"
)

func b64(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// forge signs any header and claims with the hub's own key.
func (s *served) forge(header, claims string) string {
	s.t.Helper()
	dir := s.dir.Load()
	signer := s.hub.ringOf(dir).signer(s.Clock.Now())
	text := b64(header) + "." + b64(claims)
	signature, err := signer.sign([]byte(text))
	if err != nil {
		s.t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// claimsOf are good claims for u, with some of them replaced; null takes one out.
func (s *served) claimsOf(u account, replace string) string {
	s.t.Helper()
	now := s.Clock.Now().Unix()
	c := Claims{
		Issuer: origin, Subject: u.user.Username, Audience: Audience{origin}, ClientID: u.user.Username,
		IssuedAt: now, Expires: now + 300, ID: "forged", Scope: "clients:view", Space: "default", Key: u.key.ID,
	}
	var all map[string]any
	if err := json.Unmarshal(c.append(nil), &all); err != nil {
		s.t.Fatal(err)
	}
	if err := json.Unmarshal([]byte("{"+replace+"}"), &all); err != nil {
		s.t.Fatal(err)
	}
	for name, v := range all {
		if v == nil {
			delete(all, name)
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

// TestForgedTokensAreRefused covers the issue's "malformed JWTs at the API → 401 with
// WWW-Authenticate per RFC 6750", and the known attacks on JWT (RFC 8725 §3).
func TestForgedTokensAreRefused(t *testing.T) {
	s := serve(t, model.ES256)
	u := s.user(s.Space, "robot", "clients:view")
	kid := string(s.dir.Load().Signing[0].ID)
	good := fmt.Sprintf(`{"alg":"ES256","typ":"at+jwt","kid":%q}`, kid)
	claims := s.claimsOf(u, "")
	s.accepted(s.forge(good, claims), true) // so that what follows fails for its own reason

	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public := s.publicKey()
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	point, err := public.ECDH()
	if err != nil {
		t.Fatal(err)
	}
	hs256 := func(key []byte) string {
		text := b64(strings.Replace(good, "ES256", "HS256", 1)) + "." + b64(claims)
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(text))
		return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
	foreign := func(extra map[jose.HeaderKey]any, embed bool) string {
		o := &jose.SignerOptions{EmbedJWK: embed, ExtraHeaders: map[jose.HeaderKey]any{"typ": "at+jwt", "kid": kid}}
		for k, v := range extra {
			o.ExtraHeaders[k] = v
		}
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: private}, o)
		if err != nil {
			t.Fatal(err)
		}
		return compact(t, signer, claims)
	}
	whole := s.forge(good, claims)
	parts := strings.Split(whole, ".")
	for name, token := range map[string]string{
		"alg none":                       b64(`{"alg":"none","typ":"at+jwt","kid":"`+kid+`"}`) + "." + b64(claims) + ".",
		"alg none with a signature":      s.forge(strings.Replace(good, "ES256", "none", 1), claims),
		"alg none without kid":           b64(`{"alg":"none","typ":"at+jwt"}`) + "." + b64(claims) + ".",
		"HS256 with the public key":      hs256(der),
		"HS256 with the public point":    hs256(point.Bytes()),
		"HS256 with no key":              hs256(nil),
		"another algorithm's name":       s.forge(strings.Replace(good, "ES256", "EdDSA", 1), claims),
		"kid unknown":                    s.forge(strings.Replace(good, kid, "nobody", 1), claims),
		"no kid":                         s.forge(`{"alg":"ES256","typ":"at+jwt"}`, claims),
		"kid is a path":                  s.forge(strings.Replace(good, kid, "../../etc/passwd", 1), claims),
		"signed with another key":        foreign(nil, false),
		"its own jwk":                    foreign(nil, true),
		"its own jku":                    foreign(map[jose.HeaderKey]any{"jku": "http://127.0.0.1:1/jwks"}, false),
		"its own x5u":                    foreign(map[jose.HeaderKey]any{"x5u": "http://127.0.0.1:1/x"}, false),
		"crit":                           s.forge(strings.Replace(good, "{", `{"crit":["exp"],`, 1), claims),
		"typ JWT":                        s.forge(strings.Replace(good, "at+jwt", "JWT", 1), claims),
		"no typ":                         s.forge(strings.Replace(good, `"typ":"at+jwt",`, "", 1), claims),
		"payload of another":             parts[0] + "." + b64(s.claimsOf(u, `"scope":"clients:view keys:create"`)) + "." + parts[2],
		"no signature":                   parts[0] + "." + parts[1] + ".",
		"signature cut":                  whole[:len(whole)-4],
		"signature of zeros":             parts[0] + "." + parts[1] + "." + strings.Repeat("A", 86),
		"loose bits":                     whole[:len(whole)-1] + map[bool]string{true: "B", false: "R"}[whole[len(whole)-1] == 'A'],
		"padding":                        whole + "==",
		"a part too many":                whole + ".AAAA",
		"two parts":                      parts[0] + "." + parts[1],
		"one part":                       parts[0],
		"dots":                           "..",
		"header no JSON":                 b64("at+jwt") + "." + parts[1] + "." + parts[2],
		"claims no JSON":                 s.forge(good, "sub"),
		"claims an array":                s.forge(good, "[]"),
		"wrong type of a claim":          s.forge(good, s.claimsOf(u, `"exp":"tomorrow"`)),
		"another issuer":                 s.forge(good, s.claimsOf(u, `"iss":"https://evil.example.com"`)),
		"no issuer":                      s.forge(good, s.claimsOf(u, `"iss":null`)),
		"issuer of another space":        s.forge(good, s.claimsOf(u, `"iss":"`+origin+`/spaces/default"`)),
		"no space":                       s.forge(good, s.claimsOf(u, `"space":null`)),
		"space that is not there":        s.forge(good, s.claimsOf(u, `"space":"lab","iss":"`+origin+`/spaces/lab"`)),
		"another audience":               s.forge(good, s.claimsOf(u, `"aud":"https://other.example.com"`)),
		"no audience":                    s.forge(good, s.claimsOf(u, `"aud":null`)),
		"audience that begins like it":   s.forge(good, s.claimsOf(u, `"aud":"`+origin+`.evil.example"`)),
		"subject is not the client":      s.forge(good, s.claimsOf(u, `"sub":"admin"`)),
		"user that is not there":         s.forge(good, s.claimsOf(u, `"sub":"nobody","client_id":"nobody"`)),
		"key of nobody":                  s.forge(good, s.claimsOf(u, `"key":"00000000000000000000009999"`)),
		"no exp":                         s.forge(good, s.claimsOf(u, `"exp":null`)),
		"expired":                        s.forge(good, s.claimsOf(u, fmt.Sprintf(`"exp":%d`, s.Clock.Now().Add(-model.ClockSkew).Unix()))),
		"negative exp":                   s.forge(good, s.claimsOf(u, `"exp":-1`)),
		"issued beyond the skew":         s.forge(good, s.claimsOf(u, fmt.Sprintf(`"iat":%d`, s.Clock.Now().Add(model.ClockSkew+time.Second).Unix()))),
		"not before, beyond the skew":    s.forge(good, s.claimsOf(u, fmt.Sprintf(`"nbf":%d`, s.Clock.Now().Add(model.ClockSkew+time.Second).Unix()))),
		"9 KiB":                          s.forge(good, s.claimsOf(u, `"pad":"`+strings.Repeat("x", 9<<10)+`"`)),
		"a character that is no token's": "canary\u202e.a.b",
	} {
		t.Run(name, func(t *testing.T) {
			_, fault := s.verify(token)
			if fault == nil || fault.Status != 401 || fault.Code != "invalid_token" || s.entry.Reason == "" {
				t.Fatalf("%+v, reason %q", fault, s.entry.Reason)
			}
			w := httptest.NewRecorder()
			fault.Write(w)
			if got := w.Header().Get("WWW-Authenticate"); !strings.HasPrefix(got, `Bearer realm="ferry", error="invalid_token", error_description="`) {
				t.Errorf("challenge %s", got)
			}
			if w.Header().Get("Content-Type") != "application/problem+json" || strings.Contains(w.Body.String(), "canary") {
				t.Errorf("answer %v %s", w.Header(), w.Body)
			}
		})
	}
	for name, claims := range map[string]string{
		"expired within the skew": fmt.Sprintf(`"exp":%d`, s.Clock.Now().Add(time.Second-model.ClockSkew).Unix()),
		"issued within the skew":  fmt.Sprintf(`"iat":%d`, s.Clock.Now().Add(model.ClockSkew).Unix()),
		"not before in the past":  `"nbf":1`,
		"one of its audiences":    `"aud":["erp","` + origin + `"]`,
	} {
		if _, fault := s.verify(s.forge(good, s.claimsOf(u, claims))); fault != nil {
			t.Errorf("%s: %v", name, fault)
		}
	}
	s.accepted(s.forge(strings.Replace(good, "at+jwt", "application/at+jwt", 1), claims), true) // RFC 9068 §4
}

// compact signs claims as they are.
func compact(t testing.TB, signer jose.Signer, claims string) string {
	t.Helper()
	signed, err := signer.Sign([]byte(claims))
	if err != nil {
		t.Fatal(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// publicKey is the key that the hub signs with, as its JWKS publishes it.
func (s *served) publicKey() *ecdsa.PublicKey {
	s.t.Helper()
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(s.do(request("GET", jwksPath, "")).Body.Bytes(), &set); err != nil {
		s.t.Fatal(err)
	}
	key, ok := set.Keys[0].Key.(*ecdsa.PublicKey)
	if !ok {
		s.t.Fatalf("the key is %T", set.Keys[0].Key)
	}
	return key
}
