package command_test

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// keyStates returns what ferry says of the states of the keys with a label.
func (w *world) keyStates(label string) string {
	w.t.Helper()
	var states []string
	for line := range strings.Lines(w.do("key", "list", "--filter", label)) {
		if fields := strings.Fields(line); len(fields) > 3 && fields[2] == label {
			states = append(states, fields[3])
		}
	}
	return strings.Join(states, " ")
}

// CASES Vault: a key that nobody got to see is of no use to anybody. The reader of a
// pipe may have gone before it was made.
func TestAKeyForAReaderThatHasGoneIsRevokedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do("user", "create", "partner")
	for _, output := range []string{"text", "json"} {
		r, pipe, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Close()
		cmd := w.command("key", "create", "partner", "--label", output, "--output", output)
		var errOut bytes.Buffer
		cmd.Stdout, cmd.Stderr = pipe, &errOut
		err = cmd.Run()
		_ = pipe.Close()
		if cmd.ProcessState.ExitCode() != 1 || !strings.Contains(errOut.String(), "so it was revoked again") {
			t.Errorf("%s: %v, %s", output, err, &errOut)
		}
		if keyText.Match(errOut.Bytes()) {
			t.Errorf("%s: the key is on stderr", output)
		}
		if got := w.keyStates(output); got != "revoked" {
			t.Errorf("%s: the key is %q", output, got)
		}
	}
}

// What cannot be taken back is asked about where somebody can answer, and a name is
// typed for what is irreversible or protected.
func TestAPersonIsAskedBeforeASpaceAUserOrAKeyGoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do("space", "create", "acme")
	w.do("user", "create", "robot", "--space", "acme")
	w.do("key", "create", "robot", "--space", "acme", "--label", "ci")
	w.at("key", "revoke", "ci", "--space", "acme").see("Whoever uses the key ci of robot is refused at once. Revoke it? [y/N] ").typed("\n").ends(4)
	w.at("key", "revoke", "ci", "--space", "acme").see("[y/N] ").typed("y\n").see("Revoked the key ci of robot").ends(0)
	w.at("key", "revoke", "ci", "--space", "acme", "--yes").ends(3)
	w.do("key", "create", "robot", "--space", "acme", "--label", "ci")

	text := w.at("user", "delete", "robot", "--space", "acme").see("Deleting robot is irreversible. It takes with it ").
		see("Type robot to go on: ").typed("acme\n").ends(4)
	if !strings.Contains(text, "1 active API key") {
		t.Errorf("what goes with the user is not said: %q", text)
	}
	w.at("space", "protect", "acme").see("Protected the space acme").ends(0)
	w.at("user", "create", "more", "--space", "acme").see("Type acme to go on: ").typed("acme\n").see("Created more").ends(0)
	w.at("key", "create", "robot", "--space", "acme", "--label", "typed").see("Type robot to go on: ").typed("robot\n").
		see("shown once: it cannot be recovered").ends(0)
	w.at("space", "delete", "acme").see("Type acme to go on: ").typed("acme\n").see("is not empty").ends(5)
	w.at("space", "delete", "acme", "--everything").
		see("Deleting the space acme is irreversible. It takes with it 0 API clients, 2 API users, 3 API keys and 0 transfers.").
		see("Type acme to go on: ").typed("acme\n").see("Deleted the space acme").ends(0)
}
