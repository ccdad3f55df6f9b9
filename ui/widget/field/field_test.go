package field

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"ferry/ui/theme"
)

var codes = map[string]rune{
	"left": tea.KeyLeft, "right": tea.KeyRight, "home": tea.KeyHome, "end": tea.KeyEnd, "up": tea.KeyUp, "down": tea.KeyDown,
	"backspace": tea.KeyBackspace, "delete": tea.KeyDelete, "enter": tea.KeyEnter, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown,
}

func press(name string) tea.KeyPressMsg {
	if code, ok := codes[name]; ok {
		return tea.KeyPressMsg{Code: code}
	}
	if rest, ok := strings.CutPrefix(name, "ctrl+"); ok {
		return tea.KeyPressMsg{Code: rune(rest[0]), Mod: tea.ModCtrl}
	}
	return tea.KeyPressMsg{Code: []rune(name)[0], Text: name}
}

func TestLineKeys(t *testing.T) {
	l := NewLine("one two")
	for _, k := range []string{"left", "left", "backspace", "home", "X", "end", "Y", "ctrl+w"} {
		if !l.Key(press(k)) {
			t.Fatalf("%s meant nothing", k)
		}
	}
	if l.Value() != "Xone " {
		t.Fatalf("%q", l.Value())
	}
	l.Key(press("ctrl+u"))
	if !l.Empty() || l.Key(press("ctrl+k")) || l.Key(press("enter")) || l.Key(press("ctrl+a")) {
		t.Fatal("a key that means nothing here was taken")
	}
}

func TestLinePasteTrimsTheEndsAndKeepsTheRest(t *testing.T) {
	l := NewLine("")
	l.SetWidth(40)
	l.Paste("\r\na\nb\t\x1b\u202e\r\n")
	if l.Value() != "a\nb\t\x1b\u202e" {
		t.Fatalf("%q", l.Value())
	}
	if got := strings.TrimSpace(l.View(theme.New(true), true)); got != "a<U+000A>b<U+0009><U+001B><U+202E>" {
		t.Fatalf("shown as %q", got)
	}
}

func TestASecretIsAMaskOfOneLength(t *testing.T) {
	st := theme.New(true)
	for _, text := range []string{"x", "a-much-longer-secret"} {
		l := NewLine(text)
		l.Secret = true
		l.SetWidth(30)
		if got := strings.TrimSpace(l.View(st, false)); got != "••••••••" {
			t.Errorf("%q shows as %q", text, got)
		}
		if got := l.View(st, true); strings.Contains(got, text) {
			t.Errorf("%q shows while it is typed", text)
		}
	}
}

// Whatever is typed, the view is exactly as wide as was set and the cursor inside it.
func TestLineStaysInItsCells(t *testing.T) {
	st := theme.New(true)
	rapid.Check(t, func(t *rapid.T) {
		l := NewLine("")
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			switch k := rapid.SampledFrom([]string{"left", "right", "home", "end", "backspace", "delete", "ctrl+w", "paste", "type"}).Draw(t, "key"); k {
			case "paste":
				l.Paste(rapid.String().Draw(t, "text"))
			case "type":
				l.Key(press(rapid.SampledFrom([]string{"a", "é", "漢", "👍", " "}).Draw(t, "rune")))
			default:
				l.Key(press(k))
			}
			w := rapid.IntRange(1, 30).Draw(t, "width")
			l.SetWidth(w)
			for _, focused := range []bool{true, false} {
				if got := ansi.StringWidth(l.View(st, focused)); got != w {
					t.Fatalf("%d cells, want %d: %q", got, w, l.View(st, focused))
				}
			}
			if c := l.Cursor(); c < 0 || c >= w {
				t.Fatalf("cursor at %d of %d", c, w)
			}
		}
	})
}

func TestAreaKeys(t *testing.T) {
	a := &Area{}
	a.SetSize(10, 3)
	for _, k := range []string{"a", "enter", "b", "c", "left", "enter", "up", "end", "delete", "d"} {
		a.Key(press(k))
	}
	if a.Value() != "a\nbdc" {
		t.Fatalf("%q", a.Value())
	}
	if a.Key(press("down")) || !a.Key(press("up")) || a.Key(press("up")) {
		t.Fatal("the ends are not where they should be")
	}
	a.Key(press("home"))
	a.Key(press("backspace"))
	if a.Value() != "a\nbdc" {
		t.Fatal("backspace at the beginning did something")
	}
}

func TestAreaPasteIsLiteral(t *testing.T) {
	a := &Area{}
	a.Set("<>")
	a.Key(press("right"))
	a.Paste("1\r\n\t2\r3\x1b")
	if a.Value() != "<1\n\t2\n3\x1b>" {
		t.Fatalf("%q", a.Value())
	}
	a.SetSize(20, 3)
	if got := a.View(theme.New(true)); !strings.Contains(got, "3<U+001B>>") || strings.Contains(got, "\x1b>") {
		t.Fatalf("shown as %q", got)
	}
}

func TestAreaStaysInItsCells(t *testing.T) {
	st := theme.New(true)
	rapid.Check(t, func(t *rapid.T) {
		a := &Area{}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			k := rapid.SampledFrom([]string{"left", "right", "up", "down", "home", "end", "enter", "backspace", "delete", "ctrl+w", "pgup", "pgdown", "paste", "漢", "x"}).Draw(t, "key")
			if k == "paste" {
				a.Paste(rapid.String().Draw(t, "text"))
			} else {
				a.Key(press(k))
			}
			w, h := rapid.IntRange(2, 20).Draw(t, "width"), rapid.IntRange(1, 5).Draw(t, "height")
			a.SetSize(w, h)
			lines := strings.Split(a.View(st), "\n")
			if len(lines) != h {
				t.Fatalf("%d lines, want %d", len(lines), h)
			}
			for _, l := range lines {
				if n := ansi.StringWidth(l); n != w {
					t.Fatalf("%d cells, want %d: %q", n, w, l)
				}
			}
			if x, y := a.Cursor(); x < 0 || x >= w || y < 0 || y >= h {
				t.Fatalf("cursor at %d,%d of %d×%d", x, y, w, h)
			}
		}
	})
}

func TestALineIsReadAsAList(t *testing.T) {
	l := NewLine(" a, b;c\r\n\td ,, ")
	if got := l.List(); strings.Join(got, "|") != "a|b|c|d" {
		t.Errorf("%q", got)
	}
	if l.Set(" ,; "); l.List() != nil || l.Text() != ",;" {
		t.Errorf("%q, %q", l.List(), l.Text())
	}
}

func TestLeadIsNotDoubled(t *testing.T) {
	for name, fill := range map[string]func(*Line){
		"typed":  func(l *Line) { l.Key(press("/")); l.Key(press("a")) },
		"pasted": func(l *Line) { l.Paste("/a") },
		"beside": func(l *Line) { l.Paste("a") },
	} {
		l := NewLine("/")
		l.Lead = "/"
		if fill(l); l.Value() != "/a" {
			t.Errorf("%s: %q", name, l.Value())
		}
		if l.Paste("/"); l.Value() != "/a/" {
			t.Errorf("%s: a slash further on gave %q", name, l.Value())
		}
	}
}
