//go:build e2e

package e2e

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The commands in a terminal: what a person types at a prompt arrives, and a secret
// typed there is not echoed.
func TestPassphrasePromptInTmux(t *testing.T) {
	p := newSite(t)
	term := open(t, p.Env, p.Binary, "vault", "init")
	term.See("assphrase").Type("a long enough passphrase 1").Press("enter")
	term.See("gain").Type("a long enough passphrase 1").Press("enter")
	if code := term.Ended(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, term.Screen())
	}
	if screen := term.Screen(); strings.Contains(screen, "long enough passphrase 1") {
		t.Errorf("the passphrase was echoed:\n%s", screen)
	}
	if out := p.Must("vault", "status"); !strings.Contains(out, "passphrase") {
		t.Errorf("vault status: %s", out)
	}
}

// A connection that drops in the middle of the prompt that makes a store: no process, no
// store, half or whole (CASES: the SSH connection drops in the middle of an edit).
func TestConnectionDropsAtThePassphrasePrompt(t *testing.T) {
	server := startSSHD(t)
	for name, cut := range cuts {
		t.Run(name, func(t *testing.T) {
			p := newSite(t)
			c := server.in(t).connect(p, "vault", "init")
			c.See("assphrase").Type("never to be ")
			cut(c)
			p.NoProcessLeft()
			err := filepath.WalkDir(filepath.Join(p.Dir, "data"), func(path string, d os.DirEntry, err error) error {
				if err == nil && !d.IsDir() {
					t.Errorf("left behind: %s", path)
				}
				return nil
			})
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
		})
	}
}

// The same while the sandbox serves on a terminal that is then gone: it ends, and the
// store beside it is whole and free.
func TestConnectionDropsUnderTheSandbox(t *testing.T) {
	server := startSSHD(t)
	for name, cut := range cuts {
		t.Run(name, func(t *testing.T) {
			p := newSite(t)
			p.WithStore()
			p.Must("client", "create", "kept", "--base-url", "http://127.0.0.1:1")
			c := server.in(t).connect(p, "sandbox")
			c.See("http://127.0.0.1:")
			if len(p.Processes()) == 0 {
				t.Fatal("the sandbox does not run; nothing would be tested")
			}
			cut(c)
			p.WholeAndFree()
			if out := p.Must("client", "list"); !strings.Contains(out, "kept") {
				t.Errorf("client list: %s", out)
			}
		})
	}
}

// cuts are the two ways in which a connection ends without a word.
var cuts = map[string]func(*connection){
	"client": (*connection).CutClient,
	"server": (*connection).CutServer,
}

// in returns the same server for a subtest, which then owns what it opens.
func (s *sshServer) in(t *testing.T) *sshServer {
	sub := *s
	sub.t = t
	return &sub
}
