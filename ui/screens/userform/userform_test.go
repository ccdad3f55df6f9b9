package userform

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/hub"
	"ferry/storage/storagetest"
	"ferry/ui/screen"
	"ferry/ui/screens/screentest"
)

func fixture(t testing.TB, clients ...string) *screentest.Fixture {
	t.Helper()
	store, _ := storagetest.NewWithSpace(t)
	fx := screentest.New(t, store)
	fx.AddClients(t, clients...)
	return fx
}

func partner(t testing.TB, fx *screentest.Fixture) model.APIUser {
	t.Helper()
	u, err := fx.Hub.Users.Create(fx.Env.Ctx, fx.Hub.Space, apiusers.Draft{
		Username: "partner", Description: "shop", OAuth: true, TTL: 5 * time.Minute,
		Permissions: []string{"clients:view", "call:erp"}, Networks: []string{"10.0.0.0/8"},
	}, "")
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func blank(t testing.TB, fx *screentest.Fixture, w, h int) *screentest.Driver {
	t.Helper()
	d := screentest.Drive(t, New(fx.Env, ""), w, h).See("Username *")
	d.Until("the clients have come", func() bool { return d.Screen.(*Form).names != nil })
	return d
}

func edit(t testing.TB, fx *screentest.Fixture, u model.APIUser) *screentest.Driver {
	t.Helper()
	return screentest.Drive(t, New(fx.Env, u.ID), 80, 40).See(u.Username)
}

// byName waits until the user is stored.
func byName(t testing.TB, h *hub.Hub, fx *screentest.Fixture, name string) model.APIUser {
	t.Helper()
	u, err := h.Users.ByName(fx.Env.Ctx, h.Space, name)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// saved waits until the form asked for the page of what it created.
func saved(t testing.TB, d *screentest.Driver) {
	t.Helper()
	d.Until("the page of the new user", func() bool {
		return slices.ContainsFunc(d.Other, func(m tea.Msg) bool { r, ok := m.(screen.Replace); return ok && r.Route != nil })
	})
}

func TestFormGolden(t *testing.T) {
	fx := fixture(t, "erp", "pim", "crm")
	u := partner(t, fx)
	for _, size := range screentest.Sizes {
		blank(t, fx, size.W, size.H).Golden("new-" + size.Name)
		d := screentest.Drive(t, New(fx.Env, u.ID), size.W, size.H).See("partner").Golden("edit-" + size.Name)
		d.Focus("keys:edit")
		d.Press("space").Golden("grid-" + size.Name)
	}
}

// The whole form with the keyboard: what was typed is what is stored.
func TestCreateAUserWithEveryField(t *testing.T) {
	fx := fixture(t, "erp", "pim")
	d := blank(t, fx, 80, 19).Type("partner-1").Press("tab").Type("The shop").Press("tab", "right", "tab").Type("5").Press("tab", "tab").Type("90d")
	d.Press("tab").Type("10.0.0.0/8, 192.0.2.7").Press("up", "up", "space").See("[x] takes an API key itself as Bearer").Press("down", "down")
	d.Press("down").See("all of clients: space checks or clears the row").Press("space").See("[x] clients").Press("down", "right", "space").See("permission apiUsers:view").See("[-] apiUsers")
	d.Focus("tokens:introspect")
	d.Press("space")
	d.Focus("call:pim")
	d.Press("space").Press("ctrl+s")
	saved(t, d)
	u := byName(t, fx.Hub, fx, "partner-1")
	if u.Description != "The shop" || !u.OAuth || !u.BearerKeys || u.TTL != 5*time.Minute || len(u.Networks) != 2 || !u.Expires.Equal(fx.Now().Add(90*24*time.Hour)) {
		t.Errorf("%+v", u)
	}
	v, err := fx.Hub.Users.View(fx.Env.Ctx, fx.Hub.Space, u)
	want := []string{"clients:view", "clients:edit", "clients:create", "clients:delete", "apiUsers:view", "tokens:introspect", "call:pim"}
	slices.Sort(want)
	slices.Sort(v.Permissions)
	if err != nil || !slices.Equal(v.Permissions, want) {
		t.Errorf("%v, %v", v.Permissions, err)
	}
}

func TestOAuthIsOffAtFirstAndTheTTLIsTheDefault(t *testing.T) {
	fx := fixture(t)
	if _, err := fx.Hub.Serving.Set(fx.Env.Ctx, "default_ttl", "20m"); err != nil {
		t.Fatal(err)
	}
	d := blank(t, fx, 80, 19).See("(•) off").Gone("Token TTL").Type("a").Press("tab", "tab", "right").See("(•) on").See("(20)").See("[ ] takes an API key itself as Bearer").Press("ctrl+s")
	saved(t, d)
	if u := byName(t, fx.Hub, fx, "a"); !u.OAuth || u.TTL != 20*time.Minute {
		t.Errorf("%+v", u)
	}
}

func TestWhatIsWrongIsSaidAtItsField(t *testing.T) {
	d := blank(t, fixture(t), 80, 30)
	d.Type("no spaces!").Press("tab").See("✗").Press("tab", "right", "tab").Type("2000").Press("tab", "tab").See("✗ a whole number between 1 and 1440")
	d.Type("last week").Press("tab").See("✗ ").See("is no time at which something expires").Type("10.0.0.300").Press("tab").See("10.0.0.300")
	d.Press("ctrl+s").Noticed("not saved: 4 fields need another look")
	f := d.Screen.(*Form)
	if f.Focus != "username" {
		t.Errorf("focus on %s", f.Focus)
	}
	d.Focus("ttl_minutes")
	d.Press("ctrl+u").Type("5").Gone("a whole number")
}

func TestUsernameThatIsTakenIsSaidAtTheField(t *testing.T) {
	fx := fixture(t, "erp")
	partner(t, fx)
	d := blank(t, fx, 80, 30).Type("Partner").Press("ctrl+s").Noticed("not saved").See("✗ the username \"Partner\" is taken")
	if f := d.Screen.(*Form); f.Focus != "username" || f.Unsaved() == "" {
		t.Errorf("focus on %s", f.Focus)
	}
}

func TestArrowsMoveInTheGridAndPartlyCheckedRowsSaySo(t *testing.T) {
	d := blank(t, fixture(t), 80, 30)
	d.Focus("clients:edit")
	f := d.Screen.(*Form)
	for _, step := range []struct{ key, at string }{
		{"down", "apiUsers:edit"},
		{"right", "apiUsers:create"},
		{"right", "apiUsers:delete"},
		{"right", "apiUsers:delete"},
		{"down", "keys:delete"},
		{"left", "keys:create"},
		{"up", "apiUsers:create"},
		{"left", "apiUsers:edit"},
		{"left", "apiUsers:view"},
		{"left", "apiUsers"},
	} {
		if d.Press(step.key); f.Focus != step.at {
			t.Fatalf("%s leads to %s, not %s", step.key, f.Focus, step.at)
		}
	}
	d.Press("space").See("[x] apiUsers").Press("right", "space").See("[-] apiUsers").Press("left", "space").See("[x] apiUsers").Press("space").See("[ ] apiUsers")
}

func TestManyClientsAreFoundByTyping(t *testing.T) {
	fx := fixture(t)
	d := blank(t, fx, 80, 64)
	f := d.Screen.(*Form)
	f.names = nil
	for i := range 1000 {
		f.names = append(f.names, fmt.Sprintf("client-%03d", i))
	}
	d.See("… and 960 more: type to find one")
	d.Focus("find")
	d.Type("-77").See("client-777").Gone("client-001")
	d.Focus("call:client-777")
	d.Press("space").See("[x] client-777")
	d.Focus("find")
	d.Press("ctrl+u").Type("nothing like it").See("[x] client-777").Gone("client-770")
	if got := f.draft().Permissions; !slices.Equal(got, []string{"call:client-777"}) {
		t.Errorf("%v", got)
	}
}

// CASES, Terminal: paste with newlines, ESC, embedded end-of-paste → literal text, never
// an action.
func TestPasteIsTextAndNetworksMayComeALineEach(t *testing.T) {
	d := blank(t, fixture(t), 80, 30).Paste("part\x1b[2Jner\r\n")
	f := d.Screen.(*Form)
	if d.See("part<U+001B>[2Jner"); f.Focus != "username" {
		t.Errorf("focus on %s", f.Focus)
	}
	d.Press("ctrl+u").Type("a")
	d.Focus("from")
	d.Paste("10.0.0.0/8\r\n192.0.2.7\r\n").See("10.0.0.0/8, 192.0.2.7")
	if n := f.draft().Networks; len(n) != 2 || len(f.check()) != 0 {
		t.Errorf("%v, %v", n, f.check())
	}
	// The text held an end-of-paste of its own; its tail arrives as keys.
	d.Send(tea.PasteMsg{Content: "x"})
	for _, tail := range []string{"enter", "ctrl+s", "tab", "down"} {
		d.Send(screentest.Key(tail))
	}
	if f.Saving() || f.Focus != "from" {
		t.Error("the tail of a paste acted")
	}
}

func TestKeysWhileItLoadsDoNothing(t *testing.T) {
	fx := fixture(t, "erp")
	f := New(fx.Env, partner(t, fx).ID).(*Form)
	f.SetSize(80, 19)
	for _, k := range []string{"x", "ctrl+s", "tab", "down", "space", "enter"} {
		f.Update(screentest.Key(k))
	}
	if f.Saving() || !strings.Contains(f.View(), "loading") || f.Unsaved() != "" {
		t.Error("something happened")
	}
}

// Keys typed before the list of clients has come belong to a new form all the same.
func TestTypedAheadIntoANewForm(t *testing.T) {
	f := New(fixture(t).Env, "").(*Form)
	f.SetSize(80, 19)
	for _, r := range "robot" {
		f.Update(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
	if f.in.username.Value() != "robot" {
		t.Errorf("%q", f.in.username.Value())
	}
}

func TestEverySizeFits(t *testing.T) {
	f := blank(t, fixture(t, "erp"), 80, 19).Screen.(*Form)
	for w := 0; w <= 200; w += 7 {
		for h := 0; h <= 40; h += 3 {
			f.SetSize(w, h)
			if n := strings.Count(f.View(), "\n") + 1; n > max(h, 2) {
				t.Fatalf("%d lines at %d×%d", n, w, h)
			}
			_ = f.Cursor()
		}
	}
}
