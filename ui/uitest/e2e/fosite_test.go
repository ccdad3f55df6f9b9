//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ferry/ui/uitest/place"
)

// fositeSecret holds what encodings stumble over.
const fositeSecret = "s3cret+with%25:odd=&chars"

// Issue 4: each grant with each client authentication that a server built on ory/fosite
// knows, through the commands: a token, a call with it, its end; a wrong credential is one
// line and exit code 6.
func TestFositeGrantsAndClientAuthentication(t *testing.T) {
	p := newSite(t)
	p.WithStore()
	keys := map[string]crypto.Signer{"ES256": newECDSA(t), "RS256": newRSA(t), "PS256": newRSA(t)}
	url := startFosite(t, keys)
	secret := p.file("secret", fositeSecret)
	wrong := p.file("wrong", fositeSecret+"x")
	stranger := p.file("stranger.pem", privatePEM(t, newECDSA(t)))

	cells := []struct {
		grant, auth, id string
		flags, bad      []string // bad: what a wrong credential is
	}{
		{"client_credentials", "client_secret_basic", "basic", []string{"--send", "header", "--client-secret-file", secret}, []string{"--client-secret-file", wrong}},
		{"client_credentials", "client_secret_post", "post", []string{"--send", "body", "--client-secret-file", secret}, []string{"--client-secret-file", wrong}},
		{"client_credentials", "auto, in the header", "basic", []string{"--client-secret-file", secret}, nil},
		{"client_credentials", "auto, in the body", "post", []string{"--client-secret-file", secret}, nil},
		{"password", "client_secret_basic", "basic", []string{"--send", "header", "--client-secret-file", secret, "--username", "ann", "--password-file", secret}, []string{"--password-file", wrong}},
		{"password", "client_secret_post", "post", []string{"--send", "body", "--client-secret-file", secret, "--username", "ann", "--password-file", secret}, []string{"--password-file", wrong}},
	}
	for alg, key := range keys {
		flags := []string{"--send", "key", "--key-file", p.file("key-"+alg+".pem", privatePEM(t, key)), "--key-id", "key-" + alg, "--key-alg", alg, "--key-audience", "token_url"}
		cell := cells[0]
		cell.auth, cell.id, cell.flags, cell.bad = "private_key_jwt "+alg, "key-"+alg, flags, nil
		if alg == "ES256" {
			cell.bad = []string{"--key-file", stranger}
		}
		cells = append(cells, cell)
	}
	for i, cell := range cells {
		t.Run(cell.grant+" "+cell.auth, func(t *testing.T) {
			p := p.in(t)
			name := "c" + string(rune('a'+i))
			p.Must(append([]string{"client", "create", name, "--base-url", url, "--token-url", url + "/token", "--client-id", cell.id, "--scope", "orders"}, cell.flags...)...)
			token := strings.TrimSpace(p.Must("token", name))
			if out := p.Must("call", name, "/orders", "--jq", ".client"); !strings.Contains(out, cell.id) {
				t.Errorf("the API answered %q", out)
			}
			if again := strings.TrimSpace(p.Must("token", name)); again != token {
				t.Error("the token was not cached")
			}
			if fresh := strings.TrimSpace(p.Must("token", name, "--fresh")); fresh == token {
				t.Error("--fresh gave the token that was there")
			}
			if cell.bad == nil {
				return
			}
			p.Must(append([]string{"client", "update", name}, cell.bad...)...)
			_, errs, code := p.Run("token", name)
			if code != 6 || strings.Count(errs, "\n") != 1 || strings.Contains(errs, fositeSecret) {
				t.Errorf("a wrong credential: exit code %d, %q", code, errs)
			}
		})
	}
	t.Logf("ory/fosite: %d cells of grant × client authentication", len(cells))
}

// in returns the same place for a subtest.
func (p *site) in(t *testing.T) *site {
	sub := *p.Place
	sub.T = t
	return &site{&sub}
}

// file writes a file that only its owner reads and returns its path.
func (p *site) file(name, text string) string {
	p.T.Helper()
	path := filepath.Join(p.Dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		p.T.Fatal(err)
	}
	return path
}

// startFosite builds and starts the server, which ends when its standard input does.
func startFosite(t *testing.T, keys map[string]crypto.Signer) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "fositeserver")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", binary, ".")
	build.Dir = filepath.Join("testdata", "fosite")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	order := struct {
		Secret string            `json:"secret"`
		Keys   map[string]string `json:"keys"`
	}{fositeSecret, map[string]string{}}
	for alg, key := range keys {
		der, err := x509.MarshalPKIXPublicKey(key.Public())
		if err != nil {
			t.Fatal(err)
		}
		order.Keys[alg] = string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	}
	server := exec.Command(binary)
	stdin, err := server.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	server.Stderr = &errs
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close() // the server ends
		force := time.AfterFunc(place.Patience, func() { _ = server.Process.Kill() })
		defer force.Stop()
		_ = server.Wait()
	})
	giveUp := time.AfterFunc(place.Patience, func() { _ = server.Process.Kill() })
	defer giveUp.Stop()
	if err := json.NewEncoder(stdin).Encode(order); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	var hello struct{ URL string }
	if err != nil || json.Unmarshal(line, &hello) != nil || hello.URL == "" {
		t.Fatalf("the server said %q, %v\n%s", line, err, errs.String())
	}
	return hello.URL
}

func newECDSA(t *testing.T) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newRSA(t *testing.T) crypto.Signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func privatePEM(t *testing.T, key crypto.Signer) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}
