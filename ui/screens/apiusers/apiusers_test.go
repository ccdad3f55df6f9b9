package apiusers

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/apiusers"
	apikeys "ferry/model/keys"
	"ferry/storage/storagetest"
	"ferry/ui/screen"
	"ferry/ui/screens/screentest"
)

func fixture(t testing.TB) *screentest.Fixture {
	t.Helper()
	store, _ := storagetest.NewWithSpace(t)
	return screentest.New(t, store)
}

func user(t testing.TB, fx *screentest.Fixture, d apiusers.Draft) model.APIUser {
	t.Helper()
	u, err := fx.Hub.Users.Create(fx.Env.Ctx, fx.Hub.Space, d, "")
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func addKeyOf(t testing.TB, fx *screentest.Fixture, u model.APIUser, label string, life time.Duration) {
	t.Helper()
	r := apikeys.Request{Label: label}
	if life > 0 {
		r.Expires = fx.Now().Add(life)
	}
	if _, err := fx.Hub.Keys.Generate(fx.Env.Ctx, fx.Hub.Space, u.ID, r, ""); err != nil {
		t.Fatal(err)
	}
}

const day = 24 * time.Hour

// usual makes the users that most tests look at.
func usual(t testing.TB) *screentest.Fixture {
	t.Helper()
	fx := fixture(t)
	partner := user(t, fx, apiusers.Draft{Username: "partner", Description: "ERP of the partner", OAuth: true, TTL: 5 * time.Minute, Permissions: []string{
		"clients:view", "clients:edit", "keys:view",
	}})
	addKeyOf(t, fx, partner, "production", 0)
	addKeyOf(t, fx, partner, "staging", 5*day)
	robot := user(t, fx, apiusers.Draft{Username: "reporting-robot", OAuth: true, TTL: 1440 * time.Minute, Permissions: []string{"audit:view"}})
	addKeyOf(t, fx, robot, "nightly", 13*day)
	old := user(t, fx, apiusers.Draft{Username: "old-shop"})
	if _, err := fx.Hub.Users.SetState(fx.Env.Ctx, fx.Hub.Space, old.ID, model.Disabled, ""); err != nil {
		t.Fatal(err)
	}
	return fx
}

func list(t testing.TB, fx *screentest.Fixture, w, h int) *screentest.Driver {
	t.Helper()
	return screentest.Drive(t, New(fx.Env, screen.APIUsers{}), w, h).See("NAME")
}

func TestListGolden(t *testing.T) {
	fx := usual(t)
	for _, size := range screentest.Sizes {
		list(t, fx, size.W, size.H).See("reporting-robot").Golden("list-" + size.Name)
	}
}

func TestEmptyListSaysWhatAnAPIUserIs(t *testing.T) {
	fx := fixture(t)
	for _, size := range screentest.Sizes {
		d := screentest.Drive(t, New(fx.Env, screen.APIUsers{}), size.W, size.H).See("No API users yet").Golden("empty-" + size.Name)
		d.Press("n")
		d.Until("the form", func() bool { return len(d.Pushed) == 1 && d.Pushed[0] == screen.Route(screen.NewAPIUser{}) })
	}
}

// Issue 3: the label of a key is searchable.
func TestFilterFindsNamesDescriptionsAndLabels(t *testing.T) {
	d := list(t, usual(t), 80, 19)
	for query, want := range map[string]string{"robot": "reporting-robot", "of the partner": "partner", "NIGHTLY": "reporting-robot"} {
		d.Press("/").Type(query).See("1 of 3").See(want).Press("enter").See("/ " + query)
		if !d.Screen.(*Users).Back() {
			t.Fatal("back did not clear the filter")
		}
		d.See("old-shop")
	}
	d.Press("/").Type("nobody").See("No API user matches")
	if !d.Screen.(screen.Capturer).Capturing() {
		t.Error("one-letter keys would be taken from the filter")
	}
}

func TestPasteIntoTheFilterIsText(t *testing.T) {
	d := list(t, usual(t), 80, 19)
	d.Paste("D\rpartner\ry").See("old-shop")
	d.Press("/").Paste("part\x1b[2Jner\r").See("No API user matches").Press("ctrl+u").See("old-shop")
	if d.Overlay != nil || len(d.Pushed) > 0 {
		t.Error("a paste did something")
	}
}

// Issue 3: a warning list of keys that expire within 14 days.
func TestWarningShowsWhoseKeysExpireSoon(t *testing.T) {
	fx := usual(t)
	d := list(t, fx, 80, 19).See("! 2 keys expire within 14 days")
	d.See("expires in 5d").See("expires in 13d").Press("w").See("w shows all users again").Gone("old-shop").See("partner").See("reporting-robot")
	d.Press("w").See("old-shop").Press("w").Gone("old-shop")
	if !d.Screen.(*Users).Back() {
		t.Fatal("back did not end it")
	}
	d.See("old-shop")
	fx.Pass(6 * day)
	d.Send(screen.Changed{})
	d.See("! 1 key expires within 14 days")
	fx.Pass(30 * day)
	d.Send(screen.Changed{})
	d.Gone("within 14 days").Press("w").Noticed("no key expires within 14 days")
}

func TestSortCyclesAndKeepsTheCursor(t *testing.T) {
	d := list(t, usual(t), 80, 19).See("NAME ▾").Press("j", "j").See("▌● reporting-robot")
	d.Press("s").See("LAST USED ▾").See("▌● reporting-robot").Press("s").See("KEYS ▾").See("▌● reporting-robot")
	lines := strings.Split(d.View(), "\n")
	if !strings.Contains(lines[2], "partner") || !strings.Contains(lines[4], "old-shop") {
		t.Errorf("not by what ends next:\n%s", d.View())
	}
	d.Press("s").See("NAME ▾").See("▌● reporting-robot")
}

func TestMenuDisablesAndActivates(t *testing.T) {
	fx := usual(t)
	d := list(t, fx, 80, 19).Press("j").See("▌● partner").Press("m").See("Disable the user").Press("i").Noticed("Disabled partner").See("▌○ partner")
	d.Press("m").See("Activate the user").Press("i").Noticed("Activated partner").See("▌● partner")
}

func TestDeleteSaysWhatIsLostAndAsksForTheName(t *testing.T) {
	fx := usual(t)
	d := list(t, fx, 80, 19).Press("j").See("▌● partner").Press("D").See("Delete partner: irreversible").See("2 active API keys")
	d.Type("partne").Press("enter").See("this is not the name").Type("r").Press("enter").Noticed("Deleted partner").Gone("▌● partner")
	rows, err := fx.Hub.Users.List(fx.Env.Ctx, fx.Hub.Space, nil)
	if err != nil || len(rows) != 2 {
		t.Errorf("%d users: %v", len(rows), err)
	}
}

func TestGenerateFromTheList(t *testing.T) {
	d := list(t, usual(t), 80, 19).Press("j").Press("a").See("Generate API token · partner").Press("ctrl+s").See("It cannot be recovered.")
	u := d.Screen.(*Users)
	if u.Unsaved() == "" || !u.Capturing() || !u.Back() || u.Title() != "New API key" {
		t.Error("the window can be left")
	}
	d.Press("s", "y").See("NAME ▾").See("3 · expires in 5d")
	if u.Unsaved() != "" || u.Capturing() || u.Back() {
		t.Error("the list is held after the window closed")
	}
}

func TestCopyMenu(t *testing.T) {
	d := list(t, usual(t), 120, 35).Press("j").Press("y").See("Username (client_id)").Press("c").See("client_id=partner").See("$FERRY_KEY")
	d.See("http://127.0.0.1:8080/oauth2/token").Noticed("to the terminal's clipboard")
}

// A question that was cancelled by the root, which says nothing, is not answered by what
// comes back from another screen.
func TestCancelledQuestionIsForgotten(t *testing.T) {
	d := list(t, usual(t), 80, 19).Press("m").See("More actions")
	d.Overlay = nil // as ctrl-c does
	d.Press("e")
	d.Until("the form", func() bool { return len(d.Pushed) == 1 })
	u := d.Screen.(*Users)
	if cmd := u.Resume(model.APIUser{}); cmd == nil {
		t.Error("the list is not read again")
	}
}

func TestErrorOffersRetryAndLoadingCanBeCancelled(t *testing.T) {
	fx := usual(t)
	u := New(fx.Env, screen.APIUsers{}).(*Users)
	u.SetSize(80, 19)
	_ = u.Init()
	for _, k := range []string{"e", "m", "D", "a", "y", "enter", "j", "w", "s"} { // keys while it loads
		u.Update(screentest.Key(k))
	}
	if !strings.Contains(u.View(), "loading") || !u.Cancel() || !strings.Contains(u.View(), "Loading was cancelled") {
		t.Errorf("it shows:\n%s", u.View())
	}
}

func TestCountsAreTold(t *testing.T) {
	d := list(t, usual(t), 80, 19)
	d.Until("the count", func() bool {
		for _, m := range d.Other {
			if m == any(screen.Count{Place: screen.PlaceAPIUsers, N: 3}) {
				return true
			}
		}
		return false
	})
}

func TestHostileTextIsSpelledOut(t *testing.T) {
	rows := []apiusers.Summary{{User: model.APIUser{Username: "a\x1b[2Jb\u202e", State: model.Active}, Scopes: []string{"call:\x07x"}}}
	u := New(fixture(t).Env, screen.APIUsers{}).(*Users)
	u.Rows, u.Match, u.Known, u.Widest = rows, []int{0}, true, 12
	u.SetSize(120, 20)
	if v := u.View(); strings.Contains(v, "\x1b[2J") || strings.Contains(v, "\x07") || !strings.Contains(v, "<U+001B>") {
		t.Errorf("%q", v)
	}
}

func TestEverySizeFits(t *testing.T) {
	fx := usual(t)
	u := list(t, fx, 80, 19).Screen.(*Users)
	for w := 0; w <= 200; w += 7 {
		for h := 0; h <= 40; h += 3 {
			u.SetSize(w, h)
			_ = u.View()
		}
	}
}

// crowd stores 10,000 users and opens the list of them.
func crowd(b *testing.B) *Users {
	b.Helper()
	store, _ := storagetest.NewWithSpace(b)
	fx := screentest.New(b, store)
	for from := 0; from < 10_000; from += 20 {
		err := store.Update(fx.Env.Ctx, func(tx model.Tx) error {
			for i := from; i < from+20; i++ {
				u := model.APIUser{
					ID: model.ID(fmt.Sprintf("%026d", 1000+i)), Space: fx.Hub.Space.ID, Username: fmt.Sprintf("user-%05d", i), Revision: 1,
					State: model.Active, OAuth: true, TTL: time.Minute, Permissions: []model.Permission{"clients:view"},
				}
				if err := tx.Users().Put(u); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return screentest.Drive(b, New(fx.Env, screen.APIUsers{}), 120, 35).See("user-00000").Screen.(*Users)
}

// 10,000 users: what a key costs, what a letter of the filter, and reading them all.
func BenchmarkIn10000Users(b *testing.B) {
	u := crowd(b)
	down, slash, letter, back := screentest.Key("j"), screentest.Key("/"), screentest.Key("7"), screentest.Key("backspace")
	b.Run("key", func(b *testing.B) {
		for b.Loop() {
			u.Update(down)
			_ = u.View()
		}
	})
	b.Run("letter", func(b *testing.B) {
		u.Update(slash)
		for b.Loop() {
			u.Update(letter)
			_ = u.View()
			u.Update(back)
			_ = u.View()
		}
	})
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			if rows, _, err := load(u.Env.Ctx, u.Env.Hub, func(int) {}); err != nil || len(rows) != 10_000 {
				b.Fatal(len(rows), err)
			}
		}
	})
}
