package gatewayrule

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/gateway"
	"ferry/model/modeltest"
	"ferry/storage/storagetest"
	"ferry/ui/screen"
	"ferry/ui/screens/screentest"
)

type world struct {
	t *testing.T
	*screentest.Fixture
	user    model.APIUser
	clients map[string]model.Client
}

// newWorld has a user that may call erp, pim and crm, with a rule for erp; and one for old,
// which it may not call.
func newWorld(t *testing.T) *world {
	t.Helper()
	store, _ := storagetest.NewWithSpace(t)
	w := &world{t: t, Fixture: screentest.New(t, store), clients: map[string]model.Client{}}
	for _, name := range []string{"erp", "pim", "crm", "old"} {
		d := modeltest.NoAuth(name, "https://"+name+".example.com")
		d.Protected = name == "crm"
		saved, err := w.Hub.Clients.Create(w.Env.Ctx, w.Hub.Space, d, "")
		if err != nil {
			t.Fatal(err)
		}
		w.clients[name] = saved.Client
	}
	var err error
	w.user, err = w.Hub.Users.Create(w.Env.Ctx, w.Hub.Space, apiusers.Draft{
		Username: "partner", OAuth: true, Permissions: []string{"call:erp", "call:pim", "call:crm"},
	}, "")
	if err != nil {
		t.Fatal(err)
	}
	w.set(gateway.RuleDraft{Client: "erp", Methods: []string{"GET"}, Paths: []string{"/orders/**"}, PerSecond: 5})
	w.set(gateway.RuleDraft{Client: "old", ReadOnly: true})
	if _, err := w.Hub.Clients.SetState(w.Env.Ctx, w.Hub.Space, w.clients["pim"].ID, model.Disabled, ""); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) set(d gateway.RuleDraft) {
	w.t.Helper()
	d.User = "partner"
	if _, err := w.Hub.Gateway.Set(w.Env.Ctx, w.Hub.Space, d, d.Client); err != nil {
		w.t.Fatal(err)
	}
}

// rule is the rule for a client as it is stored, nil when there is none.
func (w *world) rule(client string) *gateway.RuleView {
	w.t.Helper()
	list, err := w.Hub.Gateway.List(w.Env.Ctx, w.Hub.Space, "partner", client)
	if err != nil {
		w.t.Fatal(err)
	}
	if len(list) == 0 {
		return nil
	}
	return &list[0]
}

func (w *world) rules(width, height int) *screentest.Driver {
	w.t.Helper()
	return screentest.Drive(w.t, New(w.Env, w.user.ID), width, height).See("RULE")
}

func (w *world) edit(client string, width, height int) *screentest.Driver {
	w.t.Helper()
	return screentest.Drive(w.t, Edit(w.Env, w.user.ID, w.clients[client].ID), width, height).See("Read-only")
}

func TestWords(t *testing.T) {
	for _, tc := range []struct {
		rule *gateway.RuleView
		want string
	}{
		{nil, "every method and path"},
		{&gateway.RuleView{}, "every method and path"},
		{&gateway.RuleView{PerSecond: 0.5}, "every method and path · 0.5 a second"},
		{&gateway.RuleView{Methods: []string{"GET"}, Paths: []string{"/orders/**"}, PerSecond: 5}, "GET only · /orders/** · 5 a second"},
		{&gateway.RuleView{ReadOnly: true}, "reads only, every path"},
		{&gateway.RuleView{Paths: []string{"/a", "/b\x1b"}, PerDay: 10000, MaxBody: 10e6}, "every method · /a, /b<U+001B> · 10,000 a day · bodies up to 10 MB"},
	} {
		if got := Words(tc.rule); got != tc.want {
			t.Errorf("%q, not %q", got, tc.want)
		}
	}
}

func TestASizeIsReadAsItIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(1, model.MaxGatewayBody).Draw(t, "bytes")
		if unit := rapid.SampledFrom([]int64{1, 1000, 1024, 1e6, 1 << 20, 1e9, 1 << 30}).Draw(t, "unit"); n/unit > 0 {
			n = n / unit * unit
		}
		if got, problem := size(gateway.SizeText(n)); got != n || problem != "" {
			t.Fatalf("%d is written %s and read %d %s", n, gateway.SizeText(n), got, problem)
		}
	})
}

func TestGoldens(t *testing.T) {
	w := newWorld(t)
	for _, size := range screentest.Sizes {
		w.rules(size.W, size.H).See("erp").Golden("rules-" + size.Name)
		w.edit("erp", size.W, size.H).Golden("rule-" + size.Name)
	}
	w.rules(80, 19).Press("j", "x").See("Try a request").Press("tab", "ctrl+u").Type("/items/1").Press("enter").See("would be").Golden("try")
}

// Issue 6: rules per API user and client: methods, path patterns, read-only shorthand,
// requests per second and per day, body size.
func TestARuleIsMadeWithEveryField(t *testing.T) {
	w := newWorld(t)
	d := w.edit("crm", 80, 19).See("what partner may do with crm").Gone("Remove the rule")
	d.Focus("methods")
	d.Type("get, post").Press("tab").Type("orders").Press("tab").See("begins with /")
	d.Focus("paths")
	d.Press("ctrl+u").Paste("/orders/**\r\n/items/*\r\n").See("/orders/**, /items/*").Press("tab").Type("fast").Press("tab").See("✗ a number above 0")
	d.Press("ctrl+s").Noticed("not saved")
	if f := d.Screen.(*Form); f.Focus != "per_second" {
		t.Fatalf("focus on %s", f.Focus)
	}
	d.Press("ctrl+u").Type("2.5").Press("tab").Type("1000").Press("tab").Type("10MB").See("→ GET, POST only · /orders/**, /items/* · 2.5 a second · 1,000 a day")
	d.Press("ctrl+s").Noticed("Saved: partner may call crm: GET, POST only")
	if !d.Popped {
		t.Error("the form is still there")
	}
	r := w.rule("crm")
	if r == nil || !slices.Equal(r.Methods, []string{"GET", "POST"}) || len(r.Paths) != 2 || r.PerSecond != 2.5 || r.PerDay != 1000 || r.MaxBody != 10e6 {
		t.Fatalf("%+v", r)
	}
	// A protected client asks for its name when more is let through, and only then.
	d = w.edit("crm", 80, 19).See("GET, POST")
	d.Focus("per_day")
	d.Press("ctrl+u").Type("500").Press("ctrl+s").Noticed("Saved")
	w.edit("crm", 80, 19).See("500").Press("space").Gone("Methods").See("reads only").Press("ctrl+s").See("crm is protected").Type("crm").Press("enter").Noticed("Saved")
	if r := w.rule("crm"); !r.ReadOnly || r.PerDay != 500 || len(r.Methods) != 2 {
		t.Errorf("%+v", r)
	}
}

func TestARuleIsRemovedAfterAQuestion(t *testing.T) {
	w := newWorld(t)
	w.set(gateway.RuleDraft{Client: "crm", ReadOnly: true})
	d := w.rules(80, 19).See("▌● crm").Press("D").See("Remove the rule of partner for crm?").See("with every method and on every path").Type("crm").Press("enter").Noticed("Removed the rule")
	d.Until("no rule", func() bool { return w.rule("crm") == nil })
	d.See("No rule: every method and path").Press("D").Noticed("crm has no rule for partner")
	d.Press("j").See("▌● erp").Press("D").See("Now: GET only · /orders/** · 5 a second").Press("enter")
	d.Until("the answer was no", func() bool { return d.Overlay == nil })
	if w.rule("erp") == nil {
		t.Fatal("enter alone removed it")
	}
	d.Press("j").See("▌○ old").See("No permission call:old").Press("D").See("may not call old in any case").Press("y").Noticed("Removed the rule of partner for old").Gone("old")

	d = w.edit("erp", 80, 19)
	d.Focus("remove")
	d.Press("enter").See("Remove the rule of partner for erp?").Press("y")
	d.Until("the form is left", func() bool { return d.Popped })
	if w.rule("erp") != nil {
		t.Error("it is still there")
	}
}

