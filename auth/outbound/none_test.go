package outbound

import (
	"testing"

	"ferry/auth/wire"
	"ferry/model"
)

func TestPublicClientSendsItsIDAlone(t *testing.T) {
	s, got := capturing(t)
	f := fetch(t, wire.Limits{}, clientFor(s.URL("/token")), model.SendNone) // a secret that is there stays here
	ok(t, f)
	if got.body != "client_id=hub&grant_type=client_credentials" || got.header.Get("Authorization") != "" || f.token.SentAs != model.SendNone {
		t.Errorf("sent %q %v", got.body, got.header)
	}
	once(t, s)
}
