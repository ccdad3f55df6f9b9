package apiusers_test

import (
	"strings"
	"testing"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/spaces"
)

// Each permission in turn is the one that the actor lacks. It may not pass it on, nor
// change, activate or delete a user that has it; it may disable such a user.
func TestNobodyPassesOnOrTakesOverWhatItLacks(t *testing.T) {
	b := newBench(t)
	erp := b.client(t, b.Space, "erp")
	all, words := model.Permissions(), []string{"call:erp"}
	for _, p := range all {
		words = append(words, string(p))
	}
	all = append(all, model.CallPermission(erp.ID))
	boss := b.create(t, apiusers.Draft{Username: "robot", Permissions: words})
	small := b.create(t, apiusers.Draft{Username: "small"})
	for _, lacking := range all {
		t.Run("without "+string(lacking), func(t *testing.T) {
			ctx := b.without(lacking, all)
			word := string(lacking)
			if _, ok := lacking.Callee(); ok {
				word = "call:erp"
			}
			before := len(b.log(t))
			_, err := b.Users.Create(ctx, b.Space, apiusers.Draft{Username: "new", Permissions: []string{word}}, "")
			wantCode(t, err, model.EPermission)
			_, err = b.Users.Update(ctx, b.Space, small.ID, apiusers.Draft{Username: "small", Permissions: []string{word}}, "")
			if msg := wantCode(t, err, model.EPermission); strings.Contains(msg, string(erp.ID)) {
				t.Errorf("it says %q", msg)
			}
			for name, do := range changesOf(b, boss.ID) {
				if name != "disable" {
					wantCode(t, do(ctx, b.Space, "robot"), model.EPermission)
				}
			}
			if len(b.log(t)) != before {
				t.Error("a refusal left an entry")
			}
			if u, err := b.Users.SetState(ctx, b.Space, boss.ID, model.Disabled, ""); err != nil || u.Updated.By != "caller" {
				t.Errorf("disabling it: %+v, %v", u, err)
			}
			if _, err := b.Users.SetState(b.Ctx, b.Space, boss.ID, model.Active, ""); err != nil {
				t.Fatal(err)
			}
		})
	}
	ctx := b.As(all...)
	d := b.draft(t, b.get(t, boss.ID))
	d.Description = "by one that has as much"
	if _, err := b.Users.Update(ctx, b.Space, boss.ID, d, ""); err != nil {
		t.Error(err)
	}
	if _, err := b.Users.Create(ctx, b.Space, apiusers.Draft{Username: "twin", Permissions: words}, ""); err != nil {
		t.Error(err)
	}
	if err := b.Users.Delete(ctx, b.Space, boss.ID, 0, "robot"); err != nil {
		t.Error(err)
	}
	if _, err := b.Users.Update(b.As(), b.Space, small.ID, apiusers.Draft{Username: "small2"}, ""); err != nil {
		t.Errorf("a user that may do nothing, by one that may do nothing more: %v", err)
	}
}

// What a user gives up it need not have: only what is there before or after counts.
func TestTakingPermissionsAwayTakesThem(t *testing.T) {
	b := newBench(t)
	u := b.create(t, apiusers.Draft{Username: "robot", Permissions: []string{"audit:view", "keys:view"}})
	d := b.draft(t, u)
	d.Permissions = []string{"keys:view"}
	_, err := b.Users.Update(b.As("keys:view"), b.Space, u.ID, d, "")
	wantCode(t, err, model.EPermission)
	if _, err := b.Users.Update(b.As("keys:view", "audit:view"), b.Space, u.ID, d, ""); err != nil {
		t.Error(err)
	}
}

// The mark counts as it is stored, not as the caller read it some time ago.
func TestAProtectedSpaceAsksForNames(t *testing.T) {
	for name := range changesOf(nil, "") {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			u := b.create(t, apiusers.Draft{Username: "robot"})
			stale, on := b.Space, true
			if name == "activate" {
				if _, err := b.Users.SetState(b.Ctx, b.Space, u.ID, model.Disabled, ""); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := b.Spaces.Update(b.Ctx, b.Space.ID, spaces.Edit{Protected: &on}, ""); err != nil {
				t.Fatal(err)
			}
			do := changesOf(b, u.ID)[name]
			for _, confirm := range []string{"", "default", "ROBOT"} {
				wantCode(t, do(b.Ctx, stale, confirm), model.EProtected)
			}
			if err := do(b.Ctx, stale, "robot"); err != nil {
				t.Error(err)
			}
			for _, confirm := range []string{"", "new", "Default"} {
				_, err := b.Users.Create(b.Ctx, stale, apiusers.Draft{Username: "new"}, confirm)
				wantCode(t, err, model.EProtected)
			}
			if _, err := b.Users.Create(b.Ctx, stale, apiusers.Draft{Username: "new"}, "default"); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestARenamedSpaceIsAskedForByItsNewName(t *testing.T) {
	b := newBench(t)
	stale, on, name := b.NewSpace(t, "old"), true, "new"
	if _, err := b.Spaces.Update(b.Ctx, stale.ID, spaces.Edit{Protected: &on, Name: &name}, ""); err != nil {
		t.Fatal(err)
	}
	_, err := b.Users.Create(b.Ctx, stale, apiusers.Draft{Username: "robot"}, "old")
	wantCode(t, err, model.EProtected)
	if _, err := b.Users.Create(b.Ctx, stale, apiusers.Draft{Username: "robot"}, "new"); err != nil {
		t.Fatal(err)
	}
	entries, _, err := b.Audit.List(b.Ctx, stale, "", 1)
	if err != nil || len(entries) != 1 || entries[0].Space != "new" || entries[0].In != stale.ID {
		t.Errorf("the entries are %+v, %v", entries, err)
	}
}

func TestASpaceThatIsBeingDeletedIsLeftAlone(t *testing.T) {
	b := newBench(t)
	u := b.create(t, apiusers.Draft{Username: "robot"})
	sp := b.Space
	sp.Deleting = true
	if err := b.Store.Update(b.Ctx, func(tx model.Tx) error { return tx.Spaces().Put(sp) }); err != nil {
		t.Fatal(err)
	}
	for name, do := range changesOf(b, u.ID) {
		t.Run(name, func(t *testing.T) { wantCode(t, do(b.Ctx, b.Space, "robot"), model.EDisabled) })
	}
	_, err := b.Users.Create(b.Ctx, b.Space, apiusers.Draft{Username: "new"}, "")
	wantCode(t, err, model.EDisabled)
	_, err = b.Users.Create(b.Ctx, model.Space{ID: "gone", Name: "gone"}, apiusers.Draft{Username: "new"}, "")
	wantCode(t, err, model.ENotFound)
}
