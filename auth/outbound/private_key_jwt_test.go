package outbound

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"ferry/auth/wire"
	"ferry/auth/wire/wiretest"
	"ferry/model"
)

// testKeys are made once: an RSA key takes its time.
var testKeys = sync.OnceValue(func() (k struct {
	ec, p384 *ecdsa.PrivateKey
	rsa      *rsa.PrivateKey
	weak     *rsa.PrivateKey
	ed       ed25519.PrivateKey
},
) {
	var errs [5]error
	k.ec, errs[0] = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	k.p384, errs[1] = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	k.rsa, errs[2] = rsa.GenerateKey(rand.Reader, 2048)
	k.weak, errs[3] = rsa.GenerateKey(rand.Reader, 1024)
	_, k.ed, errs[4] = ed25519.GenerateKey(rand.Reader)
	for _, err := range errs {
		if err != nil {
			panic(err)
		}
	}
	return k
})

func pemOf(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func pkcs8(t testing.TB, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pemOf("PRIVATE KEY", der)
}

func sec1(t testing.TB, key *ecdsa.PrivateKey) string {
	t.Helper()
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pemOf("EC PRIVATE KEY", der)
}

func keyClient(tokenURL, key string) model.Client {
	c := clientFor(tokenURL)
	c.Auth.Send, c.Auth.Assertion = model.SendKey, model.Assertion{Key: model.NewSecret(key), KeyID: "k-1"}
	return c
}

// noKeyLeak looks for the canaries, for pieces of the key, and for what was sent.
func noKeyLeak(t *testing.T, f fetched, c *model.Client, sent string) {
	t.Helper()
	noLeak(t, f)
	secrets := []string{}
	for line := range strings.SplitSeq(c.Auth.Assertion.Key.Reveal(), "\n") {
		if len(line) > 16 && !strings.Contains(line, "KEY") {
			secrets = append(secrets, line)
		}
	}
	if form, err := url.ParseQuery(sent); err == nil {
		for _, name := range secretMembers {
			if v := form.Get(name); v != "" {
				secrets = append(secrets, v)
			}
		}
	}
	wiretest.Leaks(t, "exchange", f.exchange, secrets...)
	if f.err != nil {
		wiretest.Leaks(t, "error", f.err, secrets...)
	}
}

func TestPrivateKeyJWT(t *testing.T) {
	k := testKeys()
	params := string(pem.EncodeToMemory(&pem.Block{Type: "EC PARAMETERS", Bytes: []byte{6, 8}}))
	for name, tc := range map[string]struct {
		key    string
		alg    string // asked for
		signed jose.SignatureAlgorithm
		public crypto.PublicKey
	}{
		"ES256, PKCS #8":              {pkcs8(t, k.ec), "ES256", jose.ES256, k.ec.Public()},
		"ES256, SEC 1, from the key":  {params + sec1(t, k.ec), "", jose.ES256, k.ec.Public()},
		"RS256, PKCS #1":              {pemOf("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(k.rsa)), "RS256", jose.RS256, k.rsa.Public()},
		"RS256, from the key":         {pkcs8(t, k.rsa), "", jose.RS256, k.rsa.Public()},
		"PS256":                       {pkcs8(t, k.rsa), "PS256", jose.PS256, k.rsa.Public()},
		"EdDSA":                       {pkcs8(t, k.ed), "EdDSA", jose.EdDSA, k.ed.Public()},
		"EdDSA, from the key":         {pkcs8(t, k.ed), "", jose.EdDSA, k.ed.Public()},
		"a certificate before it":     {pemOf("CERTIFICATE", []byte("x")) + pkcs8(t, k.ec), "", jose.ES256, k.ec.Public()},
		"text of openssl before it":   {"Bag Attributes\r\n    friendlyName: hub\r\n" + strings.ReplaceAll(pkcs8(t, k.ec), "\n", "\r\n"), "", jose.ES256, k.ec.Public()},
		"a secret is there, not sent": {pkcs8(t, k.ec), "", jose.ES256, k.ec.Public()},
	} {
		t.Run(name, func(t *testing.T) {
			s, got := capturing(t)
			c := keyClient(s.URL("/token"), tc.key)
			c.Auth.Assertion.Algorithm = tc.alg
			f := fetch(t, wire.Limits{}, c, model.SendKey)
			ok(t, f)
			noKeyLeak(t, f, &c, got.body)
			form, err := url.ParseQuery(got.body)
			if err != nil || form.Get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" || form.Get("client_id") != "hub" ||
				form.Get("grant_type") != "client_credentials" || form.Has("client_secret") || got.header.Get("Authorization") != "" {
				t.Fatalf("sent %v %q", got.header, got.body)
			}
			claims := verified(t, form.Get("client_assertion"), tc.signed, tc.public, "k-1")
			if id, _ := claims["jti"].(string); len(id) < 20 {
				t.Errorf("jti %q", id)
			}
			delete(claims, "jti")
			now := float64(clock.Unix())
			for name, want := range map[string]any{"iss": "hub", "sub": "hub", "aud": s.URL("/token"), "iat": now, "exp": now + 60} {
				if claims[name] != want {
					t.Errorf("%s is %v, want %v", name, claims[name], want)
				}
				delete(claims, name)
			}
			if len(claims) != 0 {
				t.Errorf("also signed: %v", claims)
			}
			if f.token.SentAs != model.SendKey {
				t.Errorf("sent as %q", f.token.SentAs)
			}
			mustContain(t, "the request", f.exchange.RequestBody, "client_assertion="+model.Mask, "client_id=hub")
			once(t, s)
		})
	}
}

// verified checks an assertion as a server does and returns its claims.
func verified(t *testing.T, signed string, alg jose.SignatureAlgorithm, key crypto.PublicKey, kid string) map[string]any {
	t.Helper()
	sig, err := jose.ParseSignedCompact(signed, []jose.SignatureAlgorithm{alg})
	if err != nil {
		t.Fatalf("%v: %s", err, signed)
	}
	payload, err := sig.Verify(key)
	if err != nil {
		t.Fatal(err)
	}
	head := sig.Signatures[0].Protected
	if head.KeyID != kid || head.ExtraHeaders[jose.HeaderType] != "JWT" {
		t.Errorf("header %+v", head)
	}
	claims := map[string]any{}
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestAudienceOfAnAssertion(t *testing.T) {
	key := pkcs8(t, testKeys().ec)
	for name, tc := range map[string]struct {
		edit   func(*model.Auth)
		issuer string
		want   string // "" is the token URL
	}{
		"nothing known":                {func(*model.Auth) {}, "", ""},
		"discovered issuer":            {func(*model.Auth) {}, "https://issuer.example/", "https://issuer.example/"},
		"the client's issuer":          {func(a *model.Auth) { a.Issuer = "https://own.example" }, "", "https://own.example"},
		"issuer by choice":             {func(a *model.Auth) { a.Assertion.Audience = model.AudienceIssuer }, "https://issuer.example", "https://issuer.example"},
		"token URL by choice":          {func(a *model.Auth) { a.Assertion.Audience = model.AudienceTokenURL }, "https://issuer.example", ""},
		"token URL, issuer of its own": {func(a *model.Auth) { a.Assertion.Audience, a.Issuer = model.AudienceTokenURL, "https://own.example" }, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s, got := capturing(t)
			c := keyClient(s.URL("/token"), key)
			c.Auth.Assertion.KeyID = ""
			tc.edit(&c.Auth)
			f := request(t, model.TokenRequest{Client: c, TokenURL: c.Auth.TokenURL, Send: model.SendKey, Issuer: tc.issuer})
			ok(t, f)
			if tc.want == "" {
				tc.want = c.Auth.TokenURL
			}
			form, _ := url.ParseQuery(got.body)
			if claims := verified(t, form.Get("client_assertion"), jose.ES256, testKeys().ec.Public(), ""); claims["aud"] != tc.want {
				t.Errorf("aud %v, want %s", claims["aud"], tc.want)
			}
		})
	}
}

func TestAssertionsAreNeverTheSame(t *testing.T) {
	s, got := capturing(t)
	c := keyClient(s.URL("/token"), pkcs8(t, testKeys().ed))
	seen := map[any]bool{}
	for range 20 {
		ok(t, fetch(t, wire.Limits{}, c, model.SendKey))
		form, _ := url.ParseQuery(got.body)
		seen[verified(t, form.Get("client_assertion"), jose.EdDSA, testKeys().ed.Public(), "k-1")["jti"]] = true
	}
	if len(seen) != 20 {
		t.Errorf("%d different ids of 20", len(seen))
	}
}

// Issue 4, bad input: an assertion key of the wrong type → a clear error naming the
// field, and nothing is sent.
func TestAssertionKeysThatCannotSign(t *testing.T) {
	k := testKeys()
	s, _ := capturing(t)
	pub, err := x509.MarshalPKIXPublicKey(k.ec.Public())
	if err != nil {
		t.Fatal(err)
	}
	encrypted := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-256-CBC,00"}, Bytes: []byte("x")}))
	for name, tc := range map[string]struct {
		key, alg string
		field    string
		code     model.Code
		says     string
	}{
		"none":                       {"", "", "key", model.EIncomplete, "has no key for private_key_jwt"},
		"no PEM":                     {"secret-canary-in-a-key", "", "key", model.EInvalid, "no PEM text"},
		"a public key":               {pemOf("PUBLIC KEY", pub), "", "key", model.EInvalid, "holds a PUBLIC KEY and no private key"},
		"a certificate":              {pemOf("CERTIFICATE", []byte("x")), "", "key", model.EInvalid, "holds a CERTIFICATE and no private key"},
		"encrypted, PKCS #8":         {pemOf("ENCRYPTED PRIVATE KEY", []byte("x")), "", "key", model.EInvalid, "encrypted with a passphrase"},
		"encrypted, PKCS #1":         {encrypted, "", "key", model.EInvalid, "encrypted with a passphrase"},
		"damaged":                    {pemOf("PRIVATE KEY", []byte("nonsense-canary")), "", "key", model.EInvalid, "does not read as a private key"},
		"an OpenSSH key":             {pemOf("OPENSSH PRIVATE KEY", []byte("x")), "", "key", model.EInvalid, "does not read as a private key"},
		"EC P-384":                   {pkcs8(t, k.p384), "", "key", model.EInvalid, "on P-384, and ES256 needs P-256"},
		"RSA of 1024 bits":           {pemOf("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(k.weak)), "", "key", model.EInvalid, "1024 bits, fewer than 2048"},
		"EC key, RS256":              {pkcs8(t, k.ec), "RS256", "key_alg", model.EInvalid, "an EC key cannot sign with RS256, only with ES256"},
		"RSA key, EdDSA":             {pkcs8(t, k.rsa), "EdDSA", "key_alg", model.EInvalid, "an RSA key cannot sign with EdDSA, only with RS256 or PS256"},
		"Ed25519 key, ES256":         {pkcs8(t, k.ed), "ES256", "key_alg", model.EInvalid, "an Ed25519 key cannot sign with ES256, only with EdDSA"},
		"an algorithm with a secret": {pkcs8(t, k.ec), "HS256", "key_alg", model.EInvalid, "cannot sign with HS256"},
		"alg none":                   {pkcs8(t, k.ec), "none", "key_alg", model.EInvalid, "cannot sign with none"},
		"ESC in the algorithm":       {pkcs8(t, k.ec), "\x1b[2J", "key_alg", model.EInvalid, "<U+001B>[2J"},
	} {
		t.Run(name, func(t *testing.T) {
			c := keyClient(s.URL("/token"), tc.key)
			c.Auth.Assertion.Algorithm = tc.alg
			f := fetch(t, wire.Limits{}, c, model.SendKey)
			noKeyLeak(t, f, &c, "")
			e := model.AsError(f.err)
			if e == nil || e.Code != tc.code || e.Field != tc.field || e.Next == "" || !strings.Contains(e.Message, tc.says) {
				t.Fatal(wiretest.Dump(f.err))
			}
			wiretest.Leaks(t, "error", f.err, "secret-canary-in-a-key", "nonsense-canary")
			if f.exchange.Method != "" {
				t.Error("there is an exchange though nothing was sent")
			}
		})
	}
	if s.Count() != 0 {
		t.Errorf("%d requests were sent", s.Count())
	}
}

// CASES: error body that echoes the secret → redacted; here the assertion, which is good
// for a minute. A peer that breaks HTTP is quoted by nobody either.
func TestEchoedAssertionIsMasked(t *testing.T) {
	for name, say := range map[string]func(*wiretest.Conn, string){
		"error description": func(c *wiretest.Conn, a string) {
			c.Say(401, "Content-Type: application/json\r\n", `{"error":"invalid_client","error_description":"bad assertion `+a+`"}`)
		},
		"plain text":  func(c *wiretest.Conn, a string) { c.Say(500, "Content-Type: text/plain\r\n", "cannot verify "+a) },
		"in a header": func(c *wiretest.Conn, a string) { c.Say(400, "X-Debug: "+a+"\r\nLocation: /?a="+a+"\r\n", "{}") },
		"not HTTP":    func(c *wiretest.Conn, a string) { _, _ = c.Write([]byte(a + "\r\n\r\n")) },
		"with a token": func(c *wiretest.Conn, a string) {
			c.Say(200, "Content-Type: application/json\r\n", tokenJSON(`"debug":"`+a+`"`))
		},
	} {
		t.Run(name, func(t *testing.T) {
			var sent string
			s := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) {
				sent = c.Body
				form, _ := url.ParseQuery(c.Body)
				say(c, form.Get("client_assertion"))
			})
			c := keyClient(s.URL("/token"), pkcs8(t, testKeys().ec))
			f := fetch(t, wire.Limits{Total: 5 * time.Second}, c, model.SendKey)
			noKeyLeak(t, f, &c, sent)
			if name == "error description" {
				mustContain(t, "message", f.err.Error(), "invalid_client: bad assertion "+model.Mask)
				mustContain(t, "next", model.AsError(f.err).Next, "--key-file", "clock")
			}
			once(t, s)
		})
	}
}
