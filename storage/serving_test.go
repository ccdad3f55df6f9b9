package storage_test

import (
	"errors"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ferry/model"
	"ferry/storage/storagetest"
)

func TestHowTheHubIsServedIsOneRecord(t *testing.T) {
	s := storagetest.New(t)
	want := model.ServeConfig{}
	check := func() {
		t.Helper()
		view(t, s, func(tx model.Tx) error {
			got, err := tx.Serving().Config()
			if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
				t.Error(diff)
			}
			return err
		})
	}
	check()
	for _, want = range []model.ServeConfig{
		{
			Listen: "127.0.0.1:1", PublicURL: "https://hub.example.com", Aliases: []string{"/plt/oauth2/token"}, Algorithm: model.RS256,
			DefaultTTL: time.Minute, RotateEvery: 90 * 24 * time.Hour, BehindProxy: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
			TLSCert: "/c.pem", TLSKey: "/k.pem", AdminListen: "127.0.0.1:2", Revision: 7, Updated: model.Stamp{At: start, By: "alice"},
		},
		{Revision: 8},
	} {
		update(t, s, func(tx model.Tx) error { return tx.Serving().PutConfig(want) })
		check()
	}
	wantClean(t, s)
}

func TestSigningKeysComeOldestFirst(t *testing.T) {
	s := storagetest.New(t)
	one := model.SigningKey{
		ID: "1", Algorithm: model.ES256, Private: model.NewSecret("\x00DER\xff"), Created: model.Stamp{At: start, By: "alice"},
		ActiveFrom: start.Add(time.Hour), KeepUntil: start.Add(2 * time.Hour),
	}
	two := model.SigningKey{ID: "2", Algorithm: model.EdDSA, Private: model.NewSecret("x")}
	update(t, s, func(tx model.Tx) error {
		return errors.Join(tx.Serving().PutSigningKey(two), tx.Serving().PutSigningKey(one), tx.Serving().DeleteSigningKey("none"))
	})
	want := func(keys ...model.SigningKey) {
		t.Helper()
		view(t, s, func(tx model.Tx) error {
			got, err := tx.Serving().SigningKeys()
			if diff := cmp.Diff(keys, got, cmp.Comparer(model.Secret.Equal), cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
			return err
		})
	}
	want(one, two)
	one.KeepUntil = time.Time{}
	update(t, s, func(tx model.Tx) error {
		return errors.Join(tx.Serving().PutSigningKey(one), tx.Serving().DeleteSigningKey("2"))
	})
	want(one)
	update(t, s, func(tx model.Tx) error { return tx.Serving().DeleteSigningKey("1") })
	want()
}

func TestRevokedTokensAreListedAndForgotten(t *testing.T) {
	s := storagetest.New(t)
	update(t, s, func(tx model.Tx) error {
		for _, id := range []string{"c", "a", "b", "d"} {
			if err := tx.Serving().Revoke(model.RevokedToken{ID: id, Expires: start}); err != nil {
				return err
			}
		}
		return errors.Join(tx.Serving().Revoke(model.RevokedToken{ID: "a", Expires: start.Add(time.Hour)}), tx.Serving().Forget("b"), tx.Serving().Forget("none"))
	})
	view(t, s, func(tx model.Tx) error {
		first, err := tx.Serving().Revoked("", 2)
		rest, err2 := tx.Serving().Revoked("c", 2)
		want := []model.RevokedToken{{ID: "a", Expires: start.Add(time.Hour)}, {ID: "c", Expires: start}, {ID: "d", Expires: start}}
		if got := slices.Concat(first, rest); !slices.Equal(got, want) {
			t.Errorf("got %v", got)
		}
		return errors.Join(err, err2)
	})
	err := s.Update(t.Context(), func(tx model.Tx) error { return tx.Serving().Revoke(model.RevokedToken{ID: "a/b"}) })
	if model.CodeOf(err) != model.EInvalid {
		t.Errorf("an id that would leave its place: %v", err)
	}
}

func TestADeletedSpaceIsGoneAndItsNameIsFree(t *testing.T) {
	s := storagetest.New(t)
	sp := model.Space{ID: "s1", Name: "Test", Protected: true, Deleting: true, Revision: 3, Created: model.Stamp{At: start, By: "a"}, Updated: model.Stamp{At: start, By: "b"}}
	get := func(id model.ID) error {
		return s.View(t.Context(), func(tx model.Tx) error {
			got, err := tx.Spaces().Get(id)
			if err == nil && got != sp {
				t.Errorf("it is %+v", got)
			}
			return err
		})
	}
	del := func(id model.ID) error {
		return s.Update(t.Context(), func(tx model.Tx) error { return tx.Spaces().Delete(id) })
	}
	wantCode(t, get("s1"), model.ENotFound)
	update(t, s, func(tx model.Tx) error {
		return errors.Join(tx.Spaces().Put(sp), tx.Clients().Put(model.Client{ID: "c1", Space: "s1", Name: "a"}))
	})
	if err := get("s1"); err != nil {
		t.Fatal(err)
	}
	for _, id := range []model.ID{"s2", "", "s1/x"} {
		wantCode(t, get(id), model.ENotFound)
		wantCode(t, del(id), model.ENotFound)
	}
	if err := del("s1"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, get("s1"), model.ENotFound)
	wantCode(t, del("s1"), model.ENotFound)
	wantCode(t, s.View(t.Context(), func(tx model.Tx) error { _, err := tx.Spaces().ByName("test"); return err }), model.ENotFound)
	view(t, s, func(tx model.Tx) error { _, err := tx.Clients().Get("s1", "c1"); return err }) // what was in it is not its matter
	update(t, s, func(tx model.Tx) error { return tx.Spaces().Put(model.Space{ID: "s2", Name: "TEST"}) })
	wantClean(t, s)
}

func TestAnEntryKeepsItsSpaceAndTheAPIUserThatActed(t *testing.T) {
	s := storagetest.New(t)
	want := model.AuditEntry{
		ID: "a1", At: start, Action: "user.create", Space: "default", In: "s1", Target: "u2", Name: "robot", Revision: 1,
		Actor:   model.Actor{UID: -1, User: "caller", APIUser: "u1", Addr: "2001:db8::1"},
		Changes: []model.Change{{Field: "oauth2", From: "false", To: "true"}},
	}
	update(t, s, func(tx model.Tx) error { return tx.Audit().Append(want) })
	view(t, s, func(tx model.Tx) error {
		page, err := tx.Audit().Page("", 1)
		if diff := cmp.Diff([]model.AuditEntry{want}, page); diff != "" {
			t.Error(diff)
		}
		return err
	})
}
