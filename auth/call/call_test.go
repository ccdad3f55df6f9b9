package call

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ferry/auth/wire"
	"ferry/auth/wire/wiretest"
	"ferry/model"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	canaryToken  = "token-canary-77.a_b~+/="
	canaryHeader = "header-canary-31+%:é"
	canaryShown  = "custom-canary-12" // of a header that is not marked secret
	canaryOnce   = "once-canary-98"   // of a header of the request
)

var clock = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newCaller(t testing.TB, l wire.Limits) *Caller {
	t.Helper()
	s := New(Options{Now: func() time.Time { return clock }, Version: "1.2.3", Pool: wire.NewPool(l)})
	t.Cleanup(s.Close)
	return s
}

func clientFor(base string) model.Client {
	return model.Client{Name: "erp", BaseURL: base, Headers: []model.Header{
		{Name: "X-Erp-Key", Value: model.NewSecret(canaryHeader), Secret: true},
		{Name: "X-Tenant", Value: model.NewSecret(canaryShown)},
	}}
}

var token = model.Token{Access: model.NewSecret(canaryToken), Type: "Bearer"}

// do calls once and looks for the secrets in whatever can be shown.
func do(t *testing.T, s *Caller, c model.Client, r model.Request) (model.Response, error) {
	t.Helper()
	resp, err := s.Do(t.Context(), c, token, r)
	noLeak(t, resp, err)
	return resp, err
}

func noLeak(t *testing.T, resp model.Response, err error) {
	t.Helper()
	wiretest.Leaks(t, "exchange", resp.Exchange, canaryToken, canaryHeader)
	wiretest.Controls(t, "body", resp.Exchange.ResponseBody)
	if err != nil {
		wiretest.Leaks(t, "error", err, canaryToken, canaryHeader)
		wiretest.Controls(t, "message", err.Error())
		var e *model.Error
		if !errors.As(err, &e) {
			t.Errorf("the error is a %T", err)
		}
	}
}

// seen is one request as a server got it.
type seen struct {
	method, uri, body string
	header            http.Header
}

func serve(t *testing.T, handle func(w http.ResponseWriter, r *http.Request)) (string, *[]seen) {
	t.Helper()
	var all []seen
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		_, _ = body.ReadFrom(r.Body)
		all = append(all, seen{r.Method, r.RequestURI, body.String(), r.Header.Clone()})
		handle(w, r)
	}))
	t.Cleanup(srv.Close)
	return srv.URL, &all
}

func TestDo(t *testing.T) {
	url, got := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-B", "2")
		w.Header().Add("X-A", "1")
		w.Header().Add("X-A", "0")
		w.Header().Set("Date", "then")
		w.WriteHeader(http.StatusTeapot)
		fmt.Fprint(w, "body \x1b[2J as received")
	})
	resp, err := do(t, newCaller(t, wire.Limits{}), clientFor(url+"/api/"), model.Request{Path: "/orders?a=b", Query: []model.Param{{Name: "$top", Value: "5"}, {Name: "q", Value: "a b&c"}}})
	if err != nil {
		t.Fatal(wiretest.Dump(err))
	}
	r := (*got)[0]
	if r.method != "GET" || r.uri != "/api/orders?a=b&$top=5&q=a%20b%26c" {
		t.Errorf("%s %s", r.method, r.uri)
	}
	want := http.Header{
		"Accept": {"application/json, */*;q=0.8"}, "Accept-Encoding": {"gzip"}, "User-Agent": {"ferry/1.2.3"},
		"Authorization": {"Bearer " + canaryToken}, "X-Erp-Key": {canaryHeader}, "X-Tenant": {canaryShown},
	}
	if !reflect.DeepEqual(r.header, want) {
		t.Errorf("headers %v, want %v", r.header, want)
	}
	if resp.Status != 418 || resp.Proto != "HTTP/1.1" || string(resp.Body) != "body \x1b[2J as received" || resp.Size != int64(len(resp.Body)) || resp.Truncated {
		t.Errorf("%+v", resp)
	}
	wantHeaders := []model.Param{{Name: "Content-Length", Value: "21"}, {Name: "Content-Type", Value: "text/plain; charset=utf-8"}, {Name: "Date", Value: "then"}, {Name: "X-A", Value: "1"}, {Name: "X-A", Value: "0"}, {Name: "X-B", Value: "2"}}
	if !reflect.DeepEqual(resp.Headers, wantHeaders) {
		t.Errorf("%v", resp.Headers)
	}
	x := resp.Exchange
	if x.At != clock || x.Status != 418 || x.Method != http.MethodGet || x.Timing.Total <= 0 || x.ResponseBody != "body <U+001B>[2J as received" {
		t.Errorf("%+v", x)
	}
}

