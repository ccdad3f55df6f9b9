package apiusers_test

import (
	"context"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/keys"
)

var netips = cmpopts.EquateComparable(netip.Prefix{})

func TestLifeOfAUser(t *testing.T) {
	b := newBench(t)
	erp := b.client(t, b.Space, "erp")
	u := b.create(t, apiusers.Draft{Username: "Robot", Description: "the ERP's robot", Permissions: []string{"keys:view", "call:ERP", "clients:view"}})
	want := model.APIUser{
		ID: u.ID, Space: b.Space.ID, Username: "Robot", Description: "the ERP's robot", State: model.Active, TTL: model.DefaultTTL,
		Permissions: []model.Permission{model.CallPermission(erp.ID), "clients:view", "keys:view"}, Revision: 1,
		Created: model.Stamp{At: b.Clock.Now(), By: "alice"}, Updated: model.Stamp{At: b.Clock.Now(), By: "alice"},
	}
	if diff := cmp.Diff(want, u, netips); diff != "" {
		t.Error(diff)
	}
	if got, err := b.Users.ByName(b.Ctx, b.Space, "ROBOT"); err != nil || !cmp.Equal(got, u, netips) {
		t.Errorf("found %+v, %v", got, err)
	}
	b.Clock.Pass(time.Hour)
	d := b.draft(t, u)
	d.OAuth, d.TTL, d.Networks, d.Username = true, 5*time.Minute, []string{"10.1.2.3/8"}, "robot2"
	d.Permissions = []string{"call:erp"}
	d.Expires = b.Clock.Now().Add(day)
	u, err := b.Users.Update(b.Ctx, b.Space, u.ID, d, "")
	if err != nil || u.Revision != 2 || !u.Updated.At.Equal(b.Clock.Now()) || !cmp.Equal(b.get(t, u.ID), u, netips) {
		t.Fatalf("updated to %+v, %v", u, err)
	}
	for _, st := range []model.State{model.Disabled, model.Disabled, model.Active} {
		if u, err = b.Users.SetState(b.Ctx, b.Space, u.ID, st, ""); err != nil || u.State != st {
			t.Fatalf("%+v, %v", u, err)
		}
	}
	key := b.key(t, u.ID, keys.Request{})
	if err := b.Users.Delete(b.Ctx, b.Space, u.ID, u.Revision, "robot2"); err != nil {
		t.Fatal(err)
	}
	_, err = b.Users.Get(b.Ctx, b.Space, u.ID)
	wantCode(t, err, model.ENotFound)
	_, err = b.Keys.Get(b.Ctx, b.Space, key.Key.ID)
	wantCode(t, err, model.ENotFound)
	lines := []string{
		"user.delete robot2 r4 by alice []",
		"key.create robot2 r1 by alice []",
		"user.enable robot2 r4 by alice [{state disabled active}]",
		"user.disable robot2 r3 by alice [{state active disabled}]",
		"user.update robot2 r2 by alice [{username Robot robot2} {oauth2 false true} {ttl_minutes 10 5} " +
			"{permissions call:erp clients:view keys:view call:erp} {from  10.0.0.0/8} {expires_at never 2026-03-05T10:30:00Z}]",
		"user.create Robot r1 by alice [{username  Robot} {description  the ERP's robot} {state  active} {ttl_minutes  10} " +
			"{permissions  call:erp clients:view keys:view}]",
	}
	if got := b.log(t); !slices.Equal(got[:6], lines) {
		t.Errorf("the log is\n%s", strings.Join(got, "\n"))
	}
	entries, _, err := b.Audit.List(b.Ctx, b.Space, "", 1)
	if err != nil || entries[0].In != b.Space.ID || entries[0].Target != u.ID || entries[0].Space != "default" {
		t.Errorf("the entry is %+v, %v", entries, err)
	}
	file, err := os.ReadFile(b.Store.Path())
	if err != nil || strings.Contains(strings.ToLower(string(file)), "robot") {
		t.Errorf("the username is readable in the file, or %v", err)
	}
}

