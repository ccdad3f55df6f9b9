//go:build e2e

// Package oidctest drives the built ferry against an authorization server that knows
// nothing of ferry: the npm package oidc-provider on loopback. It needs node and npm;
// make e2e tells when they are missing and leaves this package out. It imports nothing
// of ours: what it holds is what a person meets.
package oidctest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// secret holds what encodings stumble over. RFC 6749 §A.2 keeps it to visible ASCII, and the
// server holds clients to that.
const secret = "s3cret+with%25:odd=&chars"

// bench is one server and one store for a test.
type bench struct {
	t      *testing.T
	binary string
	dir    string
	issuer string
	secure string // the issuer with TLS, where the server was set up with it
}

// start builds ferry and starts the server with what setup adds to it: see server.js.
func start(t *testing.T, setup ...string) *bench {
	t.Helper()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, dir: t.TempDir()}
	if err := os.Chmod(b.dir, 0o700); err != nil { // the store refuses a directory open to others
		t.Fatal(err)
	}
	b.binary = filepath.Join(b.dir, "ferry")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", b.binary, ".")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	if out, err := exec.Command("sh", filepath.Join(root, ".ci", "npm"), "auth/outbound/oidctest/testdata/server", ".e2e/oidc").CombinedOutput(); err != nil {
		t.Fatalf("install the server: %v\n%s", err, out)
	}

	server := exec.Command("node", append([]string{"server.js", secret}, setup...)...)
	server.Dir = filepath.Join(root, ".e2e", "oidc")
	stdin, err := server.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	server.Stderr = &stderr
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	giveUp := time.AfterFunc(30*time.Second, func() { _ = server.Process.Kill() })
	t.Cleanup(func() {
		stdin.Close() // the server ends when nobody holds its standard input
		force := time.AfterFunc(5*time.Second, func() { _ = server.Process.Kill() })
		defer force.Stop()
		_ = server.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	giveUp.Stop()
	if err != nil {
		t.Fatalf("the server said nothing: %v\n%s", err, stderr.String())
	}
	var hello struct {
		Issuer string `json:"issuer"`
		Secure string `json:"secure"`
	}
	if err := json.Unmarshal(line, &hello); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	b.issuer, b.secure = hello.Issuer, hello.Secure
	b.must("vault", "init", "--identity-out", b.path("key"))
	return b
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

// run runs one ferry command and returns its output and exit code.
func (b *bench) run(args ...string) (stdout, stderr string, code int) {
	b.t.Helper()
	cmd := exec.Command(b.binary, args...)
	cmd.Env = []string{"HOME=" + b.dir, "PATH=" + os.Getenv("PATH"), "FERRY_STORE=" + b.path("ferry.db"), "FERRY_IDENTITY=" + b.path("key")}
	if args[0] == "vault" {
		cmd.Env = cmd.Env[:3]
	}
	cmd.Dir = b.dir
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		b.t.Fatal(err)
	}
	if strings.Contains(out.String()+errs.String(), secret) {
		b.t.Errorf("ferry %v showed the secret:\n%s%s", args, out.String(), errs.String())
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

func (b *bench) must(args ...string) string {
	b.t.Helper()
	out, errs, code := b.run(args...)
	if code != 0 {
		b.t.Fatalf("ferry %v: exit code %d\n%s%s", args, code, out, errs)
	}
	return out
}

// create makes a client that discovers its token URL and sends the given secret.
func (b *bench) create(name, clientID, secret string, args ...string) {
	b.t.Helper()
	file := b.path(name + ".secret")
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		b.t.Fatal(err)
	}
	b.must(append([]string{
		"client", "create", name, "--base-url", b.issuer, "--issuer", b.issuer,
		"--client-id", clientID, "--client-secret-file", file,
	}, args...)...)
}

type tokenRequest struct {
	Header bool `json:"header"` // credentials in the Authorization header
	Status int  `json:"status"`
}

// requests returns the token requests that reached the server so far.
func (b *bench) requests() []tokenRequest {
	b.t.Helper()
	client := http.Client{Timeout: 10 * time.Second}
	resp, err := client.Get(b.issuer + "/requests")
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	var out []tokenRequest
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		b.t.Fatal(err)
	}
	return out
}

// Header and body credentials get a JWT and an opaque token; the JWT is verified with
// the issuer's keys. A second look takes the cached token: one request each.
func TestTokensByHeaderAndByBody(t *testing.T) {
	b := start(t)
	for _, send := range []string{"header", "body"} {
		for _, kind := range []string{"jwt", "opaque"} {
			t.Run(send+" "+kind, func(t *testing.T) {
				sub := *b
				sub.t = t
				sub.checkToken(send, kind)
			})
		}
	}
}

func (b *bench) checkToken(send, kind string) {
	b.t.Helper()
	name := send + "-" + kind
	before := len(b.requests())
	b.create(name, "by-"+send, secret, "--send", send, "--scope", "read", "--param", "resource=urn:test:"+kind)
	access := strings.TrimSpace(b.must("token", name))
	if again := strings.TrimSpace(b.must("token", name)); again != access || access == "" {
		b.t.Errorf("tokens %q, then %q; want one cached token", access, again)
	}
	if dots := strings.Count(access, "."); (dots == 2) != (kind == "jwt") {
		b.t.Errorf("a %s token with %d dots", kind, dots)
	}
	claims := b.must("token", name, "--claims")
	want := []string{"opaque"}
	if kind == "jwt" {
		want = []string{`"aud": "urn:test:jwt"`, `"scope": "read"`, "signature: valid"}
	}
	for _, part := range want {
		if !strings.Contains(claims, part) {
			b.t.Errorf("the claims do not say %q:\n%s", part, claims)
		}
	}
	got := b.requests()[before:]
	if len(got) != 1 || got[0].Status != 200 || got[0].Header != (send == "header") {
		b.t.Errorf("token requests %+v, want one by %s with 200", got, send)
	}
}

// A refusal is sent once, shown once with the server's own error code, and ends with 6.
// A rejected secret is then not sent again at all (CASES: wrong secret → exactly one attempt).
func TestRefusalsAreShownOnce(t *testing.T) {
	b := start(t)
	for _, tc := range []struct {
		name, clientID, secret, scope, want string
	}{
		{"wrong-secret", "by-header", "not-the-secret", "read", "invalid_client"},
		{"wrong-client", "nobody", secret, "read", "invalid_client"},
		{"wrong-scope", "by-header", secret, "admin", "invalid_scope"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			sub := *b
			sub.t = t
			before := len(sub.requests())
			sub.create(tc.name, tc.clientID, tc.secret, "--send", "header", "--scope", tc.scope, "--param", "resource=urn:test:jwt")
			out, errs, code := sub.run("token", tc.name)
			if code != 6 || out != "" {
				t.Errorf("exit code %d, stdout %q; want 6 and nothing\n%s", code, out, errs)
			}
			if strings.Count(errs, tc.want) != 1 || strings.Count(errs, "\n") != 1 {
				t.Errorf("want one line that says %q once, got:\n%s", tc.want, errs)
			}
			if got := sub.requests()[before:]; len(got) != 1 || got[0].Status < 400 || got[0].Status > 499 {
				t.Errorf("token requests %+v, want exactly one, refused", got)
			}
			if _, errs, code := sub.run("token", tc.name); code == 0 || !strings.Contains(errs, tc.want) {
				t.Errorf("the second time: exit code %d, want the remembered refusal\n%s", code, errs)
			}
			if got := sub.requests()[before:]; len(got) != 1 {
				t.Errorf("%d requests after asking twice at once, want 1", len(got))
			}
		})
	}
}
