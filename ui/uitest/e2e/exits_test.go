//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"ferry/ui/uitest/place"
)

// Issue 2: the terminal is restored on every way out. The console is started from a
// shell in the pane, as a person does; afterwards that shell has to be usable.
func TestTerminalIsRestored(t *testing.T) {
	end := func(sig syscall.Signal) func(*site, *terminal) {
		return func(p *site, _ *terminal) {
			for _, proc := range p.Processes() {
				_ = syscall.Kill(proc.PID, sig)
			}
		}
	}
	for name, tc := range map[string]struct {
		leave func(*site, *terminal)
		code  string
	}{
		"quit":         {func(_ *site, d *terminal) { d.Press(":").See(":").Type("q").Press("enter") }, "0"},
		"q twice":      {func(_ *site, d *terminal) { d.Press("q").See("again").Press("q") }, "0"},
		"ctrl-c twice": {func(_ *site, d *terminal) { d.Press("ctrl+c").See("again").Press("ctrl+c") }, "0"},
		"SIGTERM":      {end(syscall.SIGTERM), "130"},
		"SIGHUP":       {end(syscall.SIGHUP), "130"},
		"SIGQUIT":      {end(syscall.SIGQUIT), "130"},
		"SIGINT":       {end(syscall.SIGINT), "130"},
		"SIGTERM, a form": {func(p *site, d *terminal) {
			d.Press("n", "enter").See("Base URL").Type("x")
			end(syscall.SIGTERM)(p, d)
		}, "130"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newSite(t)
			d := p.shell()
			d.Type("stty -g >before; $FERRY --sandbox; echo ended with $?").Press("enter").list().See(" hr ")
			if d.flag("alternate_on") != "1" {
				t.Fatal("the console does not use the alternate screen; nothing would be tested")
			}
			tc.leave(p, d)
			d.See("ended with " + tc.code)
			d.usable(p)
			p.NoProcessLeft()
			p.nothingTemporary()
		})
	}
}

// ctrl-z gives the terminal to the shell, fg gives it back.
func TestSuspendAndComeBack(t *testing.T) {
	p := newSite(t)
	d := p.shell()
	d.Type("stty -g >before; $FERRY --sandbox; echo suspended").Press("enter").list().See(" hr ")
	d.Press("ctrl+z").See("suspended")
	d.usable(p)
	d.Type("fg").Press("enter").list().See(" hr ")
	d.Press("j", "q").See("again").Press("q").See("$ ")
	d.usable(p)
}

// Under ssh -tt there is no shell to return to: ctrl-z says so instead of hanging.
func TestSuspendWithoutAShell(t *testing.T) {
	p := newSite(t)
	d := open(t, p.Env, p.Binary, "--sandbox")
	d.list().See(" hr ").Press("ctrl+z").See("no shell").Press("j").Gone("no shell")
	if code := d.Press("q").See("again").Press("q").Ended(); code != 0 {
		t.Errorf("ended with %d", code)
	}
}

// shell is an interactive shell in a terminal, with the place's ferry in $FERRY.
func (p *site) shell() *terminal {
	p.T.Helper()
	env := append([]string{}, p.Env...)
	env = append(env, "FERRY="+p.Binary, "PS1=$ ")
	d := open(p.T, env, "sh", "-c", `cd "$0" && exec sh -i`, p.Dir)
	return d.See("$")
}

// flag returns what tmux knows about the pane.
func (term *terminal) flag(name string) string {
	term.t.Helper()
	return term.tmux("display-message", "-p", "#{"+name+"}")
}

// usable holds that the terminal is as it was before the console: its settings, its
// screen, its modes, and that what is typed shows and runs.
func (term *terminal) usable(p *site) {
	term.t.Helper()
	for name, want := range map[string]string{
		"alternate_on": "0", "cursor_flag": "1", "mouse_any_flag": "0", "keypad_flag": "0", "keypad_cursor_flag": "0", "insert_flag": "0",
	} {
		if got := term.flag(name); got != want {
			term.t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	// A line "back" may still stand there from the time before: the file is what tells.
	_ = os.Remove(filepath.Join(p.Dir, "after")) // there is none at first
	term.Type("clear; stty -g >now; mv now after; echo ba''ck").Press("enter").SeeLine("back")
	place.Poll(func() bool { _, err := os.Stat(filepath.Join(p.Dir, "after")); return err == nil })
	before, err := os.ReadFile(filepath.Join(p.Dir, "before"))
	if err != nil {
		term.t.Fatal(err)
	}
	after, err := os.ReadFile(filepath.Join(p.Dir, "after"))
	if err != nil || string(after) != string(before) {
		term.t.Errorf("stty said %q before and says %q now (%v)", before, after, err)
	}
	// A paste comes without marks again, and what is typed shows.
	term.Paste("echo pas''ted").See("$ echo pas''ted").Press("enter").SeeLine("pasted")
	if screen := term.Screen(); strings.Contains(screen, "200~") {
		term.t.Errorf("bracketed paste is still on:\n%s", screen)
	}
}
