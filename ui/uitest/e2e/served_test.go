//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ferry/ui/uitest/place"
)

// served is a running `ferry serve` on a place's store.
type served struct {
	p         *site
	url       string
	cmd       *exec.Cmd
	log       bytes.Buffer  // the access log and whatever else is said on stderr
	exhausted chan struct{} // closed when its stderr has ended
}

// serve makes a store and serves it on a free port of loopback.
func (p *site) serve(flags ...string) *served {
	p.T.Helper()
	p.WithStore()
	return p.serveAgain(flags...)
}

// serveAgain serves the store that is there.
func (p *site) serveAgain(flags ...string) *served {
	p.T.Helper()
	s := &served{p: p, exhausted: make(chan struct{})}
	s.cmd = exec.Command(p.Binary, append([]string{"serve", "--listen", "127.0.0.1:0", "--output", "json"}, flags...)...)
	s.cmd.Env, s.cmd.Dir = p.Env, p.Dir
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		p.T.Fatal(err)
	}
	errs, err := s.cmd.StderrPipe()
	if err != nil {
		p.T.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		p.T.Fatal(err)
	}
	go func() {
		defer close(s.exhausted)
		_, _ = io.Copy(&s.log, errs)
	}()
	p.T.Cleanup(func() { s.stop() })
	giveUp := time.AfterFunc(place.Patience, func() { _ = s.cmd.Process.Kill() })
	line, err := bufio.NewReader(out).ReadBytes('\n')
	giveUp.Stop()
	var hello struct {
		URL string `json:"url"`
	}
	if err != nil || json.Unmarshal(line, &hello) != nil || hello.URL == "" {
		s.stop()
		p.T.Fatalf("ferry serve said %q, %v\n%s", line, err, s.log.String())
	}
	s.url = hello.URL
	return s
}

// stop ends the server as systemd does, and returns its exit code.
func (s *served) stop() int {
	if s.cmd.ProcessState == nil {
		_ = s.cmd.Process.Signal(syscall.SIGTERM)
		force := time.AfterFunc(place.Patience, func() { _ = s.cmd.Process.Kill() })
		defer force.Stop()
		<-s.exhausted
		_ = s.cmd.Wait() // the exit code says it
	}
	return s.cmd.ProcessState.ExitCode()
}

// curl runs curl and returns the status and the body.
func (s *served) curl(args ...string) (status, body string) {
	s.p.T.Helper()
	cmd := exec.Command("curl", append([]string{"-sS", "--max-time", "10", "-w", "\n%{http_code}"}, args...)...)
	out, err := cmd.Output()
	if err != nil {
		s.p.T.Fatalf("curl %q: %v", args, err)
	}
	at := bytes.LastIndexByte(out, '\n')
	return string(out[at+1:]), string(out[:at])
}

