package outbound

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"ferry/auth/wire"
	"ferry/auth/wire/wiretest"
	"ferry/model"
)

const (
	canaryDevice  = "device-canary-7c1+/=&x"
	canaryRefresh = "refresh-canary-2f8+/=&x"
)

func deviceClient(tokenURL string) model.Client {
	c := clientFor(tokenURL)
	c.Auth.Grant, c.Auth.Send, c.Auth.ClientSecret = model.GrantDevice, model.SendNone, model.Secret{}
	c.Auth.Scopes = []string{"read", "offline"}
	return c
}

func noDeviceLeak(t *testing.T, f fetched) {
	t.Helper()
	noLeak(t, f)
	wiretest.Leaks(t, "exchange", f.exchange, canaryDevice, canaryRefresh)
	if f.err != nil {
		wiretest.Leaks(t, "error", f.err, canaryDevice, canaryRefresh)
	}
}

func startDevice(t *testing.T, c model.Client, at string, send model.ClientAuth) (model.DeviceCode, fetched) {
	t.Helper()
	d, x, err := newSource(t, wire.Limits{}).StartDevice(t.Context(), c, at, send)
	f := fetched{exchange: x, err: err}
	noDeviceLeak(t, f)
	wiretest.Leaks(t, "device code", d, canaryDevice)
	return d, f
}

func deviceJSON(members string) string {
	return `{"device_code":"` + canaryDevice + `",` + members + `}`
}

const personal = `"user_code":"WDJB-MJHT","verification_uri":"https://auth.example/device"`

func TestStartDevice(t *testing.T) {
	var got capture
	s := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) {
		got = capture{c.Request.Header.Clone(), c.Body}
		c.Say(200, "Content-Type: application/json\r\n", deviceJSON(personal+`,"verification_uri_complete":"https://auth.example/device?user_code=WDJB-MJHT","expires_in":900,"interval":7`))
	})
	c := deviceClient("https://auth.example/token")
	c.Auth.Audience, c.Auth.Resources = "https://api.example", []string{"urn:a", "urn:b"}
	c.Auth.Params = []model.Param{{Name: "tenant", Value: "t 1"}}
	d, f := startDevice(t, c, s.URL("/device"), model.SendNone)
	if f.err != nil {
		t.Fatal(wiretest.Dump(f.err))
	}
	want := model.DeviceCode{
		Code: model.NewSecret(canaryDevice), UserCode: "WDJB-MJHT", URL: "https://auth.example/device",
		URLComplete: "https://auth.example/device?user_code=WDJB-MJHT", Expires: clock.Add(15 * time.Minute), Interval: 7 * time.Second,
	}
	if d != want {
		t.Errorf("got %+v, want %+v", d, want)
	}
	form := url.Values{"client_id": {"hub"}, "scope": {"read offline"}, "audience": {"https://api.example"}, "resource": {"urn:a", "urn:b"}, "tenant": {"t 1"}}
	if got.body != form.Encode() {
		t.Errorf("sent %q, want %q", got.body, form.Encode())
	}
	mustContain(t, "the answer", f.exchange.ResponseBody, `"device_code":"`+model.Mask+`"`, "WDJB-MJHT")
	once(t, s)
}

func TestLifeOfADeviceCode(t *testing.T) {
	for members, want := range map[string]struct{ life, interval time.Duration }{
		``:                                     {10 * time.Minute, 5 * time.Second},
		`,"expires_in":"600","interval":"10"`:  {10 * time.Minute, 10 * time.Second},
		`,"expires_in":-5,"interval":-5`:       {10 * time.Minute, 5 * time.Second},
		`,"expires_in":0,"interval":0`:         {10 * time.Minute, 5 * time.Second},
		`,"expires_in":null,"interval":{}`:     {10 * time.Minute, 5 * time.Second},
		`,"expires_in":1e9,"interval":1e9`:     {10 * time.Minute, 5 * time.Second},
		`,"expires_in":999999,"interval":9999`: {time.Hour, 5 * time.Minute},
		`,"expires_in":60,"interval":0.01`:     {time.Minute, time.Second},
	} {
		d, f := startDevice(t, deviceClient(""), answer(t, 200, "application/json", deviceJSON(personal+members)).URL("/"), model.SendNone)
		if f.err != nil || d.Expires.Sub(clock) != want.life || d.Interval != want.interval {
			t.Errorf("%s: %s, every %s, %v", members, d.Expires.Sub(clock), d.Interval, f.err)
		}
	}
}

func TestStartDeviceRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		status     int
		body, says string
		code       string // of the GrantError, "-" for none in the chain
	}{
		"unknown client":        {401, `{"error":"invalid_client","error_description":"no ` + canarySecret + `"}`, "answered 401 invalid_client: no " + model.Mask, "invalid_client"},
		"200 with an error":     {200, `{"error":"unauthorized_client"}`, "answered 200 unauthorized_client", "unauthorized_client"},
		"echoes the code":       {400, `{"error":"invalid_scope","device_code":"` + canaryDevice + `","error_description":"` + canaryDevice + `"}`, "invalid_scope: " + model.Mask, "invalid_scope"},
		"503":                   {503, ``, "answered 503", ""},
		"HTML":                  {200, "<html><h1>Sign in", "something that is no JSON object: Sign in", "-"},
		"no device code":        {200, `{` + personal + `}`, "without a device code", "-"},
		"100 KiB":               {200, `{"device_code":"` + strings.Repeat("d", 100<<10) + `",` + personal + `}`, "without a device code that can be used", "-"},
		"no user code":          {200, deviceJSON(`"verification_uri":"https://a.example"`), "without a code that a person", "-"},
		"long user code":        {200, deviceJSON(`"user_code":"` + strings.Repeat("X", 65) + `","verification_uri":"https://a.example"`), "without a code that a person", "-"},
		"no URL":                {200, deviceJSON(`"user_code":"A"`), "without a URL", "-"},
		"not a web page":        {200, deviceJSON(`"user_code":"A","verification_uri":"javascript:alert(1)"`), "without a URL", "-"},
		"a host in disguise":    {200, deviceJSON(`"user_code":"A","verification_uri":"https://auth.example@evil.example/"`), "without a URL", "-"},
		"a list":                {200, `[1]`, "something that is no JSON object: [1]", "-"},
		"5 MiB":                 {200, strings.Repeat(" ", 5<<20), "longer than 1024 KiB", "-"},
		"redirect, not follows": {307, ``, "redirects to nowhere", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := answer(t, tc.status, "application/json", tc.body)
			c := deviceClient("")
			c.Auth.ClientSecret = model.NewSecret(canarySecret)
			d, f := startDevice(t, c, s.URL("/"), model.SendBody)
			if model.CodeOf(f.err) != model.EUpstream || model.AsError(f.err).Next == "" || d.Code.IsSet() {
				t.Fatal(wiretest.Dump(f.err))
			}
			mustContain(t, "message", f.err.Error(), `the device authorization endpoint of "analytics" (`+s.Host+`)`, tc.says)
			var g *model.GrantError
			if errors.As(f.err, &g) != (tc.code != "-") || g != nil && g.Code != tc.code {
				t.Errorf("%+v", g)
			}
			once(t, s)
		})
	}
	// What a page shows to a person is spelled out.
	d, f := startDevice(t, deviceClient(""), answer(t, 200, "", deviceJSON(`"user_code":"A\u001b[2J\u202e","verification_url":"https://a.example/\u202e","verification_uri_complete":"file:///etc/passwd"`)).URL("/"), model.SendNone)
	if f.err != nil || d.UserCode != "A<U+001B>[2J<U+202E>" || d.URL != "https://a.example/<U+202E>" || d.URLComplete != "" {
		t.Errorf("%+v %v", d, f.err)
	}
}

