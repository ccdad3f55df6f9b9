package command_test

import (
	"os"
	"strings"
	"testing"
)

// What the authorization server says of a token, and revoking it there.
func TestIntrospectionAndRevocation(t *testing.T) {
	t.Parallel()
	s, w := newIssuer(t), newWorld(t)
	w.client("erp", s, "--issuer", s.URL, "--client-secret-file", "secret")
	if got := w.do("token", "erp", "--introspect"); !strings.Contains(got, `"active": true`) {
		t.Errorf("it says %s", got)
	}
	if got := w.do("token", "erp", "--introspect", "--output", "json"); !strings.HasPrefix(got, `{"client":"erp","introspection":{"active":true,"scope":"read"}}`) {
		t.Errorf("as JSON it says %s", got)
	}
	if got := w.do("token", "erp", "--revoke"); got != "Revoked the token of erp\n" {
		t.Errorf("revoking says %q", got)
	}
	s.set(func() {
		if strings.Join(s.revoked, " ") != "token-1" || len(s.arrived) != 1 {
			t.Errorf("revoked %q after %d token requests", s.revoked, len(s.arrived))
		}
	})
	for _, flags := range [][]string{{"--introspect", "--claims"}, {"--introspect", "--revoke"}, {"--fresh", "--revoke"}} {
		cmd := w.command(append([]string{"token", "erp"}, flags...)...)
		if out, err := cmd.CombinedOutput(); err == nil || cmd.ProcessState.ExitCode() != 2 {
			t.Errorf("%v: %v %s", flags, err, out)
		}
	}
}

// RFC 8628: code and URL on stderr of a terminal, the token on stdout; the refresh token
// is used from then on, also where there is no terminal.
func TestAPersonSignsInOnATerminal(t *testing.T) {
	t.Parallel()
	s, w := newIssuer(t), newWorld(t)
	w.client("erp", s, "--issuer", s.URL, "--device", "--send", "none")
	cmd := w.command("token", "erp")
	out, err := cmd.CombinedOutput()
	if err == nil || cmd.ProcessState.ExitCode() != 4 || !strings.Contains(string(out), "run it on a terminal: ferry token erp") || strings.Count(string(out), "\n") != 1 {
		t.Fatalf("without a terminal: %v %s", err, out)
	}
	if n := len(s.requests()); n != 0 {
		t.Fatalf("%d requests without a person", n)
	}
	p := w.at("token", "erp").see(s.URL + "/go\r\n").see("    WDJB-MJHT").see("/go?user_code=WDJB-MJHT").see("ctrl-c cancels")
	s.set(func() { s.allowed = true })
	if text := p.see("Signed in.").ends(0); !strings.HasSuffix(text, "token-1\r\n") || strings.Contains(text, canary) {
		t.Errorf("it shows %q", text)
	}
	if got := w.do("token", "erp"); got != "token-1\n" {
		t.Errorf("from the cache: %q", got)
	}
	if got := w.do("token", "erp", "--fresh"); got != "token-again\n" {
		t.Errorf("with the refresh token: %q", got)
	}
	s.set(func() { s.refresh = "" }) // revoked behind our back
	cmd = w.command("token", "erp", "--fresh", "--output", "json")
	if out, _ := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != 4 || !strings.Contains(string(out), `"code":"permission"`) {
		t.Errorf("with a refused refresh token: %s", out)
	}
	w.client("other", s, "--issuer", s.URL, "--device", "--send", "none")
	w.at("call", "other", "/realm").see("    WDJB-MJHT").see("Signed in.").see("Bearer token-1").ends(0)
	polls := 0
	s.set(func() { s.allowed, polls = false, s.polled })
	p = w.at("token", "erp", "--fresh").see("ctrl-c cancels")
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if text := p.ends(130); strings.Contains(text, canary) || s.polled > polls+1 {
		t.Errorf("cancelled it shows %q", text)
	}
}
