package keys_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/keys"
)

func TestActiveKeysComeFirstThenByUserAndNewest(t *testing.T) {
	b := newBench(t)
	b.key(t, "short", time.Hour)
	b.Clock.Pass(time.Minute)
	b.key(t, "first", 0)
	b.Clock.Pass(time.Minute)
	b.revoke(t, b.key(t, "revoked", 0).Key.ID)
	b.Clock.Pass(time.Minute)
	used := b.key(t, "newest", 0)
	ada := b.user(t, b.Space, "Ada")
	for _, label := range []string{"a1", "a2"} {
		b.Clock.Pass(time.Minute)
		if _, err := b.Keys.Generate(b.Ctx, b.Space, ada.ID, keys.Request{Label: label}, ""); err != nil {
			t.Fatal(err)
		}
	}
	use := model.KeyUse{Key: used.Key.ID, At: b.Clock.Now(), Addr: "192.0.2.7", Count: 41}
	b.use(t, use)
	b.Clock.Pass(time.Hour)
	rows := b.list(t, "")
	if got, want := labels(rows), []string{"a2", "a1", "newest", "first", "revoked", "short"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if r := rows[2]; r.Use != use || r.Username != "robot" || r.State != model.KeyActive {
		t.Errorf("the used one is %+v", r)
	}
	if rows[5].State != model.KeyExpired || rows[4].State != model.KeyRevoked {
		t.Errorf("the last ones are %s and %s", rows[4].State, rows[5].State)
	}
	if got, want := labels(b.list(t, b.robot.ID)), []string{"newest", "first", "revoked", "short"}; !slices.Equal(got, want) {
		t.Errorf("of robot: got %v, want %v", got, want)
	}
	if r := b.list(t, b.robot.ID)[0]; r.Use != use {
		t.Errorf("of robot, the use is %+v", r.Use)
	}
	for query, want := range map[string]int{"": 6, "NEW": 1, "robot ed": 1, "ada": 2, "ada newest": 0, string(used.Key.ID): 1} {
		if got := keys.Filter(nil, rows, query); len(got) != want {
			t.Errorf("%q lets %v through, want %d", query, got, want)
		}
	}
}

func TestFindTakesAnIDOrALabelOrTheKeyItself(t *testing.T) {
	b := newBench(t)
	old := b.key(t, "CI", 0)
	b.revoke(t, old.Key.ID)
	ci := b.key(t, "ci", 0)
	b.key(t, "", 0)
	b.key(t, "twin", 0)
	b.key(t, "Twin", time.Hour)
	for _, text := range []string{string(ci.Key.ID), "Ci", ci.Text.Reveal()} {
		if got, err := b.Keys.Find(b.Ctx, b.Space, text); err != nil || got.Key.ID != ci.Key.ID || got.Username != "robot" {
			t.Errorf("%q is %+v, %v", text, got.Key, err)
		}
	}
	if got, err := b.Keys.Find(b.Ctx, b.Space, string(old.Key.ID)); err != nil || got.State != model.KeyRevoked {
		t.Errorf("a revoked one by its id: %+v, %v", got, err)
	}
	_, err := b.Keys.Find(b.Ctx, b.Space, "twin")
	wantField(t, err, "key")
	mistyped := ci.Text.Reveal()[:81]
	for _, text := range []string{"", "none", "../x", mistyped, "\x1b[2J"} {
		_, err := b.Keys.Find(b.Ctx, b.Space, text)
		msg := wantCode(t, err, model.ENotFound)
		if strings.Contains(msg, mistyped[30:]) || strings.ContainsRune(msg, '\x1b') {
			t.Errorf("it says %q", msg)
		}
	}
}

// Warning list: keys that expire within 14 days.
func TestExpiringKeysComeInTheOrderInWhichTheyEnd(t *testing.T) {
	b := newBench(t)
	b.key(t, "over", time.Minute)
	b.Clock.Pass(time.Minute)
	b.key(t, "fourteen", 14*day)
	b.key(t, "a moment later", 14*day+1)
	b.key(t, "soon", time.Hour)
	b.key(t, "never", 0)
	b.revoke(t, b.key(t, "revoked", time.Hour).Key.ID)
	b.key(t, "tomorrow", day)
	rows, err := b.Keys.Expiring(b.Ctx, b.Space)
	if got, want := labels(rows), []string{"soon", "tomorrow", "fourteen"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
}

func TestTheOutsideShapeOfAKey(t *testing.T) {
	b := newBench(t)
	issued := b.key(t, "ci", 0)
	id := string(issued.Key.ID)
	b.use(t, model.KeyUse{Key: issued.Key.ID, At: b.Clock.Now(), Addr: "::1", Count: 3})
	view := func() string {
		t.Helper()
		s, err := b.Keys.Get(b.Ctx, b.Space, issued.Key.ID)
		if err != nil {
			t.Fatal(err)
		}
		out, err := json.Marshal(keys.ViewOf(b.Space, s))
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	head := `{"id":"` + id + `","space":"default","user":"robot","user_id":"` + string(b.robot.ID) + `","label":"ci",`
	at := `"2026-03-04T09:30:00Z"`
	want := head + `"state":"active","created_at":` + at + `,"created_by":"alice","expires_at":null,"revoked_at":null,` +
		`"last_used_at":` + at + `,"last_used_from":"::1","tokens_issued":3,"revision":1}`
	if got := view(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	b.revoke(t, issued.Key.ID)
	want = head + `"state":"revoked","created_at":` + at + `,"created_by":"alice","expires_at":null,"revoked_at":` + at + `,"revoked_by":"alice",` +
		`"last_used_at":` + at + `,"last_used_from":"::1","tokens_issued":3,"revision":2}`
	if got := view(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
