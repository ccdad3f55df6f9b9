//go:build e2e

package transfers

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"ferry/ui/uitest/place"
)

// Issue 5: 1,000,000 records of about 300 bytes, in pages of 1,000, beside a raw io.Copy of
// the same pages with the same fsyncs and a loop of curl and jq. The figures are printed:
// the machine may be busy. That the file is right is a test.
func TestAMillionRecordsAreExported(t *testing.T) {
	f := feed{pages: 1000, size: 1000}
	source := feedProcess(t, f)
	p := place.New(t).WithStore()
	p.Must("client", "create", "feed", "--base-url", source)
	records := float64(f.pages * f.size)

	for round := range 3 {
		raw := rawCopy(t, source, f.pages, filepath.Join(p.Dir, fmt.Sprint("raw", round)))
		file := filepath.Join(p.Dir, fmt.Sprintf("out%d.ndjson", round))
		took, peak := timed(p, "export", "feed", "/records", "-o", file)
		t.Logf("round %d: ferry %.2f s, %.0f records/s, peak RSS %d MiB; raw copy %.2f s: ferry has %.0f %% of it",
			round+1, took.Seconds(), records/took.Seconds(), peak>>10, raw.Seconds(), 100*raw.Seconds()/took.Seconds())
		if round == 0 {
			sameFile(t, file, f)
		}
	}
	if _, err := exec.LookPath("jq"); err != nil {
		t.Logf("curl | jq: not measured, there is no jq")
		return
	}
	const some = 30
	began := time.Now()
	loop := exec.Command("sh", "-c", fmt.Sprintf(`for n in $(seq 1 %d); do curl -s "%s/records?page=$n" | jq -c '.items[]'; done > loop.ndjson`, some, source))
	loop.Dir = p.Dir
	if out, err := loop.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	took := time.Since(began)
	t.Logf("curl | jq: %d pages in %.2f s, which is %.0f s for all, %.0f records/s", some, took.Seconds(),
		took.Seconds()*float64(f.pages)/some, float64(some*f.size)/took.Seconds())
}

// rawCopy writes the bodies of all pages to a file, durable every 16 MiB.
func rawCopy(t *testing.T, source string, pages int, name string) time.Duration {
	t.Helper()
	began := time.Now()
	out, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	var unsynced int64
	for n := 1; n <= pages; n++ {
		answer, err := http.Get(fmt.Sprintf("%s/records?page=%d", source, n))
		if err != nil {
			t.Fatal(err)
		}
		wrote, err := io.Copy(out, answer.Body)
		_ = answer.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if unsynced += wrote; unsynced >= 16<<20 || n == pages {
			if err := out.Sync(); err != nil {
				t.Fatal(err)
			}
			unsynced = 0
		}
	}
	took := time.Since(began)
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	return took
}

// timed runs a command that has to succeed; peak is its largest resident size in KiB.
func timed(p *place.Place, args ...string) (took time.Duration, peak int64) {
	p.T.Helper()
	cmd := p.Command(args...)
	began := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		p.T.Fatalf("ferry %v: %v\n%s", args, err, out)
	}
	took = time.Since(began)
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		peak = usage.Maxrss
	}
	return took, peak
}

// sameFile holds that a file is the feed as NDJSON, and readable by its owner alone. It reads
// a line at a time: what a process of a large parent takes at most is counted from its
// parent's size on.
func sameFile(t *testing.T, name string, f feed) {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	n := 0
	for ; lines.Scan(); n++ {
		if want := f.line(n); lines.Text() != want {
			t.Fatalf("line %d is %q, want %q", n+1, lines.Text(), want)
		}
	}
	if err := lines.Err(); err != nil || n != f.pages*f.size {
		t.Fatalf("%d lines, want %d, %v", n, f.pages*f.size, err)
	}
	if info, err := file.Stat(); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}
