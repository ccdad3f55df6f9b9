package authority

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// Canaries: none of them may appear in any answer.
const (
	secret   = "canary-secret-+%:=é"
	password = "canary-password-&=+"
)

func fixture() *Endpoint { return fixtureWith(SHA256) }

func fixtureWith(digest Digest) *Endpoint {
	grants := Grants(ClientCredentials{}, Password{
		Digest: SHA256,
		Users:  func(_ context.Context, name string) ([32]byte, bool) { return SHA256(password), name == "ada" },
	})
	clients := map[string]Client{
		"app": {
			Secrets: [][32]byte{SHA256("older"), SHA256(secret)}, Grants: grants.Types(),
			Scopes: []string{"read", "write"}, Default: []string{"read"},
		},
		"needs": {Secrets: [][32]byte{SHA256(secret)}, Grants: grants.Types(), Scopes: []string{"read", "api"}, Required: []string{"api"}},
		"none":  {Secrets: [][32]byte{SHA256(secret)}},
		"dead":  {Grants: grants.Types()}, // every secret was revoked
	}
	return &Endpoint{
		Authenticator: Authenticator{
			Identify: Known(func(_ context.Context, id string) (Client, bool) {
				c, ok := clients[id]
				c.ID = id
				return c, ok
			}, digest),
			Methods: []Method{Basic, Post},
		},
		Grants: grants,
		Issue: func(_ context.Context, i Issued) (string, time.Duration, error) {
			return "token for " + i.Subject + " of " + i.Client.ID, 90 * time.Second, nil
		},
	}
}

// reply is the answer to one token request.
type reply struct {
	status  int
	headers http.Header
	Token   string `json:"access_token"`
	Type    string `json:"token_type"`
	Expires int64  `json:"expires_in"`
	Scope   string `json:"scope"`
	Error   string `json:"error"`
}

func send(t testing.TB, h http.Handler, r *http.Request) reply {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	for _, canary := range []string{"canary", url.QueryEscape(secret)} {
		if strings.Contains(w.Body.String(), canary) {
			t.Errorf("the answer holds a secret: %s", w.Body)
		}
	}
	if got := w.Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control %q", got)
	}
	out := reply{status: w.Code, headers: w.Header()}
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
			t.Fatalf("%v in %s", err, w.Body)
		}
	}
	return out
}

func request(method, target, body string, headers ...string) *http.Request {
	r := httptest.NewRequestWithContext(context.Background(), method, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Content-Type" {
			r.Header.Del(name)
		}
		if value != "" {
			r.Header.Add(name, value)
		}
	}
	return r
}

func basic(id, secret string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id)+":"+url.QueryEscape(secret)))
}

func form(pairs ...string) string {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	return values.Encode()
}

const grant = "grant_type=client_credentials"

