package storage_test

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/storage"
	"ferry/storage/bolt"
	"ferry/storage/kv"
	"ferry/storage/storagetest"
)

var start = time.Date(2026, 3, 4, 9, 30, 0, 0, time.UTC)

func putUser(s *storage.Store, space, id model.ID, name string) func(*testing.T) error {
	return func(t *testing.T) error {
		return s.Update(t.Context(), func(tx model.Tx) error {
			return tx.Users().Put(model.APIUser{ID: id, Space: space, Username: name})
		})
	}
}

func TestUsernamesAreUniqueInTheWholeStoreIgnoringCase(t *testing.T) {
	s := storagetest.New(t)
	put := func(space, id model.ID, name string) error { t.Helper(); return putUser(s, space, id, name)(t) }
	if err := errors.Join(put("s1", "u1", "Robot"), put("s2", "u2", "other")); err != nil {
		t.Fatal(err)
	}
	for _, space := range []model.ID{"s1", "s2"} {
		err := put(space, "u9", "rObOt")
		wantCode(t, err, model.EExists)
		if model.AsError(err).Field != "username" {
			t.Errorf("the field is %q", model.AsError(err).Field)
		}
	}
	wantCode(t, put("s2", "u2", "robot"), model.EExists) // by renaming
	wantCode(t, put("s2", "u1", "robot"), model.EExists) // the same id in another space is another user
	if err := errors.Join(put("s1", "u1", "robot"), put("s1", "u1", "machine"), put("s2", "u3", "Robot")); err != nil {
		t.Fatalf("changing case, renaming, and taking the name that is free now: %v", err)
	}
	view(t, s, func(tx model.Tx) error {
		for name, want := range map[string]string{"MACHINE": "s1/u1", "robot": "s2/u3", "other": "s2/u2"} {
			u, err := tx.Users().ByName(name)
			if got := string(u.Space) + "/" + string(u.ID); err != nil || got != want {
				t.Errorf("%s leads to %s, %v; want %s", name, got, err, want)
			}
		}
		return nil
	})
	wantClean(t, s)
}

func TestADeletedUserIsGoneAndItsNameIsFree(t *testing.T) {
	s := storagetest.New(t)
	del := func(space model.ID) error {
		return s.Update(t.Context(), func(tx model.Tx) error { return tx.Users().Delete(space, "u1") })
	}
	wantCode(t, del("s1"), model.ENotFound)
	if err := putUser(s, "s1", "u1", "robot")(t); err != nil {
		t.Fatal(err)
	}
	wantCode(t, del("s2"), model.ENotFound)
	if err := del("s1"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, s.View(t.Context(), func(tx model.Tx) error { _, err := tx.Users().Get("s1", "u1"); return err }), model.ENotFound)
	wantCode(t, s.View(t.Context(), func(tx model.Tx) error { _, err := tx.Users().ByName("robot"); return err }), model.ENotFound)
	if err := putUser(s, "s2", "u2", "ROBOT")(t); err != nil {
		t.Error(err)
	}
	wantClean(t, s)
}

