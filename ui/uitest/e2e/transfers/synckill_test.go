//go:build e2e

package transfers

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"ferry/auth/sandbox"
	"ferry/ui/uitest/place"
)

// kill -9 at 20 random moments of a sync: in the end both sides are equal, and nothing was
// written that was there already.
func TestASyncKilledAtRandomMomentsWritesNothingTwice(t *testing.T) {
	t.Parallel()
	const kills = 20
	box, err := sandbox.Start(t.Context(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	p := place.New(t).WithStore()
	key := filepath.Join(p.Dir, "key")
	if err := os.WriteFile(key, []byte(apiKey(t, box)), 0o600); err != nil {
		t.Fatal(err)
	}
	p.Must("client", "create", "erp", "--base-url", box.URL(), "--secret-header-file", "X-API-Key="+key)
	p.Must("sync", "create", "mirror", "--source", "erp", "--source-path", "/erp/products?size=1000",
		"--target", "erp", "--target-path", "/erp/mirror/{sku}", "--key", "sku", "--deletes", "--overwrite")
	killed := 0
	for round := 0; killed < kills; round++ {
		// Every round gives each record another category, so that there is something to be killed in.
		p.Must("sync", "update", "mirror", "--jq", fmt.Sprintf(".category=\"round%d\"", round))
		for !untilKilled(p, time.Duration(100+rand.IntN(2000))*time.Millisecond, "sync", "run", "mirror") {
			killed++
		}
		if feed := box.Stats().Feeds["/erp/mirror"]; feed.Unchanged != 0 || feed.Records != sandbox.Records {
			t.Fatalf("round %d, %d kills: %d writes without need, %d records", round, killed, feed.Unchanged, feed.Records)
		}
	}
	stats := box.Stats()
	feed := stats.Feeds["/erp/mirror"]
	p.Must("sync", "run", "mirror")
	if again := box.Stats().Feeds["/erp/mirror"]; again.Writes() != feed.Writes() {
		t.Errorf("nothing changed, and %d records were written", again.Writes()-feed.Writes())
	}
	t.Logf("%d kills: %d created, %d updated, %d without need; %v", killed, feed.Created, feed.Updated, feed.Unchanged, stats.Calls["/erp/mirror/{sku}"])
	p.WholeAndFree()
}

// apiKey is what the sandbox's ERP asks for.
func apiKey(t *testing.T, box *sandbox.Server) string {
	t.Helper()
	return clientOf(t, box, "erp").Headers["X-API-Key"]
}

// clientOf is how the sandbox would have one of its systems called.
func clientOf(t *testing.T, box *sandbox.Server, name string) sandbox.Client {
	t.Helper()
	for _, c := range box.Clients() {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("the sandbox has no client %q", name)
	return sandbox.Client{}
}
