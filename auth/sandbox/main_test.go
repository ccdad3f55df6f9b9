package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is a clock that a test moves.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// bench is a running sandbox with a client of its own.
type bench struct {
	*Server
	t     testing.TB
	http  *http.Client
	clock *clock
}

func start(t testing.TB) *bench {
	t.Helper()
	c := &clock{t: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	s, err := Start(context.Background(), Options{Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &bench{s, t, &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, c}
}

// answer is a response read to its end.
type answer struct {
	*http.Response
	body []byte
}

// do sends one request; headers are "Name: value".
func (b *bench) do(method, path, body string, headers ...string) answer {
	b.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = b.URL() + path
	}
	req, err := http.NewRequestWithContext(context.Background(), method, path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Add(name, value)
	}
	resp, err := b.http.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{resp, got}
}

func (b *bench) post(path string, form url.Values, headers ...string) answer {
	b.t.Helper()
	return b.do(http.MethodPost, path, form.Encode(),
		append([]string{"Content-Type: application/x-www-form-urlencoded"}, headers...)...)
}

// token gets an access token as the named client's form would.
func (b *bench) token(name string) string {
	b.t.Helper()
	a := b.post(b.client(name).TokenURL, tokenForm(b.client(name)))
	var out struct {
		Token   string `json:"access_token"`
		Expires int    `json:"expires_in"`
	}
	a.decode(b.t, &out)
	if a.StatusCode != http.StatusOK || out.Token == "" || out.Expires != 120 {
		b.t.Fatalf("token for %s: %d %s", name, a.StatusCode, a.body)
	}
	return out.Token
}

func tokenForm(c Client) url.Values {
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {c.ClientID}, "client_secret": {c.ClientSecret}}
	if c.Username != "" {
		form.Set("grant_type", "password")
		form.Set("username", c.Username)
		form.Set("password", c.Password)
	}
	if c.Scope != "" {
		form.Set("scope", c.Scope)
	}
	return form
}

func (b *bench) client(name string) Client {
	b.t.Helper()
	for _, c := range b.Clients() {
		if c.Name == name {
			return c
		}
	}
	b.t.Fatalf("no client %s", name)
	return Client{}
}

// auth returns the headers that authorise calls of a client.
func (b *bench) auth(name string) []string {
	b.t.Helper()
	c := b.client(name)
	var out []string
	for k, v := range c.Headers {
		out = append(out, k+": "+v)
	}
	if c.TokenURL != "" {
		out = append(out, "Authorization: Bearer "+b.token(name))
	}
	return out
}

func (a answer) decode(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		t.Fatalf("%v in %s", err, bytes.TrimSpace(a.body))
	}
}

func (a answer) want(t testing.TB, status int) answer {
	t.Helper()
	if a.StatusCode != status {
		t.Fatalf("status %d, want %d: %s", a.StatusCode, status, a.body)
	}
	return a
}
