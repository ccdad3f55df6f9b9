//go:build e2e

package e2e

import (
	"bufio"
	"encoding/json"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"ferry/ui/uitest/place"
)

// Issue 4: the cells of the README's table that are ferry's own servers: the sandbox and
// the served hub, through the commands.
func TestOwnServersGrantsAndClientAuthentication(t *testing.T) {
	p := newSite(t)
	s := p.serve()
	p.Must("user", "create", "robot", "--oauth2=true", "--permit", "apiUsers:view")
	key := strings.TrimSpace(p.Must("key", "create", "robot"))
	if !place.PollFor(time.Second, func() bool { return s.asks("robot", key) == "" }) {
		t.Fatal("a new key is not known within a second")
	}
	systems := p.sandbox()
	hub := system{BaseURL: s.url, TokenURL: s.url + "/oauth2/token", ClientID: "robot", ClientSecret: key}

	for _, cell := range []struct {
		name, send, path string
		of               system
	}{
		{"sandbox client_credentials client_secret_basic", "header", "/data-api/v1/orders?limit=1", systems["analytics"]},
		{"sandbox client_credentials client_secret_post", "body", "/data-api/v1/orders?limit=1", systems["analytics"]},
		{"sandbox password client_secret_basic", "header", "/erp/secure/prices?size=1", systems["erp-secure"]},
		{"sandbox password client_secret_post", "body", "/erp/secure/prices?size=1", systems["erp-secure"]},
		{"hub client_credentials client_secret_basic", "header", "/restApi/apiUsers", hub},
		{"hub client_credentials client_secret_post", "body", "/restApi/apiUsers", hub},
	} {
		t.Run(cell.name, func(t *testing.T) {
			p := p.in(t)
			name := strings.ReplaceAll(cell.name, " ", "-")
			flags := []string{
				"client", "create", name, "--base-url", cell.of.BaseURL, "--token-url", cell.of.TokenURL, "--send", cell.send,
				"--client-id", cell.of.ClientID, "--client-secret-file", p.file("secret", cell.of.ClientSecret),
			}
			if cell.of.Scope != "" {
				flags = append(flags, "--scope", cell.of.Scope)
			}
			if cell.of.Username != "" {
				flags = append(flags, "--username", cell.of.Username, "--password-file", p.file("password", cell.of.Password))
			}
			p.Must(flags...)
			if token := strings.TrimSpace(p.Must("token", name)); token == "" {
				t.Error("no token")
			}
			if out := p.Must("call", name, cell.path, "-i"); !strings.Contains(out, " 200 ") {
				t.Errorf("the API answered\n%s", out)
			}
		})
	}
}

// system is one of the sandbox's, as its first line describes it.
type system struct {
	Name         string `json:"name"`
	BaseURL      string `json:"base_url"`
	TokenURL     string `json:"token_url"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	Scope        string `json:"scope"`
	Username     string `json:"username"`
	Password     string `json:"password"`
}

// sandbox starts `ferry sandbox` and returns its systems by name.
func (p *site) sandbox() map[string]system {
	p.T.Helper()
	cmd := exec.Command(p.Binary, "sandbox", "--output", "json")
	cmd.Env, cmd.Dir = p.Env, p.Dir
	out, err := cmd.StdoutPipe()
	if err != nil {
		p.T.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		p.T.Fatal(err)
	}
	p.T.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		force := time.AfterFunc(place.Patience, func() { _ = cmd.Process.Kill() })
		defer force.Stop()
		_ = cmd.Wait() // its exit code is another test's
	})
	giveUp := time.AfterFunc(place.Patience, func() { _ = cmd.Process.Kill() })
	defer giveUp.Stop()
	var hello struct{ Clients []system }
	if err := json.NewDecoder(bufio.NewReader(out)).Decode(&hello); err != nil {
		p.T.Fatal(err)
	}
	systems := map[string]system{}
	for _, s := range hello.Clients {
		systems[s.Name] = s
	}
	return systems
}
