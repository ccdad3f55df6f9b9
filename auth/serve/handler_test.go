package serve

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
)

// What the server itself refuses is problem+json, whatever the mux would have said.
func TestUnknownPathsAndMethods(t *testing.T) {
	k := newKit(t).start(nil)
	for _, tc := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/", 404},
		{"GET", "/nothing", 404},
		{"GET", "/restapi/clients", 404},
		{"POST", "//oauth2/token", 404},
		{"POST", "/x/../oauth2/token", 404},
		{"GET", "/oauth2/./jwks", 404},
		{"BREW", "/restApi/apiUsers", 405},
		{"DELETE", "/openapi.json", 405},
	} {
		a := k.do(tc.method, tc.path, "")
		var p struct {
			Type   string `json:"type"`
			Title  string `json:"title"`
			Status int    `json:"status"`
			Code   string `json:"code"`
		}
		if err := json.Unmarshal([]byte(a.body), &p); err != nil || a.StatusCode != tc.status || p.Status != tc.status ||
			p.Type != "about:blank" || p.Title != http.StatusText(tc.status) || p.Code == "" ||
			a.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s: %d %s %q", tc.method, tc.path, a.StatusCode, a.Header.Get("Content-Type"), a.body)
		}
		if tc.status == http.StatusMethodNotAllowed && a.Header.Get("Allow") == "" {
			t.Errorf("%s %s: a 405 without Allow", tc.method, tc.path)
		}
	}
}

func TestHeadersOfEveryAnswer(t *testing.T) {
	k := newKit(t).start(nil)
	seen := map[string]bool{}
	for _, path := range []string{"/oauth2/jwks", "/nothing", "/restApi/apiUsers"} {
		a := k.do("GET", path, "", "X-Request-Id: chosen-outside", "Host: evil.example")
		id := a.Header.Get("X-Request-Id")
		if len(id) != 20 || seen[id] || a.Header.Get("X-Content-Type-Options") != "nosniff" || a.Header.Get("Server") != "" {
			t.Errorf("%s: headers %v", path, a.Header)
		}
		seen[id] = true
	}
}

// The Host header is never used: metadata names the public URL whatever was asked for.
func TestHostHeaderIsNotTrusted(t *testing.T) {
	k := newKit(t).start(nil)
	req, err := http.NewRequest(http.MethodGet, k.URL()+"/.well-known/oauth-authorization-server", http.NoBody)
	must(t, err)
	req.Host = "evil.example"
	resp, err := k.http.Do(req)
	must(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	must(t, err)
	if resp.StatusCode != http.StatusOK || strings.Contains(string(body), "evil") || !strings.Contains(string(body), k.URL()) {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}

// A secret in every place where somebody may put one is in none of what the server tells.
func TestSecretsAreNowhere(t *testing.T) {
	const canary = "ferry_kCANARYcanaryCANARY"
	k := newKit(t).start(nil)
	basic := func(user, pass string) string {
		return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+pass))
	}
	token := k.token()
	k.do("POST", "/oauth2/token", "grant_type=client_credentials&client_id="+canary+"&client_secret="+canary, formType)
	k.do("POST", "/oauth2/token?client_secret="+canary, "grant_type="+canary+"&scope="+canary, formType, basic(canary, canary))
	k.do("POST", "/oauth2/token", "grant_type=client_credentials", formType, basic("robot", canary))
	k.do("POST", "/oauth2/revoke", "token="+canary, formType, basic(canary, "x"))
	k.do("POST", "/oauth2/introspect", "token="+canary, formType, "Authorization: Bearer "+canary)
	k.do("POST", "/spaces/"+canary+"/oauth2/token", grant(k.key), formType)
	k.do("GET", "/"+canary+"/"+canary+"?a="+canary, "", "Cookie: a="+canary, "User-Agent: "+canary, "Referer: "+canary)
	k.do("GET", "/restApi/keys/"+canary+"?q="+canary, "", "Authorization: Bearer "+token)
	k.do("GET", "/restApi/keys", "", "Authorization: Bearer "+canary, "X-Request-Id: "+canary)
	k.do(canary, "/restApi/keys", "", "X-Forwarded-For: "+canary)
	k.do("POST", "/restApi/apiUsers", `{"username":"`+canary+`"`, "Content-Type: application/json", "Authorization: Bearer "+token)
	told := k.onSocket("/status").body + k.onSocket("/metrics").body + k.onSocket("/readyz").body
	must(t, k.Close())
	told += k.log.String() + logged.String()
	if strings.Count(k.log.String(), "\n") != 12 {
		t.Errorf("the log has not a line for each of 12 requests:\n%s", k.log)
	}
	for _, secret := range []string{canary, k.key.Text.Reveal(), token, strings.Split(token, ".")[2], url.QueryEscape(canary)} {
		if i := strings.Index(told, secret); i >= 0 {
			t.Errorf("a secret is told: %q", told[max(0, i-150):i+10])
		}
	}
}

