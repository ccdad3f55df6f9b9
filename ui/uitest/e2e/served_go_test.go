//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"ferry/ui/uitest/place"
)

// Issue 3: golang.org/x/oauth2 gets a token and calls the API with it; go-jose verifies it
// from the published keys alone.
func TestClientFromGo(t *testing.T) {
	p := newSite(t)
	s := p.serve()
	p.Must("user", "create", "robot", "--oauth2=true", "--permit", "keys:view")
	key := strings.TrimSpace(p.Must("key", "create", "robot", "--label", "go"))
	ctx, cancel := context.WithTimeout(t.Context(), place.Patience)
	defer cancel()
	if !place.PollFor(time.Second, func() bool { return s.asks("robot", key) == "" }) {
		t.Fatal("a new key is not known within a second")
	}
	for name, style := range map[string]oauth2.AuthStyle{"header": oauth2.AuthStyleInHeader, "body": oauth2.AuthStyleInParams} {
		t.Run(name, func(t *testing.T) {
			config := clientcredentials.Config{ClientID: "robot", ClientSecret: key, TokenURL: s.url + "/oauth2/token", AuthStyle: style}
			token, err := config.Token(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if life := time.Until(token.Expiry); token.RefreshToken != "" || life < 9*time.Minute || life > 10*time.Minute {
				t.Errorf("refresh token %q, expires in %v", token.RefreshToken, life)
			}
			verifyFromKeysOnly(ctx, t, s.url, token.AccessToken)
			answer, err := config.Client(ctx).Get(s.url + "/restApi/keys")
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			var list struct{ Items []struct{ Label, Key string } }
			if err := json.NewDecoder(answer.Body).Decode(&list); err != nil || len(list.Items) != 1 || list.Items[0].Label != "go" || list.Items[0].Key != "" {
				t.Errorf("%s %+v, %v", answer.Status, list, err)
			}
		})
	}
	_, err := (&clientcredentials.Config{ClientID: "robot", ClientSecret: key + "x", TokenURL: s.url + "/oauth2/token"}).Token(ctx)
	if refused := (*oauth2.RetrieveError)(nil); !errors.As(err, &refused) || refused.ErrorCode != "invalid_client" {
		t.Errorf("a wrong secret: %v", err)
	}
}

// verifyFromKeysOnly checks a token with nothing but what the issuer publishes.
func verifyFromKeysOnly(ctx context.Context, t *testing.T, issuer, token string) {
	t.Helper()
	get := func(url string, into any) {
		t.Helper()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if err := json.NewDecoder(answer.Body).Decode(into); err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s, %v", url, answer.Status, err)
		}
	}
	var metadata struct {
		Issuer  string `json:"issuer"`
		JWKSURI string `json:"jwks_uri"`
	}
	get(issuer+"/.well-known/oauth-authorization-server", &metadata)
	var keys jose.JSONWebKeySet
	get(metadata.JWKSURI, &keys)
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys.Keys {
		if !k.IsPublic() {
			t.Errorf("the key %s is not public", k.KeyID)
		}
	}
	var claims jwt.Claims
	if err := parsed.Claims(keys, &claims); err != nil {
		t.Fatal(err)
	}
	if err := claims.Validate(jwt.Expected{Issuer: metadata.Issuer, Subject: "robot", AnyAudience: jwt.Audience{issuer}, Time: time.Now()}); err != nil {
		t.Error(err)
	}
}