func TestMethodsAndBodies(t *testing.T) {
	url, got := serve(t, func(http.ResponseWriter, *http.Request) {})
	s := newCaller(t, wire.Limits{})
	for _, tc := range []struct {
		method, body, contentType string
		headers                   []model.Param
	}{
		{"POST", `{"a":1}`, "application/json", nil},
		{"PUT", `a=b`, "", nil},
		{"PATCH", `{"a":1}`, "application/merge-patch+json", []model.Param{{Name: "content-type", Value: "application/merge-patch+json"}}},
		{"DELETE", ``, "", nil},
		{"OPTIONS", ``, "", nil},
		{"PURGE", ``, "", nil},
		{"HEAD", ``, "", nil},
	} {
		*got = nil
		resp, err := do(t, s, clientFor(url), model.Request{Method: tc.method, Path: "/", Body: []byte(tc.body), Headers: tc.headers})
		if err != nil || len(*got) != 1 {
			t.Fatalf("%s: %d requests, %v", tc.method, len(*got), err)
		}
		if r := (*got)[0]; r.method != tc.method || r.body != tc.body || r.header.Get("Content-Type") != tc.contentType {
			t.Errorf("%s: %+v", tc.method, r)
		}
		if resp.Exchange.RequestBody != tc.body {
			t.Errorf("%s: recorded %q", tc.method, resp.Exchange.RequestBody)
		}
	}
}

func TestHeadersReplaceByName(t *testing.T) {
	url, got := serve(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Header) })
	c := clientFor(url)
	c.Headers = append(c.Headers, model.Header{Name: "Accept", Value: model.NewSecret("text/csv")}, model.Header{Name: "authorization", Value: model.NewSecret("Basic static-canary-1")})
	s := newCaller(t, wire.Limits{})
	call := func(tok model.Token, headers ...model.Param) http.Header {
		*got = nil
		resp, err := s.Do(t.Context(), c, tok, model.Request{Path: "/", Headers: headers})
		noLeak(t, resp, err)
		wiretest.Leaks(t, "exchange", resp.Exchange, "static-canary-1", canaryOnce)
		if err != nil {
			t.Fatal(err)
		}
		return (*got)[0].header
	}
	if h := call(model.Token{}); h.Get("Authorization") != "Basic static-canary-1" || h.Get("Accept") != "text/csv" {
		t.Errorf("client's own: %v", h)
	}
	if h := call(token); h.Get("Authorization") != "Bearer "+canaryToken {
		t.Errorf("token: %v", h)
	}
	for _, odd := range []string{"authorization", "cookie", "x-auth-token"} {
		call(token, model.Param{Name: odd, Value: canaryOnce})
	}
	h := call(token, model.Param{Name: "AUTHORIZATION", Value: "Custom " + canaryOnce}, model.Param{Name: "x-tenant", Value: "one"}, model.Param{Name: "X-Tenant", Value: "two"})
	if h.Get("Authorization") != "Custom "+canaryOnce || !reflect.DeepEqual(h["X-Tenant"], []string{"one", "two"}) {
		t.Errorf("request's: %v", h)
	}
}

