package gateway

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"ferry/model"
)

// madeUp is in everything that a caller makes up about where it comes from.
const madeUp = "m4deup"

// names are headers that a caller may not send on, beside their spellings.
var forwarding = []string{
	"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "Forwarded", "Via", "X-Real-IP", "True-Client-IP",
	"CF-Connecting-IP", "X-Request-Id", "Cookie", "Proxy-Authorization", "Proxy-Connection", "X-Api-Key", "Keep-Alive", "TE", "X-Client-IP",
}

// canaries is a gateway with an upstream that keeps what it sees, and answers with what it
// should not.
type canaries struct {
	*kit
	mu    sync.Mutex
	seen  *http.Request // by the upstream
	query string

	reached int // how many requests reached the upstream
}

func newCanaries(t *testing.T) *canaries {
	c := &canaries{kit: newKit(t)}
	up := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		c.mu.Lock()
		c.seen, c.query = r, r.RequestURI
		c.mu.Unlock()
		h := w.Header()
		token := r.Header.Get("Authorization")
		h.Set("X-You-Sent", token)
		h.Set("Set-Cookie", "session="+token)
		h.Set("WWW-Authenticate", token)
		h.Set("Location", "/x?t="+url.QueryEscape(strings.TrimPrefix(token, "Bearer ")))
		h.Set("X-Key", r.Header.Get("X-Api-Key"))
		h.Set("Trailer", "X-Trailed")
		status := 200
		if _, err := fmt.Sscanf(r.Header.Get("X-Status"), "%d", &status); err != nil {
			status = 200
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "body")
		h.Set("X-Trailed", token)
	})
	c.client("erp", up.URL, func(c *model.Client) {
		c.Headers = []model.Header{{Name: "X-Api-Key", Value: model.NewSecret("erp-k3y-canary"), Secret: true}}
	})
	return c
}

// spelled draws a spelling of a header's name that a server may read as the name.
func spelled(name string) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		b := []byte(name)
		joint := rapid.SampledFrom([]byte("--__.~!")).Draw(t, "joint")
		for i, c := range b {
			switch {
			case c == '-':
				b[i] = joint
			case rapid.Bool().Draw(t, "upper"):
				b[i] = bytes.ToUpper(b[i : i+1])[0]
			default:
				b[i] = bytes.ToLower(b[i : i+1])[0]
			}
		}
		return string(b)
	})
}

