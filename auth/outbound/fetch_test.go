package outbound

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"ferry/auth/wire"
	"ferry/auth/wire/wiretest"
	"ferry/model"
)

func TestFetch(t *testing.T) {
	s := answer(t, 200, "application/json;charset=UTF-8", tokenJSON(`"expires_in":600,"scope":"read","refresh_token":"refresh-canary-1","debug":["refresh-canary-1","`+canaryToken+`"]`))
	c := clientFor(s.URL("/token?tenant=a"))
	c.Auth.Scopes = []string{"read", "write"}
	f := fetch(t, wire.Limits{}, c, model.SendHeader)
	ok(t, f)
	want := model.Token{Access: f.token.Access, Type: "Bearer", Scope: "read", Fetched: clock, Expires: clock.Add(10 * time.Minute), SentAs: model.SendHeader}
	if f.token != want {
		t.Errorf("got %+v, want %+v", f.token, want)
	}
	x := f.exchange
	wiretest.Leaks(t, "exchange", x, "refresh-canary-1")
	if x.Status != 200 || x.Method != http.MethodPost || x.At != clock || x.Failure != "" || x.Timing.Total <= 0 || x.URL != c.Auth.TokenURL {
		t.Errorf("%+v", x)
	}
	mustContain(t, "the request", x.RequestBody, "grant_type=client_credentials")
	mustContain(t, "the answer", x.ResponseBody, `"access_token":"`+model.Mask+`"`, `"expires_in":600`)
	once(t, s)
}

func TestScopeIsWhatWasAskedForUnlessTheEndpointSays(t *testing.T) {
	for body, want := range map[string]string{tokenJSON(""): "a b", tokenJSON(`"scope":"a"`): "a", tokenJSON(`"scope":["a","c"]`): "a c", tokenJSON(`"scope":7`): "a b", tokenJSON(`"scope":"a\u001b[2J"`): "a<U+001B>[2J"} {
		c := clientFor(answer(t, 200, "application/json", body).URL("/"))
		c.Auth.Scopes = []string{"a", "b"}
		f := fetch(t, wire.Limits{}, c, model.SendBody)
		ok(t, f)
		if f.token.Scope != want {
			t.Errorf("%s: scope %q, want %q", body, f.token.Scope, want)
		}
	}
}

func TestShapesOfAGoodAnswer(t *testing.T) {
	form := url.Values{"access_token": {canaryToken}, "token_type": {"bearer"}, "expires_in": {"600"}}.Encode()
	for name, s := range map[string]*wiretest.Raw{
		"201":                  answer(t, 201, "application/json", tokenJSON("")),
		"JSON called text":     answer(t, 200, "text/plain", tokenJSON("")),
		"JSON called HTML":     answer(t, 200, "text/html", tokenJSON("")),
		"no content type":      answer(t, 200, "", tokenJSON("")),
		"byte order mark":      answer(t, 200, "application/json", "\xef\xbb\xbf"+tokenJSON("")),
		"a form":               answer(t, 200, "application/x-www-form-urlencoded", form),
		"a form called text":   answer(t, 200, "text/plain; charset=utf-8", form),
		"error is null":        answer(t, 200, "application/json", tokenJSON(`"error":null`)),
		"error is empty":       answer(t, 200, "application/json", tokenJSON(`"error":""`)),
		"odd members":          answer(t, 200, "application/json", tokenJSON(`"refresh_token":{"a":1},"error_description":[1],"x":1e999`)),
		"odd case of the type": answer(t, 200, "application/json", strings.Replace(tokenJSON(""), "bearer", "BEARER", 1)),
	} {
		t.Run(name, func(t *testing.T) {
			f := fetch(t, wire.Limits{}, clientFor(s.URL("/")), model.SendBody)
			ok(t, f)
			if f.token.Type != "Bearer" {
				t.Errorf("type %q", f.token.Type)
			}
			once(t, s)
		})
	}
}

func TestGzippedAnswer(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(tokenJSON("")))
	_ = z.Close()
	s := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) { c.Say(200, "Content-Encoding: gzip\r\n", b.String()) })
	ok(t, fetch(t, wire.Limits{}, clientFor(s.URL("/")), model.SendBody))
}

