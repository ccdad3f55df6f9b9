// Package uitest runs the real console on a terminal emulator and drives it as a person
// would: press, type, see. Goldens are the text grid of the screen.
//
// Tests import it, nothing else does. It imports ui and model; the stores it is given
// come from the test.
package uitest

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"

	"ferry/model/modeltest"
	"ferry/ui"
)

// Driver is a person at a terminal with the console on it.
type Driver struct {
	t      testing.TB
	clock  *modeltest.Clock
	in     *io.PipeWriter
	cancel context.CancelFunc
	done   chan struct{} // closed when the console has ended
	err    error         // what it ended with

	mu      sync.Mutex
	em      *vt.Emulator
	raw     strings.Builder
	changed chan struct{} // closed and replaced on every write
}

// deadline is how long a condition may take; it only passes when the test fails.
const deadline = 10 * time.Second

// Start runs the console of o on a terminal of width by height. The clock is the one
// that the prompts' grace goes by.
func Start(t testing.TB, clock *modeltest.Clock, o ui.Options, width, height int) *Driver {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	in, typed := io.Pipe()
	d := &Driver{
		t: t, clock: clock, in: typed, cancel: cancel, done: make(chan struct{}),
		em: vt.NewEmulator(width, height), changed: make(chan struct{}),
	}
	// In line mode of the emulator a newline goes to the first column, as a terminal's
	// driver makes it.
	_, _ = d.em.WriteString("\x1b[20h")
	go func() { _, _ = io.Copy(io.Discard, d.em) }() // it answers queries; nobody listens
	o.Input, o.Output, o.Width, o.Height, o.Now = in, d, width, height, clock.Now
	if o.Env == nil {
		o.Env = []string{"TERM=xterm-256color", "LANG=C.UTF-8", "SSH_TTY=/dev/pts/0"}
	}
	go func() {
		defer close(d.done)
		d.err = ui.Run(ctx, o)
		_ = in.Close()
	}()
	t.Cleanup(d.stop)
	return d
}

func (d *Driver) stop() {
	d.cancel()
	select {
	case <-d.done:
	case <-time.After(deadline):
		d.t.Error("the console did not end")
	}
	// Closing the emulator itself would race with the goroutine that drains it.
	if c, ok := d.em.InputPipe().(io.Closer); ok {
		_ = c.Close()
	}
}

// Write is the terminal's side: what the console writes.
func (d *Driver) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.raw.Write(p)
	n, err := d.emulate(p)
	close(d.changed)
	d.changed = make(chan struct{})
	return n, err
}

// emulate shows what the console wrote. In a storm of sizes a scroll may come that was meant
// for the size before: the emulator panics over lines of two widths, where a terminal shows
// rubbish until the next frame. So does this one then.
func (d *Driver) emulate(p []byte) (n int, err error) {
	defer func() {
		if recover() != nil {
			n, err = len(p), nil
		}
	}()
	return d.em.Write(p)
}

