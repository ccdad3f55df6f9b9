package serving_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ferry/model"
	"ferry/model/modeltest"
	"ferry/model/serving"
)

var (
	right = modeltest.Digest("right")
	wrong = modeltest.Digest("wrong")
	home  = netip.MustParseAddr("10.1.2.3")
	away  = netip.MustParseAddr("192.0.2.7")
)

// town is a directory with users and keys of every kind in two spaces.
func town(t *testing.T) (*kit, *serving.Directory) {
	k := newKit(t)
	other := model.Space{ID: "s2", Name: "North", Revision: 1}
	k.update(func(tx model.Tx) error { return tx.Spaces().Put(other) })
	soon, past := modeltest.Start.Add(time.Hour), modeltest.Start.Add(-time.Second)
	robot := k.robot()
	robot.Networks = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	k.user(robot)
	for _, key := range []model.APIKey{
		{ID: "k1", Digest: right},
		{ID: "k2", Digest: right, Expires: past},
		{ID: "k3", Digest: right, Revoked: model.Stamp{At: past, By: "alice"}},
		{ID: "k4", Digest: right, Expires: soon},
		{ID: "k5", Digest: right, Expires: past, Revoked: model.Stamp{At: past, By: "alice"}},
	} {
		key.Space, key.User = k.space.ID, "u1"
		k.key(key)
	}
	for i, change := range []func(*model.APIUser){
		func(u *model.APIUser) { u.Username, u.Space = "north-robot", other.ID },
		func(u *model.APIUser) { u.Username, u.State = "disabled", model.Disabled },
		func(u *model.APIUser) { u.Username, u.Expires = "expired", modeltest.Start },
		func(u *model.APIUser) { u.Username, u.OAuth = "plain", false },
	} {
		u := k.robot()
		u.ID = model.ID(fmt.Sprint("u", i+2))
		change(&u)
		k.user(u)
		k.key(model.APIKey{ID: model.ID(fmt.Sprint("k", i+6)), Space: u.Space, User: u.ID, Digest: right})
	}
	return k, k.load()
}

func TestWhoACallerIs(t *testing.T) {
	k, d := town(t)
	for _, c := range []struct {
		name, client string
		key          model.ID
		digest       [32]byte
		space        model.ID
		reason       serving.Reason
		found        model.ID
	}{
		{"the right secret", "robot", "k1", right, "", "", "k1"},
		{"a key that expires later", "robot", "k4", right, "", "", "k4"},
		{"an unknown id", "nobody", "k1", right, "", serving.UnknownClient, ""},
		{"no id", "", "k1", right, "", serving.UnknownClient, ""},
		{"another case of letters", "Robot", "k1", right, "", serving.UnknownClient, ""},
		{"a user of another space", "north-robot", "k6", right, "", serving.UnknownClient, ""},
		{"the same in its own space", "north-robot", "k6", right, "s2", "", "k6"},
		{"a space that is not there", "robot", "k1", right, "s9", serving.UnknownClient, ""},
		{"a wrong secret", "robot", "k1", wrong, "", serving.WrongSecret, ""},
		{"an unknown key", "robot", "k99", right, "", serving.WrongSecret, ""},
		{"no key at all", "robot", "", right, "", serving.WrongSecret, ""},
		{"no key and no digest", "robot", "", [32]byte{}, "", serving.WrongSecret, ""},
		{"an unknown client, no key, no digest", "nobody", "", [32]byte{}, "", serving.UnknownClient, ""},
		{"the key of another user", "robot", "k7", right, "", serving.WrongSecret, ""},
		{"the key of a user of another space", "robot", "k6", right, "", serving.WrongSecret, ""},
		{"an expired key", "robot", "k2", right, "", serving.KeyExpired, "k2"},
		{"a revoked key", "robot", "k3", right, "", serving.KeyRevoked, "k3"},
		{"a key that is both", "robot", "k5", right, "", serving.KeyRevoked, "k5"},
		{"an expired key and a wrong secret", "robot", "k2", wrong, "", serving.WrongSecret, ""},
		{"a revoked key and a wrong secret", "robot", "k3", wrong, "", serving.WrongSecret, ""},
		{"a disabled user is still who it is", "disabled", "k7", right, "", "", "k7"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.space == "" {
				c.space = k.space.ID
			}
			key, reason := d.Identify(c.space, c.client, c.key, c.digest, modeltest.Start)
			var found model.ID
			if key != nil {
				found = key.ID
			}
			if reason != c.reason || found != c.found {
				t.Errorf("got key %q, reason %q; want %q, %q", found, reason, c.found, c.reason)
			}
		})
	}
	if _, reason := d.Identify(k.space.ID, "robot", "k4", right, modeltest.Start.Add(time.Hour)); reason != serving.KeyExpired {
		t.Errorf("at the moment it expires the key is %q", reason)
	}
}