// RFC 8628 §3.5: one Fetch is one poll, and what the endpoint says comes back as its code.
func TestPolls(t *testing.T) {
	for _, code := range []string{"authorization_pending", "slow_down", "expired_token", "access_denied"} {
		t.Run(code, func(t *testing.T) {
			var got capture
			s := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) {
				got = capture{c.Request.Header.Clone(), c.Body}
				c.Say(400, "Content-Type: application/json\r\n", fmt.Sprintf(`{"error":%q,"error_description":%q}`, code, "about "+canaryDevice))
			})
			c := deviceClient(s.URL("/token"))
			c.Auth.Resources = []string{"urn:a"}
			f := request(t, model.TokenRequest{Client: c, TokenURL: c.Auth.TokenURL, Send: model.SendNone, Device: model.NewSecret(canaryDevice)})
			noDeviceLeak(t, f)
			var g *model.GrantError
			if model.CodeOf(f.err) != model.EUpstream || !errors.As(f.err, &g) || g.Code != code || g.Description != "about "+model.Mask || model.AsError(f.err).Next == "" {
				t.Fatal(wiretest.Dump(f.err))
			}
			want := url.Values{"grant_type": {string(model.GrantDevice)}, "device_code": {canaryDevice}, "client_id": {"hub"}, "resource": {"urn:a"}}
			if got.body != want.Encode() {
				t.Errorf("sent %q, want %q", got.body, want.Encode())
			}
			once(t, s)
		})
	}
}

func TestDeviceTokenKeepsItsRefreshToken(t *testing.T) {
	s := answer(t, 200, "application/json", tokenJSON(`"expires_in":600,"refresh_token":"`+canaryRefresh+`","scope":"read"`))
	c := deviceClient(s.URL("/token"))
	f := request(t, model.TokenRequest{Client: c, TokenURL: c.Auth.TokenURL, Send: model.SendNone, Device: model.NewSecret(canaryDevice)})
	ok(t, f)
	noDeviceLeak(t, f)
	if f.token.Refresh.Reveal() != canaryRefresh || f.token.Scope != "read" {
		t.Errorf("%+v", f.token)
	}
	wiretest.Leaks(t, "token", f.token, canaryRefresh)
	mustContain(t, "the request", f.exchange.RequestBody, "device_code="+model.Mask)
	mustContain(t, "the answer", f.exchange.ResponseBody, `"refresh_token":"`+model.Mask+`"`)
}

func TestDeviceClientByKey(t *testing.T) {
	s, got := capturing(t)
	c := deviceClient(s.URL("/token"))
	c.Auth.Assertion.Key = model.NewSecret(pkcs8(t, testKeys().ec))
	f := request(t, model.TokenRequest{Client: c, TokenURL: c.Auth.TokenURL, Send: model.SendKey, Device: model.NewSecret(canaryDevice)})
	ok(t, f)
	noKeyLeak(t, f, &c, got.body)
	if form, _ := url.ParseQuery(got.body); form.Get("client_assertion") == "" || form.Get("device_code") != canaryDevice {
		t.Errorf("sent %q", got.body)
	}
}

func TestNobodyAllowedTheClientYet(t *testing.T) {
	s, _ := capturing(t)
	f := fetch(t, wire.Limits{}, deviceClient(s.URL("/token")), model.SendNone)
	if e := model.AsError(f.err); e == nil || e.Code != model.EPermission || !strings.Contains(e.Next, "ferry token analytics") || model.ExitCode(e) != 4 {
		t.Error(wiretest.Dump(f.err))
	}
	for _, r := range []model.TokenRequest{
		{Client: clientFor(s.URL("/")), Send: model.SendBody, Device: model.NewSecret("d")},
		{Client: passwordClient(s.URL("/")), Send: model.SendBody, Refresh: model.NewSecret("r")},
	} {
		r.TokenURL = s.URL("/")
		if f := request(t, r); model.CodeOf(f.err) != model.EInvalid || model.AsError(f.err).Field != "grant" {
			t.Error(wiretest.Dump(f.err))
		}
	}
	if s.Count() != 0 {
		t.Error("something was sent")
	}
}
