package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// with makes an independent OAuth client use the test's transport.
func (b *bench) with() context.Context {
	return context.WithValue(context.Background(), oauth2.HTTPClient, b.http)
}

func TestIndependentClientGetsTokensAndCalls(t *testing.T) {
	b := start(t)
	hr, an, erp := b.client("hr"), b.client("analytics"), b.client("erp-secure")
	for name, c := range map[string]struct {
		source oauth2.TokenSource
		client Client
	}{
		"hr, form": {(&clientcredentials.Config{
			ClientID: hr.ClientID, ClientSecret: hr.ClientSecret, TokenURL: hr.TokenURL, AuthStyle: oauth2.AuthStyleInParams,
		}).TokenSource(b.with()), hr},
		"analytics, header": {(&clientcredentials.Config{
			ClientID: an.ClientID, ClientSecret: an.ClientSecret, TokenURL: an.TokenURL, AuthStyle: oauth2.AuthStyleInHeader, Scopes: []string{an.Scope},
		}).TokenSource(b.with()), an},
		"analytics, form": {(&clientcredentials.Config{
			ClientID: an.ClientID, ClientSecret: an.ClientSecret, TokenURL: an.TokenURL, AuthStyle: oauth2.AuthStyleInParams, Scopes: []string{an.Scope},
		}).TokenSource(b.with()), an},
		"erp-secure, password": {passwordSource{b, erp}, erp},
	} {
		token, err := c.source.Token()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if life := time.Until(token.Expiry); life < 110*time.Second || life > 121*time.Second {
			t.Errorf("%s: the token lives %s, want two minutes", name, life)
		}
		for _, path := range c.client.Paths {
			b.do(http.MethodGet, path, "", "Authorization: "+token.Type()+" "+token.AccessToken).want(t, http.StatusOK)
		}
	}
}

type passwordSource struct {
	b *bench
	c Client
}

func (p passwordSource) Token() (*oauth2.Token, error) {
	config := oauth2.Config{ClientID: p.c.ClientID, ClientSecret: p.c.ClientSecret, Endpoint: oauth2.Endpoint{TokenURL: p.c.TokenURL}}
	return config.PasswordCredentialsToken(p.b.with(), p.c.Username, p.c.Password)
}

