package authority

import (
	"context"
	"errors"
	"testing"
)

// TestRevocation covers RFC 7009: client authentication, an unknown token is no fault,
// another client's is refused.
func TestRevocation(t *testing.T) {
	revoked := ""
	e := &Revocation{Authenticator: fixture().Authenticator, Revoke: func(_ context.Context, client Client, token string) (bool, error) {
		switch token {
		case "theirs":
			return false, nil
		case "broken":
			return true, errors.New("the store is gone")
		}
		revoked = client.ID + " " + token
		return true, nil
	}}
	for body, want := range map[string]int{
		"token=mine&token_type_hint=refresh_token": 200,
		"":               400,
		"token=theirs":   400,
		"token=a&token=": 400,
		"token=broken":   503,
	} {
		if got := send(t, e, request("POST", "/revoke", body, basic("app", secret))); got.status != want {
			t.Errorf("%q: %d %s, want %d", body, got.status, got.Error, want)
		}
	}
	if revoked != "app mine" {
		t.Errorf("revoked %q", revoked)
	}
	if got := send(t, e, request("POST", "/revoke", "token=x", basic("app", "wrong"))); got.status != 401 || got.Error != "invalid_client" {
		t.Errorf("%+v", got)
	}
	if got := send(t, e, request("GET", "/revoke?token=x", "")); got.status != 405 {
		t.Errorf("%+v", got)
	}
}