// CASES: wrong secret → exactly one attempt. The second of "at most two" is the
// use-case's to make: one Fetch is one request, whatever the answer.
func TestRefusals(t *testing.T) {
	for name, tc := range map[string]struct {
		status     int
		body       string
		code, desc string // of the GrantError
		next       string
		says       string
	}{
		"invalid_client":         {401, `{"error":"invalid_client","error_description":"unknown client"}`, "invalid_client", "unknown client", "--client-secret-file", "answered 401 invalid_client: unknown client"},
		"invalid_client as 400":  {400, `{"error":"invalid_client"}`, "invalid_client", "", "--client-secret-file", "answered 400 invalid_client"},
		"invalid_scope":          {400, `{"error":"invalid_scope"}`, "invalid_scope", "", "--scope", "answered 400 invalid_scope"},
		"unauthorized_client":    {400, `{"error":"unauthorized_client"}`, "unauthorized_client", "", "client_credentials grant", "answered 400 unauthorized_client"},
		"unsupported_grant_type": {400, `{"error":"unsupported_grant_type"}`, "unsupported_grant_type", "", "client_credentials grant", "answered 400 unsupported_grant_type"},
		"invalid_request":        {400, `{"error":"invalid_request"}`, "invalid_request", "", "extra parameters", "answered 400 invalid_request"},
		"200 with an error":      {200, `{"error":"invalid_client"}`, "invalid_client", "", "--client-secret-file", "answered 200 invalid_client"},
		"200, token and error":   {200, tokenJSON(`"error":"slow_down"`), "slow_down", "", "later", "answered 200 slow_down"},
		"nested error":           {200, `{"error":{"code":"E17","message":"no such tenant"}}`, "E17", "no such tenant", "", "answered 200 E17: no such tenant"},
		"nested without code":    {400, `{"error":{"message":"no such tenant"}}`, "", "no such tenant", "", "answered 400 no such tenant"},
		"error is true":          {200, `{"error":true}`, "", "", "", "answered 200"},
		"expires_in is odd":      {400, `{"error":"invalid_scope","expires_in":1.5}`, "invalid_scope", "", "--scope", "answered 400 invalid_scope"},
		"503":                    {503, `{"message":"maintenance"}`, "", "", "try again later", `answered 503: {"message":"maintenance"}`},
		"503 with nothing":       {503, ``, "", "", "try again later", "answered 503"},
		"429":                    {429, ``, "", "", "wait before", "answered 429"},
		"404":                    {404, `not here`, "", "", "--token-url", "answered 404: not here"},
		"401 that is no JSON":    {401, `no`, "", "", "--client-secret-file", "answered 401: no"},
	} {
		for _, send := range []model.ClientAuth{model.SendHeader, model.SendBody} {
			t.Run(name+" "+string(send), func(t *testing.T) {
				s := answer(t, tc.status, "application/json", tc.body)
				f := fetch(t, wire.Limits{}, clientFor(s.URL("/token")), send)
				var g *model.GrantError
				if model.CodeOf(f.err) != model.EUpstream || !errors.As(f.err, &g) {
					t.Fatal(wiretest.Dump(f.err))
				}
				if g.Code != tc.code || g.Description != tc.desc || g.Status != tc.status {
					t.Errorf("%+v", g)
				}
				mustContain(t, "message", f.err.Error(), `the token endpoint of "analytics" (`+s.Host+`) `+tc.says)
				mustContain(t, "next", model.AsError(f.err).Next, tc.next)
				if f.exchange.Status != tc.status || !strings.Contains(f.exchange.Failure, "answered") {
					t.Errorf("exchange %+v", f.exchange)
				}
				once(t, s)
			})
		}
	}
}

func TestWrongPassword(t *testing.T) {
	s := answer(t, 400, "application/json", `{"error":"invalid_grant","error_description":"`+strings.ReplaceAll(canaryPassword, `"`, `\"`)+` is wrong"}`)
	f := fetch(t, wire.Limits{}, passwordClient(s.URL("/")), model.SendHeader)
	mustContain(t, "message", f.err.Error(), "invalid_grant: "+model.Mask+" is wrong")
	mustContain(t, "next", model.AsError(f.err).Next, "--password-file")
	once(t, s)
}

