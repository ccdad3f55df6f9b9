//go:build e2e

package e2e

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"ferry/ui/uitest/place"
)

// CASES Terminal: resize 1×1 to 500×200 in a storm → no hang, no panic, and the console
// is where it was.
func TestResizeStorm(t *testing.T) {
	p := newSite(t)
	d := open(t, p.Env, p.Binary, "--sandbox")
	d.fetchToken("hr")
	d.On("hr")
	random := rand.New(rand.NewPCG(1, 2)) // the same storm each time
	keys := []string{"j", "k", "enter", "esc", "t", "esc", "?", "esc", "m", "esc", "/", "esc"}
	for n := range 120 {
		switch n % 4 {
		case 0:
			d.Resize(1+random.IntN(4), 1+random.IntN(4))
		case 1:
			d.Resize(1+random.IntN(200), 1+random.IntN(50))
		case 2:
			d.Resize(500, 200)
		default:
			d.Resize(60, 16)
		}
		d.Press(keys[n%len(keys)])
	}
	d.Resize(1, 1).Resize(80, 24)
	// What ctrl-z says comes after everything that was pressed before. More than one may
	// be needed: right behind an esc it means alt.
	if !place.Poll(func() bool {
		d.Press("ctrl+z")
		return place.PollFor(settle, func() bool { return strings.Contains(d.Screen(), "no shell") })
	}) {
		t.Fatalf("the keys of the storm are not through:\n%s", d.Screen())
	}
	d.home().On("hr")
	if code := d.Press(":").See(":").Type("q").Press("enter").Ended(); code != 0 {
		t.Errorf("ended with %d:\n%s", code, d.Screen())
	}
	p.NoProcessLeft()
}

// home goes back to the list from wherever it is, one esc after the other: esc with
// another key right behind it means alt.
func (term *terminal) home() *terminal {
	term.t.Helper()
	at := func() bool { return strings.Contains(term.Screen(), "LAST CALL") && marked(term.Screen()) != "" }
	if !place.Poll(func() bool {
		if place.PollFor(settle, at) {
			return true
		}
		term.Press("esc")
		return false
	}) {
		term.t.Fatalf("esc leads nowhere:\n%s", term.Screen())
	}
	return term
}

// CASES Terminal: paste with newlines, ESC, embedded end-of-paste → literal text, never
// an action.
func TestPasteIsText(t *testing.T) {
	for name, text := range map[string]string{
		"newlines":     "tok\r\nen\n:q\n",
		"escape":       "tok\x1ben\x1b[A\x1bOP",
		"end of paste": "tok\x1b[201~en\r:q\r\x1b[201~q",
		"control keys": "tok\x03\x03\x13\x1aen",
	} {
		t.Run(name, func(t *testing.T) {
			p := newSite(t)
			d := open(t, p.Env, p.Binary, "--sandbox")
			d.list().See(" hr ").Press("n").See("API Client").Press("enter").See("Connection name *")
			d.To("Connection name").Paste(text).See("tok")
			// Nothing was pressed by it: the form is still there and was neither sent nor left.
			d.To("Base URL").Type("here").See("here", "Connection name", "tok")
			d.Press("esc").See("without saving").Press("esc").Gone("without saving")
			d.Press("ctrl+c").See("again").Press("ctrl+c").See("without saving").Press("ctrl+c")
			if code := d.Ended(); code != 0 {
				t.Errorf("ended with %d:\n%s", code, d.Screen())
			}
		})
	}
}

var coloured = regexp.MustCompile(`\x1b\[(3[0-7]|4[0-7]|9[0-7]|10[0-7]|[34]8[;:])`)

// CASES Terminal: TERM=dumb, unknown; LC_ALL=C; NO_COLOR; no tty → no hang, no panic.
func TestOddTerminals(t *testing.T) {
	for name, set := range map[string]string{
		"unknown TERM": "TERM=never-heard-of", "no TERM": "TERM=",
		"no colour": "NO_COLOR=1", "16 colours": "TERM=xterm", "screen": "TERM=screen",
	} {
		t.Run(name, func(t *testing.T) {
			p := newSite(t)
			d := open(t, p.Env, "env", set, p.Binary, "--sandbox")
			d.list().See(" hr ")
			d.fetchToken("hr")
			if seen := d.tmux("capture-pane", "-p", "-e"); name == "no colour" && coloured.MatchString(seen) {
				t.Errorf("there are colours:\n%q", seen)
			}
			if code := d.Press(":").See(":").Type("q").Press("enter").Ended(); code != 0 {
				t.Errorf("ended with %d:\n%s", code, d.Screen())
			}
		})
	}
	t.Run("no locale", func(t *testing.T) {
		p := newSite(t)
		d := open(t, p.Env, "env", "LC_ALL=C", p.Binary, "--sandbox")
		d.See("NAME", "erp-secure", " hr ")
		if at := strings.IndexFunc(d.Screen(), func(r rune) bool { return r > unicode.MaxASCII }); at >= 0 {
			t.Errorf("a terminal that knows ASCII only got more, from %q on", d.Screen()[at:])
		}
		d.Press("q").See("again").Press("q")
		if code := d.Ended(); code != 0 {
			t.Errorf("ended with %d:\n%s", code, d.Screen())
		}
	})
	t.Run("dumb", func(t *testing.T) {
		p := newSite(t)
		d := open(t, p.Env, "env", "TERM=dumb", p.Binary, "--sandbox")
		d.See("NAME", "erp-secure", "ferry>").Type("client hr").Press("enter").See("hr-client").Type("q").Press("enter")
		if code := d.Ended(); code != 0 {
			t.Errorf("ended with %d:\n%s", code, d.Screen())
		}
		if seen := d.tmux("capture-pane", "-p", "-e"); strings.Contains(seen, "\x1b[") {
			t.Errorf("a terminal that knows no sequences got some: %q", seen)
		}
	})
	t.Run("no terminal", func(t *testing.T) {
		p := newSite(t)
		if out, errs, code := p.Run(); code != 2 || out != "" || !strings.Contains(errs, "ferry") {
			t.Errorf("exit code %d, stdout %q, stderr %q", code, out, errs)
		}
	})
}
