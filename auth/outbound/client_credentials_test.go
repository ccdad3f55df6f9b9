package outbound

import (
	"net/url"
	"testing"

	"ferry/auth/wire"
	"ferry/model"
)

func TestClientCredentialsForm(t *testing.T) {
	for name, tc := range map[string]struct {
		edit func(*model.Auth)
		want url.Values
	}{
		"bare":     {func(*model.Auth) {}, url.Values{}},
		"scopes":   {func(a *model.Auth) { a.Scopes = []string{"read", "write é"} }, url.Values{"scope": {"read write é"}}},
		"audience": {func(a *model.Auth) { a.Audience = "https://api.example/?a=b&c" }, url.Values{"audience": {"https://api.example/?a=b&c"}}},
		"parameters": {func(a *model.Auth) {
			a.Params = []model.Param{{Name: "resource", Value: "a b"}, {Name: "resource", Value: "c"}}
		}, url.Values{"resource": {"a b", "c"}}},
		"own audience":   {func(a *model.Auth) { a.Params = []model.Param{{Name: "audience", Value: "x"}} }, url.Values{"audience": {"x"}}},
		"grant is unset": {func(a *model.Auth) { a.Grant = "" }, url.Values{}},
	} {
		t.Run(name, func(t *testing.T) {
			s, got := capturing(t)
			c := clientFor(s.URL("/token"))
			tc.edit(&c.Auth)
			f := fetch(t, wire.Limits{}, c, model.SendHeader)
			ok(t, f)
			tc.want["grant_type"] = []string{"client_credentials"}
			if got.body != tc.want.Encode() {
				t.Errorf("sent %q, want %q", got.body, tc.want.Encode())
			}
			if got.header.Get("User-Agent") != "ferry/1.2.3" || got.header.Get("Accept") != "application/json" || got.header.Get("Cookie") != "" {
				t.Errorf("headers %v", got.header)
			}
			once(t, s)
		})
	}
}

func TestNothingIsSentWithoutWhatTheGrantNeeds(t *testing.T) {
	s, _ := capturing(t)
	for name, tc := range map[string]struct {
		edit  func(*model.Auth)
		code  model.Code
		field string
	}{
		"no secret":            {func(a *model.Auth) { a.ClientSecret = model.Secret{} }, model.EIncomplete, "client_secret"},
		"no id":                {func(a *model.Auth) { a.ClientID = "" }, model.EIncomplete, "client_id"},
		"unknown grant":        {func(a *model.Auth) { a.Grant = "implicit" }, model.EInvalid, "grant"},
		"a parameter of ours":  {func(a *model.Auth) { a.Params = []model.Param{{Name: "Client_Secret", Value: canarySecret}} }, model.EInvalid, "params"},
		"grant type twice":     {func(a *model.Auth) { a.Params = []model.Param{{Name: "grant_type", Value: "x"}} }, model.EInvalid, "params"},
		"audience twice":       {func(a *model.Auth) { a.Audience, a.Params = "x", []model.Param{{Name: "audience", Value: "y"}} }, model.EInvalid, "params"},
		"plain http elsewhere": {func(a *model.Auth) { a.TokenURL = "http://auth.example/token" }, model.EInvalid, "token_url"},
		"no URL":               {func(a *model.Auth) { a.TokenURL = "" }, model.EInvalid, "token_url"},
	} {
		t.Run(name, func(t *testing.T) {
			c := clientFor(s.URL("/token"))
			tc.edit(&c.Auth)
			f := fetch(t, wire.Limits{}, c, model.SendBody)
			if e := model.AsError(f.err); e == nil || e.Code != tc.code || e.Field != tc.field {
				t.Errorf("%v", f.err)
			}
			if f.exchange.Method != "" {
				t.Error("there is an exchange though nothing was sent")
			}
		})
	}
	if s.Count() != 0 {
		t.Errorf("%d requests were sent", s.Count())
	}
}