// Issue 6: explains the decision rule by rule without sending.
func TestARequestIsTriedRuleByRule(t *testing.T) {
	w := newWorld(t)
	d := w.rules(80, 19).Press("j").See("▌● erp").Press("x").See("Nothing is sent.").Press("enter").See("would be refused").See("path_refused").Press("esc")
	d.Press("x").See("Try a request").Press("tab", "tab").Type("huge").Press("enter").See("a size of at most 16 GiB").Press("ctrl+u", "shift+tab")
	d.Press("ctrl+u").Type("orders/4711").Press("enter").See("GET /orders/4711").See("would be let through").See("✓").Press("esc")
	d.Press("x").See("/orders/4711").Press("ctrl+u").Type("post").Press("enter").See("POST /orders/4711 would be refused").See("method_refused").Press("esc")
	d.Press("/").Type("pim").Press("enter", "x").See("Try a request of partner to pim").Press("enter").See("client_disabled")
	if w.Caller.Count() != 0 || w.Source.Count() != 0 {
		t.Error("something was sent")
	}
}

func TestAUserThatMayCallNothing(t *testing.T) {
	w := newWorld(t)
	u, err := w.Hub.Users.Create(w.Env.Ctx, w.Hub.Space, apiusers.Draft{Username: "bare"}, "")
	if err != nil {
		t.Fatal(err)
	}
	screentest.Drive(t, New(w.Env, u.ID), 80, 19).See("bare may call no API client.").Press("enter", "D", "x", "j").See("under MAY CALL")
}

func TestKeysWhileItLoadsDoNothing(t *testing.T) {
	w := newWorld(t)
	for _, s := range []screen.Screen{New(w.Env, w.user.ID), Edit(w.Env, w.user.ID, w.clients["erp"].ID)} {
		for _, k := range []string{"D", "x", "enter", "e", "space", "ctrl+s", "tab", "j"} {
			s.Update(screentest.Key(k))
		}
		s.SetSize(80, 19)
		if v := s.View(); !strings.Contains(v, "loading") && !strings.Contains(v, "cancelled") {
			t.Errorf("it shows %q", v)
		}
	}
}

// CASES, Terminal: paste with newlines, ESC, embedded end-of-paste → literal text, never
// an action.
func TestPasteIsText(t *testing.T) {
	w := newWorld(t)
	d := w.edit("erp", 80, 30)
	d.Focus("paths")
	d.Press("ctrl+u").Paste("/a\x1b[2J\r/b").See("/a<U+001B>[2J, /b")
	w.rules(80, 19).Paste("D\ry").See("erp")
	if w.rule("erp") == nil {
		t.Error("a paste removed a rule")
	}
}

func TestGoingThroughTheFormChangesNothing(t *testing.T) {
	w := newWorld(t)
	d := w.edit("erp", 80, 19)
	d.Focus("cancel")
	if u := d.Screen.(*Form).Unsaved(); u != "" {
		t.Errorf("unsaved: %s", u)
	}
	if d.Press("shift+tab", "shift+tab"); !strings.Contains(d.View(), "GET only · /orders/**") {
		t.Error(d.View())
	}
}

func TestEverySizeFits(t *testing.T) {
	w := newWorld(t)
	form, list := w.edit("erp", 80, 19).Screen, w.rules(80, 19).Screen
	for width := 0; width <= 200; width += 7 {
		for height := 0; height <= 40; height += 3 {
			form.SetSize(width, height)
			list.SetSize(width, height)
			_ = form.(*Form).Cursor()
			for name, v := range map[string]string{"form": form.View(), "list": list.View()} {
				if n := strings.Count(v, "\n") + 1; n > max(height, 5) {
					t.Fatalf("%s: %d lines at %d×%d", name, n, width, height)
				}
			}
		}
	}
}
