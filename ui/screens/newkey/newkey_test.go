package newkey_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/spaces"
	"ferry/ui"
)

func TestMain(m *testing.M) {
	time.Local = time.UTC
	os.Exit(m.Run())
}

// Issue 3: the key is shown once, and afterwards it is nowhere.
func TestAfterTheWindowTheKeyIsNowhere(t *testing.T) {
	sizes := []struct{ w, h int }{{80, 24}, {120, 40}, {60, 16}}
	if testing.Short() {
		sizes = sizes[:1]
	}
	for _, size := range sizes {
		p := open(t, size.w, size.h, nil)
		p.generate("main").See("82 characters")
		key := p.key()
		p.Resize(size.w+7, size.h+2).Sync().Resize(size.w, size.h).Sync()
		if again := p.key(); again != key {
			t.Fatalf("after resizing it shows %q", again)
		}
		p.Press("s").See("neither sent nor saved").Press("y").See("Closed:").Gone("ferry_k")
		closed := len(p.Sent())
		for _, keys := range [][]string{{"["}, {"]"}, {"esc"}, {"?"}, {"q"}, {"enter"}, {"f"}, {"f"}, {"y"}, {"esc"}, {"m"}, {"esc"}, {"R"}, {"4"}, {"2"}} {
			p.Press(keys...)
			p.absent("a later frame", p.Screen(), secret(key))
		}
		p.Resize(150, 50).Sync().Resize(size.w, size.h).See("NAME")
		p.absent("what was written later", p.Sent()[closed:], secret(key))
		p.Press(":").Type("q").Press("enter")
		if err := p.Ended(); err != nil {
			t.Error(err)
		}
		p.everywhere(key, size.w, size.h)
	}
}

// Issue 3: the window cannot be closed by an accidental key.
func TestNoKeyButTheTwoClosesTheWindow(t *testing.T) {
	p := open(t, 80, 24, nil).generate("")
	key := p.key()
	for _, k := range []string{"esc", "q", "enter", "space", "backspace", "tab", "shift+tab", "y", "n", "1", "2", "4", "[", "]", ":", "?", "f", "D", "ctrl+s", "ctrl+d", "ctrl+u", "pgdown", "j", "G"} {
		p.Press(k).Sync()
		if got := p.key(); got != key {
			t.Fatalf("%s: the window shows %q", k, got)
		}
	}
	p.See("this window stays until the key is saved: press s, then y")
	for _, k := range []string{"n", "esc", "enter", "s", "q", "space", "x"} {
		p.Press("s").See("Closing forgets it for ever").Press(k).See("82 characters")
	}
	p.Paste("sy\rsy\x1b[201~sy").Sync().See("82 characters")
	if got := p.key(); got != key {
		t.Errorf("a paste changed the window: %q", got)
	}
}

func TestQuittingWarnsThatTheKeyIsLostAndStaysPossible(t *testing.T) {
	p := open(t, 80, 24, nil).generate("")
	p.Press("ctrl+c").See("press ctrl-c again to quit").See("ferry_k")
	p.Press("ctrl+c").See("Leave without saving?").See("not confirmed as saved").Press("esc").Gone("Leave without saving?").See("ferry_k")
	p.Press("ctrl+c", "ctrl+c").See("Leave without saving?").Press("ctrl+c")
	if err := p.Ended(); err != nil {
		t.Error(err)
	}
}

