package apiusers_test

import (
	"context"
	"slices"
	"testing"

	"ferry/model"
	"ferry/model/apiusers"
)

// An edit may set the state in the same transaction: one save, one entry, one revision.
func TestADraftMaySetTheState(t *testing.T) {
	b := newBench(t)
	before := len(b.log(t))
	u := b.create(t, apiusers.Draft{Username: "robot", State: model.Disabled})
	if u.State != model.Disabled || u.Revision != 1 || len(b.log(t)) != before+1 {
		t.Fatalf("created %s at revision %d, log %v", u.State, u.Revision, b.log(t))
	}
	edit := func(change func(*apiusers.Draft)) model.APIUser {
		t.Helper()
		d := b.draft(t, b.get(t, u.ID))
		change(&d)
		out, err := b.Users.Update(b.Ctx, b.Space, u.ID, d, "")
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if u = edit(func(d *apiusers.Draft) { d.OAuth = true }); u.State != model.Disabled || u.Revision != 2 {
		t.Errorf("an edit that says nothing of the state: %s, revision %d", u.State, u.Revision)
	}
	u = edit(func(d *apiusers.Draft) { d.State, d.Username = model.Active, "robot2" })
	if u.State != model.Active || u.Username != "robot2" || u.Revision != 3 {
		t.Errorf("activated and renamed: %+v", u)
	}
	if u = edit(func(d *apiusers.Draft) { d.State = model.Active }); u.Revision != 3 {
		t.Errorf("the state that it has makes revision %d", u.Revision)
	}
	entries, _, err := b.Audit.List(b.Ctx, b.Space, "", 1)
	if err != nil || len(entries) != 1 || entries[0].Action != "user.update" ||
		!slices.Contains(entries[0].Changes, model.Change{Field: "state", From: "disabled", To: "active"}) {
		t.Errorf("the newest entries are %+v, %v", entries, err)
	}
	_, err = b.Users.Create(b.Ctx, b.Space, apiusers.Draft{Username: "new", State: "paused"}, "")
	wantField(t, err, "state")
}

// By an edit, as by SetState, one that may do less disables a user and does nothing else.
func TestAnEditThatOnlyDisablesIsAllowed(t *testing.T) {
	b := newBench(t)
	u := b.create(t, apiusers.Draft{Username: "robot", Permissions: []string{"clients:view", "audit:view"}})
	small, asBig := b.As("clients:view"), b.As("clients:view", "audit:view")
	update := func(ctx context.Context, change func(*apiusers.Draft)) error {
		d := b.draft(t, b.get(t, u.ID))
		change(&d)
		_, err := b.Users.Update(ctx, b.Space, u.ID, d, "")
		return err
	}
	more := map[string]func(*apiusers.Draft){
		"a name":            func(d *apiusers.Draft) { d.Username = "mine" },
		"OAuth 2.0":         func(d *apiusers.Draft) { d.OAuth = true },
		"networks":          func(d *apiusers.Draft) { d.Networks = []string{"10.0.0.0/8"} },
		"fewer permissions": func(d *apiusers.Draft) { d.Permissions = d.Permissions[:1] },
		"nothing":           func(*apiusers.Draft) {},
	}
	for name, also := range more {
		if name != "nothing" {
			wantCode(t, update(small, func(d *apiusers.Draft) { d.State = model.Disabled; also(d) }), model.EPermission)
		}
		wantCode(t, update(small, func(d *apiusers.Draft) { d.State = model.Active; also(d) }), model.EPermission)
		wantCode(t, update(small, also), model.EPermission)
	}
	stale := func(d *apiusers.Draft) { d.State, d.Revision = model.Disabled, 7 }
	wantCode(t, update(small, stale), model.EConflict)
	if got := b.get(t, u.ID); got.State != model.Active || got.Revision != 1 {
		t.Fatalf("a refusal changed it: %+v", got)
	}
	if err := update(small, func(d *apiusers.Draft) { d.State = model.Disabled }); err != nil {
		t.Fatal(err)
	}
	for name, also := range more { // it is disabled already: that allows nothing
		if name != "nothing" {
			wantCode(t, update(small, func(d *apiusers.Draft) { d.State = model.Disabled; also(d) }), model.EPermission)
		}
	}
	wantCode(t, update(small, func(d *apiusers.Draft) { d.State = model.Active }), model.EPermission)
	if got := b.get(t, u.ID); got.State != model.Disabled || got.Revision != 2 {
		t.Fatalf("it is %+v", got)
	}
	if err := update(asBig, func(d *apiusers.Draft) { d.State = model.Active }); err != nil {
		t.Errorf("by one that may do as much: %v", err)
	}
}
