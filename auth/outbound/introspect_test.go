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

func introspect(t *testing.T, c model.Client, at string, send model.ClientAuth) (string, fetched) {
	t.Helper()
	out, x, err := newSource(t, wire.Limits{}).Introspect(t.Context(), c, at, send, model.Token{Access: model.NewSecret(canaryToken)})
	f := fetched{exchange: x, err: err}
	noLeak(t, f)
	wiretest.Leaks(t, "answer", out, canaryToken, canarySecret)
	wiretest.Controls(t, "answer", out)
	return out, f
}

// everyAuth is a client that could authenticate in every way, over plain http.
func everyAuth(t *testing.T) (model.Client, []model.ClientAuth) {
	t.Helper()
	c := keyClient("https://auth.example/token", pkcs8(t, testKeys().ec))
	return c, []model.ClientAuth{model.SendHeader, model.SendBody, model.SendKey, model.SendNone}
}

// sentAs reports whether a request carries the credentials of one way and of no other.
func sentAs(t *testing.T, got capture, send model.ClientAuth) {
	t.Helper()
	form, err := url.ParseQuery(got.body)
	if err != nil {
		t.Fatal(err)
	}
	for what, is := range map[string]struct{ got, want bool }{
		"Authorization":    {strings.HasPrefix(got.header.Get("Authorization"), "Basic "), send == model.SendHeader},
		"client_secret":    {form.Get("client_secret") == canarySecret, send == model.SendBody},
		"client_assertion": {form.Get("client_assertion") != "", send == model.SendKey},
		"client_id":        {form.Get("client_id") == "hub", send != model.SendHeader},
	} {
		if is.got != is.want {
			t.Errorf("%s: %s is there: %t", send, what, is.got)
		}
	}
	if form.Get("client_assertion") != "" {
		if aud := verified(t, form.Get("client_assertion"), "ES256", testKeys().ec.Public(), "k-1")["aud"]; aud != "https://auth.example/token" {
			t.Errorf("aud %v", aud)
		}
	}
}

func TestIntrospect(t *testing.T) {
	c, ways := everyAuth(t)
	for _, send := range ways {
		var got capture
		s := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) {
			got = capture{c.Request.Header.Clone(), c.Body}
			c.Say(200, "Content-Type: application/json\r\n", `{"active":true,"scope":"a\u001b[2J`+"\u202e"+`","exp":12345678901234567890,"token":"`+canaryToken+`","client_secret":"xyzzy-other"}`)
		})
		out, f := introspect(t, c, s.URL("/introspect"), send)
		if f.err != nil || f.exchange.Status != 200 {
			t.Fatal(wiretest.Dump(f.err))
		}
		want := "{\n  \"active\": true,\n  \"scope\": \"a\\u001b[2J<U+202E>\",\n  \"exp\": 12345678901234567890,\n  \"token\": \"" + model.Mask + "\",\n  \"client_secret\": \"" + model.Mask + "\"\n}"
		if out != want {
			t.Errorf("got %s, want %s", out, want)
		}
		form, _ := url.ParseQuery(got.body)
		if form.Get("token") != canaryToken || form.Get("token_type_hint") != "access_token" {
			t.Errorf("sent %q", got.body)
		}
		sentAs(t, got, send)
		mustContain(t, "the request", f.exchange.RequestBody, "token="+model.Mask)
		once(t, s)
	}
}

func TestIntrospectAnswers(t *testing.T) {
	deep := strings.Repeat("[", 9000) + strings.Repeat("]", 9000)
	for name, tc := range map[string]struct {
		status     int
		body, says string // says "" is a good answer
	}{
		"inactive":      {200, `{"active":false}`, ""},
		"nested deep":   {200, `{"active":true,"x":` + deep + `}`, ""},
		"not active":    {200, `{"scope":"a"}`, "without saying whether the token is active"},
		"HTML":          {200, "<html>Sign in", "something that is no JSON object: Sign in"},
		"a JWT":         {200, "eyJ.eyJ.x", "something that is no JSON object: eyJ.eyJ.x"},
		"a list":        {200, "[]", "something that is no JSON object"},
		"empty":         {200, "", "something that is no JSON object"},
		"refused":       {401, `{"error":"invalid_client","error_description":"` + canarySecret + " " + canaryToken + `"}`, "answered 401 invalid_client: " + model.Mask + " " + model.Mask},
		"404":           {404, "", "answered 404"},
		"echoes, text":  {500, canaryToken + "\x1b[2J", "answered 500: " + model.Mask + "<U+001B>[2J"},
		"redirect":      {302, "", "redirects to nowhere"},
		"5 MiB of JSON": {200, `{"active":true,"x":"` + strings.Repeat("x", 5<<20) + `"}`, "longer than 1024 KiB"},
	} {
		t.Run(name, func(t *testing.T) {
			s := answer(t, tc.status, "application/json", tc.body)
			out, f := introspect(t, clientFor(""), s.URL("/"), model.SendBody)
			once(t, s)
			if tc.says == "" {
				if f.err != nil || !strings.Contains(out, "active") || len(out) > 64<<10 {
					t.Errorf("%d bytes, %v", len(out), f.err)
				}
				return
			}
			var g *model.GrantError
			if model.CodeOf(f.err) != model.EUpstream || out != "" || errors.As(f.err, &g) != (tc.status != 200) {
				t.Fatal(wiretest.Dump(f.err))
			}
			mustContain(t, "message", f.err.Error(), `the introspection endpoint of "analytics" (`+s.Host+`)`, tc.says)
		})
	}
}

func TestIntrospectSendsNothingWithout(t *testing.T) {
	s, _ := capturing(t)
	src := newSource(t, wire.Limits{})
	tok := model.Token{Access: model.NewSecret(canaryToken)}
	for _, tc := range []struct {
		edit func(*model.Client)
		at   string
		send model.ClientAuth
		tok  model.Token
		code model.Code
	}{
		{func(*model.Client) {}, s.URL("/"), model.SendBody, model.Token{}, model.EIncomplete},
		{func(*model.Client) {}, "http://auth.example/i", model.SendBody, tok, model.EInvalid},
		{func(*model.Client) {}, "", model.SendBody, tok, model.EInvalid},
		{func(*model.Client) {}, s.URL("/"), model.SendAuto, tok, model.EInvalid},
		{func(*model.Client) {}, s.URL("/"), model.SendKey, tok, model.EIncomplete},
		{func(*model.Client) {}, s.URL("/"), model.SendTLS, tok, model.EIncomplete},
		{func(c *model.Client) { c.Auth.ClientID = "" }, s.URL("/"), model.SendBody, tok, model.EIncomplete},
	} {
		c := clientFor("")
		tc.edit(&c)
		_, x, err := src.Introspect(t.Context(), c, tc.at, tc.send, tc.tok)
		if model.CodeOf(err) != tc.code || x.Method != "" {
			t.Errorf("%+v: %v", tc, err)
		}
	}
	if s.Count() != 0 {
		t.Error("something was sent")
	}
}