func TestUsersAndKeysOfAnotherSpaceAreNotFound(t *testing.T) {
	s := storagetest.New(t)
	if err := putUser(s, "s1", "u1", "robot")(t); err != nil {
		t.Fatal(err)
	}
	update(t, s, func(tx model.Tx) error { return tx.Keys().Put(model.APIKey{ID: "k1", Space: "s1", User: "u1"}) })
	for name, get := range map[string]func(model.Tx) error{
		"user":              func(tx model.Tx) error { _, err := tx.Users().Get("s2", "u1"); return err },
		"user, odd id":      func(tx model.Tx) error { _, err := tx.Users().Get("s1", "u1/x"); return err },
		"user, empty id":    func(tx model.Tx) error { _, err := tx.Users().Get("s1", ""); return err },
		"username, empty":   func(tx model.Tx) error { _, err := tx.Users().ByName(""); return err },
		"username, endless": func(tx model.Tx) error { _, err := tx.Users().ByName(strings.Repeat("a", 10_000)); return err },
		"key":               func(tx model.Tx) error { _, err := tx.Keys().Get("s2", "k1"); return err },
		"key, odd id":       func(tx model.Tx) error { _, err := tx.Keys().Get("s1", "../k1"); return err },
	} {
		t.Run(name, func(t *testing.T) { wantCode(t, s.View(t.Context(), get), model.ENotFound) })
	}
	wantCode(t, s.Update(t.Context(), func(tx model.Tx) error { return tx.Keys().Delete("s2", "k1") }), model.ENotFound)
	view(t, s, func(tx model.Tx) error {
		users, err := tx.Users().Page("s2", "", 10)
		keys, err2 := tx.Keys().Page("s2", "", 10)
		of, err3 := tx.Keys().OfUser("s2", "u1")
		if len(users)+len(keys)+len(of) != 0 {
			t.Errorf("found %v, %v, %v", users, keys, of)
		}
		return errors.Join(err, err2, err3)
	})
}

func TestKeysAreListedByUserOldestFirst(t *testing.T) {
	s := storagetest.New(t)
	update(t, s, func(tx model.Tx) error {
		for i, user := range []model.ID{"u1", "u2", "u1", "u1", "u10"} {
			k := model.APIKey{ID: model.ID(fmt.Sprintf("k%d", 9-i)), Space: "s1", User: user, Digest: [32]byte{byte(i)}, Label: fmt.Sprint(i)}
			if err := errors.Join(tx.Keys().Put(k), tx.Keys().PutUse("s1", model.KeyUse{Key: k.ID, At: start, Addr: "::1", Count: uint64(i)})); err != nil {
				return err
			}
		}
		return tx.Keys().Put(model.APIKey{ID: "k0", Space: "s2", User: "u1"})
	})
	ids := func(keys []model.APIKey) (out []model.ID) {
		for _, k := range keys {
			out = append(out, k.ID)
		}
		return out
	}
	want := func(all, of, used []model.ID) {
		t.Helper()
		view(t, s, func(tx model.Tx) error {
			first, err := tx.Keys().Page("s1", "", 3)
			rest, err2 := tx.Keys().Page("s1", first[2].ID, 3)
			mine, err3 := tx.Keys().OfUser("s1", "u1")
			uses, err4 := tx.Keys().Uses("s1", "", 100)
			var got []model.ID
			for _, u := range uses {
				got = append(got, u.Key)
			}
			if !slices.Equal(ids(append(first, rest...)), all) || !slices.Equal(ids(mine), of) || !slices.Equal(got, used) {
				t.Errorf("got %v, %v, %v", ids(append(first, rest...)), ids(mine), got)
			}
			return errors.Join(err, err2, err3, err4)
		})
	}
	five := []model.ID{"k5", "k6", "k7", "k8", "k9"}
	want(five, []model.ID{"k6", "k7", "k9"}, five)
	update(t, s, func(tx model.Tx) error {
		k, err := tx.Keys().Get("s1", "k7")
		if err != nil || k.Digest != [32]byte{2} || k.Label != "2" {
			t.Errorf("it is %+v, %v", k, err)
		}
		k.Label = "again"
		return errors.Join(tx.Keys().Put(k), tx.Keys().Delete("s1", "k6"))
	})
	left := []model.ID{"k5", "k7", "k8", "k9"}
	want(left, []model.ID{"k7", "k9"}, left)
	view(t, s, func(tx model.Tx) error {
		used, err := tx.Keys().Use("s1", "k9")
		never, err2 := tx.Keys().Use("s1", "k6")
		if used != (model.KeyUse{Key: "k9", At: start, Addr: "::1"}) || never != (model.KeyUse{}) {
			t.Errorf("the uses are %+v and %+v", used, never)
		}
		return errors.Join(err, err2)
	})
	wantClean(t, s)
}

