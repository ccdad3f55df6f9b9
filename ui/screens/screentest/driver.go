// Package screentest drives one screen in a test as the root would: keys and pastes go
// in, commands run, replies come back, overlays open and close above it. It also holds
// the hand fakes of the ports that a screen's use-cases stand on.
//
// It may be imported by tests only.
package screentest

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"ferry/ui/screen"
)

// Driver is a screen under test.
type Driver struct {
	t       testing.TB
	Screen  screen.Screen
	Overlay screen.Overlay // nil when none is open
	Popped  bool
	Result  any // of the pop
	Pushed  []screen.Route
	Notices []screen.Notice
	Other   []tea.Msg // what else was sent to the program, such as a clipboard request
	inbox   chan tea.Msg
	done    chan struct{}
}

// Drive starts a screen at a size.
func Drive(t testing.TB, s screen.Screen, width, height int) *Driver {
	t.Helper()
	d := &Driver{t: t, Screen: s, inbox: make(chan tea.Msg, 64), done: make(chan struct{})}
	t.Cleanup(func() { close(d.done) })
	s.SetSize(width, height)
	d.run(s.Init())
	return d
}

// run runs a command as the runtime would: each in its own goroutine.
func (d *Driver) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	go func() { d.deliver(cmd()) }()
}

func (d *Driver) deliver(msg tea.Msg) {
	if msg == nil {
		return
	}
	// Batches and sequences are slices of commands; the type of a sequence is unexported.
	if v := reflect.ValueOf(msg); v.Kind() == reflect.Slice && v.Type().Elem() == reflect.TypeFor[tea.Cmd]() {
		_, batch := msg.(tea.BatchMsg)
		for i := range v.Len() {
			cmd := v.Index(i).Interface().(tea.Cmd)
			if batch {
				d.run(cmd)
			} else if cmd != nil {
				d.deliver(cmd())
			}
		}
		return
	}
	select {
	case d.inbox <- msg:
	case <-d.done:
	}
}

// Send hands msg to the screen or does with it what the root does.
func (d *Driver) Send(msg tea.Msg) {
	switch msg := msg.(type) {
	case screen.Open:
		d.Overlay = msg.Overlay
		d.Overlay.SetSize(80, 24)
	case screen.Close:
		d.Overlay = nil
		if r, ok := d.Screen.(screen.Resumer); ok {
			d.run(r.Resume(msg.Result))
		}
	case screen.Pop:
		d.Popped, d.Result = true, msg.Result
	case screen.Push:
		d.Pushed = append(d.Pushed, msg.Route)
	case screen.Notice:
		d.Notices = append(d.Notices, msg)
	case tea.KeyPressMsg, tea.PasteMsg:
		if d.Overlay != nil {
			if cmd := d.Overlay.Update(msg); cmd != nil {
				d.deliver(cmd()) // overlays do no I/O, so this is at once
			}
			return
		}
		d.run(d.Screen.Update(msg))
	case screen.Addressed, screen.Changed, screen.Tick, tea.WindowSizeMsg:
		d.run(d.Screen.Update(msg))
	default:
		d.Other = append(d.Other, msg)
	}
}

// pump handles what has come, waiting a little for something when there is nothing.
func (d *Driver) pump(wait time.Duration) {
	if d.drain() || wait == 0 {
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case msg := <-d.inbox:
		d.Send(msg)
		d.drain()
	case <-timer.C:
	}
}

func (d *Driver) drain() (some bool) {
	for {
		select {
		case msg := <-d.inbox:
			d.Send(msg)
			some = true
		default:
			return some
		}
	}
}

// Press presses keys by their names.
func (d *Driver) Press(names ...string) *Driver {
	for _, n := range names {
		d.Send(Key(n))
		d.pump(0)
	}
	return d
}

// Type types text, a key for each character.
func (d *Driver) Type(text string) *Driver {
	for _, r := range text {
		d.Send(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
	return d
}

// Paste pastes text and waits until keys count again.
func (d *Driver) Paste(text string) *Driver {
	d.Send(tea.PasteMsg{Content: text})
	d.pump(200 * time.Millisecond)
	return d
}

// Until handles messages until cond holds.
func (d *Driver) Until(what string, cond func() bool) *Driver {
	d.t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for !cond() {
		if time.Now().After(deadline) {
			d.t.Fatalf("waited in vain for %s; the screen shows:\n%s", what, d.View())
		}
		d.pump(20 * time.Millisecond)
	}
	return d
}

// shows reports whether text is on screen, wherever its lines are broken.
func (d *Driver) shows(text string) bool {
	view := d.View()
	if strings.Contains(view, text) {
		return true
	}
	view = strings.NewReplacer("┃", " ", "│", " ").Replace(view)
	return strings.Contains(strings.Join(strings.Fields(view), " "), text)
}

// See waits until the screen, or the overlay above it, shows text.
func (d *Driver) See(text string) *Driver {
	d.t.Helper()
	return d.Until("text "+text, func() bool { return d.shows(text) })
}

// Gone waits until text is not shown any more.
func (d *Driver) Gone(text string) *Driver {
	d.t.Helper()
	return d.Until("no text "+text, func() bool { return !d.shows(text) })
}

// Noticed waits for a notice that holds text.
func (d *Driver) Noticed(text string) *Driver {
	d.t.Helper()
	return d.Until("notice "+text, func() bool {
		for _, n := range d.Notices {
			if strings.Contains(n.Text, text) {
				return true
			}
		}
		return false
	})
}

// View returns what is shown, without colours.
func (d *Driver) View() string {
	if d.Overlay != nil {
		return ansi.Strip(d.Overlay.View())
	}
	return ansi.Strip(d.Screen.View())
}

// Golden compares what is shown with testdata/NAME.golden; FERRY_GOLDEN=write makes it.
func (d *Driver) Golden(name string) *Driver {
	d.t.Helper()
	got := clean(d.View())
	path := filepath.Join("testdata", name+".golden")
	if os.Getenv("FERRY_GOLDEN") == "write" {
		if err := os.MkdirAll("testdata", 0o750); err != nil {
			d.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			d.t.Fatal(err)
		}
		return d
	}
	want, err := os.ReadFile(path)
	if err != nil {
		d.t.Fatal(err)
	}
	if got != string(want) {
		d.t.Errorf("%s differs. got:\n%s\nwant:\n%s", path, got, want)
	}
	return d
}

func clean(view string) string {
	lines := strings.Split(view, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

var codes = map[string]rune{
	"enter": tea.KeyEnter, "tab": tea.KeyTab, "esc": tea.KeyEscape, "backspace": tea.KeyBackspace,
	"delete": tea.KeyDelete, "up": tea.KeyUp, "down": tea.KeyDown, "left": tea.KeyLeft, "right": tea.KeyRight,
	"home": tea.KeyHome, "end": tea.KeyEnd, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "space": tea.KeySpace,
}

// Key returns the message of the key called name, as in "ctrl+s", "shift+tab" or "x".
func Key(name string) tea.KeyPressMsg {
	var k tea.KeyPressMsg
	for {
		mod, rest, ok := strings.Cut(name, "+")
		if !ok || rest == "" {
			break
		}
		switch mod {
		case "ctrl":
			k.Mod |= tea.ModCtrl
		case "shift":
			k.Mod |= tea.ModShift
		case "alt":
			k.Mod |= tea.ModAlt
		}
		name = rest
	}
	if code, ok := codes[name]; ok {
		k.Code = code
		if name == "space" {
			k.Text = " "
		}
		return k
	}
	r := []rune(name)
	k.Code = r[0]
	if k.Mod == 0 {
		k.Text = name
	}
	return k
}
