package outbound

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"ferry/auth/wire"
	"ferry/auth/wire/wiretest"
	"ferry/model"
)

func TestRefresh(t *testing.T) {
	for name, tc := range map[string]struct{ members, keep string }{
		"the token rotates":   {`"refresh_token":"new-` + canaryRefresh + `"`, "new-" + canaryRefresh},
		"it stays":            {`"expires_in":600`, canaryRefresh},
		"an empty one":        {`"refresh_token":""`, canaryRefresh},
		"one that is no text": {`"refresh_token":{"a":1}`, canaryRefresh},
		"100 KiB":             {`"refresh_token":"` + strings.Repeat("r", 100<<10) + `"`, canaryRefresh},
	} {
		t.Run(name, func(t *testing.T) {
			var got capture
			s := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) {
				got = capture{c.Request.Header.Clone(), c.Body}
				c.Say(200, "Content-Type: application/json\r\n", tokenJSON(tc.members))
			})
			c := deviceClient(s.URL("/token"))
			c.Auth.Audience = "https://api.example"
			f := request(t, model.TokenRequest{Client: c, TokenURL: c.Auth.TokenURL, Send: model.SendNone, Refresh: model.NewSecret(canaryRefresh)})
			ok(t, f)
			noDeviceLeak(t, f)
			wiretest.Leaks(t, "token", f.token, canaryRefresh)
			if f.token.Refresh.Reveal() != tc.keep {
				t.Errorf("kept %d characters, want %d", len(f.token.Refresh.Reveal()), len(tc.keep))
			}
			// The scope is the granted one, which the server knows (RFC 6749 §6).
			want := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {canaryRefresh}, "client_id": {"hub"}, "audience": {"https://api.example"}}
			if got.body != want.Encode() {
				t.Errorf("sent %q, want %q", got.body, want.Encode())
			}
			once(t, s)
		})
	}
}

func TestRefreshRefused(t *testing.T) {
	s := answer(t, 400, "application/json", `{"error":"invalid_grant","error_description":"`+canaryRefresh+` is over"}`)
	c := deviceClient(s.URL("/token"))
	f := request(t, model.TokenRequest{Client: c, TokenURL: c.Auth.TokenURL, Send: model.SendNone, Refresh: model.NewSecret(canaryRefresh)})
	noDeviceLeak(t, f)
	var g *model.GrantError
	if !errors.As(f.err, &g) || g.Code != "invalid_grant" || g.Description != model.Mask+" is over" || !strings.Contains(model.AsError(f.err).Next, "ferry token analytics") {
		t.Error(wiretest.Dump(f.err))
	}
	once(t, s)
}

// RFC 6749 §4.4.3: a client that acts for itself authenticates again instead.
func TestOtherGrantsKeepNoRefreshToken(t *testing.T) {
	body := tokenJSON(`"refresh_token":"` + canaryRefresh + `"`)
	for _, clientOf := range []func(string) model.Client{clientFor, passwordClient} {
		f := fetch(t, wire.Limits{}, clientOf(answer(t, 200, "application/json", body).URL("/")), model.SendBody)
		ok(t, f)
		noDeviceLeak(t, f)
		if f.token.Refresh.IsSet() {
			t.Error("a refresh token was kept")
		}
	}
}
