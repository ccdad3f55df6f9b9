package command_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A person is asked for the secrets that a new client lacks, and for no others.
func TestAPersonIsAskedForWhatANewClientLacks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const url = "https://a.example.com"
	w.at("client", "create", "far", "--base-url", url, "--proxy", "http://127.0.0.1:3128", "--proxy-user", "me").
		see("Password of me at the proxy: ").typed(canary + "-proxy\n").see("Created far").ends(0)
	w.at("client", "create", "crm", "--base-url", url, "--issuer", url, "--client-id", "hub", "--device").see("Created crm").ends(0)
	w.at("client", "create", "jobs", "--base-url", url, "--token-url", url+"/t", "--client-id", "hub", "--username", "u").
		see("Password of u: ").typed(canary + "-password\n").see("Created jobs").ends(0)
	w.at("client", "create", "gate", "--base-url", url, "--token-url", url+"/t", "--client-id", "hub", "--client-secret-file", "-",
		"--secret-token-header-file", "X-Gate=-").
		see("Client secret: ").typed(canary + "-secret\n").see("Value of X-Gate: ").typed(canary + "-gate\n").see("Created gate").ends(0)
	got := w.do("client", "show", "far", "--output", "json")
	if !strings.Contains(got, `"proxy_password":{"set":true}`) || strings.Contains(got, canary) {
		t.Errorf("stored %s", got)
	}
}

// A key has several lines, so that it cannot be typed: it comes from a file or a pipe.
func TestAKeyIsNotTyped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do("client", "create", "erp", "--base-url", "https://a.example.com")
	for _, flag := range []string{"--key-file", "--cert-key-file", "--cert-file", "--ca-file"} {
		w.at("client", "update", "erp", flag, "-").see("cannot be typed: a PEM file has several lines; give it a file, or pipe one into it").ends(2)
	}
	if err := os.WriteFile(filepath.Join(w.home, "key.pem"), []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.at("client", "update", "erp", "--key-file", "key.pem").see("key: the file holds no private key in PEM form").ends(2)
}
