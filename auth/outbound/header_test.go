package outbound

import (
	"encoding/base64"
	"net/url"
	"testing"

	"ferry/auth/wire"
	"ferry/model"
)

// oddSecrets are those that encoders disagree about.
var oddSecrets = []string{"plain", "with+plus", "per%cent", "per%20cent", "co:lon", "equ=als", "é-acute", "a b", "amp&ersand", "sl/ash", "ünïcödé 鍵", `quo"te`, "~tilde*star"}

// CASES: secret with + % : = é, in the header → the right encoding.
func TestHeaderCarriesFormEncodedIDAndSecret(t *testing.T) {
	for _, secret := range oddSecrets {
		t.Run(secret, func(t *testing.T) {
			s, got := capturing(t)
			c := clientFor(s.URL("/token"))
			c.Auth.ClientID, c.Auth.ClientSecret = "id:with colon+é", model.NewSecret(secret)
			ok(t, fetch(t, wire.Limits{}, c, model.SendHeader))
			raw, err := base64.StdEncoding.DecodeString(got.header.Get("Authorization")[len("Basic "):])
			want := url.QueryEscape(c.Auth.ClientID) + ":" + url.QueryEscape(secret)
			if err != nil || string(raw) != want {
				t.Errorf("sent %q, want %q", raw, want)
			}
			form, err := url.ParseQuery(got.body)
			if err != nil || form.Has("client_secret") || form.Has("client_id") {
				t.Errorf("the body holds credentials too: %q", got.body)
			}
			once(t, s)
		})
	}
}
