//go:build e2e

package command_test

import (
	"os/exec"
	"strings"
	"testing"
	"time"
)

// CASES Client side: nobody answers: it is asked for again for a while, then exit code 7 and how it
// goes on.
func TestAnExportFromNobody(t *testing.T) {
	w := newWorld(t)
	w.do("client", "create", "gone", "--base-url", "http://127.0.0.1:1")
	cmd := exec.Command(w.ferry, "export", "gone", "/p", "-o", "p.ndjson", "-v")
	like := w.command()
	cmd.Env, cmd.Dir = like.Env, like.Dir
	kill := time.AfterFunc(3*time.Minute, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	began := time.Now()
	text, err := cmd.CombinedOutput()
	if err == nil || cmd.ProcessState.ExitCode() != 7 || !strings.Contains(string(text), "go on with: ferry export gone /p -o p.ndjson -v --resume") {
		t.Errorf("exit code %d, %s", cmd.ProcessState.ExitCode(), text)
	}
	if !strings.Contains(string(text), "ferry: 0 records; waiting: ") {
		t.Errorf("with -v nothing is told meanwhile: %s", text)
	}
	t.Logf("after %s", time.Since(began).Round(time.Second))
}
