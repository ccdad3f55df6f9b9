//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"ferry/ui/uitest/place"
)

func TestMain(m *testing.M) { os.Exit(place.Main(m)) }

// site is a place with what only these tests do there: terminals, servers, stores with a past.
type site struct{ *place.Place }

func newSite(t *testing.T) *site {
	t.Helper()
	return &site{place.New(t)}
}

// makeRun types `make run` in the tree that is tested. Go finds its caches where they
// are; everything else of the person's stays unseen.
func (p *site) makeRun() *terminal {
	p.T.Helper()
	env := p.Env
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH", "GOPROXY", "GOTOOLCHAIN"} {
		value, err := exec.Command("go", "env", name).Output()
		if err != nil {
			p.T.Fatal(err)
		}
		env = append(env, name+"="+strings.TrimSpace(string(value)))
	}
	return open(p.T, env, "make", "-C", place.Root(), "run")
}
