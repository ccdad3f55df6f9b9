//go:build e2e

package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"ferry/ui/uitest/place"
)

// systems are the sandbox's clients: what a call of each asks for and what it shows then.
var systems = []struct {
	name, path, shows string
	token             bool
}{
	{"analytics", "/data-api/v1/orders?limit=2", `"O-000001"`, true},
	{"erp", "/erp/products?page=1&size=2", `"sku"`, false},
	{"erp-secure", "/erp/secure/prices?page=1&size=2", `"sku"`, true},
	{"hr", "/restApi/dvinciUsers/", `"userName"`, true},
}

// Issue 2: `make run` in tmux at 80×24. The target itself, as a person types it.
func TestJourneyOfMakeRun(t *testing.T) {
	p := newSite(t)
	d := p.makeRun()
	journey(d)
	started := place.Below(d.pid)
	if len(started) == 0 {
		t.Fatal("below make nothing runs; nothing would be looked for")
	}
	if code := d.Press(":").See(":").Type("q").Press("enter").Ended(); code != 0 {
		t.Errorf("make run ended with %d:\n%s", code, d.Screen())
	}
	p.Gone(started)
	p.nothingTemporary()
}

// Issue 2: the same journey through a real sshd with ssh -tt, left by the front door.
func TestJourneyOverSSH(t *testing.T) {
	server := startSSHD(t)
	p := newSite(t)
	c := server.connect(p, "--sandbox")
	journey(c.terminal)
	if code := c.Press("q").See("again").Press("q").Ended(); code != 0 {
		t.Errorf("ssh ended with %d:\n%s", code, c.Screen())
	}
	p.NoProcessLeft()
	p.nothingTemporary()
}

// journey walks through what a person does with the console on the sandbox: from the
// list of its clients, back to that list.
func journey(d *terminal) {
	d.t.Helper()
	for _, s := range systems {
		d.See(" " + s.name + " ")
	}
	for _, s := range systems {
		if s.token {
			d.fetchToken(s.name)
		}
		d.call(s.name, s.path).See("200 OK", s.shows).Press("esc").list()
	}
	d.until("see four calls answered with 200", func(screen string) bool { return strings.Count(screen, " 200 ·") == len(systems) })

	d.create("mine")
	d.fetchToken("mine")
	d.call("mine", "/restApi/dvinciUsers/").See("200 OK", `"userName"`).Press("esc").list()

	d.On("mine").Press("m").See("More actions", "Disable").Press("i").See("○ mine")
	d.Press("t").See("› Token", "disabled").Press("r").See("is disabled").Press("esc").list()
	d.call("mine", "/restApi/dvinciUsers/").See("is disabled").Press("esc").list()

	d.On("mine").Press("m").See("Activate").Press("a").See("● mine")
	d.call("mine", "/restApi/dvinciUsers/").See("200 OK").Press("esc").list()

	d.On("mine").Press("e").See("Connection name", "mine").To("Transport").Press("enter").See("Timeout").To("Timeout").Type("12s").Press("ctrl+s").See("Saved mine").list()
	d.On("mine").Press("enter").See("CONNECTION", "12s").Press("esc").list()

	d.On("mine").Press("D").See("irreversible").Answer("mine").See("Deleted mine").list()
	if strings.Contains(d.Screen(), "● mine") {
		d.t.Errorf("it is still in the list:\n%s", d.Screen())
	}
}

// list waits for the list of clients.
func (term *terminal) list() *terminal {
	term.t.Helper()
	return term.See("Data Hub › default › Clients ", "NAME", "LAST CALL")
}

// marked returns the line with the marker of the selection or the focus.
func marked(screen string) string {
	for line := range strings.Lines(screen) {
		if _, after, ok := strings.Cut(line, "▌"); ok {
			return after
		}
	}
	return ""
}

// On moves the selection of the list to a client.
func (term *terminal) On(name string) *terminal {
	term.t.Helper()
	second := func(line string) string {
		words := strings.Fields(line + " - -")
		return words[1]
	}
	return term.list().reach(name, "j", "g", second)
}

// To moves the focus of the form to the field with this label.
func (term *terminal) To(label string) *terminal {
	term.t.Helper()
	return term.reach(label, "tab", "tab", beginning(label))
}