// Networks limit where a user may come from: what does not read back lets nobody in.
func TestANetworkThatDoesNotReadBackLetsNobodyIn(t *testing.T) {
	s := storagetest.New(t)
	update(t, s, func(tx model.Tx) error {
		return tx.Users().Put(model.APIUser{ID: "u1", Space: "s1", Username: "robot", Networks: []netip.Prefix{{}}})
	})
	view(t, s, func(tx model.Tx) error {
		u, err := tx.Users().Get("s1", "u1")
		if len(u.Networks) != 1 || u.From(netip.MustParseAddr("192.0.2.7")) || u.From(netip.MustParseAddr("::1")) || u.From(netip.Addr{}) {
			t.Errorf("it may come from %v", u.Networks)
		}
		return err
	})
}

func TestCheckFindsUsersAndKeysThatTheIndexesMiss(t *testing.T) {
	path := storagetest.Dir(t) + "/ferry.db"
	s, _ := storagetest.NewAt(t, path, nil)
	if err := errors.Join(putUser(s, "s1", "u1", "robot")(t), putUser(s, "s1", "u2", "other")(t)); err != nil {
		t.Fatal(err)
	}
	update(t, s, func(tx model.Tx) error {
		return errors.Join(tx.Keys().Put(model.APIKey{ID: "k1", Space: "s1", User: "u1"}), tx.Keys().Put(model.APIKey{ID: "k2", Space: "s1", User: "u1"}))
	})
	wantClean(t, s)
	raw, err := bolt.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	// Each step does further damage, and undoes the one before where that is said.
	damage := func(fn func(kv.Tx) error) []string {
		t.Helper()
		if err := raw.Update(t.Context(), fn); err != nil {
			t.Fatal(err)
		}
		report, err := s.Check(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return report.Problems
	}
	want := func(what string, got []string, says ...string) {
		t.Helper()
		if !slices.Equal(got, says) {
			t.Errorf("%s: got %q, want %q", what, got, says)
		}
	}
	want("a key that its user's list misses", damage(func(tx kv.Tx) error { return tx.Delete([]byte("ukey/s1/u1/k1")) }),
		"the index does not lead to the record key/s1/k1")
	want("and one that is listed and gone", damage(func(tx kv.Tx) error { return tx.Delete([]byte("key/s1/k2")) }),
		"the index does not lead to the record key/s1/k1")
	want("with the first one gone too", damage(func(tx kv.Tx) error { return tx.Delete([]byte("key/s1/k1")) }),
		"1 entries of users' keys lead to no API key")
	update(t, s, func(tx model.Tx) error { return tx.Keys().Put(model.APIKey{ID: "k2", Space: "s1", User: "u1"}) })
	var kept []byte
	want("a user that is gone", damage(func(tx kv.Tx) (err error) {
		if kept, err = tx.Get([]byte("user/s1/u2")); err != nil {
			return err
		}
		return tx.Delete([]byte("user/s1/u2"))
	}), "1 usernames lead to no API user")
	want("a user that was put in another's place", damage(func(tx kv.Tx) error { return tx.Put([]byte("user/s1/u1"), kept) }),
		"the record user/s1/u1 is damaged: it does not open", "1 usernames lead to no API user")
}

// Whoever works meanwhile makes no damage: what a check counts, it counts again.
func TestACheckDuringWorkFindsNothing(t *testing.T) {
	s := storagetest.New(t)
	if err := putUser(s, "s1", "u1", "robot")(t); err != nil {
		t.Fatal(err)
	}
	stop, done := make(chan struct{}), make(chan error, 1)
	go func() {
		for i := 0; ; i++ {
			k := model.APIKey{ID: model.ID(fmt.Sprint("k", i)), Space: "s1", User: "u1"}
			err := errors.Join(
				s.Update(t.Context(), func(tx model.Tx) error { return tx.Keys().Put(k) }),
				s.Update(t.Context(), func(tx model.Tx) error { return tx.Keys().Delete("s1", k.ID) }))
			select {
			case <-stop:
				done <- err
				return
			default:
				if err != nil {
					done <- err
					return
				}
			}
		}
	}()
	for range 40 {
		wantClean(t, s)
	}
	close(stop)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}
