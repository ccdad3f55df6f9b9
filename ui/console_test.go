package ui_test

import (
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/ui"
	"ferry/ui/screen"
)

func TestUnlockGolden(t *testing.T) {
	w := newWorld(t)
	w.door.Passphrase = "right"
	for _, size := range sizes {
		t.Run(size.name, func(t *testing.T) {
			w := &world{t, w.door, w.hub}
			w.start(size.width, size.height).See("vault is locked").Golden("unlock-" + size.name)
		})
	}
}

func TestFirstRunGolden(t *testing.T) {
	w := newWorld(t)
	w.door.Missing = true
	for _, size := range sizes {
		t.Run(size.name, func(t *testing.T) {
			w := &world{t, w.door, w.hub}
			w.start(size.width, size.height).See("no store yet").Golden("first-run-" + size.name)
		})
	}
}

func TestWrongPassphraseGivesOneMessageAndAnEmptyField(t *testing.T) {
	w := newWorld(t).usual()
	w.door.Passphrase = "right-canary"
	d := w.start(80, 24).See("vault is locked")
	d.Type("wrong-canary").Press("enter").See("this key does not open the store").Gone("••")
	if n := w.door.Opened(); n != 2 { // once by newWorld
		t.Errorf("tried %d times for one press", n-1)
	}
	d.Type("right-canary").Press("enter").See("dvinci").See("vault open · alice")
	if strings.Contains(d.Sent(), "canary") {
		t.Error("the passphrase was shown")
	}
}

func TestFirstRunMakesAKeyFileOrTakesAPassphrase(t *testing.T) {
	t.Run("key file", func(t *testing.T) {
		w := newWorld(t)
		w.door.Missing = true
		w.start(80, 24).See("A key file (recommended)").See(".config/ferry/identity").Press("enter").See("No API clients yet")
		if !w.door.Created().Identity.IsSet() {
			t.Error("the store was not made for a key file")
		}
	})
	t.Run("passphrase", func(t *testing.T) {
		w := newWorld(t)
		w.door.Missing = true
		d := w.start(80, 24).See("no store yet").Press("j", "enter").See("cannot be recovered")
		d.Type("four words and more").Press("enter").Type("four words").Press("enter").See("not the same")
		d.Type("four words and more").Press("enter").See("No API clients yet")
		if got := w.door.Created().Passphrase.Reveal(); got != "four words and more" {
			t.Errorf("the store was made for %q", got)
		}
	})
}

func TestCommandLine(t *testing.T) {
	w := newWorld(t).usual()
	d := w.start(80, 24).See("pim-old")
	d.Press(":").Type("client DVINCI").Press("enter").See("› dvinci").See("CONNECTION")
	d.Press(":").Type("audit").Press("enter").See("client.create")
	d.Press(":").Type("clints").Press("enter").See("did you mean :clients?")
	d.Press(":").Type("client nobody").Press("enter").See(`no API client "nobody"`)
	d.Press(":").Type("space nowhere").Press("enter").See("no space nowhere; did you mean default?")
	d.Press(":").Type("space default").Press("enter").See("djust-erp")
	d.Press(":", "up").See(":space default").Press("up", "up").See(":client nobody").Press("esc").Gone(":client nobody")
	d.Press(":").Type("q").Press("enter")
	if err := d.Ended(); err != nil {
		t.Error(err)
	}
}

func TestCommandLineCompletesWordsAndNames(t *testing.T) {
	w := newWorld(t).usual()
	d := w.start(80, 24).See("pim-old")
	d.Press(":").Type("cl").Press("tab").See(":clients").Press("tab").See(":client ").Press("esc")
	d.Press(":").Type("client d")
	for !strings.Contains(d.Screen(), ":client djust-erp") { // until the names have come
		d.Press("tab").Sync()
	}
	d.Press("tab").See(":client dvinci").Press("enter").See("CONNECTION")
}

func TestHelpPageGolden(t *testing.T) {
	w := newWorld(t).usual()
	for _, size := range sizes {
		t.Run(size.name, func(t *testing.T) {
			w := &world{t, w.door, w.hub}
			w.start(size.width, size.height).See("pim-old").Press("?").See("THIS SCREEN").Golden("help-" + size.name).Press("q").See("pim-old")
		})
	}
}

func TestMoreActionsGolden(t *testing.T) {
	w := newWorld(t).usual()
	for _, size := range sizes {
		t.Run(size.name, func(t *testing.T) {
			w := &world{t, w.door, w.hub}
			w.start(size.width, size.height).See("pim-old").Press("m").See("More actions").Golden("more-" + size.name)
		})
	}
}

func TestAuditGolden(t *testing.T) {
	w := newWorld(t).usual()
	for _, size := range sizes {
		t.Run(size.name, func(t *testing.T) {
			w := &world{t, w.door, w.hub}
			w.start(size.width, size.height).See("pim-old").Press("4").See("client.disable").Golden("audit-" + size.name)
		})
	}
}

