package apiusers_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/keys"
	"ferry/storage/storagetest"
)

func usernames(rows []apiusers.Summary) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r.User.Username
	}
	return out
}

func TestTheListIsSortedAndTellsOfKeys(t *testing.T) {
	b := newBench(t)
	now := b.Clock.Now()
	zoe := b.create(t, apiusers.Draft{Username: "Zoe"})
	ann := b.create(t, apiusers.Draft{Username: "ann", Description: "Partner IN Ulm"})
	b.create(t, apiusers.Draft{Username: "Bob"})
	b.key(t, ann.ID, keys.Request{})
	soon := b.key(t, ann.ID, keys.Request{Label: "Build Server", Expires: now.Add(day)})
	b.key(t, ann.ID, keys.Request{Expires: now.Add(2 * day)})
	over := b.key(t, ann.ID, keys.Request{Expires: now.Add(time.Minute)})
	revoked := b.key(t, zoe.ID, keys.Request{Label: "old", Expires: now.Add(time.Hour)})
	if _, err := b.Keys.Revoke(b.Ctx, b.Space, revoked.Key.ID, 0, ""); err != nil {
		t.Fatal(err)
	}
	for k, at := range map[model.ID]time.Time{soon.Key.ID: now, over.Key.ID: now.Add(time.Second)} {
		if err := b.Store.Update(b.Ctx, func(tx model.Tx) error { return tx.Keys().PutUse(b.Space.ID, model.KeyUse{Key: k, At: at}) }); err != nil {
			t.Fatal(err)
		}
	}
	b.Clock.Pass(time.Minute)
	var loaded []int
	rows, err := b.Users.List(b.Ctx, b.Space, func(n int) { loaded = append(loaded, n) })
	if err != nil || !slices.Equal(usernames(rows), []string{"ann", "Bob", "Zoe"}) || !slices.Equal(loaded, []int{3}) {
		t.Fatalf("listed %v, loaded %v, %v", usernames(rows), loaded, err)
	}
	if r := rows[0]; r.Keys != 3 || !r.KeyExpires.Equal(soon.Key.Expires) || !r.LastUsed.Equal(now.Add(time.Second)) {
		t.Errorf("ann: %+v", r)
	}
	if r := rows[2]; r.Keys != 0 || !r.KeyExpires.IsZero() || !r.LastUsed.IsZero() {
		t.Errorf("Zoe: %+v", r)
	}
	for query, want := range map[string][]int{
		"": {0, 1, 2}, "O": {1, 2}, "ulm partner": {0}, "build SERVER": {0}, "old": {2}, "ann old": nil,
	} {
		if got := apiusers.Filter(nil, rows, query); !slices.Equal(got, want) {
			t.Errorf("%q lets %v through, want %v", query, got, want)
		}
		views, err := b.Users.Views(b.Ctx, b.Space, query)
		if err != nil || len(views) != len(want) {
			t.Errorf("%q: %d views, %v", query, len(views), err)
		}
	}
}

func TestTheOutsideShapeOfAUser(t *testing.T) {
	b := newBench(t)
	u := b.create(t, apiusers.Draft{Username: "robot"})
	views, err := b.Users.Views(b.Ctx, b.Space, "")
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(views)
	want := `[{"id":"` + string(u.ID) + `","space":"default","username":"robot","description":"","state":"active","oauth2":false,"bearer_keys":false,"ttl_minutes":10,` +
		`"permissions":[],"from":[],"expires_at":null,"revision":1,"created_at":"2026-03-04T09:30:00Z","created_by":"alice",` +
		`"updated_at":"2026-03-04T09:30:00Z","updated_by":"alice","keys":0,"key_expires_at":null,"last_used_at":null}]`
	if err != nil || string(got) != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
}

// fill writes n users with two keys each past the rules, as fast as the store takes them.
func fill(tb testing.TB, b *storagetest.Bench, n int) {
	tb.Helper()
	const chunk = 10 // 2 writes a user, 2 keys of 2 writes, 2 uses
	for from := 0; from < n; from += chunk {
		err := b.Store.Update(b.Ctx, func(tx model.Tx) error {
			for i := from; i < min(from+chunk, n); i++ {
				u := model.APIUser{
					ID: model.ID(fmt.Sprintf("u%025d", i)), Space: b.Space.ID, Username: fmt.Sprintf("partner-%05d", n-i), State: model.Active,
					Description: "a partner's system", OAuth: true, TTL: model.DefaultTTL, Permissions: []model.Permission{"clients:view", "keys:view"}, Revision: 1,
				}
				if err := tx.Users().Put(u); err != nil {
					return err
				}
				for j := range 2 {
					k := model.APIKey{ID: model.ID(fmt.Sprintf("k%024d%d", i, j)), Space: b.Space.ID, User: u.ID, Label: fmt.Sprintf("label %d", j), Revision: 1}
					if err := tx.Keys().Put(k); err != nil {
						return err
					}
					if err := tx.Keys().PutUse(b.Space.ID, model.KeyUse{Key: k.ID, At: b.Clock.Now(), Addr: "192.0.2.7", Count: 1}); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
}

func TestALongListComesInPages(t *testing.T) {
	b := storagetest.NewBench(t)
	const n = 1234
	fill(t, b, n)
	var loaded []int
	rows, err := b.Users.List(b.Ctx, b.Space, func(n int) { loaded = append(loaded, n) })
	if err != nil || len(rows) != n || !slices.Equal(loaded, []int{1000, n}) || !slices.IsSorted(usernames(rows)) {
		t.Fatalf("listed %d, loaded %v, %v", len(rows), loaded, err)
	}
	for _, r := range rows {
		if r.Keys != 2 || !r.LastUsed.Equal(b.Clock.Now()) || !slices.Equal(r.Scopes, []string{"clients:view", "keys:view"}) {
			t.Fatalf("a row is %+v", r)
		}
	}
	all, err := b.Keys.List(b.Ctx, b.Space, "")
	if err != nil || len(all) != 2*n || !strings.HasPrefix(all[0].Username, "partner-0000") {
		t.Errorf("%d keys, %v", len(all), err)
	}
}

// BenchmarkList reads 10,000 users with two keys each, which have both been used.
func BenchmarkList(b *testing.B) {
	hub := storagetest.NewBench(b)
	fill(b, hub, 10_000)
	b.Run("users", func(b *testing.B) {
		for b.Loop() {
			if rows, err := hub.Users.List(hub.Ctx, hub.Space, nil); err != nil || len(rows) != 10_000 {
				b.Fatal(len(rows), err)
			}
		}
	})
	b.Run("keys", func(b *testing.B) {
		for b.Loop() {
			if rows, err := hub.Keys.List(hub.Ctx, hub.Space, ""); err != nil || len(rows) != 20_000 {
				b.Fatal(len(rows), err)
			}
		}
	})
	rows, err := hub.Users.List(hub.Ctx, hub.Space, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("filter", func(b *testing.B) {
		var dst []int
		for b.Loop() {
			dst = apiusers.Filter(dst[:0], rows, "partner 77 label")
		}
	})
}