func TestWhoMayAskForAToken(t *testing.T) {
	k, d := town(t)
	for _, c := range []struct {
		user   string
		addr   netip.Addr
		reason serving.Reason
	}{
		{"robot", home, ""},
		{"robot", netip.MustParseAddr("::ffff:10.1.2.3"), ""},
		{"robot", away, serving.Network},
		{"robot", netip.Addr{}, serving.Network},
		{"disabled", home, serving.UserDisabled},
		{"expired", home, serving.UserExpired},
		{"plain", home, serving.OAuthOff},
		{"plain", away, serving.OAuthOff},
	} {
		u := d.User(k.space.ID, c.user)
		if got := serving.MayAsk(u, c.addr, modeltest.Start); got != c.reason {
			t.Errorf("%s from %s: %q, want %q", c.user, c.addr, got, c.reason)
		}
		if got := d.MayUse(u, "", "jti", c.addr, modeltest.Start); got != c.reason {
			t.Errorf("a token of %s from %s: %q, want %q", c.user, c.addr, got, c.reason)
		}
	}
}

// CASES, token endpoint: revoked key, token, user, or disabled → refused.
func TestWhoseTokenIsAccepted(t *testing.T) {
	k, _ := town(t)
	k.do(k.RevokeToken(k.ctx, model.RevokedToken{ID: "j-revoked", Expires: modeltest.Start.Add(time.Minute)}))
	d := k.load()
	robot := d.User(k.space.ID, "robot")
	for _, c := range []struct {
		name   string
		user   *serving.User
		key    model.ID
		jti    string
		reason serving.Reason
	}{
		{"all is well", robot, "k1", "j1", ""},
		{"it names no key", robot, "", "j1", ""},
		{"its key has expired", robot, "k2", "j1", ""},
		{"its key was revoked", robot, "k3", "j1", serving.KeyRevoked},
		{"its key is gone", robot, "k99", "j1", serving.KeyRevoked},
		{"its key is another user's", robot, "k7", "j1", serving.KeyRevoked},
		{"it was revoked", robot, "k1", "j-revoked", serving.TokenRevoked},
		{"its user is gone", d.User(k.space.ID, "nobody"), "k1", "j1", serving.UnknownClient},
		{"its user is disabled", d.User(k.space.ID, "disabled"), "k7", "j1", serving.UserDisabled},
	} {
		if got := d.MayUse(c.user, c.key, c.jti, home, modeltest.Start); got != c.reason {
			t.Errorf("%s: %q, want %q", c.name, got, c.reason)
		}
	}
}

// CASES, token endpoint: clock steps of ±5 min → no negative lifetimes.
func TestHowLongATokenLives(t *testing.T) {
	at := func(d time.Duration) time.Time { return modeltest.Start.Add(d) }
	for _, c := range []struct {
		ttl     time.Duration
		expires time.Time
		want    time.Duration
	}{
		{10 * time.Minute, time.Time{}, 10 * time.Minute},
		{0, time.Time{}, model.DefaultTTL},
		{10 * time.Minute, at(time.Hour), 10 * time.Minute},
		{10 * time.Minute, at(90*time.Second + 300*time.Millisecond), 90 * time.Second},
		{10 * time.Minute, at(-5 * time.Minute), 0},
		{48 * time.Hour, time.Time{}, model.MaxTTL},
		{time.Second, time.Time{}, model.MinTTL},
	} {
		u := &serving.User{APIUser: model.APIUser{TTL: c.ttl, Expires: c.expires}}
		if got := serving.TTL(u, modeltest.Start); got != c.want {
			t.Errorf("TTL %s, expires %s: %s, want %s", c.ttl, c.expires, got, c.want)
		}
	}
}