// request draws the text of a request, as no library would write it.
func (c *canaries) request(t *rapid.T) (method, text string) {
	line := func(name, value string) string {
		gap := rapid.SampledFrom([]string{" ", "", "\t", "   "}).Draw(t, "gap")
		return name + ":" + gap + value + "\r\n"
	}
	var lines []string
	for range rapid.IntRange(0, 6).Draw(t, "made up") {
		name := rapid.SampledFrom(forwarding).Draw(t, "name")
		lines = append(lines, line(spelled(name).Draw(t, "spelled"), madeUp))
	}
	var listed []string
	for range rapid.IntRange(0, 3).Draw(t, "listed") {
		listed = append(listed, rapid.SampledFrom([]string{"Authorization", "X-Api-Key", "close", "keep-alive", "X-Hop", "X-Request-Id", "Upgrade", "Host", "Te", ""}).Draw(t, "hop"))
	}
	if len(listed) > 0 {
		lines = append(lines, line(spelled("connection").Draw(t, "connection"), strings.Join(listed, ", ")))
		if slices.Contains(listed, "X-Hop") {
			lines = append(lines, line("X-Hop", madeUp), line("X_Hop", madeUp))
		}
	}
	if rapid.Bool().Draw(t, "upgrade") {
		lines = append(lines, line("Upgrade", rapid.SampledFrom([]string{"websocket", "h2c", "x"}).Draw(t, "protocol")))
	}
	if rapid.Bool().Draw(t, "leak") {
		lines = append(lines, line("X-Note", "see "+c.token))
	}
	for range rapid.IntRange(0, 3).Draw(t, "own") {
		name := "X-Own-" + rapid.StringMatching(`[A-Za-z0-9]{1,8}`).Draw(t, "own name")
		lines = append(lines, line(name, rapid.StringMatching(`[!-~]{0,20}`).Draw(t, "own value")))
	}
	status := rapid.SampledFrom([]int{200, 201, 204, 301, 304, 400, 401, 403, 404, 407, 429, 500}).Draw(t, "status")
	lines = append(lines, line("X-Status", fmt.Sprint(status)))
	switch rapid.IntRange(0, 9).Draw(t, "credential") {
	case 0: // none
	case 1:
		lines = append(lines, line("Authorization", "Bearer "+c.token), line("authorization", "Bearer "+c.token))
	case 2:
		lines = append(lines, line("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("robot:"+c.token))))
	default:
		lines = append(lines, line(rapid.SampledFrom([]string{"Authorization", "AUTHORIZATION", "authorization"}).Draw(t, "Authorization"), "bearer "+c.token))
		if rapid.Bool().Draw(t, "twice") {
			lines = append(lines, line(rapid.SampledFrom([]string{"Authorization_", "X-Authorization", "A_uthorization"}).Draw(t, "twin"), "Bearer "+c.token))
		}
	}
	lines = rapid.Permutation(lines).Draw(t, "order")
	method = rapid.SampledFrom([]string{"GET", "POST", "HEAD", "DELETE", "OPTIONS", "PATCH"}).Draw(t, "method")
	path := "/gw/erp" + rapid.SampledFrom([]string{"", "/", "/a/b", "/a%20b", "/x?y=1", "/x?api_key=2&z", "/x;y"}).Draw(t, "path")
	body := ""
	if method == "POST" || method == "PATCH" {
		switch rapid.IntRange(0, 2).Draw(t, "body") {
		case 0:
			lines, body = append(lines, "Content-Length: 4\r\n"), "body"
		case 1:
			lines = append(lines, "Transfer-Encoding: chunked\r\n", "Trailer: X-T, X-Forwarded-For\r\n")
			body = "4\r\nbody\r\n0\r\nX-T: " + c.token + "\r\nX-Forwarded-For: " + madeUp + "\r\n\r\n"
		}
	}
	return method, method + " " + path + " HTTP/1.1\r\nHost: " + madeUp + ".example\r\n" + strings.Join(lines, "") + "\r\n" + body
}

// check sends one request and looks for each side's credential on the other.
func (c *canaries) check(t *rapid.T) {
	c.seen, c.query = nil, ""
	conn, err := net.Dial("tcp", c.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	method, text := c.request(t)
	_, _ = io.WriteString(conn, text)
	var raw bytes.Buffer
	resp, err := http.ReadResponse(bufio.NewReader(io.TeeReader(conn, &raw)), &http.Request{Method: method})
	if err == nil {
		_, err = io.ReadAll(resp.Body)
		_ = resp.Body.Close()
	}
	got := raw.Bytes()
	if err != nil {
		t.Fatalf("%q was answered with %q %v", text, got, err)
	}
	for _, secret := range []string{"upstream-t0ken", "erp-k3y-canary", c.token} {
		if bytes.Contains(got, []byte(secret)) {
			t.Fatalf("%q reached the caller of %q: %q", secret, text, got)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen == nil {
		return
	}
	c.reached++
	if !strings.HasPrefix(c.seen.Header.Get("Authorization"), "Bearer upstream-t0ken") || len(c.seen.Header["Authorization"]) != 1 || !slices.Equal(c.seen.Header["X-Api-Key"], []string{"erp-k3y-canary"}) {
		t.Fatalf("after %q the upstream got %v", text, c.seen.Header)
	}
	all := c.query + c.seen.Host
	for _, h := range []http.Header{c.seen.Header, c.seen.Trailer} {
		for name, values := range h {
			all += name + strings.Join(values, " ")
		}
	}
	if strings.Contains(all, c.token) || strings.Contains(all, madeUp) {
		t.Fatalf("after %q the upstream saw %q", text, all)
	}
}

// canary checks n requests, and what was logged meanwhile.
func canary(t *testing.T, rounds int, check func(*testing.T, func(*rapid.T))) {
	var logged bytes.Buffer
	was := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&logged, nil)))
	defer slog.SetDefault(was)
	c := newCanaries(t)
	for range rounds {
		check(t, c.check)
	}
	c.last() // what is written down of a request comes after its answer
	c.kit.mu.Lock()
	defer c.kit.mu.Unlock()
	text := logged.String() + fmt.Sprintf("%+v", c.entries)
	for _, secret := range []string{"t0ken", "k3y", madeUp, c.token} {
		if strings.Contains(text, secret) {
			t.Errorf("%q was logged: %s", secret, text)
		}
	}
	if sent := int(c.ids.Load()); c.reached < sent/4 {
		t.Errorf("of %d requests only %d reached the upstream", sent, c.reached)
	}
	t.Logf("%d requests, %d reached the upstream", c.ids.Load(), c.reached)
}

// TestCanary: CASES Gateway, "caller's key and injected credential → neither reaches the other
// side, an error or a log". TestCanaryTenThousand is the same for longer.
func TestCanary(t *testing.T) {
	canary(t, 1, func(t *testing.T, f func(*rapid.T)) { rapid.Check(t, f) })
}
