package authority

import (
	"context"
	"crypto"
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
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"

	"ferry/model"
	"ferry/model/apiusers"
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

// TestWhereATokenMayStand covers RFC 6750 §2 and §3.1: in one Authorization header and
// nowhere else.
func TestWhereATokenMayStand(t *testing.T) {
	s := serve(t, model.ES256)
	u := s.user(s.Space, "robot", "clients:view")
	token := s.token(u)
	for name, c := range map[string]struct {
		method, target, body string
		headers              []string
		status               int
		code                 string
	}{
		"header":               {headers: []string{"Authorization: Bearer " + token}},
		"scheme in lower case": {headers: []string{"Authorization: bearer " + token}},
		"two spaces":           {headers: []string{"Authorization: Bearer  " + token}},
		"other query":          {target: "/x?a=1", headers: []string{"Authorization: Bearer " + token}},
		"none":                 {status: 401},
		"another scheme":       {headers: []string{u.basic()}, status: 401},
		"no token":             {headers: []string{"Authorization: Bearer"}, status: 401},
		"empty token":          {headers: []string{"Authorization: Bearer  "}, status: 401},
		"query":                {target: "/x?access_token=" + token, status: 400, code: "invalid_request"},
		"query and header":     {target: "/x?access_token=" + token, headers: []string{"Authorization: Bearer " + token}, status: 400, code: "invalid_request"},
		"two headers":          {headers: []string{"Authorization: Bearer " + token, "Authorization: Bearer " + token}, status: 400, code: "invalid_request"},
		"form":                 {method: "POST", body: "access_token=" + token, status: 401},
		"two tokens":           {headers: []string{"Authorization: Bearer " + token + ", " + token}, status: 401, code: "invalid_token"},
		"a name before":        {headers: []string{"Authorization: Bearer token=" + token}, status: 401, code: "invalid_token"},
		"8 KiB":                {headers: []string{"Authorization: Bearer " + strings.Repeat("a", MaxToken+1)}, status: 401, code: "invalid_token"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.target == "" {
				c.target = "/x"
			}
			a, fault := s.hub.Verify(request(map[bool]string{true: "GET", false: c.method}[c.method == ""], c.target, c.body, c.headers...))
			switch {
			case c.status == 0 && (fault != nil || a.User.Username != "robot"):
				t.Errorf("%+v %v", a, fault)
			case c.status != 0 && (fault == nil || fault.Status != c.status || fault.Code != c.code || a.User != nil):
				t.Errorf("%+v %v, want %d %q", a, fault, c.status, c.code)
			}
		})
	}
}

func TestChallenges(t *testing.T) {
	for want, e := range map[string]*BearerError{
		`Bearer realm="ferry"`: errNoBearer,
		`Bearer realm="ferry", error="insufficient_scope", error_description="the access token does not permit this", scope="clients:edit"`: Insufficient("clients:edit"),
		`Bearer realm="hr", error="invalid_token", error_description="x y"`:                                                                 {Status: 401, Code: "invalid_token", Description: "x\"\\\r\n y", Realm: "hr"},
	} {
		w := httptest.NewRecorder()
		e.Write(w)
		var body struct {
			Status int
			Code   string
			Detail string
		}
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
			t.Fatal(err)
		}
		if got := w.Header().Get("WWW-Authenticate"); got != want || w.Code != e.Status || body.Status != e.Status || body.Code == "" || body.Detail == "" {
			t.Errorf("%d %s\nwant %s\n%s", w.Code, got, want, w.Body)
		}
		if w.Header().Get("Cache-Control") != "no-store" || e.Error() == "" {
			t.Errorf("%v", w.Header())
		}
	}
	if Insufficient("x").Status != 403 {
		t.Error("insufficient_scope is not 403")
	}
}

// TestEffectivePermissions: the scopes of the token ∩ the permissions of the user now.
func TestEffectivePermissions(t *testing.T) {
	s := serve(t, model.ES256)
	u := s.user(s.Space, "robot", "clients:view", "clients:edit", "keys:view")
	token := s.token(u, "scope", "clients:view clients:edit")
	want := func(scopes ...string) {
		t.Helper()
		a, fault := s.verify(token)
		if fault != nil {
			t.Fatal(fault)
		}
		if !sameSet(a.Scopes, scopes) || len(a.Permits) != len(scopes) {
			t.Errorf("scopes %v, permits %v, want %v", a.Scopes, a.Permits, scopes)
		}
		for _, p := range scopes {
			if !a.Permits.Has(model.Permission(p)) {
				t.Errorf("%s is not permitted", p)
			}
		}
		if a.Key != u.key.ID || a.ID == "" || !a.Expires.Equal(s.Clock.Now().Add(5*time.Minute)) || s.entry.Client != "robot" || s.entry.Space != "default" {
			t.Errorf("%+v, entry %+v", a, s.entry)
		}
	}
	want("clients:view", "clients:edit")
	s.change(u, func(d *apiusers.Draft) { d.Permissions = []string{"clients:view", "spaces:view"} })
	want("clients:view")
	s.change(u, func(d *apiusers.Draft) { d.Permissions = nil })
	want()
}

// TestWhoeverMayAskNoMoreMayUseNoMore covers CASES "revoked key, token, user, or disabled →
// refused": at the first request on a newer directory.
func TestWhoeverMayAskNoMoreMayUseNoMore(t *testing.T) {
	for reason, change := range map[string]func(*served, account){
		"user_disabled": func(s *served, u account) {
			s.must(s.Users.SetState(s.Ctx, s.Space, u.user.ID, model.Disabled, ""))
		},
		"user_expired": func(s *served, u account) {
			s.change(u, func(d *apiusers.Draft) { d.Expires = s.Clock.Now().Add(time.Second) })
			s.Clock.Pass(time.Second)
		},
		"oauth2_off":     func(s *served, u account) { s.change(u, func(d *apiusers.Draft) { d.OAuth = false }) },
		"key_revoked":    func(s *served, u account) { s.must(s.Keys.Revoke(s.Ctx, s.Space, u.key.ID, 0, "")) },
		"unknown_client": func(s *served, u account) { s.must(nil, s.Users.Delete(s.Ctx, s.Space, u.user.ID, 0, "robot")) },
		"network": func(s *served, u account) {
			s.change(u, func(d *apiusers.Draft) { d.Networks = []string{"10.0.0.0/8"} })
		},
	} {
		t.Run(reason, func(t *testing.T) {
			s := serve(t, model.ES256)
			u := s.user(s.Space, "robot", "clients:view")
			token := s.token(u)
			s.accepted(token, true)
			change(s, u)
			s.load()
			_, fault := s.verify(token)
			status, code := 401, "invalid_token"
			if reason == "network" {
				status, code = 403, ""
			}
			if fault == nil || fault.Status != status || fault.Code != code {
				t.Errorf("%+v", fault)
			}
			s.reason(reason)
		})
	}
}

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
