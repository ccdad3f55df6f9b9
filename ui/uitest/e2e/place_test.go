//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// built is the ferry binary of this run, built once.
var built string

func TestMain(m *testing.M) {
	if spec := os.Getenv(feedVariable); spec != "" {
		os.Exit(serveFeed(spec))
	}
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "ferry-e2e")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	built = filepath.Join(dir, "ferry")
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", built, ".")
	build.Dir = filepath.Join("..", "..", "..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// place is one directory with the built ferry and a store, and an environment in which
// nothing of the person who runs the tests is seen.
type place struct {
	t      *testing.T
	dir    string
	binary string // its path is unique, so that its processes can be told from others
	env    []string
}

func newPlace(t *testing.T) *place {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	p := &place{t: t, dir: dir, binary: filepath.Join(dir, "ferry")}
	if err := os.Link(built, p.binary); err != nil {
		t.Fatal(err)
	}
	for _, private := range []string{"tmp", "runtime"} {
		if err := os.Mkdir(filepath.Join(dir, private), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	p.env = []string{
		"TMPDIR=" + filepath.Join(dir, "tmp"), "XDG_RUNTIME_DIR=" + filepath.Join(dir, "runtime"),
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "LANG=C.UTF-8", "TERM=xterm-256color", "SHELL=/bin/sh",
		"XDG_DATA_HOME=" + filepath.Join(dir, "data"), "XDG_CONFIG_HOME=" + filepath.Join(dir, "config"),
	}
	t.Cleanup(func() {
		for _, proc := range p.processes() {
			t.Errorf("a process was left behind: %d %s", proc.pid, proc.args)
			if own, err := os.FindProcess(proc.pid); err == nil {
				_ = own.Kill()
			}
		}
	})
	return p
}

// run runs one ferry command to its end.
func (p *place) run(args ...string) (stdout, stderr string, code int) {
	p.t.Helper()
	cmd := exec.Command(p.binary, args...)
	cmd.Env, cmd.Dir = p.env, p.dir
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	stop := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer stop.Stop()
	_ = cmd.Wait() // the exit code says it
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// must runs one ferry command that has to succeed.
func (p *place) must(args ...string) string {
	p.t.Helper()
	out, errs, code := p.run(args...)
	if code != 0 {
		p.t.Fatalf("ferry %v: exit code %d\n%s%s", args, code, out, errs)
	}
	return out
}

// makeRun types `make run` in the tree that is tested. Go finds its caches where they
// are; everything else of the person's stays unseen.
func (p *place) makeRun() *terminal {
	p.t.Helper()
	env := p.env
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH", "GOPROXY", "GOTOOLCHAIN"} {
		value, err := exec.Command("go", "env", name).Output()
		if err != nil {
			p.t.Fatal(err)
		}
		env = append(env, name+"="+strings.TrimSpace(string(value)))
	}
	return open(p.t, env, "make", "-C", filepath.Join("..", "..", ".."), "run")
}
