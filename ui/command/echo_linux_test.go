package command_test

import (
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

func TestCtrlCAtAPromptRestoresTheEcho(t *testing.T) {
	t.Parallel()
	w := &world{t: t, ferry: built(t), home: t.TempDir()}
	ctrl, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer ctrl.Close()
	defer tty.Close()
	cmd := w.command("vault", "init")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitEcho(t, tty, false)
	if _, err := ctrl.WriteString("\x03"); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != 130 {
		t.Errorf("exit code %d, want 130", got)
	}
	waitEcho(t, tty, true)
}

// waitEcho waits until the terminal echoes, or does not.
func waitEcho(t *testing.T, tty *os.File, want bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		state, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
		if err != nil {
			t.Fatal(err)
		}
		if state.Lflag&unix.ECHO != 0 == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the echo never became %v", want)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
