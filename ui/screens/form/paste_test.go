package form

import (
	"strings"
	"testing"

	"ferry/ui/screens/screentest"
)

// CASES, Terminal: paste with newlines, ESC, embedded end-of-paste → literal text,
// never an action.
func TestPasteOfSeveralLinesIsTextInOneField(t *testing.T) {
	d := blank(t, fixture(t), 80, 40)
	d.Paste("\nerp\r\nDROP\n").See("erp<U+000D><U+000A>DROP")
	f := d.Screen.(*Form)
	if f.Focus != "name" || f.in.name.Value() != "erp\r\nDROP" || d.Popped {
		t.Fatalf("focus on %s, name %q", f.Focus, f.in.name.Value())
	}
	d.Press("tab").See("it cannot hold '<U+000D>'")
}

func TestPasteOfEscapeSequencesIsSpelledOut(t *testing.T) {
	d := blank(t, fixture(t), 80, 40)
	d.Press("tab").Paste("https://a.example.com/\x1b[2J\u202e").See("<U+001B>[2J<U+202E>")
	d.Press("tab").See("this is no URL")
}

func TestKeysThatFollowAPasteAreNoAction(t *testing.T) {
	fx := fixture(t)
	d := blank(t, fx, 80, 40).Type("a").Press("tab").Type("https://a.example.com")
	d.Focus("auth")
	d.Press("left")
	d.Focus("name")
	// The text held an end-of-paste of its own; its tail arrives as keys.
	f := d.Screen.(*Form)
	d.Send(pasteMsg("b"))
	d.Send(screentest.Key("c"))
	for _, tail := range []string{"enter", "ctrl+s", "ctrl+t", "tab"} {
		d.Send(screentest.Key(tail))
	}
	if f.Saving() || f.test.Running() || f.Focus != "name" || f.in.name.Value() != "abc" {
		t.Fatalf("the tail of a paste acted: focus %s, name %q", f.Focus, f.in.name.Value())
	}
	d.Until("keys count again", func() bool { return !f.Held() })
	d.Press("ctrl+s").Noticed("Created abc")
}

func TestPasteOfATokenIntoTheNameIsAFieldMessage(t *testing.T) {
	d := blank(t, fixture(t), 80, 40)
	d.Paste("eyJhbGciOiJFUzI1NiJ9." + strings.Repeat("A", 200)).Press("tab").See("at most 64 characters")
}

func TestPasteIntoASecretDoesNotShowIt(t *testing.T) {
	d := blank(t, fixture(t), 80, 40)
	d.Focus("client_secret")
	d.Paste("pass-canary\n")
	if strings.Contains(d.View(), "canary") {
		t.Fatal("the secret shows")
	}
	if got := d.Screen.(*Form).in.secret.line.Value(); got != "pass-canary" {
		t.Fatalf("secret %q", got)
	}
}