var names = map[string]string{
	"enter": "\r", "esc": "\x1b", "tab": "\t", "shift+tab": "\x1b[Z", "backspace": "\x7f", "space": " ",
	"up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "home": "\x1b[H", "end": "\x1b[F",
	"pgup": "\x1b[5~", "pgdown": "\x1b[6~", "delete": "\x1b[3~",
}

// Press presses keys, named as Bubble Tea names them.
func (d *Driver) Press(keys ...string) *Driver {
	d.t.Helper()
	for _, k := range keys {
		switch seq, ok := names[k]; {
		case ok:
			d.Raw(seq)
		case strings.HasPrefix(k, "ctrl+") && len(k) == 6:
			d.Raw(string(rune(k[5] & 0x1f)))
		default:
			d.Raw(k)
		}
		if k == "esc" { // an escape sequence would begin the same way
			time.Sleep(80 * time.Millisecond)
		}
	}
	return d
}

// Type types text.
func (d *Driver) Type(text string) *Driver { return d.Raw(text) }

// Paste pastes text as a terminal with bracketed paste does.
func (d *Driver) Paste(text string) *Driver {
	d.Raw("\x1b[200~" + text + "\x1b[201~")
	time.Sleep(120 * time.Millisecond) // keys that come at once are taken for its tail
	return d
}

// Raw sends bytes as they are.
func (d *Driver) Raw(text string) *Driver {
	d.t.Helper()
	sent := make(chan error, 1)
	go func() { _, err := io.WriteString(d.in, text); sent <- err }()
	select {
	case err := <-sent:
		if err != nil {
			d.t.Fatalf("typing %q: %v", text, err)
		}
	case <-time.After(deadline):
		d.t.Fatalf("typing %q: the console does not read", text)
	}
	return d
}

// Resize makes the terminal another size.
func (d *Driver) Resize(width, height int) *Driver {
	d.t.Helper()
	d.mu.Lock()
	d.em.Resize(width, height)
	d.mu.Unlock()
	return d.Raw(fmt.Sprintf("\x1b[8;%d;%dt", height, width))
}

// Sync waits until everything typed so far has been taken in: the console is shown to be
// at a size it does not work in, which comes after, and back.
func (d *Driver) Sync() *Driver {
	d.t.Helper()
	w, h := d.em.Width(), d.em.Height()
	const small = "40×9"
	return d.Resize(40, 9).See(small).Resize(w, h).Gone(small)
}

// HangUp ends the terminal's side, as a dropped connection does.
func (d *Driver) HangUp() *Driver {
	_ = d.in.Close()
	return d
}

// Pass lets time pass on the clock.
func (d *Driver) Pass(by time.Duration) *Driver {
	d.clock.Pass(by)
	return d
}

// Screen is the text grid that is shown, without trailing spaces.
func (d *Driver) Screen() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.grid()
}

func (d *Driver) grid() string {
	lines := strings.Split(ansi.Strip(d.em.Render()), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \r")
	}
	return strings.Join(lines, "\n")
}

// Sent is everything that was written to the terminal so far.
func (d *Driver) Sent() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.raw.String()
}

// Until waits for a condition on the screen.
func (d *Driver) Until(what string, cond func(screen string) bool) *Driver {
	d.t.Helper()
	end := time.After(deadline)
	for {
		d.mu.Lock()
		changed, now := d.changed, d.grid()
		d.mu.Unlock()
		if cond(now) {
			return d
		}
		select {
		case <-changed:
		case <-d.done:
			d.t.Fatalf("%s: the console ended: %v\n%s", what, d.err, now)
		case <-end:
			d.t.Fatalf("%s: not on the screen:\n%s", what, now)
		}
	}
}

// See waits until text is on the screen.
func (d *Driver) See(text string) *Driver {
	d.t.Helper()
	return d.Until(fmt.Sprintf("see %q", text), func(s string) bool { return strings.Contains(s, text) })
}

// Gone waits until text is not on the screen.
func (d *Driver) Gone(text string) *Driver {
	d.t.Helper()
	return d.Until(fmt.Sprintf("%q gone", text), func(s string) bool { return !strings.Contains(s, text) })
}

// On waits until the marker is on the line with text.
func (d *Driver) On(text string) *Driver {
	d.t.Helper()
	return d.Until(fmt.Sprintf("the marker on %q", text), func(s string) bool {
		for _, l := range strings.Split(s, "\n") {
			if strings.Contains(l, "▌") && strings.Contains(l, text) {
				return true
			}
		}
		return false
	})
}

// Ended waits until the console has ended, and returns what with.
func (d *Driver) Ended() error {
	d.t.Helper()
	select {
	case <-d.done:
		return d.err
	case <-time.After(deadline):
		d.t.Fatalf("the console goes on:\n%s", d.Screen())
		return nil
	}
}
