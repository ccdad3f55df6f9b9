package keys_test

import (
	"context"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/keys"
	"ferry/model/spaces"
)

// Each permission in turn is the one that the actor lacks: it may then end keys of a user
// that has it, and nothing else.
func TestNobodyMakesKeysOfAUserThatMayDoMore(t *testing.T) {
	b := newBench(t)
	erp := b.client(t, b.Space, "erp")
	all, words := model.Permissions(), []string{"call:erp"}
	for _, p := range all {
		words = append(words, string(p))
	}
	all = append(all, model.CallPermission(erp.ID))
	boss := b.user(t, b.Space, "boss", words...)
	for _, lacking := range append(all, "") {
		t.Run("without "+string(lacking), func(t *testing.T) {
			ctx := b.As(all...)
			if lacking != "" {
				permits := model.NewPermits(all...)
				delete(permits, lacking)
				ctx = model.WithPermits(ctx, permits)
			}
			issued, err := b.Keys.Generate(b.Ctx, b.Space, boss.ID, keys.Request{}, "")
			if err != nil {
				t.Fatal(err)
			}
			want := func(what string, err error) {
				t.Helper()
				switch {
				case lacking == "" && err != nil:
					t.Errorf("%s: %v", what, err)
				case lacking != "" && model.CodeOf(err) != model.EPermission:
					t.Errorf("%s: got %v, want %s", what, err, model.EPermission)
				}
			}
			before := b.stored(t, issued.Key.ID)
			made, err := b.Keys.Generate(ctx, b.Space, boss.ID, keys.Request{}, "")
			want("generate", err)
			rotated, _, err := b.Keys.Rotate(ctx, b.Space, issued.Key.ID, keys.Rotation{}, "")
			want("rotate", err)
			_, err = b.Keys.Relabel(ctx, b.Space, issued.Key.ID, "mine", 0, "")
			want("relabel", err)
			if lacking != "" && (made.Text.IsSet() || rotated.Text.IsSet() || b.stored(t, issued.Key.ID) != before) {
				t.Error("something was made or changed all the same")
			}
			k, err := b.Keys.Revoke(ctx, b.Space, issued.Key.ID, 0, "")
			if err != nil || k.Revoked.By != "caller" {
				t.Errorf("revoke: %+v, %v", k, err)
			}
			for _, k := range b.list(t, boss.ID) {
				b.revoke(t, k.Key.ID)
			}
		})
	}
}

func TestAnAPIUserWithoutPermitsMakesNoKeys(t *testing.T) {
	b := newBench(t)
	some := b.user(t, b.Space, "some", "clients:view")
	ctx := model.WithActor(context.Background(), model.Actor{UID: -1, User: "caller", APIUser: "caller"})
	_, err := b.Keys.Generate(ctx, b.Space, some.ID, keys.Request{}, "")
	wantCode(t, err, model.EPermission)
	if _, err := b.Keys.Generate(ctx, b.Space, b.robot.ID, keys.Request{}, ""); err != nil {
		t.Errorf("of a user without any permission: %v", err)
	}
}

