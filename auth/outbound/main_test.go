package outbound

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ferry/auth/wire"
	"ferry/auth/wire/wiretest"
	"ferry/model"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The canaries hold what encoders disagree about.
const (
	canarySecret   = "secret-canary-5e1+%:=é/Q&"
	canaryPassword = "password-canary-9b2 +%:=é"
	canaryToken    = "token-canary-0d4.abc_~+/="
)

var clock = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newSource(t testing.TB, l wire.Limits) *Source {
	t.Helper()
	s := New(Options{Now: func() time.Time { return clock }, Version: "1.2.3", Pool: wire.NewPool(l)})
	t.Cleanup(s.Close)
	return s
}

func clientFor(tokenURL string) model.Client {
	return model.Client{
		Name: "analytics", BaseURL: "https://api.example",
		Auth: model.Auth{Method: model.AuthOAuth2, Grant: model.GrantClientCredentials, TokenURL: tokenURL, ClientID: "hub", ClientSecret: model.NewSecret(canarySecret)},
	}
}

func passwordClient(tokenURL string) model.Client {
	c := clientFor(tokenURL)
	c.Auth.Grant, c.Auth.Username, c.Auth.Password = model.GrantPassword, "op erator@é", model.NewSecret(canaryPassword)
	return c
}

// fetched is everything one Fetch gave.
type fetched struct {
	token    model.Token
	exchange model.Exchange
	err      error
}

// fetch fetches once, and looks for the canaries in whatever can be shown.
func fetch(t *testing.T, l wire.Limits, c model.Client, send model.ClientAuth) fetched {
	t.Helper()
	var f fetched
	f.token, f.exchange, f.err = newSource(t, l).Fetch(t.Context(), model.TokenRequest{Client: c, TokenURL: c.Auth.TokenURL, Send: send})
	noLeak(t, f)
	return f
}

// request is fetch for a request that says more than a client does.
func request(t *testing.T, r model.TokenRequest) fetched {
	t.Helper()
	var f fetched
	f.token, f.exchange, f.err = newSource(t, wire.Limits{}).Fetch(t.Context(), r)
	noLeak(t, f)
	return f
}

func noLeak(t *testing.T, f fetched) {
	t.Helper()
	secrets := []string{canarySecret, canaryPassword, canaryToken}
	wiretest.Leaks(t, "token", f.token, secrets...)
	wiretest.Leaks(t, "exchange", f.exchange, secrets...)
	wiretest.Controls(t, "exchange body", f.exchange.ResponseBody)
	if f.err != nil {
		wiretest.Leaks(t, "error", f.err, secrets...)
		wiretest.Controls(t, "message", f.err.Error())
		if len(f.err.Error()) > 700 {
			t.Errorf("the message is %d bytes long", len(f.err.Error()))
		}
	}
}

// answer is a token endpoint that always says this.
func answer(t *testing.T, status int, contentType, body string) *wiretest.Raw {
	t.Helper()
	return wiretest.NewRaw(t, nil, func(c *wiretest.Conn) { c.Say(status, "Content-Type: "+contentType+"\r\n", body) })
}

func tokenJSON(extra string) string {
	if extra != "" {
		extra = "," + extra
	}
	return `{"access_token":"` + canaryToken + `","token_type":"bearer"` + extra + `}`
}

// once asserts that exactly one request arrived.
func once(t *testing.T, s *wiretest.Raw) {
	t.Helper()
	if n := s.Count(); n != 1 {
		t.Errorf("%d requests arrived, want 1", n)
	}
}

// capture is what a token endpoint saw.
type capture struct {
	header http.Header
	body   string
}

func capturing(t *testing.T) (*wiretest.Raw, *capture) {
	t.Helper()
	got := &capture{}
	return wiretest.NewRaw(t, nil, func(c *wiretest.Conn) {
		*got = capture{c.Request.Header.Clone(), c.Body}
		c.Say(200, "Content-Type: application/json\r\n", tokenJSON(`"expires_in":600`))
	}), got
}

func mustContain(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%s is %q, want %q in it", what, text, p)
		}
	}
}

func ok(t *testing.T, f fetched) {
	t.Helper()
	if f.err != nil {
		t.Fatal(wiretest.Dump(f.err))
	}
	if f.token.Access.Reveal() != canaryToken {
		t.Fatalf("the token is %d characters long", len(fmt.Sprint(f.token.Access.Reveal())))
	}
}
