package resource

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ferry/auth/authority"
	"ferry/model"
	"ferry/model/modeltest"
	"ferry/model/serving"
)

// withAuthority puts the hub's own authority before the API in place of the fake. Each
// request sees the store as it is, as the picture of a server does a moment later.
func (k *kit) withAuthority() {
	k.t.Helper()
	if err := k.hub.Serving.Upkeep(k.ctx()); err != nil {
		k.t.Fatal(err)
	}
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	k.t.Cleanup(server.Close)
	k.url, k.http = server.URL, server.Client()
	hub := authority.NewHub(authority.HubOptions{
		PublicURL: server.URL, Aliases: []string{"/plt/oauth2/token"}, Digest: modeltest.Digest,
		Directory: func() *serving.Directory {
			dir, err := k.hub.Serving.Load(context.Background())
			if err != nil {
				k.t.Error(err)
			}
			return dir
		},
		Revoke: func(ctx context.Context, t model.RevokedToken) error { return k.hub.Serving.RevokeToken(ctx, t) },
		Used:   func(serving.Use) {},
	})
	hub.Register(mux)
	k.api = New(Options{Hub: k.hub, Verify: hub.Verify, PublicURL: server.URL, Version: "1.2.3"})
	k.api.Register(mux)
}

// token asks the token endpoint of a space.
func (k *kit) token(endpoint, id, secret, scope string) string {
	k.t.Helper()
	body := "grant_type=client_credentials"
	if scope != "" {
		body += "&scope=" + strings.ReplaceAll(scope, " ", "+")
	}
	got := k.do("", "POST", endpoint, body, "Content-Type: application/x-www-form-urlencoded",
		"Authorization: Basic "+base64.StdEncoding.EncodeToString([]byte(id+":"+secret)))
	if got.StatusCode != http.StatusOK {
		k.t.Fatalf("token for %s: %d %s", id, got.StatusCode, got.body)
	}
	return got.member(k.t, "access_token").(string)
}

func TestTheAPIWithTheHubsOwnAuthority(t *testing.T) {
	k := newKit(t)
	boss := k.user(k.hub.Space, "boss", all()...)
	their := k.space("theirs")
	outsider := k.user(their, "outsider", all()...)
	k.client(k.hub.Space, "erp")
	key, other := k.key(k.hub.Space, boss, "x"), k.key(their, outsider, "x")
	k.withAuthority()

	whole := k.token("/plt/oauth2/token", "boss", key.Text.Reveal(), "")
	narrow := k.token("/oauth2/token", "boss", key.Text.Reveal(), "apiUsers:view keys:create")
	foreign := k.token("/spaces/theirs/oauth2/token", "outsider", other.Text.Reveal(), "")
	if got := k.get(whole, "/restApi/clients/").want(t, http.StatusOK).names(t, "name"); got != "erp" {
		t.Errorf("clients %s", got)
	}
	if got := k.get(foreign, "/restApi/clients").want(t, http.StatusOK).names(t, "name"); got != "" {
		t.Errorf("another space sees %s", got)
	}
	k.get(narrow, "/restApi/apiUsers").want(t, http.StatusOK)
	k.get(narrow, "/restApi/clients").want(t, http.StatusForbidden)
	k.do(narrow, "POST", "/restApi/keys", `{"user":"boss"}`).want(t, http.StatusForbidden)
	for _, bad := range []string{"x", whole + "x", strings.Repeat("a.", 3), "ferry_k"} {
		got := k.get(bad, "/restApi/clients").want(t, http.StatusUnauthorized)
		if !strings.Contains(got.Header.Get("WWW-Authenticate"), `error="invalid_token"`) {
			t.Errorf("%.20s: %v", bad, got.Header)
		}
	}
	if got := k.get("", "/restApi/clients").want(t, http.StatusUnauthorized); strings.Contains(got.Header.Get("WWW-Authenticate"), "error") {
		t.Errorf("without a token: %v", got.Header)
	}
	// What a user may do is what it may do now.
	k.do(whole, "PATCH", "/restApi/apiUsers/boss", `{"permissions":["apiUsers:view","keys:delete"]}`).want(t, http.StatusOK)
	k.get(whole, "/restApi/clients").want(t, http.StatusForbidden)
	// A revoked key takes its tokens with it.
	k.do(whole, "DELETE", "/restApi/keys/"+string(key.Key.ID), "").want(t, http.StatusNoContent)
	k.get(whole, "/restApi/apiUsers").want(t, http.StatusUnauthorized)
	// A space that is renamed or gone takes its tokens with it.
	k.get(foreign, "/restApi/clients").want(t, http.StatusOK)
	if _, err := k.hub.Users.SetState(k.ctx(), their, outsider.ID, model.Disabled, ""); err != nil {
		t.Fatal(err)
	}
	k.get(foreign, "/restApi/clients").want(t, http.StatusUnauthorized)
	if strings.Contains(string(k.seen), canary) {
		t.Error("a secret was answered")
	}
}