// BackTo does the same in the other direction.
func (term *terminal) BackTo(label string) *terminal {
	term.t.Helper()
	return term.reach(label, "shift+tab", "shift+tab", beginning(label))
}

// beginning cuts a line off where label would end, however far it is indented.
func beginning(label string) func(string) string {
	return func(line string) string {
		line = strings.TrimLeft(line, " ")
		return line[:min(len(line), len(label))]
	}
}

// reach presses step until the marked line is the one that is looked for, and anew when
// the marker stays where it is. Each key is seen before the next is pressed: a name tells
// lines apart, since what else is in them may change by itself.
func (term *terminal) reach(what, step, anew string, name func(line string) string) *terminal {
	term.t.Helper()
	at := func() string { return strings.TrimSpace(name(marked(term.Screen()))) }
	for deadline := time.Now().Add(place.Patience); time.Now().Before(deadline); {
		was := at()
		if was == what {
			return term
		}
		moved := func() bool { return at() != was }
		term.Press(step)
		if !place.PollFor(settle, moved) {
			term.Press(anew)
			place.PollFor(settle, moved)
		}
	}
	term.t.Fatalf("did not reach %s by %s:\n%s", what, step, term.Screen())
	return term
}

var countdown = regexp.MustCompile(`[0-9]+:[0-9][0-9] left`)

// fetchToken fetches a client's token in its panel and watches it count down.
func (term *terminal) fetchToken(name string) *terminal {
	term.t.Helper()
	term.On(name).Press("t").See("› "+name+" › Token", "no token").Press("r").See("● valid", " left", "••••••••")
	left := countdown.FindString(term.Screen())
	if left == "" {
		term.t.Fatalf("no time left is shown:\n%s", term.Screen())
	}
	return term.Gone(left).See("● valid", " left").Press("esc").list()
}

// call makes a test call.
func (term *terminal) call(name, path string) *terminal {
	term.t.Helper()
	return term.On(name).Press("x").See("› "+name+" › Test call", "GET").Press("ctrl+u").Type(path).See(path).Press("enter")
}

// create makes a client through the form with nothing but the keyboard. What it needs
// to know is read off the page of the hr client, its secret while it is revealed.
func (term *terminal) create(name string) *terminal {
	term.t.Helper()
	term.On("hr").Press("enter").See("CONNECTION", "••••••••").Press("v").See("revealed")
	page := term.Screen()
	base, tokenURL := shown(page, "Base URL"), shown(page, "Access token URL")
	id, secret := shown(page, "Client ID"), shown(page, "Client secret")
	if base == "" || tokenURL == "" || id == "" || secret == "" || strings.Contains(secret, "•") {
		term.t.Fatalf("the page of hr does not show what a new client needs:\n%s", page)
	}
	term.Press("v").Gone(secret).Press("esc").list().Press("n").See("API Client").Press("enter").See("Connection name *")
	term.To("Connection name").Type("not a name").To("Base URL").See("✗").BackTo("Connection name").Press("ctrl+u").Type(name)
	term.To("Base URL").Type(base)
	term.To("Access token URL").Type(tokenURL)
	term.To("Client ID").Type(id)
	term.To("Client secret").Type(secret)
	term.Press("ctrl+t").See("✓ token", "✓ base URL")
	if strings.Contains(term.Screen(), secret) {
		term.t.Errorf("the form shows the secret:\n%s", term.Screen())
	}
	return term.Press("ctrl+s").See("Created " + name).list().See("● " + name)
}

// shown returns what a page says behind a label.
func shown(page, label string) string {
	for line := range strings.Lines(page) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), label+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// Answer types a name into a prompt that destroys. Such a prompt takes no keys when it
// has just come up, so letters are typed until one shows.
func (term *terminal) Answer(name string) *terminal {
	term.t.Helper()
	field := func(text string) func() bool {
		return func() bool { return strings.Contains(term.Screen(), "Name  "+text) }
	}
	if !place.Poll(func() bool { term.Type("x"); return place.PollFor(settle, field("x")) }) {
		term.t.Fatalf("the prompt takes no keys:\n%s", term.Screen())
	}
	term.Press("ctrl+u").Gone("Name  x")
	return term.Type(name).See(fmt.Sprintf("Name  %s", name)).Press("enter")
}
