package outbound

import (
	"net/url"
	"testing"

	"ferry/auth/wire"
	"ferry/model"
)

func TestPasswordForm(t *testing.T) {
	base := url.Values{"grant_type": {"password"}, "username": {"op erator@é"}, "password": {canaryPassword}}
	for name, tc := range map[string]struct {
		send model.ClientAuth
		edit func(*model.Auth)
		more url.Values
	}{
		"header":             {model.SendHeader, func(*model.Auth) {}, nil},
		"body":               {model.SendBody, func(*model.Auth) {}, url.Values{"client_id": {"hub"}, "client_secret": {canarySecret}}},
		"public client":      {model.SendBody, func(a *model.Auth) { a.ClientSecret = model.Secret{} }, url.Values{"client_id": {"hub"}}},
		"scope and audience": {model.SendHeader, func(a *model.Auth) { a.Scopes, a.Audience = []string{"a", "b"}, "x" }, url.Values{"scope": {"a b"}, "audience": {"x"}}},
		"grant is unset":     {model.SendHeader, func(a *model.Auth) { a.Grant = "" }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s, got := capturing(t)
			c := passwordClient(s.URL("/token"))
			tc.edit(&c.Auth)
			ok(t, fetch(t, wire.Limits{}, c, tc.send))
			want := url.Values{}
			for _, v := range []url.Values{base, tc.more} {
				for k := range v {
					want[k] = v[k]
				}
			}
			if got.body != want.Encode() {
				t.Errorf("sent %q, want %q", got.body, want.Encode())
			}
			once(t, s)
		})
	}
}

func TestPasswordGrantNeeds(t *testing.T) {
	for field, edit := range map[string]func(*model.Auth){
		"client_id": func(a *model.Auth) { a.ClientID = "" },
		"username":  func(a *model.Auth) { a.Username = "" },
		"password":  func(a *model.Auth) { a.Password = model.Secret{} },
	} {
		c := passwordClient("https://auth.example/token")
		edit(&c.Auth)
		f := fetch(t, wire.Limits{}, c, model.SendBody)
		if e := model.AsError(f.err); e == nil || e.Code != model.EIncomplete || e.Field != field {
			t.Errorf("%s: %v", field, f.err)
		}
	}
}
