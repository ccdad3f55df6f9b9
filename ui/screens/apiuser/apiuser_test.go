package apiuser

import (
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/gateway"
	apikeys "ferry/model/keys"
	"ferry/model/modeltest"
	"ferry/model/serving"
	"ferry/storage/storagetest"
	"ferry/ui/screen"
	"ferry/ui/screens/screentest"
)

const day = 24 * time.Hour

type world struct {
	t *testing.T
	*screentest.Fixture
	user model.APIUser
	main apikeys.Issued
}

func newWorld(t *testing.T) *world {
	t.Helper()
	store, _ := storagetest.NewWithSpace(t)
	w := &world{t: t, Fixture: screentest.New(t, store)}
	h := w.Hub
	if _, err := h.Clients.Create(w.Env.Ctx, h.Space, modeltest.NoAuth("erp", "https://erp.example.com"), ""); err != nil {
		t.Fatal(err)
	}
	var err error
	w.user, err = h.Users.Create(w.Env.Ctx, h.Space, apiusers.Draft{
		Username: "partner", Description: "The shop of the partner", OAuth: true, TTL: 5 * time.Minute,
		BearerKeys: true, Permissions: []string{"clients:view", "clients:edit", "keys:view", "audit:view", "call:erp"}, Networks: []string{"10.0.0.0/8", "192.0.2.7"},
	}, "")
	if err != nil {
		t.Fatal(err)
	}
	rule := gateway.RuleDraft{User: "partner", Client: "erp", Methods: []string{"GET"}, Paths: []string{"/orders/**"}, PerSecond: 5}
	if _, err := h.Gateway.Set(w.Env.Ctx, h.Space, rule, ""); err != nil {
		t.Fatal(err)
	}
	w.main = w.add("main", 0)
	return w
}

func (w *world) add(label string, life time.Duration) apikeys.Issued {
	w.t.Helper()
	r := apikeys.Request{Label: label}
	if life > 0 {
		r.Expires = w.Now().Add(life)
	}
	i, err := w.Hub.Keys.Generate(w.Env.Ctx, w.Hub.Space, w.user.ID, r, "")
	if err != nil {
		w.t.Fatal(err)
	}
	w.Pass(time.Hour)
	return i
}

func (w *world) page(width, height int) *screentest.Driver {
	w.t.Helper()
	return screentest.Drive(w.t, New(w.Env, w.user.ID), width, height).See("KEYS")
}