// tokenBy asks a token endpoint by curl.
func (s *served) tokenBy(args ...string) string {
	s.p.T.Helper()
	status, body := s.curl(args...)
	var got struct {
		Access    string `json:"access_token"`
		Type      string `json:"token_type"`
		ExpiresIn int    `json:"expires_in"`
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil || status != "200" || got.Access == "" || got.Type != "Bearer" || got.ExpiresIn != 300 {
		s.p.T.Fatalf("%s %s", status, body)
	}
	return got.Access
}

// Issue 3: a partner's two command lines, as they have them, but for host, id and secret.
func TestPartnersCurlLines(t *testing.T) {
	p := newSite(t)
	s := p.serve("--alias", "/plt/oauth2/token", "--alias", "/realms/{space}/protocol/openid-connect/token")
	p.Must("user", "create", "partner", "--oauth2=true", "--ttl", "5", "--permit", "apiUsers:view")
	key := strings.TrimSpace(p.Must("key", "create", "partner", "--label", "e2e"))
	p.Must("space", "create", "datahub")
	p.Must("user", "create", "partner-realm", "--space", "datahub", "--oauth2=true", "--ttl", "5", "--permit", "apiUsers:view", "--permit", "clients:view")
	realmKey := strings.TrimSpace(p.Must("key", "create", "partner-realm", "--space", "datahub"))

	if !place.PollFor(time.Second, func() bool { return s.asks("partner", key) == "" }) {
		t.Fatal("a new key is not known within a second")
	}
	for name, tc := range map[string]struct {
		token []string
		user  string
	}{
		"platform": {user: "partner", token: []string{
			"--location", "--request", "POST", s.url + "/plt/oauth2/token",
			"--header", "Content-Type: application/x-www-form-urlencoded",
			"--data-urlencode", "grant_type=client_credentials",
			"--data-urlencode", "client_id=partner", "--data-urlencode", "client_secret=" + key,
		}},
		"realm": {user: "partner-realm", token: []string{
			"--location", "--request", "POST", s.url + "/realms/datahub/protocol/openid-connect/token",
			"--header", "Content-Type: application/x-www-form-urlencoded",
			"--data-urlencode", "grant_type=client_credentials",
			"--data-urlencode", "client_id=partner-realm", "--data-urlencode", "client_secret=" + realmKey,
			"--data-urlencode", "scope=apiUsers:view",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			token := s.tokenBy(tc.token...)
			status, body := s.curl("--location", "--request", "GET", s.url+"/restApi/apiUsers/",
				"--header", "Content-Type: application/json", "--header", "Authorization: Bearer "+token)
			var list struct {
				Items []struct{ Username string } `json:"items"`
			}
			if err := json.Unmarshal([]byte(body), &list); err != nil || status != "200" || len(list.Items) != 1 || list.Items[0].Username != tc.user {
				t.Errorf("%s %s", status, body)
			}
		})
	}
	// A key sent from the file that it was saved to, the end of its line with it.
	file := filepath.Join(p.Dir, "partner.key")
	if err := os.WriteFile(file, []byte(key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.tokenBy("-d", "grant_type=client_credentials", "-d", "client_id=partner", "--data-urlencode", "client_secret@"+file, s.url+"/oauth2/token")
	status, body := s.curl("-d", "grant_type=client_credentials&client_id=partner&client_secret="+key,
		s.url+"/realms/datahub/protocol/openid-connect/token")
	if status != "401" || !strings.Contains(body, `"invalid_client"`) {
		t.Errorf("a user of another space: %s %s", status, body)
	}

	// What was typed and issued is nowhere but at its owner's.
	if code := s.stop(); code != 0 {
		t.Errorf("ferry serve ended with %d", code)
	}
	store, err := os.ReadFile(filepath.Join(p.Dir, "data", "ferry", "ferry.db"))
	if err != nil {
		t.Fatal(err)
	}
	audit := p.Must("audit", "list", "--all-spaces", "--output", "json")
	for what, text := range map[string]string{"log": s.log.String(), "store": string(store), "audit": audit} {
		for _, secret := range []string{key, realmKey} {
			if strings.Contains(text, secret) {
				t.Errorf("the %s holds a key", what)
			}
		}
	}
	if !strings.Contains(s.log.String(), `"client_id":"partner"`) {
		t.Errorf("the access log says nothing of the partner:\n%s", s.log.String())
	}
}

// Issue 3: an OAuth client and a JWT library that know nothing of ferry, with the strict
// checks of the RFCs, by header and by body.
func TestClientsFromNPM(t *testing.T) {
	root := place.Root()
	install := exec.Command("sh", filepath.Join(root, ".ci", "npm"), "ui/uitest/e2e/testdata/oauth", ".e2e/oauth")
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, algorithm := range []string{"ES256", "EdDSA", "RS256"} {
		for _, space := range []string{"default", "datahub"} {
			t.Run(algorithm+" "+space, func(t *testing.T) {
				p := newSite(t)
				p.WithStore()
				p.Must("serve", "config", "set", "algorithm", algorithm)
				if space != "default" {
					p.Must("space", "create", space)
				}
				p.Must("user", "create", "robot", "--space", space, "--oauth2=true", "--ttl", "7", "--permit", "apiUsers:view", "--permit", "keys:view")
				key := p.Must("key", "create", "robot", "--space", space)
				s := p.serveAgain()
				issuer := s.url
				if space != "default" {
					issuer += "/spaces/" + space
				}
				fromNPM(t, filepath.Join(root, ".e2e", "oauth"), key, algorithm, space, issuer, "robot", issuer, s.url+"/restApi/apiUsers/")
			})
		}
	}
}

func fromNPM(t *testing.T, dir, key, algorithm, space string, args ...string) {
	t.Helper()
	cmd := exec.Command("node", append([]string{"client.mjs"}, args...)...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(key)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	stop := time.AfterFunc(2*place.Patience, func() { _ = cmd.Process.Kill() })
	defer stop.Stop()
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s%s", err, out, errs.String())
	}
	type way struct {
		CacheControl, Scope, Subject, Challenge string
		ExpiresIn, Call, Items, After           int
		Refresh, Live, Dead                     bool
		Header                                  struct{ Alg, Typ, Kid string }
		Payload                                 struct{ Iss, Space string }
	}
	var got struct {
		Ways    map[string]way
		Refused struct {
			Status int
			Error  string
		}
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	for _, name := range []string{"basic", "post"} {
		w := got.Ways[name]
		if w.CacheControl != "no-store" || w.ExpiresIn != 420 || w.Refresh || w.Scope != "apiUsers:view keys:view" {
			t.Errorf("%s: the answer: %+v", name, w)
		}
		if w.Header.Alg != algorithm || w.Header.Typ != "at+jwt" || w.Payload.Iss != args[0] || w.Payload.Space != space || w.Subject != "robot" {
			t.Errorf("%s: the token: %+v", name, w)
		}
		if w.Call != 200 || w.Items != 1 || !w.Live || w.Dead || w.After != 401 || w.Challenge != "invalid_token" {
			t.Errorf("%s: its use: %+v", name, w)
		}
	}
	if got.Refused.Status != 401 {
		t.Errorf("a wrong secret: %+v", got.Refused)
	}
}