// CASES: error body that echoes the secret, holds ESC, is HTML, is 5 MiB, or a 200 with
// an error → redacted, escaped, capped.
func TestHostileBodies(t *testing.T) {
	echo := canarySecret + " " + url.QueryEscape(canarySecret) + " " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape("hub")+":"+url.QueryEscape(canarySecret)))
	big := strings.Repeat("x", 5<<20)
	for name, tc := range map[string]struct {
		status int
		kind   string
		body   string
		says   string
	}{
		"echoes the secret":        {401, "application/json", fmt.Sprintf(`{"error":"invalid_client","error_description":%q}`, echo), "invalid_client: " + model.Mask},
		"echoes it as code":        {401, "application/json", fmt.Sprintf(`{"error":%q}`, canarySecret), "answered 401 " + model.Mask},
		"echoes it, not JSON":      {500, "text/plain", echo, "answered 500: " + model.Mask},
		"200, echoes it, not JSON": {200, "text/plain", echo, "text that is not JSON: " + model.Mask},
		"holds ESC":                {400, "application/json", `{"error":"invalid_request","error_description":"a\u001b]0;pwned\u0007\u202e"}`, "a<U+001B>]0;pwned<U+0007><U+202E>"},
		"holds ESC, not JSON":      {400, "text/plain", "a\x1b[2J\r\nb", "a<U+001B>[2J b"},
		"HTML":                     {200, "text/html", "<!doctype html><html><head><title>x</title><style>b{}</style></head><body><h1>Sign in</h1><p>please</p></body></html>", "with an HTML page: Sign in please"},
		"HTML error":               {502, "text/html", "<html><body>Bad <b>gateway</b> " + canarySecret + "</body></html>", "answered 502 with an HTML page: Bad gateway " + model.Mask},
		"5 MiB":                    {400, "application/json", big, "the body is longer than 1024 KiB"},
		"5 MiB of JSON":            {200, "application/json", `{"access_token":"` + big + `"}`, "the body is longer than 1024 KiB"},
		"long description":         {400, "application/json", `{"error":"invalid_request","error_description":"` + strings.Repeat("y", 10000) + `"}`, "yyy"},
		"empty":                    {200, "application/json", "", "answered 200 with an empty body"},
		"a JSON list":              {200, "application/json", "[1]", "text that is not JSON: [1]"},
		"null":                     {200, "application/json", "null", "text that is not JSON: null"},
		"no token":                 {200, "application/json", `{"token_type":"bearer"}`, "answered 200 without an access_token"},
		"the token is a number":    {200, "application/json", `{"access_token":17}`, "answered 200 without an access_token"},
		"204":                      {204, "application/json", "", "answered 204 with an empty body"},
	} {
		t.Run(name, func(t *testing.T) {
			s := answer(t, tc.status, tc.kind, tc.body)
			f := fetch(t, wire.Limits{}, clientFor(s.URL("/")), model.SendBody)
			if model.CodeOf(f.err) != model.EUpstream || model.AsError(f.err).Next == "" {
				t.Fatal(wiretest.Dump(f.err))
			}
			mustContain(t, "message", f.err.Error(), tc.says)
			if len(f.exchange.ResponseBody) > model.MaxErrorBody {
				t.Errorf("the record keeps %d bytes", len(f.exchange.ResponseBody))
			}
			once(t, s)
		})
	}
}

// CASES: token with CR, LF, ESC or 100 KiB → refused; no header injection.
func TestUnusableTokens(t *testing.T) {
	for name, tc := range map[string]struct{ member, says string }{
		"CR":        {`"abc\rX-Evil: 1"`, "the character CR at position 4"},
		"LF":        {`"abc\nX-Evil: 1"`, "the character LF at position 4"},
		"NUL":       {`"abc\u0000"`, "the character NUL"},
		"ESC":       {`"abc\u001b[2J"`, "the character ESC"},
		"space":     {`"abc def"`, "the character space"},
		"not ASCII": {`"abcé"`, "the character 0xC3"},
		"DEL":       {`"abc\u007f"`, "the character 0x7F"},
		"100 KiB":   {`"` + strings.Repeat("a", 100<<10) + `"`, "102400 characters long, more than 16384"},
	} {
		t.Run(name, func(t *testing.T) {
			s := answer(t, 200, "application/json", `{"access_token":`+tc.member+`}`)
			f := fetch(t, wire.Limits{}, clientFor(s.URL("/")), model.SendBody)
			if model.CodeOf(f.err) != model.EUpstream || f.token.Access.IsSet() {
				t.Fatal(wiretest.Dump(f.err))
			}
			mustContain(t, "message", f.err.Error(), "issued a token that cannot be used: it ", tc.says)
			once(t, s)
		})
	}
	for _, kind := range []string{"mac", "DPoP", "N_A", `a\nb`, strings.Repeat("k", 100)} {
		s := answer(t, 200, "application/json", `{"access_token":"abc","token_type":"`+kind+`"}`)
		if f := fetch(t, wire.Limits{}, clientFor(s.URL("/")), model.SendBody); model.CodeOf(f.err) != model.EUpstream {
			t.Errorf("type %q: %v", kind, f.err)
		}
	}
}

