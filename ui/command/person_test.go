package command_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// world is a home with a store in it.
type world struct {
	t     *testing.T
	ferry string
	home  string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, ferry: built(t), home: t.TempDir()}
	w.do("vault", "init", "--identity-out", filepath.Join(w.home, ".config/ferry/identity"))
	return w
}

func (w *world) command(args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	w.t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, w.ferry, args...)
	cmd.Env = []string{"HOME=" + w.home, "TMPDIR=" + w.home, "PATH=" + os.Getenv("PATH"), "TERM=xterm"}
	cmd.Dir = w.home
	return cmd
}

func (w *world) do(args ...string) string {
	w.t.Helper()
	out, err := w.command(args...).CombinedOutput()
	if err != nil {
		w.t.Fatalf("ferry %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// terminal is a person at a terminal on which one command runs.
type terminal struct {
	t    *testing.T
	pty  *os.File
	cmd  *exec.Cmd
	done chan struct{}

	mu   sync.Mutex
	seen strings.Builder
}

func (w *world) at(args ...string) *terminal {
	w.t.Helper()
	cmd := w.command(args...)
	blocking, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		w.t.Fatal(err)
	}
	f := pollable(w.t, blocking)
	p := &terminal{t: w.t, pty: f, cmd: cmd, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		for b := make([]byte, 4096); ; {
			n, err := f.Read(b)
			p.mu.Lock()
			p.seen.Write(b[:n])
			p.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	w.t.Cleanup(func() { _ = f.Close() })
	return p
}

// pollable returns a file whose Close ends a Read that waits, so that a connection can
// be cut; setting the size has made the first one blocking.
func pollable(t *testing.T, f *os.File) *os.File {
	t.Helper()
	fd, err := syscall.Dup(int(f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	syscall.CloseOnExec(fd)
	if err := errors.Join(syscall.SetNonblock(fd, true), f.Close()); err != nil {
		t.Fatal(err)
	}
	return os.NewFile(uintptr(fd), f.Name())
}

func (p *terminal) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen.String()
}

// see waits until the terminal shows text.
func (p *terminal) see(text string) *terminal {
	p.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(p.text(), text); {
		if time.Now().After(deadline) {
			p.t.Fatalf("never saw %q in %q", text, p.text())
		}
		time.Sleep(5 * time.Millisecond)
	}
	return p
}

func (p *terminal) typed(text string) *terminal {
	p.t.Helper()
	if _, err := p.pty.WriteString(text); err != nil {
		p.t.Fatal(err)
	}
	return p
}

// ends waits for the command and wants its exit code.
func (p *terminal) ends(want int) string {
	p.t.Helper()
	_ = p.cmd.Wait()
	<-p.done
	if got := p.cmd.ProcessState.ExitCode(); got != want {
		p.t.Errorf("exit code %d, want %d, after %q", got, want, p.text())
	}
	return p.text()
}

// CASES Vault: wrong passphrase → one generic error. The typed text is never echoed.
func TestAPassphraseIsTypedWithoutEcho(t *testing.T) {
	t.Parallel()
	w := &world{t: t, ferry: built(t), home: t.TempDir()}
	secret := canary + "-typed"
	text := w.at("vault", "init").see("New passphrase: ").typed(secret + "\n").see("The same again: ").typed(secret + "\n").
		see("Sealed for a passphrase").ends(0)
	text += w.at("client", "list").see("Passphrase of ").typed(secret + "\n").see("NAME").ends(0)
	cheap := filepath.Join(w.home, "private", "cheap.db")
	if err := sealedStore(cheap, secret); err != nil {
		t.Fatal(err)
	}
	wrong := w.at("client", "list", "--store", cheap).see("Passphrase of ").typed(canary + "-wrong\n").ends(4)
	if n := strings.Count(strings.TrimSpace(wrong), "\n"); n != 1 {
		t.Errorf("a wrong passphrase says %q", wrong)
	}
	if strings.Contains(text+wrong, canary) {
		t.Error("the passphrase was echoed")
	}
	if again := w.at("client", "list", "--store", cheap).see("Passphrase of ").typed("\n").ends(2); !strings.Contains(again, "nothing was typed") {
		t.Errorf("an empty passphrase says %q", again)
	}
}

// CASES Terminal: a client secret that is asked for, and a name typed to delete.
func TestAPersonIsAskedForSecretsAndNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	text := w.at("client", "create", "jobs", "--base-url", "https://a.example.com", "--token-url", "https://a.example.com/t", "--client-id", "x").
		see("Client secret: ").typed(canary + "-secret\n").see("Created jobs").ends(0)
	text += w.at("client", "update", "jobs", "--client-secret-file", "-").
		see("Client secret: ").typed(canary + "-two\n").see("Updated jobs").ends(0)
	if strings.Contains(text, canary) {
		t.Error("the secret was echoed")
	}
	w.at("client", "delete", "jobs").see("Deleting jobs is irreversible.").see("Type jobs to go on: ").typed("job\n").ends(4)
	w.at("client", "delete", "jobs").see("Type jobs to go on: ").typed("\n").ends(4)
	w.at("client", "update", "jobs", "--protected").see("Updated").ends(0)
	w.at("client", "disable", "jobs").see(`"jobs" is protected`).see("Type jobs to go on: ").typed("jobs\n").see("Disabled jobs").ends(0)
	w.at("client", "delete", "jobs").see("Type jobs to go on: ").typed("jobs\n").see("Deleted jobs").ends(0)
}

// CASES Terminal: outside text never acts on the terminal, and is what it is in a pipe.
func TestABodyIsSpelledOutOnATerminalOnly(t *testing.T) {
	t.Parallel()
	evil := "a\x1b]0;title\x07\u202eb\r\n"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/json" {
			fmt.Fprint(w, `{"a":"\u001b[31m","b":[1]}`)
			return
		}
		w.Header().Set("X-Evil", "\u009b31m")
		fmt.Fprint(w, evil)
	}))
	defer server.Close()
	w := newWorld(t)
	w.do("client", "create", "a", "--base-url", server.URL)
	if got := w.do("call", "a", "/"); got != evil {
		t.Errorf("in a pipe: %q, want the very bytes", got)
	}
	got := w.at("call", "a", "/", "-i").see("title").ends(0)
	if strings.Contains(got, "\x1b") || strings.Contains(got, "\u009b") || strings.Contains(got, "\u202e") {
		t.Errorf("on a terminal: %q", got)
	}
	if !strings.Contains(got, "<U+001B>") || !strings.Contains(got, "<U+202E>") {
		t.Errorf("on a terminal nothing is spelled out: %q", got)
	}
	if got := w.at("call", "a", "/json", "--jq", ".a").ends(0); strings.Contains(got, "\x1b") {
		t.Errorf("a filtered string: %q", got)
	}
	if got := w.at("call", "a", "/json").ends(0); !strings.Contains(got, "  \"b\": [\r\n") {
		t.Errorf("JSON on a terminal is not indented: %q", got)
	}
}

