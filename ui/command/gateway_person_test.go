package command_test

import (
	"net/http"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// CASES Gateway: a rule that lets more through to a protected client asks for its name.
func TestAPersonConfirmsARuleThatLetsMoreThrough(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do("client", "create", "erp", "--base-url", "https://erp.example.com", "--protected")
	w.do("user", "create", "partner", "--oauth2", "--permit", "call:erp")
	w.do("gateway", "rule", "set", "partner", "erp", "--read-only") // narrows: nothing to ask
	more := []string{"gateway", "rule", "set", "partner", "erp", "--read-only=false"}
	w.at(more...).see(`"erp" is protected`).see("Type erp to go on: ").typed("partner\n").ends(4)
	w.at("gateway", "rule", "remove", "partner", "erp").see("Type erp to go on: ").typed("\n").ends(4)
	if got := w.do("gateway", "rule", "list"); !strings.Contains(got, "read-only") {
		t.Errorf("unconfirmed it became %s", got)
	}
	w.at(more...).see("Type erp to go on: ").typed("erp\n").see("(revision 2): any method, any path").ends(0)
	w.at("gateway", "rule", "remove", "partner", "erp").see("Type erp to go on: ").typed("erp\n").see("Removed the rule").ends(0)
}

var servedAt = regexp.MustCompile(`Serving (http://127\.0\.0\.1:\d+) `)

// A tail is followed until a signal, and leaves the server alone; it never shows a query. The
// server's own terminal shows the same lines when it was started with --tail.
func TestATailOnATerminal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	server := w.at("serve", "--listen", "127.0.0.1:0", "--tail").see("Serving ").see("ferry.db.sock")
	url := servedAt.FindStringSubmatch(server.text())
	if url == nil {
		t.Fatalf("it says %q", server.text())
	}
	for signal, want := range map[syscall.Signal]int{syscall.SIGTERM: 0, syscall.SIGINT: 130} {
		tail := w.at("serve", "--tail", "--status", "4xx").see("following the requests of the server")
		for deadline := time.Now().Add(20 * time.Second); !strings.Contains(tail.text(), " GET "); time.Sleep(5 * time.Millisecond) {
			resp, err := http.Get(url[1] + "/restApi/clients?secret=" + canary)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if time.Now().After(deadline) {
				t.Fatalf("no request is shown, but %q", tail.text())
			}
		}
		if err := tail.cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		if text := tail.ends(want); strings.Contains(text, canary) || !strings.Contains(text, " 401 ") {
			t.Errorf("it shows %q", text)
		}
	}
	if err := server.see(" 401 ").cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if text := server.ends(0); strings.Contains(text, canary) || strings.Contains(text, `"duration_ms"`) {
		t.Errorf("the server shows %q", text)
	}
}
