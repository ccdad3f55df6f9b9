package command_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// A long body is sent as it comes, and only once; a short one is sent again when the token
// was refused. The token that was refused is renewed by the next call either way.
func TestALongBodyIsSentOnceAShortOneAgain(t *testing.T) {
	t.Parallel()
	var tokens, posts, bytesSeen, accepted atomic.Int64
	accepted.Store(1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"access_token":"token-%d","token_type":"Bearer","expires_in":600}`, tokens.Add(1))
			return
		}
		n, _ := io.Copy(io.Discard, r.Body)
		bytesSeen.Add(n)
		posts.Add(1)
		if r.Header.Get("Authorization") != fmt.Sprintf("Bearer token-%d", accepted.Load()) {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	defer server.Close()
	w := newWorld(t)
	secret := filepath.Join(w.home, "secret")
	long := filepath.Join(w.home, "long")
	for name, data := range map[string][]byte{secret: []byte("s3cret"), long: bytes.Repeat([]byte("0123456789"), 1_000_000)} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.do("client", "create", "a", "--base-url", server.URL, "--token-url", server.URL+"/token", "--client-id", "hub", "--client-secret-file", secret)
	w.do("call", "a", "POST", "/", "-d", "@"+long)
	if posts.Load() != 1 || bytesSeen.Load() != 10_000_000 {
		t.Fatalf("%d requests with %d bytes", posts.Load(), bytesSeen.Load())
	}

	for _, source := range []string{"@" + long, "@-"} {
		posts.Store(0)
		accepted.Store(tokens.Load() + 1) // the one that there is was revoked behind ferry's back
		cmd := w.command("call", "a", "POST", "/", "-d", source)
		if source == "@-" {
			from, err := os.Open(long)
			if err != nil {
				t.Fatal(err)
			}
			defer from.Close()
			cmd.Stdin = from
		}
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != 6 || !strings.Contains(string(out), "401") || posts.Load() != 1 {
			t.Errorf("%s: sent %d times, %v\n%s", source, posts.Load(), err, out)
		}
		before := tokens.Load()
		w.do("call", "a", "/")
		if tokens.Load() != before+1 {
			t.Errorf("%s: the next call fetched %d tokens", source, tokens.Load()-before)
		}
	}
	posts.Store(0)
	accepted.Store(tokens.Load() + 1)
	before := tokens.Load()
	w.do("call", "a", "POST", "/", "-d", "short")
	if posts.Load() != 2 || tokens.Load() != before+1 {
		t.Errorf("a short body: %d requests, %d tokens", posts.Load(), tokens.Load()-before)
	}
}
