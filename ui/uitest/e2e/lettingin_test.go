//go:build e2e

package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ferry/ui/uitest/place"
)

// Issue 3: another system is let in with the console alone, beside a running server; a
// client in the same console gets tokens from it and calls its API; the key is revoked.
func TestJourneyOfLettingASystemIn(t *testing.T) {
	p := newSite(t)
	s := p.serve()
	d := open(t, p.Env, p.Binary).See("Data Hub › default › Clients ", "Server on")

	d.Press("2").See("No API users yet").Press("n").See("New API user", "Username *")
	d.Type("shop").To("OAuth 2.0").Press("space").See("(•) on").To("Token TTL (minutes)").Type("5")
	d.To("[ ] apiUsers").Press("space").See("[x] apiUsers").Press("ctrl+s").See("Created shop", "access tokens live 5 min", s.url+"/oauth2/token")

	key := d.generate("till", filepath.Join(p.Dir, "shop.key"))

	d.Press("1").See("No API clients yet").Press("n").See("API Client").Press("enter").See("Connection name *")
	d.To("Connection name").Type("own").To("Base URL").Type(s.url)
	d.To("Access token URL").Type(s.url + "/oauth2/token")
	d.To("Client ID").Type("shop").To("Client secret").Type(key).Press("ctrl+s").See("Created own").list()
	d.fetchToken("own")
	d.call("own", "/restApi/apiUsers/").See("200 OK", `"shop"`).Press("esc").list()

	if refused := s.asks("shop", key); refused != "" {
		t.Fatalf("before it is revoked: %s", refused)
	}
	d.Press("2").See("OAUTH 2.0", "● shop").Press("enter").See("KEYS 1 active", "till").Press("D").See("Revoke key till", "[ Revoke ]")
	d.confirm("Revoked key till")
	began := time.Now()
	if !place.PollFor(time.Second, func() bool { return s.asks("shop", key) == "invalid_client" }) {
		t.Errorf("a revoked key still gets tokens after %v", time.Since(began))
	}
	t.Logf("a revoked key is refused %v after the console said so", time.Since(began).Round(time.Millisecond))

	d.Press("1").list()
	d.On("own").Press("t").See("› own › Token").Press("r").See("invalid_client").Press("esc").list()
	d.call("own", "/restApi/apiUsers/").Gone("200 OK").Press("esc").list()
	if code := d.Press("q").See("again").Press("q").Ended(); code != 0 {
		t.Errorf("the console ended with %d:\n%s", code, d.Screen())
	}
	if code := s.stop(); code != 0 {
		t.Errorf("ferry serve ended with %d", code)
	}
	if strings.Contains(s.log.String(), key) {
		t.Error("the access log holds the key")
	}
}

// generate makes an API key on the page of a user, saves it to a file and confirms that
// it is saved. It returns the key, which is nowhere on the terminal any more.
func (term *terminal) generate(label, file string) string {
	term.t.Helper()
	term.Press("a").See("Generate API token").Type(label).See(label).Press("ctrl+s").See("only time it is shown")
	var key string
	for line := range strings.Lines(term.Screen()) {
		if line = strings.TrimSpace(line); key != "" && line == "" {
			break
		} else if key != "" || strings.HasPrefix(line, "ferry_k") {
			key += line
		}
	}
	for _, stray := range []string{"esc", "q", "enter", "y", "backspace", "1"} {
		term.Press(stray)
	}
	term.See("only time it is shown", "this window stays")
	term.Press("w").See("Save the key").Press("ctrl+u").Type(file).Press("enter").See("readable by you alone")
	term.Press("s").See("Is it saved?").Press("y").See("cannot be shown again")
	saved, err := os.ReadFile(file)
	if err != nil || string(saved) != key+"\n" {
		term.t.Fatalf("the file holds %q, the window showed %q; %v", saved, key, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		term.t.Errorf("%v, %v", info, err)
	}
	term.Resize(120, 40).Resize(80, 24).Press("[").Press("]").See("KEYS 1 active")
	if all := term.tmux("capture-pane", "-p", "-S", "-"); strings.Contains(strings.ReplaceAll(all, "\n", ""), key[10:60]) {
		term.t.Errorf("the terminal still holds the key:\n%s", all)
	}
	return key
}

// confirm says yes to a question that takes no keys when it has just come up.
func (term *terminal) confirm(done string) {
	term.t.Helper()
	if !place.Poll(func() bool {
		term.Press("y")
		return place.PollFor(settle, func() bool { return strings.Contains(term.Screen(), done) })
	}) {
		term.t.Fatalf("not confirmed:\n%s", term.Screen())
	}
}

// asks makes one token request and returns the error code of the answer, "" for a token.
func (s *served) asks(id, key string) string {
	s.p.T.Helper()
	answer, err := http.PostForm(s.url+"/oauth2/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {key},
	})
	if err != nil {
		s.p.T.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		s.p.T.Fatal(err)
	}
	var got struct {
		Token string `json:"access_token"`
		Error string `json:"error"`
	}
	if err := json.Unmarshal(body, &got); err != nil || (got.Token == "") == (got.Error == "") {
		s.p.T.Fatalf("%s %s", answer.Status, body)
	}
	return got.Error
}
