package command_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

// pages is a source of three pages of two records; the second one waits until it is let go.
func pages(t *testing.T) (server *httptest.Server, asked <-chan struct{}, letGo chan<- struct{}) {
	t.Helper()
	arrived, held := make(chan struct{}, 100), make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /p", func(w http.ResponseWriter, r *http.Request) {
		page := r.URL.Query().Get("page")
		switch page {
		case "", "1":
			page = "1"
			w.Header().Set("Link", `</p?page=2>; rel="next"`)
		case "2":
			arrived <- struct{}{}
			select {
			case <-held:
			case <-r.Context().Done():
				return
			}
			w.Header().Set("Link", `</p?page=3>; rel="next"`)
		}
		fmt.Fprintf(w, `[{"page":%s,"n":1},{"page":%s,"n":2}]`, page, page)
	})
	server = httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server, arrived, held
}

const allPages = `{"page":1,"n":1}
{"page":1,"n":2}
{"page":2,"n":1}
{"page":2,"n":2}
{"page":3,"n":1}
{"page":3,"n":2}
`

// CASES Transfers: a signal lets what is in flight end, keeps it, and prints the line that goes
// on; that line makes the file that nobody had disturbed.
func TestASignalPausesAnExport(t *testing.T) {
	t.Parallel()
	source, asked, letGo := pages(t)
	w := newWorld(t)
	w.do("client", "create", "erp", "--base-url", source.URL)
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		file := fmt.Sprintf("p%v.ndjson", signal)
		file = strings.ReplaceAll(file, " ", "-")
		cmd := w.command("export", "erp", "/p", "-o", file, "-v")
		errOut, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		<-asked
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		said := bufio.NewReader(errOut)
		if line, err := said.ReadString('\n'); !strings.Contains(line, "pausing after what is in flight") {
			t.Fatalf("%v: said %q, %v", signal, line, err)
		}
		var text []byte
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			text, err = io.ReadAll(said)
			_ = cmd.Wait()
		}()
		select {
		case letGo <- struct{}{}:
		case <-ended: // a page that was asked for ahead need not come
		}
		<-ended
		_, again, ok := strings.Cut(strings.TrimSpace(string(text)), "go on with: ferry ")
		if cmd.ProcessState.ExitCode() != 130 || strings.Count(string(text), "\n") != 1 || !ok || err != nil {
			t.Fatalf("%v: exit code %d, %q, %v", signal, cmd.ProcessState.ExitCode(), text, err)
		}
		if again != "export erp /p -o "+file+" -v --resume" {
			t.Errorf("%v: it goes on with %q", signal, again)
		}
		if _, err := os.Stat(filepath.Join(w.home, file)); err == nil {
			t.Errorf("%v: the file is there before it is whole", signal)
		}
		done := make(chan error, 1)
		more := w.command(strings.Fields(again)...)
		go func() { done <- more.Run() }()
		for finished := false; !finished; {
			select {
			case letGo <- struct{}{}:
			case err := <-done:
				if finished = true; err != nil {
					t.Errorf("%v: going on: %v", signal, err)
				}
			}
		}
		if b, err := os.ReadFile(filepath.Join(w.home, file)); err != nil || string(b) != allPages {
			t.Errorf("%v: the file holds %q, %v", signal, b, err)
		}
		for len(asked) > 0 {
			<-asked
		}
	}
}

// CASES Terminal: the progress is one line that is gone at the end; ctrl-c says what happens now.
func TestAnExportOnATerminal(t *testing.T) {
	t.Parallel()
	source, asked, letGo := pages(t)
	w := newWorld(t)
	w.do("client", "create", "erp", "--base-url", source.URL)
	p := w.at("export", "erp", "/p", "-o", "p.ndjson").see("\rferry: 2 records")
	<-asked
	p.typed("\x03").see("pausing after what is in flight; once more ends it at once\r\n")
	close(letGo)
	text := p.ends(130)
	if !strings.Contains(text, "ferry: paused after ") || !strings.HasSuffix(text, "go on with: ferry export erp /p -o p.ndjson --resume\r\n") {
		t.Errorf("said %q", text)
	}
	text = w.at("export", "erp", "/p", "-o", "p.ndjson", "--resume").see("Exported 6 records (102 B) from erp to p.ndjson").ends(0)
	if strings.Contains(text, "\x1b") {
		t.Errorf("said %q", text)
	}
	// What is there is asked about, before anything is read.
	w.at("export", "erp", "/p", "-o", "p.ndjson").see("p.ndjson exists. Overwrite it? [y/N] ").typed("n\n").see("nothing was exported").ends(4)
	w.at("export", "erp", "/p", "-o", "p.ndjson", "--limit", "1").see("Overwrite it? [y/N] ").typed("y\n").see("Exported 1 record").ends(0)
	w.at("export", "erp", "/p", "-o", "p.ndjson", "--yes").see("Exported 6 records").ends(0)
	// Records on a terminal have no line between them.
	text = w.at("export", "erp", "/p", "-o", "-").see("Exported 6 records").ends(0)
	if !strings.HasPrefix(text, strings.ReplaceAll(allPages, "\n", "\r\n")) {
		t.Errorf("showed %q", text)
	}
}

// CASES Client side: a protected target asks a person for its name.
func TestAPersonConfirmsAnImportIntoAProtectedClient(t *testing.T) {
	t.Parallel()
	var sent atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { sent.Add(1); w.WriteHeader(http.StatusCreated) }))
	defer server.Close()
	w := newWorld(t)
	w.do("client", "create", "erp", "--base-url", server.URL, "--protected")
	if err := os.WriteFile(filepath.Join(w.home, "p.ndjson"), []byte("{}\n{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.at("import", "erp", "/p", "-i", "p.ndjson").see(`"erp" is protected`).see("Type erp to go on: ").typed("er\n").ends(4)
	w.at("import", "erp", "/p", "-i", "p.ndjson").see("Type erp to go on: ").typed("\n").ends(4)
	if sent.Load() > 0 {
		t.Errorf("%d were sent", sent.Load())
	}
	w.at("import", "erp", "/p", "-i", "p.ndjson").see("Type erp to go on: ").typed("erp\n").see("Imported 2 records").ends(0)
	if sent.Load() != 2 {
		t.Errorf("%d were sent", sent.Load())
	}
}
