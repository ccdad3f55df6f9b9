//go:build e2e

package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"
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
	if len(answers) != 7 {
		t.Fatalf("%d answers, want 7: %s", len(answers), out)
	}
	for _, a := range answers {
		empty := strings.TrimSpace(a) == "[]" // the mirror, at first
		if !json.Valid([]byte(a)) || strings.Contains(a, `"detail"`) || len(a) < 100 && !empty {
			t.Errorf("answer %s", a)
		}
	}
	if got := b.Stats().Requests(); got != 10 {
		t.Errorf("%d requests, want 10", got)
	}
}

// TestHalfAHeaderIsCutAfter5Seconds covers DESIGN "Server: header 5 s".
func TestHalfAHeaderIsCutAfter5Seconds(t *testing.T) {
	b := start(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(b.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	began := time.Now()
	if err := conn.SetDeadline(began.Add(4 * headerTimeout)); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprint(conn, "GET /echo HTTP/1.1\r\nHost: x\r\nX-Half: "); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(conn); err != nil {
		t.Errorf("the server did not cut the connection: %v", err)
	}
	if took := time.Since(began); took < headerTimeout-time.Second {
		t.Errorf("cut after %s, want %s", took, headerTimeout)
	}
}
