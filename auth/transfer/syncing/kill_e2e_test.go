//go:build e2e

package syncing

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ferry/auth/sandbox"
)

// kill -9 at 20 random moments of a sync, with the built binary and its store: in the end
// both sides are equal, and nothing was written that was there already.
func TestSyncProcessKilled(t *testing.T) {
	box, err := sandbox.Start(t.Context(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	dir := t.TempDir()
	binary, key := filepath.Join(dir, "ferry"), filepath.Join(dir, "key")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "ferry").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, c := range box.Clients() {
		if c.Name == "erp" {
			if err := os.WriteFile(key, []byte(c.Headers["X-API-Key"]), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	ferry := func(ctx context.Context, args ...string) (string, error) {
		cmd := exec.CommandContext(ctx, binary, args...)
		cmd.Env = []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "XDG_CONFIG_HOME=" + filepath.Join(dir, "config"), "XDG_DATA_HOME=" + filepath.Join(dir, "data")}
		out, err := cmd.CombinedOutput() // the context ends it with SIGKILL
		return string(out), err
	}
	must := func(line string) {
		t.Helper()
		if out, err := ferry(t.Context(), strings.Split(line, " ")...); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
	}
	must("vault init --identity-out " + filepath.Join(dir, "config", "ferry", "identity"))
	must("client create erp --base-url " + box.URL() + " --secret-header-file X-API-Key=" + key)
	must("sync create mirror --source erp --source-path /erp/products?size=1000 --target erp --target-path /erp/mirror/{sku} --key sku --deletes --overwrite")
	killed := 0
	for round := 0; killed < 20; round++ {
		// Every round gives each record another category, so that there is something to be killed in.
		must(fmt.Sprintf("sync update mirror --jq .category=\"round%d\"", round))
		for {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(100+rand.IntN(3000))*time.Millisecond)
			out, err := ferry(ctx, "sync", "run", "mirror")
			ended := ctx.Err()
			cancel()
			if err == nil {
				break
			}
			if ended == nil {
				t.Fatalf("%v\n%s", err, out)
			}
			killed++
		}
		if feed := box.Stats().Feeds["/erp/mirror"]; feed.Unchanged != 0 || feed.Records != sandbox.Records {
			t.Fatalf("round %d, %d kills: %d writes without need, %d records", round, killed, feed.Unchanged, feed.Records)
		}
	}
	stats := box.Stats()
	feed := stats.Feeds["/erp/mirror"]
	must("sync run mirror")
	if again := box.Stats().Feeds["/erp/mirror"]; again.Writes() != feed.Writes() {
		t.Errorf("nothing changed, and %d records were written", again.Writes()-feed.Writes())
	}
	t.Logf("%d kills: %d created, %d updated, %d without need; %v", killed, feed.Created, feed.Updated, feed.Unchanged, stats.Calls["/erp/mirror/{sku}"])
}
