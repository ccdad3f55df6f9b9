package command_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
)

// endless is a source whose pages have no end; asked counts them. One page is more than a
// pipe holds.
func endless(t *testing.T) (server *httptest.Server, asked *atomic.Int64) {
	t.Helper()
	asked = new(atomic.Int64)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /p", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", fmt.Sprintf(`</p?page=%d>; rel="next"`, asked.Add(1)+1))
		records := make([]string, 1000)
		for i := range records {
			records[i] = fmt.Sprintf(`{"sku":"%016x","text":"%0200x"}`, rand.Uint64(), rand.Uint64())
		}
		_, _ = io.WriteString(w, "["+strings.Join(records, ",")+"]")
	})
	server = httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server, asked
}

// into runs ferry with its output in a pipe that is closed after so many bytes, or before it
// begins for 0.
func (w *world) into(bytesRead int, args ...string) (code int, errOut string) {
	w.t.Helper()
	r, pipe, err := os.Pipe()
	if err != nil {
		w.t.Fatal(err)
	}
	defer r.Close()
	if bytesRead == 0 {
		_ = r.Close()
	}
	cmd := w.command(args...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = pipe, &said
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	_ = pipe.Close()
	if bytesRead > 0 {
		if _, err := bufio.NewReaderSize(r, bytesRead).Peek(bytesRead); err != nil {
			w.t.Errorf("%q: %v", args, err)
		}
		_ = r.Close()
	}
	_ = cmd.Wait()
	return cmd.ProcessState.ExitCode(), said.String()
}

// ferry … | head: whoever reads has what they wanted, and that is no failure of any command.
func TestAReaderThatWantsNoMoreIsAUsualEnd(t *testing.T) {
	t.Parallel()
	source, asked := endless(t)
	w := newWorld(t)
	w.do("client", "create", "erp", "--base-url", source.URL)
	for _, tc := range []struct {
		read int
		args []string
	}{
		{20, []string{"export", "erp", "/p", "-o", "-"}},
		{20, []string{"export", "erp", "/p", "-o", "-", "--gzip"}},
		{0, []string{"export", "erp", "/p", "-o", "-", "--output", "json"}},
		{20, []string{"call", "erp", "/p"}},
		{20, []string{"call", "erp", "/p", "--jq", ".[]"}},
		{20, []string{"call", "erp", "/p", "--output", "json"}},
		{0, []string{"client", "list"}},
		{0, []string{"client", "list", "--output", "json"}},
		{0, []string{"audit", "list"}},
		{0, []string{"transfer", "list"}},
		{0, []string{"man"}},
	} {
		if code, said := w.into(tc.read, tc.args...); code != 0 || said != "" {
			t.Errorf("ferry %s | head: exit code %d, %q", strings.Join(tc.args, " "), code, said)
		}
	}
	if n := asked.Load(); n > 100 {
		t.Errorf("%d pages were asked for", n)
	}
	if list := w.do("transfer", "list"); strings.Contains(list, "running") {
		t.Errorf("an export did not end in order:\n%s", list)
	}
}

// What goes wrong besides is not lost with the reader.
func TestAFailureIsSaidToWhoeverHasGone(t *testing.T) {
	t.Parallel()
	source, _ := endless(t)
	w := newWorld(t)
	w.do("client", "create", "erp", "--base-url", source.URL)
	if code, said := w.into(0, "call", "erp", "/missing", "--output", "json"); code != 6 || !strings.Contains(said, "404") {
		t.Errorf("exit code %d, %q", code, said)
	}
}