// Pitfall: a body secret follows a 307. No redirect of a token endpoint is followed.
func TestRedirectOfTheTokenEndpointIsNotFollowed(t *testing.T) {
	elsewhere := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) { c.Say(200, "", tokenJSON("")) })
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, send := range []model.ClientAuth{model.SendHeader, model.SendBody} {
			s := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) {
				c.Say(status, "Location: "+elsewhere.URL("/take?client_secret="+url.QueryEscape(canarySecret))+"\r\n", "")
			})
			f := fetch(t, wire.Limits{}, clientFor(s.URL("/")), send)
			var g *model.GrantError
			if model.CodeOf(f.err) != model.EUpstream || !errors.As(f.err, &g) || g.Code != "" {
				t.Fatal(wiretest.Dump(f.err))
			}
			mustContain(t, "message", f.err.Error(), fmt.Sprintf("answered %d and redirects to http://%s/take", status, elsewhere.Host))
			once(t, s)
		}
	}
	for location, where := range map[string]string{"": "nowhere", "http://[::1": "nowhere", "/login": "/login", "\xff\u202e": "<0xFF><U+202E>"} {
		s := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) { c.Say(302, "Location: "+location+"\r\n", "") })
		f := fetch(t, wire.Limits{}, clientFor(s.URL("/")), model.SendBody)
		mustContain(t, "message", f.err.Error(), "answered 302 and redirects to "+where+"; ferry follows no redirect")
		once(t, s)
	}
	if elsewhere.Count() != 0 {
		t.Errorf("%d requests followed", elsewhere.Count())
	}
}

// CASES: server down, timeout, cancel: each one request at most, with its own wording.
func TestNetworkFailures(t *testing.T) {
	quick := wire.Limits{Dial: 300 * time.Millisecond, TLS: 300 * time.Millisecond, FirstByte: 150 * time.Millisecond, Total: 400 * time.Millisecond}
	for name, tc := range map[string]struct {
		handle func(*wiretest.Conn)
		code   model.Code
		says   string
	}{
		"silence":    {func(c *wiretest.Conn) { <-c.Stop }, model.ETimeout, "no answer within 150ms, while waiting for the first byte"},
		"reset":      {func(c *wiretest.Conn) { c.Reset() }, model.EUnreachable, "while waiting for the first byte"},
		"mid-body":   {func(c *wiretest.Conn) { fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"); c.Reset() }, model.EUnreachable, "while reading the body"},
		"drip":       {func(c *wiretest.Conn) { fmt.Fprint(c, "HTTP/1.1 200 OK\r\n\r\n{"); <-c.Stop }, model.ETimeout, "took longer than 400ms in all, while reading the body"},
		"not HTTP":   {func(c *wiretest.Conn) { fmt.Fprint(c, canarySecret+"\r\n\r\n") }, model.EUpstream, "not correct HTTP"},
		"headers":    {func(c *wiretest.Conn) { fmt.Fprint(c, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("a", 200<<10)) }, model.EUpstream, "the headers are longer than 64 KiB"},
		"echo, gone": {func(c *wiretest.Conn) { fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"+c.Body) }, model.EUnreachable, "of the body, while reading the body"},
	} {
		t.Run(name, func(t *testing.T) {
			s := wiretest.NewRaw(t, nil, tc.handle)
			f := fetch(t, quick, clientFor(s.URL("/")), model.SendBody)
			if model.CodeOf(f.err) != tc.code {
				t.Fatal(wiretest.Dump(f.err))
			}
			mustContain(t, "message", f.err.Error(), `the token endpoint of "analytics" (`+s.Host+`)`, tc.says)
			mustContain(t, "failure", f.exchange.Failure, tc.says[strings.LastIndex(tc.says, ", ")+1:])
			once(t, s)
		})
	}
}

func TestTokenEndpointWithBadCertificate(t *testing.T) {
	s := wiretest.NewRaw(t, &tls.Config{Certificates: []tls.Certificate{wiretest.SelfSigned(t)}}, func(c *wiretest.Conn) { c.Say(200, "", tokenJSON("")) })
	f := fetch(t, wire.Limits{}, clientFor("https://"+s.Host+"/token"), model.SendBody)
	mustContain(t, "message", f.err.Error(), "the certificate is self-signed, in the TLS handshake")
	if model.CodeOf(f.err) != model.EUnreachable || s.Count() != 0 {
		t.Errorf("%d requests, %v", s.Count(), f.err)
	}
}

func TestConcurrentFetchesReuseConnections(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, tokenJSON("")) }))
	defer srv.Close()
	s := newSource(t, wire.Limits{})
	c := clientFor(srv.URL)
	for i := range 3 {
		_, x, err := s.Fetch(t.Context(), model.TokenRequest{Client: c, TokenURL: srv.URL, Send: model.SendHeader})
		if err != nil || x.Timing.Reused != (i > 0) {
			t.Errorf("fetch %d: reused %t, %v", i, x.Timing.Reused, err)
		}
	}
}

func BenchmarkFetch(b *testing.B) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, tokenJSON("")) }))
	defer srv.Close()
	s := newSource(b, wire.Limits{})
	c := clientFor(srv.URL)
	for b.Loop() {
		if _, _, err := s.Fetch(b.Context(), model.TokenRequest{Client: c, TokenURL: srv.URL, Send: model.SendHeader}); err != nil {
			b.Fatal(err)
		}
	}
}
