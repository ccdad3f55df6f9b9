package outbound

import (
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"testing"

	"ferry/auth/wire"
	"ferry/auth/wire/wiretest"
	"ferry/model"
)

func TestRevoke(t *testing.T) {
	tok := model.Token{Access: model.NewSecret(canaryToken)}
	for _, send := range []model.ClientAuth{model.SendHeader, model.SendBody} {
		var got capture
		s := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) {
			got = capture{c.Request.Header.Clone(), c.Body}
			c.Say(200, "", "")
		})
		c := clientFor("https://auth.example/")
		x, err := newSource(t, wire.Limits{}).Revoke(t.Context(), c, s.URL("/revoke"), send, tok)
		noLeak(t, fetched{exchange: x, err: err})
		if err != nil || x.Status != 200 {
			t.Fatal(wiretest.Dump(err))
		}
		form, _ := url.ParseQuery(got.body)
		if form.Get("token") != canaryToken || form.Get("token_type_hint") != "access_token" {
			t.Errorf("sent %q", got.body)
		}
		if inHeader := got.header.Get("Authorization") != ""; inHeader != (send == model.SendHeader) || form.Has("client_secret") == inHeader {
			t.Errorf("%s: %v %q", send, got.header, got.body)
		}
		if send == model.SendHeader {
			raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(got.header.Get("Authorization"), "Basic "))
			if err != nil || string(raw) != "hub:"+url.QueryEscape(canarySecret) {
				t.Errorf("sent %q", raw)
			}
		} else if form.Get("client_secret") != canarySecret || form.Get("client_id") != "hub" {
			t.Errorf("sent %q", got.body)
		}
		once(t, s)
	}
}

func TestRevokeByEveryClientAuthentication(t *testing.T) {
	c, ways := everyAuth(t)
	for _, send := range ways {
		s, got := capturing(t)
		x, err := newSource(t, wire.Limits{}).Revoke(t.Context(), c, s.URL("/revoke"), send, model.Token{Access: model.NewSecret(canaryRefresh), Refresh: model.NewSecret(canaryRefresh)})
		if err != nil {
			t.Fatal(wiretest.Dump(err))
		}
		sentAs(t, *got, send)
		if form, _ := url.ParseQuery(got.body); form.Get("token") != canaryRefresh || form.Get("token_type_hint") != "refresh_token" {
			t.Errorf("sent %q", got.body)
		}
		wiretest.Leaks(t, "exchange", x, canaryRefresh, canarySecret)
		once(t, s)
	}
}

func TestRevokeRefused(t *testing.T) {
	tok := model.Token{Access: model.NewSecret(canaryToken)}
	s := answer(t, 400, "application/json", `{"error":"unsupported_token_type","error_description":"`+canaryToken+`"}`)
	x, err := newSource(t, wire.Limits{}).Revoke(t.Context(), clientFor(""), s.URL("/"), model.SendBody, tok)
	noLeak(t, fetched{exchange: x, err: err})
	var g *model.GrantError
	if model.CodeOf(err) != model.EUpstream || !errors.As(err, &g) || g.Code != "unsupported_token_type" || !strings.Contains(err.Error(), "the revocation endpoint") {
		t.Error(wiretest.Dump(err))
	}
	for _, tc := range []struct {
		url  string
		send model.ClientAuth
		tok  model.Token
		code model.Code
	}{
		{"http://auth.example/r", model.SendBody, tok, model.EInvalid},
		{s.URL("/"), model.SendAuto, tok, model.EInvalid},
		{s.URL("/"), model.SendBody, model.Token{}, model.EIncomplete},
	} {
		if _, err := newSource(t, wire.Limits{}).Revoke(t.Context(), clientFor(""), tc.url, tc.send, tc.tok); model.CodeOf(err) != tc.code {
			t.Errorf("%+v: %v", tc, err)
		}
	}
	once(t, s)
}
