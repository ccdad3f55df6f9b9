//go:build e2e

// Package e2e runs the built ferry as a person meets it: in tmux at 80×24, and over a
// real sshd on loopback. It imports nothing of ours. It starts what it needs in a
// directory of its own, waits for conditions with a deadline, never for a time, and ends
// only what it started.
package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"ferry/ui/uitest/place"
)

// terminal is one tmux pane of 80×24 on a tmux server of its own.
type terminal struct {
	t   *testing.T
	dir string // sockets have short names: not the test's own directory
	pid int    // of the process in the pane
}

// tmuxConf gives the program all 24 rows, keeps the last screen when it ends, and hands
// escape on at once.
const tmuxConf = `set -g status off
set -g remain-on-exit on
set -s escape-time 0
set -g default-terminal tmux-256color
set -g history-limit 2000
`

// open starts a command (words, run without a shell) in a new terminal.
func open(t *testing.T, env []string, command ...string) *terminal {
	t.Helper()
	dir, err := os.MkdirTemp("", "ft")
	if err != nil {
		t.Fatal(err)
	}
	term := &terminal{t: t, dir: dir}
	t.Cleanup(func() {
		_ = exec.Command("tmux", "-S", filepath.Join(dir, "s"), "kill-server").Run()
		_ = os.RemoveAll(dir)
	})
	conf := filepath.Join(dir, "conf")
	if err := os.WriteFile(conf, []byte(tmuxConf), 0o600); err != nil {
		t.Fatal(err)
	}
	start := exec.Command("tmux", append([]string{
		"-u", "-S", filepath.Join(dir, "s"), "-f", conf, "new-session", "-d", "-x", "80", "-y", "24",
	}, command...)...)
	start.Env = env
	if out, err := start.CombinedOutput(); err != nil {
		t.Fatalf("tmux: %v\n%s", err, out)
	}
	term.pid, err = strconv.Atoi(term.tmux("display-message", "-p", "#{pane_pid}"))
	if err != nil {
		t.Fatal(err)
	}
	return term
}

func (term *terminal) tmux(args ...string) string {
	term.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", filepath.Join(term.dir, "s")}, args...)...).CombinedOutput()
	if err != nil {
		term.t.Fatalf("tmux %v: %v\n%s", args, err, out)
	}
	return strings.TrimRight(string(out), "\n")
}

var keyNames = map[string]string{
	"enter": "Enter", "esc": "Escape", "tab": "Tab", "shift+tab": "BTab", "space": "Space", "backspace": "BSpace",
	"up": "Up", "down": "Down", "left": "Left", "right": "Right", "home": "Home", "end": "End",
	"pgup": "PPage", "pgdown": "NPage", "delete": "DC",
}

// Press presses keys by the names that the help shows: "n", "enter", "ctrl+s".
func (term *terminal) Press(keys ...string) *terminal {
	term.t.Helper()
	for _, key := range keys {
		name, named := keyNames[key]
		switch letter, ctrl := strings.CutPrefix(key, "ctrl+"); {
		case named:
			term.tmux("send-keys", name)
		case ctrl:
			term.tmux("send-keys", "C-"+letter)
		default:
			term.tmux("send-keys", "-l", "--", key)
		}
	}
	return term
}

// Type types text as it is.
func (term *terminal) Type(text string) *terminal {
	term.t.Helper()
	term.tmux("send-keys", "-l", "--", text)
	return term
}

// Paste pastes text the way a terminal does, between paste marks when they are asked for.
func (term *terminal) Paste(text string) *terminal {
	term.t.Helper()
	term.tmux("set-buffer", "--", text)
	term.tmux("paste-buffer", "-p", "-r")
	return term
}

// Resize changes the size of the terminal.
func (term *terminal) Resize(cols, rows int) *terminal {
	term.t.Helper()
	term.tmux("resize-window", "-x", strconv.Itoa(cols), "-y", strconv.Itoa(rows))
	return term
}

// Screen returns the text that is on the screen now.
func (term *terminal) Screen() string {
	term.t.Helper()
	return term.tmux("capture-pane", "-p")
}

// See waits until every text is on the screen at once.
func (term *terminal) See(texts ...string) *terminal {
	term.t.Helper()
	term.until(fmt.Sprintf("see %q", texts), func(screen string) bool {
		for _, text := range texts {
			if !strings.Contains(screen, text) {
				return false
			}
		}
		return true
	})
	return term
}

// SeeLine waits until one line of the screen is the text and nothing else.
func (term *terminal) SeeLine(text string) *terminal {
	term.t.Helper()
	term.until("see the line "+text, func(screen string) bool { return slices.Contains(strings.Split(screen, "\n"), text) })
	return term
}

// Gone waits until a text is no longer on the screen.
func (term *terminal) Gone(text string) *terminal {
	term.t.Helper()
	term.until(fmt.Sprintf("no longer see %q", text), func(screen string) bool { return !strings.Contains(screen, text) })
	return term
}

// Ended waits until the program in the terminal has ended, and returns its exit code:
// -1 when a signal ended it.
func (term *terminal) Ended() int {
	term.t.Helper()
	code := -1
	term.until("see the program end", func(string) bool {
		state := term.tmux("display-message", "-p", "#{pane_dead} #{pane_dead_status} #{pane_dead_signal} #{pid}")
		parts := strings.SplitN(state, " ", 4)
		if n, err := strconv.Atoi(parts[1]); err == nil {
			code = n
		}
		if parts[0] == "1" && parts[1]+parts[2] == "" {
			// The terminal closes before the process ends, and tmux 3.3a can miss the
			// signal that comes between; asked again, it collects the process.
			if server, err := strconv.Atoi(parts[3]); err == nil {
				_ = syscall.Kill(server, syscall.SIGCHLD)
			}
		}
		return parts[0] == "1" && parts[1]+parts[2] != ""
	})
	return code
}

func (term *terminal) until(what string, holds func(screen string) bool) {
	term.t.Helper()
	var screen string
	if !place.Poll(func() bool {
		screen = term.Screen()
		return holds(screen)
	}) {
		term.t.Fatalf("did not %s within %v; the screen:\n%s", what, place.Patience, screen)
	}
}

// settle is how long a driver waits for a key to show something before it presses on.
const settle = 400 * time.Millisecond