func (w *world) state(id model.ID) model.KeyState {
	w.t.Helper()
	s, err := w.Hub.Keys.Get(w.Env.Ctx, w.Hub.Space, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return s.State
}

func TestPageGolden(t *testing.T) {
	w := newWorld(t)
	w.add("staging", 5*day)
	gone := w.add("first try", 0)
	if _, err := w.Hub.Keys.Revoke(w.Env.Ctx, w.Hub.Space, gone.Key.ID, 0, ""); err != nil {
		t.Fatal(err)
	}
	for _, size := range screentest.Sizes {
		w.page(size.W, size.H).See("main").Golden("page-" + size.Name)
	}
}

func TestPageWithoutKeysSaysHowToGetOne(t *testing.T) {
	w := newWorld(t)
	u, err := w.Hub.Users.Create(w.Env.Ctx, w.Hub.Space, apiusers.Draft{Username: "bare"}, "")
	if err != nil {
		t.Fatal(err)
	}
	d := screentest.Drive(t, New(w.Env, u.ID), 80, 19).See("none yet; a generates an API token").See("none: it can sign in and do nothing")
	d.See("off: the token endpoint refuses it").Press("D").Noticed("there is no key yet").Press("r").Press("j")
}

// Issue 6: what a user may call, with the rule in words.
func TestPageSaysWhatItMayCall(t *testing.T) {
	w := newWorld(t)
	h := w.Hub
	for _, name := range []string{"pim", "crm"} {
		if _, err := h.Clients.Create(w.Env.Ctx, h.Space, modeltest.NoAuth(name, "https://"+name+".example.com"), ""); err != nil {
			t.Fatal(err)
		}
	}
	d := w.page(80, 40).See("call       erp: GET only · /orders/** · 5 a second").See("takes an API key itself as Bearer")
	draft, err := h.Users.DraftOf(w.Env.Ctx, h.Space, w.user)
	if err != nil {
		t.Fatal(err)
	}
	draft.Permissions, draft.BearerKeys = append(draft.Permissions, "call:pim", "call:crm"), false
	if _, err := h.Users.Update(w.Env.Ctx, h.Space, w.user.ID, draft, ""); err != nil {
		t.Fatal(err)
	}
	d.Send(screen.Changed{})
	d.See("crm, pim: every method and path").Gone("as Bearer")
	if err := h.Clients.Delete(w.Env.Ctx, h.Space, w.client("erp"), "erp"); err != nil {
		t.Fatal(err)
	}
	d.Send(screen.Changed{})
	d.Gone("GET only").Press("c")
	d.Until("the rules", func() bool {
		return len(d.Pushed) == 1 && d.Pushed[0] == screen.Route(screen.GatewayRules{User: w.user.ID})
	})
}

func (w *world) client(name string) model.ID {
	w.t.Helper()
	c, err := w.Hub.Clients.ByName(w.Env.Ctx, w.Hub.Space, name)
	if err != nil {
		w.t.Fatal(err)
	}
	return c.ID
}

func TestRevokeSaysWhatStopsWorkingAndAsks(t *testing.T) {
	w := newWorld(t)
	d := w.page(80, 19).Press("D").See("Revoke key main of partner").See("refused at once").See("It was never used.").Press("enter")
	d.Until("the answer was no", func() bool { return d.Overlay == nil })
	if w.state(w.main.Key.ID) != model.KeyActive {
		t.Fatal("enter alone revoked it")
	}
	d.Press("D").See("Revoke key").Press("y").Noticed("Revoked key main").See("revoked").See("0 active, 1 ended")
	if w.state(w.main.Key.ID) != model.KeyRevoked {
		t.Error("it is still valid")
	}
	d.Press("D").Noticed("the key is revoked already").Press("r").Noticed("a generates a new one")
}

func TestRelabelFromTheMenu(t *testing.T) {
	w := newWorld(t)
	d := w.page(80, 19).Press("m").See("Relabel key main").Press("b").See("Label").Press("ctrl+u").Type(strings.Repeat("x", 65)).Press("enter").See("at most 64 characters")
	d.Press("ctrl+u").Type("production").Press("enter").Noticed("The key is called production now").See("● production")
}

// Issue 3: last used, with time and address.
func TestLastUseSaysWhenAndFromWhere(t *testing.T) {
	w := newWorld(t)
	if err := w.Hub.Serving.Record(w.Env.Ctx, []serving.Use{{Space: w.Hub.Space.ID, Key: w.main.Key.ID, At: w.Now(), Addr: "192.0.2.7", Tokens: 3}}); err != nil {
		t.Fatal(err)
	}
	w.Pass(3 * time.Minute)
	w.page(80, 19).See("3m ago").See("used 3m ago from 192.0.2.7").Press("D").See("Last used 2026-03-04 10:30 UTC from 192.0.2.7.")
	w.page(120, 35).See("3m ago · 192.0.2.7")
}

// The menu holds everything that the page can do.
func TestMenuHoldsEverything(t *testing.T) {
	d := newWorld(t).page(80, 19).Press("m")
	for _, item := range []string{"Generate API token", "Rotate key main", "Relabel key main", "Revoke key main", "Disable the user", "Delete the user"} {
		d.See(item)
	}
	d.Press("X").See("Delete partner: irreversible").See("1 active API key").Type("partner").Press("enter").Noticed("Deleted partner")
	d.Until("the page is left", func() bool { return d.Popped })
}

func TestTheCursorStaysOnItsKey(t *testing.T) {
	w := newWorld(t)
	d := w.page(80, 19).See("▌● main")
	w.add("newer", 0)
	d.Send(screen.Changed{})
	d.See("newer").See("▌● main").Press("k").See("▌● newer").Press("j").See("▌● main")
}

func TestManyKeysScrollAndTheFieldsStayReadable(t *testing.T) {
	w := newWorld(t)
	for range 18 {
		w.add("k", 0)
	}
	for _, size := range screentest.Sizes {
		d := w.page(size.W, size.H).See("State").See("19 active").Press("G").See("▌● main").Press("ctrl+d")
		if n := strings.Count(d.View(), "\n") + 1; n > size.H {
			t.Errorf("%s: %d lines", size.Name, n)
		}
	}
}

func TestTokenURLFollowsServerAndSettings(t *testing.T) {
	w := newWorld(t)
	w.page(120, 35).See("http://127.0.0.1:8080/oauth2/token").See("(assumed: no server)")
	if _, err := w.Hub.Serving.Set(w.Env.Ctx, "public_url", "https://hub.example.com"); err != nil {
		t.Fatal(err)
	}
	w.page(120, 35).See("https://hub.example.com/oauth2/token").See("(no server runs here)")
	w.Server.Run(&model.ServerStatus{URL: "https://other.example.com", Ready: true})
	w.page(120, 35).See("https://other.example.com/oauth2/token").Gone("no server")
	space, err := w.Hub.Spaces.Create(w.Env.Ctx, "emea", false)
	if err != nil {
		t.Fatal(err)
	}
	env := w.Env
	env.Hub = w.Hub.In(space)
	u, err := env.Hub.Users.Create(w.Env.Ctx, space, apiusers.Draft{Username: "emea-partner"}, "")
	if err != nil {
		t.Fatal(err)
	}
	screentest.Drive(t, New(env, u.ID), 120, 35).See("https://other.example.com/spaces/emea/oauth2/token")
}

// Somebody else deletes the user while its new key is on screen: the window stays until
// it is closed, and the page goes with it.
func TestDeletedWhileTheKeyIsShown(t *testing.T) {
	w := newWorld(t)
	d := w.page(80, 19).Press("a").See("Generate API token").Press("ctrl+s").See("It cannot be recovered.")
	if err := w.Hub.Users.Delete(w.As("bob"), w.Hub.Space, w.user.ID, 0, "partner"); err != nil {
		t.Fatal(err)
	}
	d.Send(screen.Changed{})
	d.Noticed("partner was deleted").See("It cannot be recovered.")
	if d.Popped {
		t.Fatal("the window was taken away")
	}
	d.Press("s", "y")
	d.Until("the page is left", func() bool { return d.Popped })
}

func TestDeletedByOthersLeavesThePage(t *testing.T) {
	w := newWorld(t)
	d := w.page(80, 19)
	if err := w.Hub.Users.Delete(w.As("bob"), w.Hub.Space, w.user.ID, 0, "partner"); err != nil {
		t.Fatal(err)
	}
	d.Send(screen.Changed{})
	d.Noticed("partner was deleted")
	d.Until("the page is left", func() bool { return d.Popped })
}

func TestKeysWhileItLoadsDoNothing(t *testing.T) {
	w := newWorld(t)
	u := New(w.Env, w.user.ID).(*User)
	for _, k := range []string{"D", "r", "m", "a", "e", "j", "G", "ctrl+d"} {
		u.Update(screentest.Key(k))
	}
	u.SetSize(80, 19)
	if v := u.View(); !strings.Contains(v, "loading") {
		t.Errorf("it shows %q", v)
	}
}

func TestEverySizeFits(t *testing.T) {
	w := newWorld(t)
	u := w.page(80, 19).Screen
	for width := 0; width <= 200; width += 7 {
		for height := 0; height <= 40; height += 3 {
			u.SetSize(width, height)
			if n := strings.Count(u.View(), "\n") + 1; n > max(height, 6) {
				t.Fatalf("%d lines at %d×%d", n, width, height)
			}
		}
	}
}