func TestIndependentClientSeesTheErrorCodes(t *testing.T) {
	b := start(t)
	hr, an, erp := b.client("hr"), b.client("analytics"), b.client("erp-secure")
	erp.Password = "wrong"
	for name, c := range map[string]struct {
		get  func() (*oauth2.Token, error)
		code string
	}{
		"HR with the header": {(&clientcredentials.Config{
			ClientID: hr.ClientID, ClientSecret: hr.ClientSecret, TokenURL: hr.TokenURL, AuthStyle: oauth2.AuthStyleInHeader,
		}).TokenSource(b.with()).Token, "invalid_client"},
		"HR with a scope": {(&clientcredentials.Config{
			ClientID: hr.ClientID, ClientSecret: hr.ClientSecret, TokenURL: hr.TokenURL, AuthStyle: oauth2.AuthStyleInParams, Scopes: []string{"x"},
		}).TokenSource(b.with()).Token, "invalid_scope"},
		"analytics without the scope": {(&clientcredentials.Config{
			ClientID: an.ClientID, ClientSecret: an.ClientSecret, TokenURL: an.TokenURL, AuthStyle: oauth2.AuthStyleInHeader,
		}).TokenSource(b.with()).Token, "invalid_scope"},
		"analytics with a wrong secret": {(&clientcredentials.Config{
			ClientID: an.ClientID, ClientSecret: "wrong", TokenURL: an.TokenURL, AuthStyle: oauth2.AuthStyleInHeader,
		}).TokenSource(b.with()).Token, "invalid_client"},
		"ERP with client credentials": {(&clientcredentials.Config{
			ClientID: erp.ClientID, ClientSecret: erp.ClientSecret, TokenURL: erp.TokenURL, AuthStyle: oauth2.AuthStyleInHeader,
		}).TokenSource(b.with()).Token, "unsupported_grant_type"},
		"ERP with a wrong password": {passwordSource{b, erp}.Token, "invalid_grant"},
	} {
		_, err := c.get()
		var refused *oauth2.RetrieveError
		if !errors.As(err, &refused) || refused.ErrorCode != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
}

func TestTokenExpiresAfterTwoMinutes(t *testing.T) {
	b := start(t)
	auth := b.auth("hr")
	const path = "/restApi/dvinciUsers/?size=1"
	b.clock.add(2*time.Minute - time.Millisecond)
	b.do(http.MethodGet, path, "", auth...).want(t, http.StatusOK)
	b.clock.add(time.Millisecond)
	a := b.do(http.MethodGet, path, "", auth...).want(t, http.StatusUnauthorized)
	if got := a.Header.Get("WWW-Authenticate"); !strings.Contains(got, `error="invalid_token"`) || !strings.Contains(got, "expired") {
		t.Errorf("challenge %s", got)
	}
	b.do(http.MethodGet, path, "", b.auth("hr")...).want(t, http.StatusOK)
}

func TestTokenTTLOption(t *testing.T) {
	s, err := Start(context.Background(), Options{TokenTTL: 1500 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	defer func() { transport.CloseIdleConnections(); _ = s.Close() }()
	b := &bench{s, t, &http.Client{Transport: transport}, nil}
	var out struct {
		Expires int `json:"expires_in"`
	}
	b.post(hrToken, tokenForm(b.client("hr"))).want(t, http.StatusOK).decode(t, &out)
	if out.Expires != 2 {
		t.Errorf("expires_in %d, want 2 (rounded up)", out.Expires)
	}
}

func TestTokenOfOneSystemIsRefusedByAnother(t *testing.T) {
	b := start(t)
	for _, from := range []string{"hr", "analytics", "erp-secure"} {
		token := "Authorization: Bearer " + b.token(from)
		for _, to := range b.Clients() {
			want := http.StatusUnauthorized
			if to.Name == from {
				want = http.StatusOK
			}
			b.do(http.MethodGet, to.Paths[0], "", token).want(t, want)
		}
	}
	for _, wrong := range []string{"Bearer nonsense", "Bearer ", "Basic YTpi", "nonsense"} {
		a := b.do(http.MethodGet, "/restApi/dvinciUsers/", "", "Authorization: "+wrong).want(t, http.StatusUnauthorized)
		if got := a.Header.Get("WWW-Authenticate"); !strings.HasPrefix(got, "Bearer ") {
			t.Errorf("%q: challenge %q", wrong, got)
		}
	}
	b.do(http.MethodGet, "/erp/products", "", "X-API-Key: wrong").want(t, http.StatusUnauthorized)
}

func TestDiscoveryVerificationAndRevocation(t *testing.T) {
	b := start(t)
	var meta struct {
		Issuer, TokenEndpoint, Revocation, JWKS string
	}
	for _, path := range []string{
		"/.well-known/oauth-authorization-server/realms/sellytics", "/realms/sellytics/.well-known/openid-configuration",
	} {
		var doc map[string]any
		b.do(http.MethodGet, path, "").want(t, http.StatusOK).decode(t, &doc)
		meta.Issuer, _ = doc["issuer"].(string)
		meta.TokenEndpoint, _ = doc["token_endpoint"].(string)
		meta.Revocation, _ = doc["revocation_endpoint"].(string)
		meta.JWKS, _ = doc["jwks_uri"].(string)
		if meta.Issuer != b.URL()+"/realms/sellytics" || meta.TokenEndpoint != b.client("analytics").TokenURL {
			t.Fatalf("%s: %v", path, doc)
		}
	}

	token := b.token("analytics")
	var keys jose.JSONWebKeySet
	b.do(http.MethodGet, meta.JWKS, "").want(t, http.StatusOK).decode(t, &keys)
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	var claims jwt.Claims
	if err := parsed.Claims(keys, &claims); err != nil {
		t.Fatalf("the signature does not verify with the JWKS: %v", err)
	}
	expected := jwt.Expected{Issuer: meta.Issuer, AnyAudience: jwt.Audience{"analytics"}, Time: b.clock.now()}
	if err := claims.ValidateWithLeeway(expected, 0); err != nil {
		t.Error(err)
	}
	if parsed.Headers[0].ExtraHeaders["typ"] != "at+jwt" {
		t.Errorf("header %v", parsed.Headers[0])
	}

	call := func(status int) {
		t.Helper()
		b.do(http.MethodGet, "/data-api/v1/orders?limit=1", "", "Authorization: Bearer "+token).want(t, status)
	}
	call(http.StatusOK)
	c := b.client("analytics")
	form := url.Values{"token": {token}, "client_id": {c.ClientID}, "client_secret": {"wrong"}}
	b.post(meta.Revocation, form).want(t, http.StatusUnauthorized)
	call(http.StatusOK)
	form.Set("client_secret", c.ClientSecret)
	b.post(meta.Revocation, form).want(t, http.StatusOK)
	call(http.StatusUnauthorized)
	b.post(meta.Revocation, form).want(t, http.StatusOK) // again: no fault
	form.Set("token", b.token("hr"))
	b.post(meta.Revocation, form).want(t, http.StatusBadRequest)
}

func TestRememberedTokensAreBounded(t *testing.T) {
	c := &clock{t: epoch}
	tok, err := newTokens("http://127.0.0.1:1", Options{Now: c.now, TokenTTL: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	tok.keep("first", hrRealm, hrID, c.now())
	c.add(time.Minute)
	tok.keep("second", hrRealm, hrID, c.now())
	if wrong := tok.check("first", hrRealm); wrong == nil || !strings.Contains(wrong.Description, "expired") {
		t.Errorf("just ended: %v, want the reason", wrong)
	}
	c.add(2 * time.Minute)
	tok.keep("third", hrRealm, hrID, c.now())
	if len(tok.live) != 2 || len(tok.queue) != 2 {
		t.Errorf("%d tokens and %d in the queue are remembered, want 2", len(tok.live), len(tok.queue))
	}
	for i := range maxLive + 10 {
		tok.keep(fmt.Sprint(i), hrRealm, hrID, c.now())
	}
	if len(tok.live) > maxLive || len(tok.queue) > maxLive {
		t.Errorf("%d tokens are remembered", len(tok.live))
	}
}

func TestStatsCountTokenRequestsAndCalls(t *testing.T) {
	b := start(t)
	auth := b.auth("hr")
	b.post(hrToken, url.Values{}).want(t, http.StatusUnauthorized)
	b.do(http.MethodGet, "/restApi/dvinciUsers/", "", auth...)
	b.do(http.MethodGet, "/erp/products/P-00001", "", b.auth("erp")...)
	b.do(http.MethodGet, "/nowhere", "").want(t, http.StatusNotFound)
	got := b.Stats()
	if got.Tokens[hrToken] != 2 || got.Tokens[erpToken] != 0 || got.Calls["/restApi/dvinciUsers/"] != 1 ||
		got.Calls["/erp/products/{sku}"] != 1 || got.Calls["other"] != 1 || got.Requests() != 5 {
		text, err := json.Marshal(got)
		t.Errorf("%s %v", text, err)
	}
}
