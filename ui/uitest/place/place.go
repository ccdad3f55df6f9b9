// Package place is where end-to-end tests use ferry as a person does: a directory with the
// built binary and a store, and an environment in which nothing of the person who runs the
// tests is seen. It is for tests only, imports nothing of ferry, and ends no process that is
// not its own.
package place

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Root is the tree that is tested, as an absolute path.
func Root() string {
	dir, err := os.Getwd()
	for ; err == nil && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	panic("there is no go.mod above the tests")
}

// built is the ferry binary of this run, built once.
var built string

// Main builds ferry, runs the tests of a package and returns their exit code.
func Main(m *testing.M) int {
	dir, err := os.MkdirTemp("", "ferry-e2e")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	built = filepath.Join(dir, "ferry")
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", built, ".")
	build.Dir = Root()
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// Place is one such directory.
type Place struct {
	T      *testing.T
	Dir    string
	Binary string // its path is unique, so that its processes can be told from others
	Env    []string
}

// New makes a place, which goes with its test. A process that is left behind is a failure.
func New(t *testing.T) *Place {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	p := &Place{T: t, Dir: dir, Binary: filepath.Join(dir, "ferry")}
	if err := os.Link(built, p.Binary); err != nil {
		t.Fatal(err)
	}
	for _, private := range []string{"tmp", "runtime"} {
		if err := os.Mkdir(filepath.Join(dir, private), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	p.Env = []string{
		"TMPDIR=" + filepath.Join(dir, "tmp"), "XDG_RUNTIME_DIR=" + filepath.Join(dir, "runtime"),
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "LANG=C.UTF-8", "TERM=xterm-256color", "SHELL=/bin/sh",
		"XDG_DATA_HOME=" + filepath.Join(dir, "data"), "XDG_CONFIG_HOME=" + filepath.Join(dir, "config"),
	}
	t.Cleanup(func() {
		for _, proc := range p.Processes() {
			t.Errorf("a process was left behind: %d %s", proc.PID, proc.Args)
			if own, err := os.FindProcess(proc.PID); err == nil {
				_ = own.Kill()
			}
		}
	})
	return p
}

// Command is one ferry command that has not started.
func (p *Place) Command(args ...string) *exec.Cmd {
	cmd := exec.Command(p.Binary, args...)
	cmd.Env, cmd.Dir = p.Env, p.Dir
	return cmd
}

// Run runs one ferry command to its end.
func (p *Place) Run(args ...string) (stdout, stderr string, code int) {
	p.T.Helper()
	cmd := p.Command(args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		p.T.Fatal(err)
	}
	stop := time.AfterFunc(Patience, func() { _ = cmd.Process.Kill() })
	defer stop.Stop()
	_ = cmd.Wait() // the exit code says it
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// Must runs one ferry command that has to succeed.
func (p *Place) Must(args ...string) string {
	p.T.Helper()
	out, errs, code := p.Run(args...)
	if code != 0 {
		p.T.Fatalf("ferry %v: exit code %d\n%s%s", args, code, out, errs)
	}
	return out
}

// WithStore makes the store of a place, which a key file opens.
func (p *Place) WithStore() *Place {
	p.T.Helper()
	p.Must("vault", "init", "--identity-out", filepath.Join(p.Dir, "config", "ferry", "identity"))
	return p
}

// Read returns what a file holds.
func Read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