// A permission to call a client that is gone permits nothing, so nobody has to hold it.
func TestAPermissionForAClientThatIsGoneStandsInNobodysWay(t *testing.T) {
	b := newBench(t)
	erp := b.client(t, b.Space, "erp")
	caller := b.user(t, b.Space, "erp-caller", "call:erp")
	_, err := b.Keys.Generate(b.As(), b.Space, caller.ID, keys.Request{}, "")
	wantCode(t, err, model.EPermission)
	if err := b.Clients.Delete(b.Ctx, b.Space, erp.ID, "erp"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Keys.Generate(b.As(), b.Space, caller.ID, keys.Request{}, ""); err != nil {
		t.Error(err)
	}
}

// changes are all that can be done to a key.
func changes(b *bench, id model.ID) map[string]func(space model.Space, confirm string) error {
	return map[string]func(model.Space, string) error{
		"generate": func(sp model.Space, confirm string) error {
			_, err := b.Keys.Generate(b.Ctx, sp, b.robot.ID, keys.Request{}, confirm)
			return err
		},
		"rotate": func(sp model.Space, confirm string) error {
			_, _, err := b.Keys.Rotate(b.Ctx, sp, id, keys.Rotation{Overlap: time.Hour}, confirm)
			return err
		},
		"relabel": func(sp model.Space, confirm string) error {
			_, err := b.Keys.Relabel(b.Ctx, sp, id, "other", 0, confirm)
			return err
		},
		"revoke": func(sp model.Space, confirm string) error {
			_, err := b.Keys.Revoke(b.Ctx, sp, id, 0, confirm)
			return err
		},
	}
}

// The mark counts as it is stored, not as the caller read it some time ago.
func TestInAProtectedSpaceKeysNeedTheUsername(t *testing.T) {
	for name := range changes(nil, "") {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			do := changes(b, b.key(t, "ci", 0).Key.ID)[name]
			stale, on := b.Space, true
			if _, err := b.Spaces.Update(b.Ctx, b.Space.ID, spaces.Edit{Protected: &on}, ""); err != nil {
				t.Fatal(err)
			}
			entries := len(b.log(t))
			for _, confirm := range []string{"", "default", "ROBOT"} {
				wantCode(t, do(stale, confirm), model.EProtected)
			}
			if len(b.log(t)) != entries {
				t.Error("a refusal left an entry")
			}
			if err := do(stale, "robot"); err != nil {
				t.Error(err)
			}
		})
	}
}

// putSpace overwrites what is stored of a space.
func (b *bench) putSpace(t *testing.T, sp model.Space) {
	t.Helper()
	if err := b.Store.Update(b.Ctx, func(tx model.Tx) error { return tx.Spaces().Put(sp) }); err != nil {
		t.Fatal(err)
	}
}

func TestASpaceThatIsBeingDeletedIsLeftAlone(t *testing.T) {
	b := newBench(t)
	id := b.key(t, "ci", 0).Key.ID
	sp := b.Space
	sp.Deleting = true
	b.putSpace(t, sp)
	for name, do := range changes(b, id) {
		t.Run(name, func(t *testing.T) { wantCode(t, do(b.Space, ""), model.EDisabled) })
	}
}

// Spaces: nothing leaks across.
func TestKeysOfAnotherSpaceAreNotThere(t *testing.T) {
	b := newBench(t)
	mine := b.key(t, "ci", 5*day)
	other := b.NewSpace(t, "other")
	for name, do := range changes(b, mine.Key.ID) {
		t.Run(name, func(t *testing.T) { wantCode(t, do(other, ""), model.ENotFound) })
	}
	for what, text := range map[string]string{"id": string(mine.Key.ID), "label": "ci", "text": mine.Text.Reveal()} {
		_, err := b.Keys.Find(b.Ctx, other, text)
		wantCode(t, err, model.ENotFound)
		if _, err := b.Keys.Find(b.Ctx, b.Space, text); err != nil {
			t.Errorf("by its %s: %v", what, err)
		}
	}
	_, err := b.Keys.Get(b.Ctx, other, mine.Key.ID)
	wantCode(t, err, model.ENotFound)
	_, err = b.Keys.List(b.Ctx, other, b.robot.ID)
	wantCode(t, err, model.ENotFound)
	list, err := b.Keys.List(b.Ctx, other, "")
	expiring, err2 := b.Keys.Expiring(b.Ctx, other)
	if err != nil || err2 != nil || len(list)+len(expiring) != 0 {
		t.Errorf("listed there: %v, %v, %v, %v", list, expiring, err, err2)
	}
	if stored := b.stored(t, mine.Key.ID); stored != mine.Key {
		t.Errorf("it was changed: %+v", stored)
	}
}
