package ui_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"strings"
	"testing"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/keys"
	"ferry/ui"
)

// CASES, Terminal: paste with newlines, ESC, embedded end-of-paste → literal text,
// never an action.
func TestPasteIsTextNeverAnAction(t *testing.T) {
	for name, text := range map[string]string{
		"newlines":             "erp\n:q\nq\nq\n",
		"escape":               "erp\x1b\x1b[A:q\r",
		"embedded end":         "erp\x1b[201~\r:q\rDm",
		"embedded end, twice":  "erp\x1b[201~\x1b[201~q\rq\r",
		"embedded start + end": "erp\x1b[200~\x1b[201~",
	} {
		t.Run(name+" into a field", func(t *testing.T) {
			w := newWorld(t).usual()
			d := w.start(80, 24).See("pim-old").Press("/").Paste(text).See("/ erp").Sync()
			if s := d.Screen(); strings.Contains(s, "More actions") || strings.Contains(s, "irreversible") {
				t.Errorf("the paste acted:\n%s", s)
			}
			d.Press("esc").See("dvinci")
		})
		t.Run(name+" where nothing is typed", func(t *testing.T) {
			w := newWorld(t).usual()
			w.start(80, 24).See("pim-old").Paste(text).See("paste was ignored").See("● djust-erp")
		})
	}
}

// stormy is how many sizes a screen gets in a storm.
func stormy() int {
	if testing.Short() {
		return 6
	}
	return 25
}

// CASES, Terminal: resize 1×1 to 500×200 in a storm → no hang, no panic.
func TestResizeStorm(t *testing.T) {
	w := newWorld(t).usual()
	d := w.start(80, 24).See("pim-old")
	rng := rand.New(rand.NewPCG(1, 2))
	for _, screen := range []string{"", "m", "?", "enter", "e", ":"} {
		if screen != "" {
			d.Press(screen)
		}
		for range stormy() {
			d.Resize(1+rng.IntN(500), 1+rng.IntN(200))
		}
		d.Resize(1, 1).Resize(500, 200).Resize(80, 24).Sync()
		if screen != "" {
			d.Press("esc").Sync()
		}
	}
	d.See("Data Hub")
}

// CASES, Terminal: TERM=dumb → plain lists.
func TestDumbTerminalGetsPlainLists(t *testing.T) {
	w := newWorld(t).usual().some()
	u, err := w.hub.Users.Create(w.ctx(), w.hub.Space, apiusers.Draft{Username: "partner", Permissions: []string{"clients:view"}}, "")
	if err != nil {
		t.Fatal(err)
	}
	issued, err := w.hub.Keys.Generate(w.ctx(), w.hub.Space, u.ID, keys.Request{Label: "their ERP"}, "")
	if err != nil {
		t.Fatal(err)
	}
	w.door.Server.Run(running(w.door.Clock.Now()))
	w.door.Passphrase = "pass-canary"
	var out bytes.Buffer
	err = ui.Run(context.Background(), ui.Options{
		Door: w.door, Version: "test", Env: []string{"TERM=dumb"}, Output: &out,
		Input: strings.NewReader("pass-canary\nclient dvinci\naudit\nclients pim\nnonsense\nclient nobody\n" +
			"users part\nkeys\nserver\nspaces\nspace prodction\nspace production\nclients\nusers\nkeys\nq\n"),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"dvinci", "client.create", `no API client "nobody"`, `there is no "nonsense" here`,
		"partner   active  off", "their ERP  active", "wrong_secret        118", "production  protected", "did you mean production?",
		"working in production", "ferry production> ", "no API clients yet", "no API users yet", "no API keys yet",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in:\n%s", want, &out)
		}
	}
	if strings.Contains(out.String(), issued.Text.Reveal()) {
		t.Error("an API key was shown")
	}
	if strings.ContainsAny(out.String(), "\x1b\x07") || strings.Contains(out.String(), "canary") {
		t.Errorf("an escape sequence or a secret in:\n%q", &out)
	}
}

// CASES, Terminal: an unknown TERM, LC_ALL=C, NO_COLOR → no hang, no panic, readable.
func TestOddEnvironments(t *testing.T) {
	t.Run("TERM=unknown", func(t *testing.T) {
		w := newWorld(t).usual()
		w.startWith(ui.Options{Env: []string{"TERM=no-such-terminal"}}, 80, 24).See("pim-old").Press("j").On("dvinci")
	})
	t.Run("TERM unset", func(t *testing.T) {
		w := newWorld(t).usual()
		w.startWith(ui.Options{Env: []string{"A=b"}}, 80, 24).See("pim-old").Press("j").On("dvinci")
	})
	t.Run("LC_ALL=C", func(t *testing.T) {
		w := newWorld(t).usual()
		d := w.startWith(ui.Options{Env: []string{"TERM=xterm", "LC_ALL=C"}}, 80, 24).See("> * djust-erp").See("Data Hub > default")
		d.Press("m").See("+------")
		for _, c := range d.Screen() {
			if c > 126 {
				t.Fatalf("%q is not ASCII:\n%s", c, d.Screen())
			}
		}
	})
	for name, o := range map[string]ui.Options{
		"NO_COLOR":   {Env: []string{"TERM=xterm-256color", "NO_COLOR=1"}},
		"--no-color": {NoColor: true},
	} {
		t.Run(name, func(t *testing.T) {
			d := newWorld(t).usual().startWith(o, 80, 24).See("pim-old").Press("j").On("dvinci")
			for _, seq := range colours(d.Sent()) {
				t.Errorf("a colour was sent: %q", seq)
			}
		})
	}
}

// colours returns the SGR sequences in sent that set a colour.
func colours(sent string) []string {
	var out []string
	for _, part := range strings.Split(sent, "\x1b[")[1:] {
		end := strings.IndexFunc(part, func(r rune) bool { return (r < '0' || r > '9') && r != ';' && r != ':' })
		if end < 0 || part[end] != 'm' {
			continue
		}
		for _, n := range strings.Split(part[:end], ";") {
			if len(n) == 2 && (n[0] == '3' || n[0] == '4' || n[0] == '9') && n != "39" && n != "49" {
				out = append(out, part[:end+1])
			}
		}
	}
	return out
}

// CASES, Terminal: ctrl-z without job control → no hang. Under go test the console has
// a shell neither; with --restricted the key does nothing at all.
func TestCtrlZUnderRestrictedDoesNothing(t *testing.T) {
	d := newWorld(t).usual().startWith(ui.Options{Restricted: true}, 80, 24).See("pim-old")
	d.Press("ctrl+z").Sync().Press("j").On("dvinci")
}

// CASES, Terminal: the connection drops → no process left.
func TestHangUpEndsTheConsole(t *testing.T) {
	d := newWorld(t).usual().start(80, 24).See("pim-old").Press("j", "e").See("AUTHENTICATION").Type("x").HangUp()
	if err := d.Ended(); model.ExitCode(err) != 130 {
		t.Errorf("ended with %v", err)
	}
	if !strings.Contains(d.Sent(), "\x1b[?1049l") {
		t.Error("the terminal was not restored")
	}
}

func TestTerminalIsAskedNothingBeforeTheFirstFrame(t *testing.T) {
	d := newWorld(t).usual().start(80, 24).See("pim-old")
	d.Until("the background to be asked for", func(string) bool { return strings.Contains(d.Sent(), "\x1b]11;?") })
	if at, frame := strings.Index(d.Sent(), "\x1b]11;?"), strings.Index(d.Sent(), "Clients"); at < frame {
		t.Errorf("asked at %d, the first frame is at %d", at, frame)
	}
}
