package command_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"ferry/auth/sandbox"
)

// BenchmarkTokenProcess times the whole process `ferry token NAME` with a key file and
// a warm cache, beside curl making one token request on loopback where there is curl,
// and the process that does nothing but print its version.
func BenchmarkTokenProcess(b *testing.B) {
	ferry, err := binary()
	if err != nil {
		b.Fatal(err)
	}
	box, err := sandbox.Start(context.Background(), sandbox.Options{TokenTTL: time.Hour})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = box.Close() })
	home := b.TempDir()
	secret := filepath.Join(home, "secret")
	c := box.Clients()[0]
	if err := os.WriteFile(secret, []byte(c.ClientSecret), 0o600); err != nil {
		b.Fatal(err)
	}
	run := func(b *testing.B, name string, args ...string) {
		b.Helper()
		cmd := exec.Command(name, args...)
		cmd.Env = []string{"HOME=" + home}
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, out)
		}
	}
	run(b, ferry, "vault", "init", "--identity-out", filepath.Join(home, ".config/ferry/identity"))
	run(b, ferry, "client", "create", c.Name, "--base-url", c.BaseURL, "--token-url", c.TokenURL,
		"--client-id", c.ClientID, "--client-secret-file", secret, "--send", c.Send)
	run(b, ferry, "token", c.Name)
	b.Run("ferry-token", func(b *testing.B) {
		for b.Loop() {
			run(b, ferry, "token", c.Name)
		}
	})
	b.Run("ferry-version", func(b *testing.B) {
		for b.Loop() {
			run(b, ferry, "version")
		}
	})
	curl, err := exec.LookPath("curl")
	if err != nil {
		return
	}
	b.Run("curl-token-request", func(b *testing.B) {
		for b.Loop() {
			run(b, curl, "-sSf", "-o", "/dev/null", "-d", "grant_type=client_credentials",
				"-d", "client_id="+c.ClientID, "-d", "client_secret="+c.ClientSecret, c.TokenURL)
		}
	})
}