// CASES: no header injection; CR/LF/NUL anywhere is refused and nothing is sent.
func TestRequestsThatCannotBe(t *testing.T) {
	url, got := serve(t, func(http.ResponseWriter, *http.Request) {})
	s := newCaller(t, wire.Limits{})
	header := func(n, v string) model.Request {
		return model.Request{Path: "/", Headers: []model.Param{{Name: n, Value: v}}}
	}
	for name, tc := range map[string]struct {
		r     model.Request
		field string
	}{
		"CR LF in the path":    {model.Request{Path: "/a HTTP/1.1\r\nX-Evil: 1"}, "path"},
		"NUL in the path":      {model.Request{Path: "/a\x00"}, "path"},
		"escaped LF in path":   {model.Request{Path: "/a%0aX"}, "path"},
		"ESC in the path":      {model.Request{Path: "/a\x1b[2J"}, "path"},
		"CR in the method":     {model.Request{Method: "GET\r\n", Path: "/"}, "method"},
		"space in the method":  {model.Request{Method: "GET /x", Path: "/"}, "method"},
		"CONNECT":              {model.Request{Method: "CONNECT", Path: "/"}, "method"},
		"CR LF in a header":    {header("X-A", "a\r\nX-Evil: 1"), "headers"},
		"NUL in a header":      {header("X-A", "a\x00"), "headers"},
		"LF in a header name":  {header("X-A\nX-B", "a"), "headers"},
		"colon in header name": {header("X:A", "a"), "headers"},
		"no header name":       {header("", "a"), "headers"},
		"Host":                 {header("host", "evil.example"), "headers"},
		"Content-Length":       {header("Content-length", "1"), "headers"},
		"Transfer-Encoding":    {header("transfer-encoding", "chunked"), "headers"},
		"Connection":           {header("Connection", "X-Erp-Key"), "headers"},
		"TE":                   {header("TE", "trailers"), "headers"},
		"Upgrade":              {header("Upgrade", "h2c"), "headers"},
		"LF in the query":      {model.Request{Path: "/", Query: []model.Param{{Name: "a", Value: "b\n"}}}, "query"},
		"no query name":        {model.Request{Path: "/", Query: []model.Param{{Value: "b"}}}, "query"},
	} {
		t.Run(name, func(t *testing.T) {
			resp, err := do(t, s, clientFor(url), tc.r)
			if e := model.AsError(err); e == nil || e.Code != model.EInvalid || e.Field != tc.field {
				t.Errorf("%v", err)
			}
			if resp.Exchange.Method != "" {
				t.Error("there is an exchange though nothing was sent")
			}
		})
	}
	bad := model.Token{Access: model.NewSecret("abc\r\nX-Evil: 1")}
	if _, err := s.Do(t.Context(), clientFor(url), bad, model.Request{Path: "/"}); model.CodeOf(err) != model.EInvalid || !strings.Contains(model.AsError(err).Next, "--fresh") {
		t.Errorf("stored token with CR LF: %v", err)
	}
	c := clientFor(url)
	c.Headers = []model.Header{{Name: "X-A", Value: model.NewSecret("a\r\nb")}}
	if _, err := s.Do(t.Context(), c, token, model.Request{Path: "/"}); model.CodeOf(err) != model.EInvalid {
		t.Errorf("stored header with CR LF: %v", err)
	}
	c = clientFor("http://api.example")
	if _, err := s.Do(t.Context(), c, token, model.Request{Path: "/"}); model.CodeOf(err) != model.EInvalid || model.AsError(err).Field != "base_url" {
		t.Errorf("plain http: %v", err)
	}
	if len(*got) != 0 {
		t.Errorf("%d requests were sent", len(*got))
	}
}

func TestLongBodyIsTruncated(t *testing.T) {
	url, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, model.MaxShownBody+1)) })
	s := newCaller(t, wire.Limits{})
	resp, err := do(t, s, clientFor(url), model.Request{Path: "/"})
	if err != nil || !resp.Truncated || len(resp.Body) != model.MaxShownBody || resp.Size != model.MaxShownBody {
		t.Errorf("%d bytes, size %d, truncated %t, %v", len(resp.Body), resp.Size, resp.Truncated, err)
	}
	var file bytes.Buffer
	resp, err = do(t, s, clientFor(url), model.Request{Path: "/", Sink: &file})
	if err != nil || resp.Truncated || len(resp.Body) != 0 || resp.Size != model.MaxShownBody+1 || file.Len() != model.MaxShownBody+1 {
		t.Errorf("file %d bytes, body %d, size %d, %v", file.Len(), len(resp.Body), resp.Size, err)
	}
}