// A panic is answered, counted and logged without what it was about.
func TestPanic(t *testing.T) {
	k := newKit(t).start(nil)
	k.mux.HandleFunc("GET /panic/{when}", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("when") == "late" {
			_, _ = io.WriteString(w, strings.Repeat("half an answer", 1000))
		}
		panic("CANARY-of-a-panic")
	})
	a := k.do("GET", "/panic/early", "")
	if a.StatusCode != http.StatusInternalServerError || a.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	if _, err := k.try(k.http, "GET", k.URL()+"/panic/late", ""); err == nil {
		t.Error("half an answer looks like a whole one")
	}
	if got := k.status().Totals.Failed; got != 2 || k.stats.panics.Load() != 2 {
		t.Errorf("%d failures, %d panics counted", got, k.stats.panics.Load())
	}
	if text := logged.String() + a.body; strings.Contains(text, "CANARY-of-a-panic") || !strings.Contains(logged.String(), "TestPanic.func1") {
		t.Errorf("logged: %s", text)
	}
	k.token() // it goes on
}

// CASES: 500 slow clients → bounded: everybody else is served meanwhile, and they are cut.
func TestSlowClients(t *testing.T) {
	k := newKit(t)
	lim := defaults
	lim.header, lim.read = 400*time.Millisecond, 800*time.Millisecond
	k.start(func(o *Options) { o.limits = &lim })
	var slow []net.Conn
	for i := range 500 {
		c, err := net.Dial("tcp", k.listen)
		must(t, err)
		defer c.Close()
		text := "POST /oauth2/token HTTP/1.1\r\nHost: x\r\n"
		if i%2 == 1 { // the header is whole, the body never comes
			text += "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 500\r\n\r\ngrant_type="
		}
		_, err = io.WriteString(c, text)
		must(t, err)
		slow = append(slow, c)
	}
	for range 20 {
		k.token()
	}
	for _, c := range slow {
		must(t, c.SetReadDeadline(time.Now().Add(10*time.Second)))
		if _, err := io.Copy(io.Discard, c); os.IsTimeout(err) {
			t.Fatal("a slow client was not cut")
		}
	}
	until(t, 5*time.Second, "the connections are gone", func() bool { return k.listener.open.Load() <= 1 })
}

// Too many connections are closed, too many requests get 503; both pass.
func TestTooMany(t *testing.T) {
	k := newKit(t)
	lim := defaults
	lim.conns, lim.inFlight = 4, 2
	k.start(func(o *Options) { o.limits = &lim })
	hold := func() net.Conn {
		c, err := net.Dial("tcp", k.listen)
		must(t, err)
		_, err = io.WriteString(c, "POST /oauth2/token HTTP/1.1\r\nHost: x\r\n"+formType+"\r\nContent-Length: 500\r\n\r\ngrant_type=")
		must(t, err)
		return c
	}
	a, b := hold(), hold()
	defer a.Close()
	defer b.Close()
	until(t, 5*time.Second, "two requests are under way", func() bool { return k.inFlight.Load() == 2 })
	if got := k.do("GET", "/oauth2/jwks", ""); got.StatusCode != http.StatusServiceUnavailable || got.Header.Get("Retry-After") == "" {
		t.Errorf("the third request: %d %s", got.StatusCode, got.body)
	}
	c, err := net.Dial("tcp", k.listen) // the fourth connection
	must(t, err)
	defer c.Close()
	until(t, 5*time.Second, "four connections", func() bool { return k.listener.open.Load() == 4 })
	d, err := net.Dial("tcp", k.listen)
	must(t, err)
	defer d.Close()
	must(t, d.SetReadDeadline(time.Now().Add(5*time.Second)))
	if _, err := d.Read(make([]byte, 1)); err == nil || os.IsTimeout(err) {
		t.Errorf("the fifth connection stayed: %v", err)
	}
	_, _, _ = a.Close(), b.Close(), c.Close()
	until(t, 5*time.Second, "they are let go", func() bool { return k.inFlight.Load() == 0 && k.listener.open.Load() <= 1 })
	k.token()
}

// A header beyond 32 KiB is refused.
func TestHeaderLimit(t *testing.T) {
	k := newKit(t).start(nil)
	c, err := net.Dial("tcp", k.listen)
	must(t, err)
	defer c.Close()
	go func() {
		_, _ = fmt.Fprintf(c, "GET /oauth2/jwks HTTP/1.1\r\nHost: x\r\nX-Big: %s\r\n\r\n", strings.Repeat("x", 64<<10))
	}()
	line, err := bufio.NewReader(c).ReadString('\n')
	if err != nil || !strings.Contains(line, "431") {
		t.Errorf("%q %v", line, err)
	}
}
