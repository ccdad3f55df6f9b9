package outbound

import (
	"net/url"
	"testing"

	"ferry/auth/wire"
	"ferry/model"
)

// CASES: secret with + % : = é, in the body → the right encoding.
func TestBodyCarriesIDAndSecretAsFormMembers(t *testing.T) {
	for _, secret := range oddSecrets {
		t.Run(secret, func(t *testing.T) {
			s, got := capturing(t)
			c := clientFor(s.URL("/token"))
			c.Auth.ClientID, c.Auth.ClientSecret = "id:with colon+é", model.NewSecret(secret)
			ok(t, fetch(t, wire.Limits{}, c, model.SendBody))
			form, err := url.ParseQuery(got.body)
			if err != nil || form.Get("client_secret") != secret || form.Get("client_id") != c.Auth.ClientID {
				t.Errorf("sent %q", got.body)
			}
			if got.header.Get("Authorization") != "" {
				t.Error("the header holds credentials too")
			}
			once(t, s)
		})
	}
}

func TestAutoIsDecidedBeforeASourceIsAsked(t *testing.T) {
	s, _ := capturing(t)
	for _, send := range []model.ClientAuth{model.SendAuto, "", "query"} {
		f := fetch(t, wire.Limits{}, clientFor(s.URL("/")), send)
		if e := model.AsError(f.err); e == nil || e.Code != model.EInvalid || e.Field != "send" {
			t.Errorf("%q: %v", send, f.err)
		}
	}
	if s.Count() != 0 {
		t.Error("something was sent")
	}
}
