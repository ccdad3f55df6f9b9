//go:build e2e

package oidctest

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

// signIn runs ferry with a terminal for a person and allows the device as soon as the
// code is shown. It returns what ferry printed to stdout and showed on the terminal.
func (b *bench) signIn(args ...string) (stdout, shown string) {
	b.t.Helper()
	terminal, tty, err := pty.Open()
	if err != nil {
		b.t.Fatal(err)
	}
	defer terminal.Close()
	cmd := exec.Command(b.binary, args...)
	cmd.Env = []string{"HOME=" + b.dir, "PATH=" + os.Getenv("PATH"), "TERM=dumb", "FERRY_STORE=" + b.path("ferry.db"), "FERRY_IDENTITY=" + b.path("key")}
	var out, screen bytes.Buffer
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = b.dir, tty, &out, tty
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	tty.Close()
	giveUp := time.AfterFunc(60*time.Second, func() { _ = cmd.Process.Kill() })
	defer giveUp.Stop()
	code, allowed := regexp.MustCompile(`\b[A-Z]{4}-[A-Z]{4}\b`), false
	buf := make([]byte, 4096)
	for {
		n, err := terminal.Read(buf)
		screen.Write(buf[:n])
		if at := code.Find(screen.Bytes()); at != nil && !allowed {
			allowed = true
			b.approve(string(at))
		}
		if err != nil { // EIO or EOF: ferry has ended
			break
		}
	}
	if err := cmd.Wait(); err != nil {
		b.t.Fatalf("ferry %v: %v\n%s", args, err, screen.String())
	}
	return out.String(), screen.String()
}

// approve is the person with a browser.
func (b *bench) approve(userCode string) {
	b.t.Helper()
	client := http.Client{Timeout: 10 * time.Second}
	resp, err := client.Get(b.issuer + "/approve?user_code=" + url.QueryEscape(userCode))
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	if says, _ := io.ReadAll(resp.Body); resp.StatusCode != 200 {
		b.t.Fatalf("the server does not know the code %s: %d %s", userCode, resp.StatusCode, says)
	}
}

// Device grant × none: a person allows it once, at a terminal; from then on the refresh
// token does without anybody. Without a terminal and without one, ferry ends with 4.
func TestDeviceGrant(t *testing.T) {
	b := start(t)
	b.must("client", "create", "device", "--base-url", b.issuer, "--issuer", b.issuer, "--client-id", "device", "--send", "none", "--device", "--scope", "openid", "--scope", "offline_access")
	if out, errs, code := b.run("token", "device"); code != 4 || out != "" || !strings.Contains(errs, "terminal") {
		t.Fatalf("without a terminal: exit code %d, %q, want 4\n%s", code, out, errs)
	}
	if n := len(b.requests()); n != 0 {
		t.Fatalf("%d token requests without a person", n)
	}
	first, shown := b.signIn("token", "device")
	if first = strings.TrimSpace(first); first == "" || strings.Contains(shown, first) {
		t.Fatalf("token %q; the terminal showed:\n%s", first, shown)
	}
	for _, part := range []string{b.issuer + "/device", "Signed in."} {
		if !strings.Contains(shown, part) {
			t.Errorf("the terminal did not show %q:\n%s", part, shown)
		}
	}
	if again := strings.TrimSpace(b.must("token", "device")); again != first {
		t.Error("the token was not cached")
	}
	before := len(b.requests())
	fresh := strings.TrimSpace(b.must("token", "device", "--fresh"))
	if got := b.requests()[before:]; fresh == first || fresh == "" || len(got) != 1 || got[0].Status != 200 {
		t.Errorf("a fresh token without a terminal: the same %t, requests %+v", fresh == first, got)
	}
	if out := b.must("token", "device", "--claims"); !strings.Contains(out, "opaque") {
		t.Errorf("the claims say:\n%s", out)
	}
	b.must("token", "device", "--revoke", "--yes")
	if _, _, code := b.run("token", "device"); code != 4 {
		t.Errorf("after the revocation: exit code %d, want 4", code)
	}
}