func TestScopesAreNamesAndPermitNoMoreThanTheUserHas(t *testing.T) {
	k := newKit(t)
	u := k.robot()
	u.Permissions = []model.Permission{"keys:view", model.CallPermission("c1"), model.CallPermission("c-gone"), "clients:view", model.CallPermission("c2")}
	k.update(func(tx model.Tx) error {
		if err := tx.Clients().Put(model.Client{ID: "c1", Space: k.space.ID, Name: "erp"}); err != nil {
			return err
		}
		// A client of another space is none of this user's.
		return tx.Clients().Put(model.Client{ID: "c2", Space: "s2", Name: "secret"})
	})
	k.user(u)
	got := k.load().User(k.space.ID, "robot")
	if want := "call:erp clients:view keys:view"; got.Scope != want || strings.Join(got.Scopes, " ") != want {
		t.Errorf("scopes %q and %q, want %q", got.Scopes, got.Scope, want)
	}
	permits := got.Permits([]string{"call:erp", "call:c1", "clients:view", "clients:delete", "call:secret", ""})
	if d := cmp.Diff(model.NewPermits(model.CallPermission("c1"), "clients:view"), permits); d != "" {
		t.Errorf("permits (want -, got +):\n%s", d)
	}
	k.update(func(tx model.Tx) error {
		return tx.Clients().Put(model.Client{ID: "c1", Space: k.space.ID, Name: "erp-2"})
	})
	if p := k.load().User(k.space.ID, "robot").Permits([]string{"call:erp"}); len(p) != 0 {
		t.Errorf("the name of before permits %v", p)
	}
}

func TestADirectoryHoldsWhatTheStoreHeld(t *testing.T) {
	k, d := town(t)
	if !d.Loaded.Equal(modeltest.Start) || d.Config.Listen != serving.DefaultListen {
		t.Errorf("loaded %s with %+v", d.Loaded, d.Config)
	}
	if sp := d.Space("NORTH"); sp == nil || sp.ID != "s2" {
		t.Errorf("the space is %+v", sp)
	}
	if d.Space("west") != nil || d.User(k.space.ID, "nobody") != nil || d.Key("k99") != nil || d.UserByID("u99") != nil {
		t.Error("something is there that is not")
	}
	robot := d.User(k.space.ID, "robot")
	if d.UserByID("u1") != robot || robot.Space.ID != k.space.ID {
		t.Errorf("the user is %+v", d.UserByID("u1"))
	}
	var kept []model.ID
	for _, key := range robot.Keys {
		kept = append(kept, key.ID)
	}
	if want := []model.ID{"k1", "k2", "k4"}; !slices.Equal(kept, want) {
		t.Errorf("keys %v, want %v: those that are not revoked", kept, want)
	}
	for _, id := range []model.ID{"k1", "k2", "k3", "k4", "k5"} {
		if key := d.Key(id); key == nil || key.Owner != robot {
			t.Errorf("key %s is %+v", id, key)
		}
	}
}

func TestNobodyIsInASpaceThatIsBeingDeleted(t *testing.T) {
	k, _ := town(t)
	k.update(func(tx model.Tx) error {
		return tx.Spaces().Put(model.Space{ID: "s2", Name: "North", Revision: 2, Deleting: true})
	})
	d := k.load()
	if d.Space("north") != nil || d.User("s2", "north-robot") != nil || d.UserByID("u2") != nil || d.Key("k6") != nil {
		t.Error("the space, its user or its key is still there")
	}
	if d.User(k.space.ID, "robot") == nil {
		t.Error("the users of another space are gone too")
	}
}

func TestAKeyWithoutItsUserIsNone(t *testing.T) {
	k := newKit(t)
	k.key(model.APIKey{ID: "k1", Space: k.space.ID, User: "u-gone", Digest: right})
	if d := k.load(); d.Key("k1") != nil {
		t.Error("it is in the directory")
	}
}
