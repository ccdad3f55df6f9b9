package outbound

import (
	"net/url"
	"testing"

	"ferry/auth/wire"
	"ferry/auth/wire/wiretest"
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
		"resources":      {func(a *model.Auth) { a.Resources = []string{"https://api.example/a", "urn:b"} }, url.Values{"resource": {"https://api.example/a", "urn:b"}}},
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
		"no secret":           {func(a *model.Auth) { a.ClientSecret = model.Secret{} }, model.EIncomplete, "client_secret"},
		"no id":               {func(a *model.Auth) { a.ClientID = "" }, model.EIncomplete, "client_id"},
		"unknown grant":       {func(a *model.Auth) { a.Grant = "implicit" }, model.EInvalid, "grant"},
		"a parameter of ours": {func(a *model.Auth) { a.Params = []model.Param{{Name: "Client_Secret", Value: canarySecret}} }, model.EInvalid, "params"},
		"grant type twice":    {func(a *model.Auth) { a.Params = []model.Param{{Name: "grant_type", Value: "x"}} }, model.EInvalid, "params"},
		"audience twice":      {func(a *model.Auth) { a.Audience, a.Params = "x", []model.Param{{Name: "audience", Value: "y"}} }, model.EInvalid, "params"},
		"resource twice": {func(a *model.Auth) {
			a.Resources, a.Params = []string{"urn:a"}, []model.Param{{Name: "Resource", Value: "urn:b"}}
		}, model.EInvalid, "params"},
		"an assertion of its own": {func(a *model.Auth) { a.Params = []model.Param{{Name: "client_assertion", Value: "x"}} }, model.EInvalid, "params"},
		"Authorization twice": {func(a *model.Auth) {
			a.Headers = []model.Header{{Name: "authorization", Value: model.NewSecret(canarySecret)}}
		}, model.EInvalid, "token_headers"},
		"plain http elsewhere": {func(a *model.Auth) { a.TokenURL = "http://auth.example/token" }, model.EInvalid, "token_url"},
		"no URL":               {func(a *model.Auth) { a.TokenURL = "" }, model.EInvalid, "token_url"},
	} {
		t.Run(name, func(t *testing.T) {
			c := clientFor(s.URL("/token"))
			tc.edit(&c.Auth)
			f := fetch(t, wire.Limits{}, c, model.SendHeader)
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

// Headers of token requests go with whatever carries the client's credentials, and with
// nothing else; secret ones are shown to nobody.
func TestTokenRequestHeaders(t *testing.T) {
	const canary = "header-canary-4d+/="
	s, got := capturing(t)
	c := clientFor(s.URL("/token"))
	c.Headers = []model.Header{{Name: "X-Api-Key", Value: model.NewSecret("of-api-requests-only"), Secret: true}}
	c.Auth.Headers = []model.Header{
		{Name: "X-Tenant", Value: model.NewSecret("t1")},
		{Name: "X-Odd", Value: model.NewSecret(canary), Secret: true},
		{Name: "Ocp-Apim-Subscription-Key", Value: model.NewSecret("by-its-name")},
		{Name: "Authorization", Value: model.NewSecret("ApiKey " + canary), Secret: true},
		{Name: "accept", Value: model.NewSecret("application/vnd.x+json")},
		{Name: "Content-Type", Value: model.NewSecret("text/plain")},
	}
	c.Transport.UserAgent = "hub/9"
	f := fetch(t, wire.Limits{}, c, model.SendBody)
	ok(t, f)
	for name, want := range map[string]string{
		"X-Tenant": "t1", "X-Odd": canary, "Authorization": "ApiKey " + canary, "Accept": "application/vnd.x+json",
		"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "hub/9", "X-Api-Key": "",
	} {
		if got.header.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.header.Get(name), want)
		}
	}
	wiretest.Leaks(t, "exchange", f.exchange, canary, "by-its-name", "of-api-requests-only")
	once(t, s)

	src, tok := newSource(t, wire.Limits{}), model.Token{Access: model.NewSecret(canaryToken)}
	for what, send := range map[string]func(at string) (model.Exchange, error){
		"device": func(at string) (model.Exchange, error) {
			_, x, err := src.StartDevice(t.Context(), c, at, model.SendBody)
			return x, err
		},
		"revoke": func(at string) (model.Exchange, error) { return src.Revoke(t.Context(), c, at, model.SendBody, tok) },
		"introspect": func(at string) (model.Exchange, error) {
			_, x, err := src.Introspect(t.Context(), c, at, model.SendBody, tok)
			return x, err
		},
	} {
		s, got := capturing(t)
		x, err := send(s.URL("/"))
		if got.header.Get("X-Odd") != canary || got.header.Get("User-Agent") != "hub/9" || got.header.Get("Content-Type") != "application/x-www-form-urlencoded" {
			t.Errorf("%s sent %v", what, got.header)
		}
		wiretest.Leaks(t, what, x, canary, "by-its-name")
		if err != nil {
			wiretest.Leaks(t, what, err, canary, "by-its-name")
		}
		once(t, s)
	}
}