func TestPlacesAndHistory(t *testing.T) {
	w := newWorld(t).usual()
	d := w.start(80, 24).See("pim-old")
	d.Press("tab").See("› API users").Press("tab").See("No transfers yet").Press("tab").See("client.create").Press("1").See("NAME ▾")
	d.Press("enter").See("CONNECTION").Press("[").See("NAME ▾").Press("]").See("CONNECTION")
	d.Press("esc").See("NAME ▾").Press("[").See("CONNECTION")
}

func TestFullScreenHidesTheChrome(t *testing.T) {
	d := newWorld(t).usual().start(80, 24).See("Data Hub")
	d.Press("f").Gone("Data Hub").Gone("? help").See("djust-erp").Press("f").See("Data Hub")
}

func TestCtrlCCancelsThenQuits(t *testing.T) {
	w := newWorld(t).usual()
	d := w.start(80, 24).See("pim-old").Press("m").See("More actions")
	d.Press("ctrl+c").See("cancelled; press ctrl-c again to quit").Gone("More actions").Press("j").Gone("again to quit")
	d.Press("ctrl+c").See("again to quit").Press("ctrl+c")
	if err := d.Ended(); err != nil {
		t.Error(err)
	}
}

func TestQGoesBackAndQuitsOnlyWhenPressedTwice(t *testing.T) {
	d := newWorld(t).usual().start(80, 24).See("pim-old").Press("enter").See("CONNECTION")
	d.Press("q").See("NAME ▾").Press("q").See("press q again").Press("j").Gone("press q again").Press("q").See("press q again").Press("q")
	if err := d.Ended(); err != nil {
		t.Error(err)
	}
}

func TestUnsavedChangesAreAskedAbout(t *testing.T) {
	w := newWorld(t).usual()
	d := w.start(80, 24).See("pim-old").Press("j").On("dvinci").Press("e").See("CONNECTION")
	d.Type("x")
	for _, leave := range [][]string{{"esc"}, {"ctrl+c", "ctrl+c"}} {
		d.Press(leave...).See("Leave without saving?").Press("esc").Gone("Leave without saving?").See("CONNECTION")
	}
	d.Press("esc").See("Leave without saving?").Pass(time.Second).Press("y").See("NAME ▾")
	if _, err := w.get("dvinci"); err != nil {
		t.Error(err)
	}
}

// Over a slow connection keys come in one packet: each meets the screen it is meant for.
func TestKeysTypedAheadAreNotLost(t *testing.T) {
	w := newWorld(t).usual()
	d := w.start(80, 24).See("pim-old").Press("j").On("dvinci")
	d.Raw("mi").See("Disabled dvinci").Raw("ma").See("Activated dvinci")
	d.Raw("xab/cd").See("dvinci › Test call").See("ab/cd").Press("esc").See("NAME ▾")
	d.Raw("n\rtyped-ahead").See("Connection name *").See("typed-ahead")
	d.Raw("\t\x03\x03").See("Leave without saving?")
}

func TestBelowTheSmallestSizeItSaysSoAndKeepsItsState(t *testing.T) {
	d := newWorld(t).usual().start(80, 24).See("pim-old").Press("j").On("dvinci")
	d.Resize(59, 24).See("at least 60×16").See("59×24").Press("j").Resize(80, 15).See("80×15").Resize(80, 24).On("dvinci")
}

func TestNothingIsOnCtrlAAndCtrlBAndCtrlKDestroysNothing(t *testing.T) {
	w := newWorld(t).usual()
	d := w.start(80, 24).See("pim-old").See("Clients 3").Sync()
	before := d.Screen()
	d.Press("ctrl+a", "ctrl+b", "ctrl+k").Sync()
	if after := d.Screen(); after != before {
		t.Errorf("the screen changed:\n%s", after)
	}
}

func TestRouteFromOutsideOpensItWithTheListBelow(t *testing.T) {
	w := newWorld(t).usual()
	c := w.mustGet("dvinci")
	d := w.startWith(ui.Options{Route: screen.Client{ID: c.ID}, Sandbox: "sandbox"}, 80, 24)
	d.See("› dvinci").See("sandbox · vault open · alice").Press("esc").See("NAME ▾")
}

func TestStoreThatCannotBeUsedSaysWhyAndWhatToDo(t *testing.T) {
	w := newWorld(t)
	w.door.SetFault(model.Errorf(model.EPermission, "the store's directory can be entered by others").WithNext("chmod 700 /home/alice"))
	w.start(80, 24).See("can be entered by others").See("chmod 700 /home/alice").See("R tries again")
}

func TestBreadcrumbNamesEachScreenOnce(t *testing.T) {
	w := newWorld(t).usual()
	d := w.start(80, 24).See("pim-old").Press("j").On("dvinci").Press("enter").See("CONNECTION")
	d.Press("t").See("Clients › dvinci › Token").Press("x").See("Clients › dvinci › Token › Test call")
}