func TestAFileIsOverwrittenOnlyAfterAYes(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "new") }))
	defer server.Close()
	w := newWorld(t)
	w.do("client", "create", "a", "--base-url", server.URL)
	name := filepath.Join(w.home, "out")
	holds := func(want string) {
		t.Helper()
		if b, err := os.ReadFile(name); err != nil || string(b) != want {
			t.Errorf("the file holds %q, %v, want %q", b, err, want)
		}
	}
	if err := os.WriteFile(name, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.at("call", "a", "/", "-o", "out").see("Overwrite it? [y/N] ").typed("n\n").ends(4)
	holds("old")
	w.at("call", "a", "/", "-o", "out").see("Overwrite it? [y/N] ").typed("y\n").ends(0)
	holds("new")
	w.at("call", "a", "/", "-o", "out", "--yes").ends(0)
	left, err := filepath.Glob(filepath.Join(w.home, ".out*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

// CASES Client side: it can be cancelled at any time; exit code 130.
func TestAnInterruptCancelsACall(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{}, 4)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-r.Context().Done()
	}))
	defer server.Close()
	w := newWorld(t)
	w.do("client", "create", "a", "--base-url", server.URL)
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		cmd := w.command("call", "a", "/", "-o", "out", "--output", "json")
		var errOut strings.Builder
		cmd.Stderr = &errOut
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		<-arrived
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		if got := cmd.ProcessState.ExitCode(); got != 130 || !strings.Contains(errOut.String(), `"code":"interrupted"`) {
			t.Errorf("%v: exit code %d, %s", signal, got, errOut.String())
		}
	}
	left, err := filepath.Glob(filepath.Join(w.home, "*out*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

func TestTheSandboxEndsWithASignal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for signal, want := range map[syscall.Signal]int{syscall.SIGTERM: 0, syscall.SIGINT: 130} {
		p := w.at("sandbox").see("The sandbox listens on http://127.0.0.1:").see("curl ")
		if err := p.cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		p.ends(want)
	}
}

// The server ends as a supervisor and a person expect, and takes its socket with it.
func TestTheServerEndsWithASignal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for signal, want := range map[syscall.Signal]int{syscall.SIGTERM: 0, syscall.SIGINT: 130} {
		p := w.at("serve", "--listen", "127.0.0.1:0", "--access-log", "none").see("Serving http://127.0.0.1:").see("ferry.db.sock")
		if err := p.cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		p.ends(want)
		if left, err := filepath.Glob(filepath.Join(w.home, ".local/share/ferry/*.sock*")); err != nil || len(left) > 0 {
			t.Errorf("after %v there is still %q, %v", signal, left, err)
		}
	}
}

// The console on a throw-away store opens with the sandbox's four clients, and leaves
// nothing behind on any way out.
func TestTheThrowAwayStoreIsGoneWithTheConsole(t *testing.T) {
	t.Parallel()
	w := &world{t: t, ferry: built(t), home: t.TempDir()}
	opened := func() *terminal {
		p := w.at("--sandbox")
		for _, name := range []string{"analytics", "erp", "erp-secure", "hr"} {
			p.see(" " + name + " ")
		}
		if made, err := filepath.Glob(filepath.Join(w.home, "ferry-sandbox-*")); err != nil || len(made) != 1 {
			t.Errorf("the store is in %q, %v", made, err)
		}
		return p
	}
	gone := func(how string) {
		t.Helper()
		if left, err := os.ReadDir(w.home); err != nil || len(left) > 0 {
			t.Errorf("after %s there is still %v, %v", how, left, err)
		}
	}
	opened().typed("q").see("press q again").typed("q").ends(0)
	gone("quitting")
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGINT} {
		p := opened()
		if err := p.cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		p.ends(130)
		gone(signal.String())
	}
	p := opened()
	_ = p.pty.Close() // the connection is cut
	_ = p.cmd.Wait()
	gone("a cut")
}