func TestAnEditThatChangesNothingIsNotSaved(t *testing.T) {
	b := newBench(t)
	b.client(t, b.Space, "erp")
	u := b.create(t, apiusers.Draft{
		Username: "robot", Permissions: []string{"call:erp", "audit:view"}, Networks: []string{"10.0.0.1", "2001:db8::/32"},
		TTL: 7 * time.Minute, Expires: b.Clock.Now().Add(day), OAuth: true, Description: "d",
	})
	entries := len(b.log(t))
	b.Clock.Pass(2 * day) // it has expired meanwhile, which an edit of something else does not mind
	d := b.draft(t, u)
	if r := apiusers.Check(d, b.Clock.Now); r.Err() != nil {
		t.Errorf("the draft of what is stored: %v", r.Err())
	}
	d.TTL = 0 // what is stored
	got, err := b.Users.Update(b.Ctx, b.Space, u.ID, d, "")
	if err != nil || !cmp.Equal(got, u, netips) || len(b.log(t)) != entries {
		t.Errorf("saved as %+v, %v", got, err)
	}
	d.Description = "other"
	if got, err = b.Users.Update(b.Ctx, b.Space, u.ID, d, ""); err != nil || !got.Expires.Equal(u.Expires) || got.TTL != 7*time.Minute {
		t.Errorf("an expired user cannot be edited: %+v, %v", got, err)
	}
	stale := b.draft(t, got)
	stale.Revision = 0
	d.Revision, d.Expires = 0, b.Clock.Now()
	_, err = b.Users.Update(b.Ctx, b.Space, u.ID, d, "")
	wantField(t, err, "expires_at")
	whole := apiusers.Draft{Username: "robot", Expires: u.Expires} // as a request writes it, from nothing
	if _, err := b.Users.Update(b.Ctx, b.Space, u.ID, whole, ""); err != nil {
		t.Errorf("the expiry that is stored is refused: %v", err)
	}
	if _, err := b.Users.Update(b.Ctx, b.Space, u.ID, apiusers.Draft{Username: "robot"}, ""); err != nil {
		t.Errorf("without an expiry: %v", err)
	}
	_, err = b.Users.Update(b.Ctx, b.Space, u.ID, stale, "") // what it kept is not what is stored any more
	wantField(t, err, "expires_at")
}

func TestTheHubsDefaultIsTheLifetimeOfTokens(t *testing.T) {
	b := newBench(t)
	err := b.Store.Update(b.Ctx, func(tx model.Tx) error {
		return tx.Serving().PutConfig(model.ServeConfig{DefaultTTL: 3 * time.Minute})
	})
	if err != nil {
		t.Fatal(err)
	}
	if u := b.create(t, apiusers.Draft{Username: "a"}); u.TTL != 3*time.Minute {
		t.Errorf("it is %v", u.TTL)
	}
	if u := b.create(t, apiusers.Draft{Username: "b", TTL: time.Minute}); u.TTL != time.Minute {
		t.Errorf("it is %v", u.TTL)
	}
}

