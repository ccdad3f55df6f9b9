//go:build e2e

package transfers

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"ferry/ui/uitest/place"
)

// kills is how often an export and an import are ended by force.
const kills = 50

// slowly delays every answer, so that there is a middle to be killed in.
func slowly(d time.Duration, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(d)
		h.ServeHTTP(w, r)
	})
}

// untilKilled runs a command and ends it by force after d. It reports whether the command
// was done before, which has to be with success.
func untilKilled(p *place.Place, d time.Duration, args ...string) bool {
	p.T.Helper()
	cmd := p.Command(args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		p.T.Fatal(err)
	}
	kill := time.AfterFunc(d, func() { _ = cmd.Process.Kill() })
	err := cmd.Wait()
	kill.Stop()
	status, _ := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if status.Signaled() && status.Signal() == syscall.SIGKILL {
		return false
	}
	if err != nil {
		p.T.Fatalf("ferry %v: %v\n%s", args, err, out.String())
	}
	return true
}

// CASES Transfers: kill -9 mid-export, then resume: the file is byte-identical to an
// uninterrupted one.
func TestAnExportKilledAtRandomMomentsIsTheSameFile(t *testing.T) {
	t.Parallel()
	f := feed{pages: 200, size: 50}
	source := httptest.NewServer(slowly(3*time.Millisecond, f))
	defer source.Close()
	p := place.New(t).WithStore()
	p.Must("client", "create", "feed", "--base-url", source.URL)
	endings := []string{"ndjson", "csv", "json", "ndjson.gz"}
	whole := map[string][]byte{}
	for _, ending := range endings {
		name := filepath.Join(p.Dir, "whole."+ending)
		p.Must("export", "feed", "/records", "-o", name)
		whole[ending] = place.Read(t, name)
	}
	if !bytes.Equal(whole["ndjson"], f.lines()) {
		t.Fatal("an export that nobody disturbs is another file")
	}
	killed, files := 0, 0
	for ; killed < kills; files++ {
		ending := endings[files%len(endings)]
		name := filepath.Join(p.Dir, fmt.Sprintf("killed%d.%s", files, ending))
		for !untilKilled(p, time.Duration(20+rand.IntN(900))*time.Millisecond, "export", "feed", "/records", "-o", name, "--resume") {
			killed++
			if _, err := os.Stat(name); err == nil && !bytes.Equal(place.Read(t, name), whole[ending]) {
				t.Fatalf("%s is there before it is whole", name)
			}
		}
		if !bytes.Equal(place.Read(t, name), whole[ending]) {
			t.Fatalf("%s differs from an export that nobody disturbed", name)
		}
	}
	t.Logf("tried %d kills over %d files, 0 differ", killed, files)
	p.WholeAndFree()
}

// ledger is a target that counts what it is sent and what it applies, by key.
type ledger struct {
	mu      sync.Mutex
	replays map[string]bool // by Idempotency-Key; nil: the target knows no such keys
	asked   map[string]int  // requests, by body
	applied map[string]int  // by body
}

func (l *ledger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return // the sender was killed in the middle: nothing is applied
	}
	l.mu.Lock()
	key := r.Header.Get("Idempotency-Key")
	l.asked[string(body)]++
	if l.replays == nil || !l.replays[key] {
		l.applied[string(body)]++
	}
	if l.replays != nil {
		l.replays[key] = true
	}
	l.mu.Unlock()
	time.Sleep(2 * time.Millisecond)
	w.WriteHeader(http.StatusCreated)
}

// CASES Transfers: killed and resumed, by key every record is applied once at the target;
// what was acknowledged is not sent again, so that each kill repeats what was in flight at most.
func TestAnImportKilledAtRandomMomentsAppliesEachRecordOnce(t *testing.T) {
	t.Parallel()
	const records, parallel = 3000, 4
	target := &ledger{replays: map[string]bool{}, asked: map[string]int{}, applied: map[string]int{}}
	server := httptest.NewServer(target)
	defer server.Close()
	p := place.New(t).WithStore()
	p.Must("client", "create", "target", "--base-url", server.URL)

	killed, rounds := 0, 0
	for ; killed < kills; rounds++ {
		var lines bytes.Buffer
		for i := range records {
			fmt.Fprintf(&lines, `{"sku":"r%d-%d"}`+"\n", rounds, i)
		}
		name := filepath.Join(p.Dir, fmt.Sprintf("in%d.ndjson", rounds))
		if err := os.WriteFile(name, lines.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		before := killed
		for !untilKilled(p, time.Duration(20+rand.IntN(400))*time.Millisecond, "import", "target", "/products", "-i", name, "--parallel", fmt.Sprint(parallel), "--resume") {
			killed++
		}
		target.mu.Lock()
		again := 0
		for i := range records {
			body := fmt.Sprintf(`{"sku":"r%d-%d"}`, rounds, i)
			if target.applied[body] != 1 {
				t.Errorf("%s was applied %d times", body, target.applied[body])
			}
			again += target.asked[body] - 1
		}
		target.mu.Unlock()
		if most := (killed - before) * parallel; again > most {
			t.Errorf("%d requests were repeated after %d kills with %d in flight", again, killed-before, parallel)
		}
		t.Logf("%d records, %d kills: each applied once, %d requests repeated under the same key", records, killed-before, again)
	}
	p.WholeAndFree()
}