// TestTokenEndpoint covers CASES "Token endpoint: no or two authentication methods, id
// mismatch, unknown grant or scope, repeated parameter, GET, JSON body".
func TestTokenEndpoint(t *testing.T) {
	inForm := grant + "&" + form("client_id", "app", "client_secret", secret)
	for name, c := range map[string]struct {
		r      *http.Request
		status int
		code   string // or
		scope  string
	}{
		"form":                        {request("POST", "/", inForm), 200, "", "read"},
		"basic":                       {request("POST", "/", grant, basic("app", secret)), 200, "", "read"},
		"basic in lower case":         {request("POST", "/", grant, strings.Replace(basic("app", secret), "Basic", "basic", 1)), 200, "", "read"},
		"basic, same id in form":      {request("POST", "/", grant+"&client_id=app", basic("app", secret)), 200, "", "read"},
		"older of two secrets":        {request("POST", "/", grant, basic("app", "older")), 200, "", "read"},
		"charset in content type":     {request("POST", "/", inForm, "Content-Type: application/x-www-form-urlencoded; charset=utf-8"), 200, "", "read"},
		"empty parameter is absent":   {request("POST", "/", inForm+"&scope="), 200, "", "read"},
		"unknown parameter":           {request("POST", "/", inForm+"&colour=red"), 200, "", "read"},
		"other query":                 {request("POST", "/?tenant=1", inForm), 200, "", "read"},
		"scopes":                      {request("POST", "/", inForm+"&scope=write+read+write"), 200, "", "write read"},
		"no authentication":           {request("POST", "/", grant), 401, "invalid_client", ""},
		"id without secret":           {request("POST", "/", grant+"&client_id=app"), 401, "invalid_client", ""},
		"two authentication methods":  {request("POST", "/", inForm, basic("app", secret)), 400, "invalid_request", ""},
		"two headers":                 {request("POST", "/", grant, basic("app", secret), basic("app", secret)), 400, "invalid_request", ""},
		"basic and assertion":         {request("POST", "/", grant+"&client_assertion=x", basic("app", secret)), 400, "invalid_request", ""},
		"id mismatch":                 {request("POST", "/", grant+"&client_id=other", basic("app", secret)), 400, "invalid_request", ""},
		"bearer":                      {request("POST", "/", grant, "Authorization: Bearer x"), 401, "invalid_client", ""},
		"not base64":                  {request("POST", "/", grant, "Authorization: Basic ***"), 400, "invalid_request", ""},
		"no colon":                    {request("POST", "/", grant, "Authorization: Basic YXBw"), 400, "invalid_request", ""},
		"basic without form encoding": {request("POST", "/", grant, "Authorization: Basic "+base64.StdEncoding.EncodeToString([]byte("app:"+secret))), 400, "invalid_request", ""},
		"wrong secret":                {request("POST", "/", grant, basic("app", "wrong")), 401, "invalid_client", ""},
		"unknown id":                  {request("POST", "/", grant, basic("nobody", secret)), 401, "invalid_client", ""},
		"every secret revoked":        {request("POST", "/", grant, basic("dead", secret)), 401, "invalid_client", ""},
		"no grant type":               {request("POST", "/", "", basic("app", secret)), 400, "invalid_request", ""},
		"unknown grant":               {request("POST", "/", "grant_type=implicit", basic("app", secret)), 400, "unsupported_grant_type", ""},
		"grant not allowed":           {request("POST", "/", grant, basic("none", secret)), 400, "unauthorized_client", ""},
		"unknown scope":               {request("POST", "/", grant+"&scope=root", basic("app", secret)), 400, "invalid_scope", ""},
		"malformed scope":             {request("POST", "/", grant+"&scope=read++write", basic("app", secret)), 400, "invalid_scope", ""},
		"scope with a quote":          {request("POST", "/", grant+"&scope=%22", basic("app", secret)), 400, "invalid_scope", ""},
		"required scope missing":      {request("POST", "/", grant, basic("needs", secret)), 400, "invalid_scope", ""},
		"required scope not asked":    {request("POST", "/", grant+"&scope=read", basic("needs", secret)), 400, "invalid_scope", ""},
		"required scope":              {request("POST", "/", grant+"&scope=api", basic("needs", secret)), 200, "", "api"},
		"repeated parameter":          {request("POST", "/", inForm+"&scope=read&scope=read"), 400, "invalid_request", ""},
		"repeated unknown parameter":  {request("POST", "/", inForm+"&x=1&x=2"), 400, "invalid_request", ""},
		"GET":                         {request("GET", "/", ""), 405, "invalid_request", ""},
		"PUT":                         {request("PUT", "/", inForm), 405, "invalid_request", ""},
		"JSON body":                   {request("POST", "/", `{"grant_type":"client_credentials"}`, "Content-Type: application/json"), 400, "invalid_request", ""},
		"no content type":             {request("POST", "/", inForm, "Content-Type: "), 400, "invalid_request", ""},
		"malformed form":              {request("POST", "/", "grant_type=%zz"), 400, "invalid_request", ""},
		"16 KiB":                      {request("POST", "/", inForm+"&x="+strings.Repeat("x", MaxBody)), 413, "invalid_request", ""},
		"secret in the URI":           {request("POST", "/?client_secret=x", inForm), 400, "invalid_request", ""},
		"password grant":              {request("POST", "/", form("grant_type", "password", "username", "ada", "password", password), basic("app", secret)), 200, "", "read"},
		"wrong password":              {request("POST", "/", form("grant_type", "password", "username", "ada", "password", "x"), basic("app", secret)), 400, "invalid_grant", ""},
		"unknown user":                {request("POST", "/", form("grant_type", "password", "username", "eve", "password", password), basic("app", secret)), 400, "invalid_grant", ""},
		"no password":                 {request("POST", "/", form("grant_type", "password", "username", "ada"), basic("app", secret)), 400, "invalid_request", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := send(t, fixture(), c.r)
			if got.status != c.status || got.Error != c.code || got.Scope != c.scope {
				t.Errorf("%d %q scope %q, want %d %q scope %q", got.status, got.Error, got.Scope, c.status, c.code, c.scope)
			}
			if c.status == 401 && !strings.HasPrefix(got.headers.Get("WWW-Authenticate"), "Basic ") {
				t.Error("a 401 without a challenge")
			}
			if c.status == 405 && got.headers.Get("Allow") != "POST" {
				t.Error("a 405 without Allow")
			}
			if c.status == 200 && (got.Type != "Bearer" || got.Expires != 90 || !strings.HasPrefix(got.Token, "token for ")) {
				t.Errorf("answer %+v", got)
			}
		})
	}
}

func TestIssuerThatFailsIsServerError(t *testing.T) {
	e := fixture()
	e.Issue = func(context.Context, Issued) (string, time.Duration, error) {
		return "", 0, errors.New("canary cause")
	}
	if got := send(t, e, request("POST", "/", grant, basic("app", secret))); got.status != 500 || got.Error != "server_error" {
		t.Errorf("%+v", got)
	}
}

func TestSecondsRoundUp(t *testing.T) {
	for life, want := range map[time.Duration]int64{0: 0, time.Millisecond: 1, time.Second: 1, 1500 * time.Millisecond: 2, 2 * time.Minute: 120} {
		if got := seconds(life); got != want {
			t.Errorf("%s: %d, want %d", life, got, want)
		}
	}
}

func BenchmarkTokenRequest(b *testing.B) {
	e := fixture()
	body := grant + "&" + form("client_id", "app", "client_secret", secret)
	for b.Loop() {
		e.ServeHTTP(httptest.NewRecorder(), request("POST", "/", body))
	}
}
