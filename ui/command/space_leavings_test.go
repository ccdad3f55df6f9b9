package command_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A space that is deleted takes the journals of its imports and the unfinished files of its
// exports with it, as deleting each transfer would.
func TestASpaceThatGoesLeavesNoFileOfItsTransfers(t *testing.T) {
	t.Parallel()
	source, asked, _ := pages(t)
	got := make(chan struct{}, 100)
	target := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then is it seen that the caller has gone
		got <- struct{}{}
		<-r.Context().Done()
	}))
	t.Cleanup(target.Close)
	w := newWorld(t)
	w.do("space", "create", "north")
	for _, space := range []string{"default", "north"} {
		w.do("client", "create", "erp", "--base-url", source.URL, "--space", space)
		w.do("client", "create", "shop", "--base-url", target.URL, "--space", space)
		rows := filepath.Join(w.home, space+".ndjson")
		if err := os.WriteFile(rows, []byte(`{"sku":"a"}`+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		w.killed(asked, "export", "erp", "/p", "-o", "out-"+space+".ndjson", "--space", space)
		w.killed(got, "import", "shop", "/p", "-i", rows, "--space", space)
	}
	journals := func() int { return len(w.found(".local/share/ferry/ferry.db.transfers/*")) }
	both := journals()
	if parts := w.found(".out-*.part"); both < 2 || len(parts) != 2 {
		t.Fatalf("the kills left %d journals and %q", both, parts)
	}
	w.do("space", "delete", "north", "--everything", "--confirm", "north")
	if left, parts := journals(), w.found(".out-*.part"); left != both/2 || fmt.Sprint(parts) != "[.out-default.ndjson.part]" {
		t.Errorf("left are %d of %d journals, and %q", left, both, parts)
	}
}

// killed runs ferry and kills it once it is on its way.
func (w *world) killed(onItsWay <-chan struct{}, args ...string) {
	w.t.Helper()
	cmd := w.command(args...)
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	select {
	case <-onItsWay:
		_ = cmd.Process.Kill()
		<-ended
	case <-ended:
		w.t.Fatalf("ferry %s: %s", strings.Join(args, " "), said.String())
	}
}

// found returns the names of the files below home that fit a pattern.
func (w *world) found(pattern string) []string {
	w.t.Helper()
	paths, err := filepath.Glob(filepath.Join(w.home, pattern))
	if err != nil {
		w.t.Fatal(err)
	}
	for i := range paths {
		paths[i] = filepath.Base(paths[i])
	}
	return paths
}
