//go:build e2e

package sandbox

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

// TestCurlLinesWithCurl pastes all lines into one sh, as a person would.
func TestCurlLinesWithCurl(t *testing.T) {
	b := start(t)
	var script strings.Builder
	for _, line := range b.Curl() {
		script.WriteString(line + "\n")
		if strings.HasPrefix(line, "curl ") {
			script.WriteString("echo; echo ---\n")
		}
	}
	var faults bytes.Buffer
	cmd := exec.Command("sh", "-eu")
	cmd.Stdin, cmd.Stderr = strings.NewReader(script.String()), &faults
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, &faults)
	}
	answers := strings.Split(strings.TrimSuffix(strings.TrimSpace(string(out)), "---"), "---")
	if len(answers) != 5 {
		t.Fatalf("%d answers, want 5: %s", len(answers), out)
	}
	for _, a := range answers {
		if !json.Valid([]byte(a)) || strings.Contains(a, `"detail"`) || len(a) < 100 {
			t.Errorf("answer %s", a)
		}
	}
	if got := b.Stats().Requests(); got != 8 {
		t.Errorf("%d requests, want 8", got)
	}
}