func TestOnlyASuccessGoesToTheFile(t *testing.T) {
	for _, status := range []int{401, 404, 503, 304} {
		url, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status); _, _ = w.Write([]byte("why")) })
		var file bytes.Buffer
		resp, err := do(t, newCaller(t, wire.Limits{}), clientFor(url), model.Request{Path: "/", Sink: &file})
		if err != nil || file.Len() != 0 || status != 304 && string(resp.Body) != "why" {
			t.Errorf("%d: file %q, body %q, %v", status, file.String(), resp.Body, err)
		}
	}
}

// CASES: endless body, one byte per 10 s → can be cancelled at any time.
func TestCallCanBeCancelled(t *testing.T) {
	for name, first := range map[string]string{"before the answer": "", "in the body": "HTTP/1.1 200 OK\r\n\r\nhalf"} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			s := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) {
				fmt.Fprint(c, first)
				time.AfterFunc(50*time.Millisecond, cancel)
				<-c.Stop
			})
			resp, err := newCaller(t, wire.Limits{}).Do(ctx, clientFor(s.URL("")), token, model.Request{Path: "/"})
			noLeak(t, resp, err)
			if model.CodeOf(err) != model.EInterrupted || resp.Exchange.Method != http.MethodGet || resp.Exchange.Failure == "" {
				t.Errorf("%v %+v", err, resp.Exchange)
			}
			if s.Count() != 1 {
				t.Errorf("%d requests", s.Count())
			}
		})
	}
}

// CASES: server down, reset mid-body, timeout: the exchange is there beside the error.
func TestFailures(t *testing.T) {
	quick := wire.Limits{FirstByte: 100 * time.Millisecond, Total: 300 * time.Millisecond}
	for name, tc := range map[string]struct {
		handle func(*wiretest.Conn)
		code   model.Code
		says   string
		status int
	}{
		"silence":  {func(c *wiretest.Conn) { <-c.Stop }, model.ETimeout, "did not answer in time: no answer within 100ms", 0},
		"mid-body": {func(c *wiretest.Conn) { fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nabc") }, model.EUnreachable, "broke off its answer: the connection was closed after 3 bytes", 200},
		"drip":     {func(c *wiretest.Conn) { fmt.Fprint(c, "HTTP/1.1 200 OK\r\n\r\nabc"); <-c.Stop }, model.ETimeout, "did not answer in time: the exchange took longer than 300ms in all, while reading the body", 200},
		"echoes the request and breaks off": {func(c *wiretest.Conn) {
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n%v", c.Request.Header)
		}, model.EUnreachable, "broke off", 200},
	} {
		t.Run(name, func(t *testing.T) {
			s := wiretest.NewRaw(t, nil, tc.handle)
			resp, err := do(t, newCaller(t, quick), clientFor(s.URL("")), model.Request{Method: "POST", Path: "/", Body: []byte("{}")})
			if model.CodeOf(err) != tc.code || !strings.Contains(err.Error(), `the API of "erp" (`+s.Host+`) `+tc.says) {
				t.Errorf("%v", err)
			}
			if resp.Status != tc.status || resp.Exchange.Status != tc.status || resp.Exchange.Failure == "" {
				t.Errorf("%+v", resp)
			}
			if s.Count() != 1 {
				t.Errorf("%d requests", s.Count())
			}
		})
	}
}

func BenchmarkDo(b *testing.B) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"a":1}`) }))
	defer srv.Close()
	s, c := newCaller(b, wire.Limits{}), clientFor(srv.URL)
	for b.Loop() {
		if _, err := s.Do(b.Context(), c, token, model.Request{Path: "/"}); err != nil {
			b.Fatal(err)
		}
	}
}