func TestHideShowSendAndSave(t *testing.T) {
	p := open(t, 80, 24, nil).generate("main")
	key := p.key()
	p.Press("v").See("hidden; v shows it").Gone("ferry_k").Press("v").See(key[:41])
	p.Press("c").See("sent to the terminal's clipboard").See("never confirms")
	sent := func() bool { return strings.Contains(p.Sent(), "\x1b]52;c;") } // a moment after the frame that says so
	for deadline := time.Now().Add(5 * time.Second); !sent() && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	if !sent() {
		t.Error("nothing was sent to the clipboard")
	}
	path := filepath.Join(t.TempDir(), "partner.key")
	p.Press("w").See("Save the key").Press("ctrl+u").Type(path).Press("enter").See("✓ saved to")
	data, err := os.ReadFile(path)
	if err != nil || string(data) != key+"\n" {
		t.Errorf("the file holds %d bytes: %v", len(data), err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode: %v, %v", info, err)
	}
	p.Press("w").Press("ctrl+u").Type(path).Press("enter").See("Overwrite the file?").Press("esc").See(key[:41])
	p.Press("s").See("Is it saved?").Press("y").Gone("ferry_k").See("KEYS 1 active").See("main")
}

func TestRestrictedSavesNoFile(t *testing.T) {
	p := open(t, 80, 24, func(o *ui.Options) { o.Restricted = true }).generate("")
	p.Gone("w save").Press("w").See("--restricted").Gone("Save the key")
}

func TestNoColorTellsByWordsAndSigns(t *testing.T) {
	p := open(t, 80, 24, func(o *ui.Options) { o.NoColor = true }).generate("")
	p.Press("c").See("✓ sent to the terminal's clipboard").Press("s").See("! Is it saved?").Press("n").Press("x").See("! this window stays")
	if regexp.MustCompile(`\x1b\[(\d+;)*[39][0-7]m`).MatchString(p.Sent()) {
		t.Error("colours were sent")
	}
}

func TestRotationTellsUntilWhenTheOldKeyIsValid(t *testing.T) {
	for _, size := range []struct {
		name string
		w, h int
	}{{"80x24", 80, 24}, {"120x40", 120, 40}, {"60x16", 60, 16}} {
		p := open(t, size.w, size.h, nil).generate("main")
		p.Golden("newkey-" + size.name)
		p.Press("s", "y").See("KEYS 1 active")
		p.Press("r").See("Rotate key · main").See("24h").Golden("rotate-" + size.name)
		p.Press("ctrl+s").See("The old key main stays valid until 2026-03-05 09:30 UTC").Golden("rotated-" + size.name)
		p.Press("s").See("neither sent nor saved").Golden("closing-" + size.name).Press("y").See("KEYS 2 active").See("! in 24h")
	}
}

func TestWrongInputInTheDialogIsSaidThere(t *testing.T) {
	p := open(t, 80, 24, nil)
	p.Press("a").See("Generate API token").Type("main").Press("tab").Type("yesterday").Press("ctrl+s").See("✗ write it as in 90d")
	p.Press("ctrl+u").Type("2020-01-01").Press("ctrl+s").See("✗ give a later time")
	p.Press("ctrl+u").Type("90d").Press("ctrl+s").See("label main · expires 2026-06-02")
}

func TestPasteIntoTheDialogIsTextAndNoAction(t *testing.T) {
	p := open(t, 80, 24, nil)
	p.Press("a").See("Generate API token")
	p.Raw("\x1b[200~one\r\ntwo\x1b[201~\r\r\r").Sync().See("Generate API token").See("one")
	list, err := p.hub.Keys.List(p.ctx(), p.hub.Space, p.user.ID)
	if err != nil || len(list) != 0 {
		t.Errorf("a paste made %d keys: %v", len(list), err)
	}
}

func TestProtectedSpaceAsksForTheUsername(t *testing.T) {
	p := open(t, 80, 24, nil)
	space, err := p.hub.Spaces.Update(p.ctx(), p.hub.Space.ID, spaces.Edit{Protected: new(true)}, "")
	if err != nil || !space.Protected {
		t.Fatal(err)
	}
	// This console does not know yet that the space is protected: the use-case says so.
	p.Press("a").See("Generate API token").Press("ctrl+s").See("Type partner to go on").Pass(time.Second).Type("partner").Press("enter").See("It cannot be recovered.")
}

func TestResizeStormKeepsTheWindow(t *testing.T) {
	p := open(t, 80, 24, nil).generate("")
	key := p.key()
	storm := 60
	if testing.Short() {
		storm = 15
	}
	for i := range storm {
		p.Resize(1+(i*37)%200, 1+(i*13)%60)
	}
	p.Resize(80, 24).Sync().See("82 characters")
	if got := p.key(); got != key {
		t.Errorf("it shows %q", got)
	}
}

// CASES, Terminal: the SSH connection drops. The key stays valid and nobody knows it; the
// list says that it was never used.
func TestDroppedConnectionLeavesTheKeyListedAsNeverUsed(t *testing.T) {
	p := open(t, 80, 24, nil).generate("main")
	key := p.key()
	p.HangUp()
	_ = p.Ended()
	list, err := p.hub.Keys.List(p.ctx(), p.hub.Space, p.user.ID)
	if err != nil || len(list) != 1 || list[0].State != model.KeyActive || !list[0].Use.At.IsZero() {
		t.Fatalf("%+v, %v", list, err)
	}
	p.absent("the log", p.log.String(), secret(key))
}