func TestAUsernameIsUniqueInTheWholeStore(t *testing.T) {
	b := newBench(t)
	other := b.NewSpace(t, "other")
	robot := b.create(t, apiusers.Draft{Username: "robot"})
	theirs, err := b.Users.Create(b.Ctx, other, apiusers.Draft{Username: "theirs"}, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, sp := range []model.Space{b.Space, other} {
		_, err := b.Users.Create(b.Ctx, sp, apiusers.Draft{Username: "RoBot"}, "")
		if msg := wantCode(t, err, model.EExists); model.AsError(err).Field != "username" || strings.Contains(msg, "default") {
			t.Errorf("it says %q", msg)
		}
	}
	_, err = b.Users.Update(b.Ctx, other, theirs.ID, apiusers.Draft{Username: "robot"}, "")
	wantCode(t, err, model.EExists)
	if err := b.Users.Delete(b.Ctx, b.Space, robot.ID, 0, "robot"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Users.Update(b.Ctx, other, theirs.ID, apiusers.Draft{Username: "Robot"}, ""); err != nil {
		t.Errorf("the name is not free again: %v", err)
	}
}

// Spaces: nothing leaks across.
func TestUsersOfAnotherSpaceAreNotThere(t *testing.T) {
	b := newBench(t)
	other := b.NewSpace(t, "other")
	b.client(t, other, "theirs")
	u := b.create(t, apiusers.Draft{Username: "robot"})
	b.key(t, u.ID, keys.Request{})
	_, err := b.Users.Get(b.Ctx, other, u.ID)
	wantCode(t, err, model.ENotFound)
	_, err = b.Users.ByName(b.Ctx, other, "robot")
	hidden := wantCode(t, err, model.ENotFound)
	_, err = b.Users.ByName(b.Ctx, other, "nobody")
	if unknown := wantCode(t, err, model.ENotFound); strings.ReplaceAll(unknown, "nobody", "robot") != hidden {
		t.Errorf("it tells them apart: %q, %q", hidden, unknown)
	}
	list, err := b.Users.List(b.Ctx, other, nil)
	views, err2 := b.Users.Views(b.Ctx, other, "")
	if err != nil || err2 != nil || list == nil || views == nil || len(list)+len(views) != 0 {
		t.Errorf("listed there: %v, %v, %v, %v", list, views, err, err2)
	}
	_, err = b.Users.Dependents(b.Ctx, other, u.ID)
	wantCode(t, err, model.ENotFound)
	for name, do := range changesOf(b, u.ID) {
		t.Run(name, func(t *testing.T) { wantCode(t, do(b.Ctx, other, "robot"), model.ENotFound) })
	}
	_, err = b.Users.Create(b.Ctx, b.Space, apiusers.Draft{Username: "x", Permissions: []string{"call:theirs"}}, "")
	if msg := wantField(t, err, "permissions"); !strings.Contains(msg, "theirs") || model.AsError(err).Next == "" {
		t.Errorf("it says %q", msg)
	}
	if !cmp.Equal(b.get(t, u.ID), u, netips) {
		t.Error("it was changed")
	}
}

// changesOf are all that can be done to a user that is there.
func changesOf(b *bench, id model.ID) map[string]func(ctx context.Context, space model.Space, confirm string) error {
	return map[string]func(context.Context, model.Space, string) error{
		"update": func(ctx context.Context, sp model.Space, confirm string) error {
			_, err := b.Users.Update(ctx, sp, id, apiusers.Draft{Username: "robot", Description: "other"}, confirm)
			return err
		},
		"disable": func(ctx context.Context, sp model.Space, confirm string) error {
			_, err := b.Users.SetState(ctx, sp, id, model.Disabled, confirm)
			return err
		},
		"activate": func(ctx context.Context, sp model.Space, confirm string) error {
			_, err := b.Users.SetState(ctx, sp, id, model.Active, confirm)
			return err
		},
		"delete": func(ctx context.Context, sp model.Space, confirm string) error {
			return b.Users.Delete(ctx, sp, id, 0, confirm)
		},
	}
}

// store: two operators edit one record.
func TestAConflictSaysWhoChangedWhat(t *testing.T) {
	b := newBench(t)
	u := b.create(t, apiusers.Draft{Username: "robot"})
	seen := b.draft(t, u)
	d := seen
	d.OAuth = true
	bob := model.WithActor(b.Ctx, model.Actor{UID: 1001, User: "bob"})
	if _, err := b.Users.Update(bob, b.Space, u.ID, d, ""); err != nil {
		t.Fatal(err)
	}
	b.Clock.Pass(3 * time.Hour)
	seen.Description = "mine"
	_, err := b.Users.Update(b.Ctx, b.Space, u.ID, seen, "")
	want := `"robot" was changed by bob 3 h ago: oauth2 (revision 2, you have 1)`
	if msg := wantCode(t, err, model.EConflict); msg != want {
		t.Errorf("got  %s\nwant %s", msg, want)
	}
	wantCode(t, b.Users.Delete(b.Ctx, b.Space, u.ID, 1, "robot"), model.EConflict)
	if got := b.get(t, u.ID); !got.OAuth || got.Description != "" {
		t.Errorf("it was overwritten: %+v", got)
	}
}

func TestDeletingNeedsTheNameAndTakesEveryKeyWithIt(t *testing.T) {
	b := newBench(t)
	u := b.create(t, apiusers.Draft{Username: "robot"})
	for _, confirm := range []string{"", "Robot", "robots"} {
		wantCode(t, b.Users.Delete(b.Ctx, b.Space, u.ID, 0, confirm), model.EConfirm)
	}
	if lost, err := b.Users.Dependents(b.Ctx, b.Space, u.ID); err != nil || lost != nil {
		t.Errorf("lost with it: %q, %v", lost, err)
	}
	for i := range model.MaxKeys {
		k := b.key(t, u.ID, keys.Request{})
		err := b.Store.Update(b.Ctx, func(tx model.Tx) error {
			return tx.Keys().PutUse(b.Space.ID, model.KeyUse{Key: k.Key.ID, At: b.Clock.Now()})
		})
		if err != nil {
			t.Fatal(err)
		}
		if i >= 2 {
			if _, err := b.Keys.Revoke(b.Ctx, b.Space, k.Key.ID, 0, ""); err != nil {
				t.Fatal(err)
			}
		}
		if lost, err := b.Users.Dependents(b.Ctx, b.Space, u.ID); err != nil || !slices.Equal(lost, []string{[]string{"1 active API key", "2 active API keys"}[min(i, 1)]}) {
			t.Fatalf("lost with it: %q, %v", lost, err)
		}
	}
	if err := b.Users.Delete(b.Ctx, b.Space, u.ID, 0, "robot"); err != nil {
		t.Fatal(err)
	}
	info, err := b.Store.Info(b.Ctx)
	if err != nil || info.Records["api_keys"]+info.Records["api_users"]+info.Records["key_uses"] != 0 {
		t.Errorf("left are %v, %v", info.Records, err)
	}
	report, err := b.Store.Check(b.Ctx)
	if err != nil || len(report.Problems) > 0 {
		t.Errorf("check: %q, %v", report.Problems, err)
	}
	wantCode(t, b.Users.Delete(b.Ctx, b.Space, u.ID, 0, "robot"), model.ENotFound)
}
