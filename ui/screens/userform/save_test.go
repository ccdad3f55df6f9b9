package userform

import (
	"slices"
	"testing"
	"time"

	"ferry/model/apiusers"
	"ferry/model/spaces"
	"ferry/ui/screen"
)

func TestConflictMergesAndLosesNothing(t *testing.T) {
	fx := fixture(t, "erp")
	u := partner(t, fx)
	d := edit(t, fx, u)
	d.Focus("description")
	d.Press("ctrl+u").Type("mine")
	d.Focus("keys:view")
	d.Press("space")
	theirs, err := fx.Hub.Users.DraftOf(fx.Env.Ctx, fx.Hub.Space, u)
	if err != nil {
		t.Fatal(err)
	}
	theirs.Description, theirs.TTL, theirs.Permissions = "theirs", 9*time.Minute, []string{"audit:view", "call:erp"}
	if _, err := fx.Hub.Users.Update(fx.As("bob"), fx.Hub.Space, u.ID, theirs, ""); err != nil {
		t.Fatal(err)
	}
	d.Send(screen.Changed{})
	d.See("bob saved this API user meanwhile").Press("ctrl+s").See("Changed by somebody else meanwhile").Press("r")
	d.See("changed on both sides, yours is kept; theirs: theirs").See("mine")
	f := d.Screen.(*Form)
	if got := f.draft(); got.TTL != 9*time.Minute || !slices.Equal(got.Permissions, []string{"keys:view", "audit:view", "call:erp"}) {
		t.Errorf("%+v", got)
	}
	d.Press("ctrl+s").Noticed("Saved partner")
	if now := byName(t, fx.Hub, fx, "partner"); now.Description != "mine" || now.Revision != 3 {
		t.Errorf("%+v", now)
	}
}

func TestUserThatWasDeletedMeanwhileCanBeMadeNew(t *testing.T) {
	fx := fixture(t, "erp")
	u := partner(t, fx)
	d := edit(t, fx, u)
	d.Focus("description")
	d.Type(" of mine")
	if err := fx.Hub.Users.Delete(fx.As("bob"), fx.Hub.Space, u.ID, 0, "partner"); err != nil {
		t.Fatal(err)
	}
	d.Press("ctrl+s").See("partner was deleted meanwhile").Press("n").See("[ Create ]").Press("ctrl+s")
	saved(t, d)
	if now := byName(t, fx.Hub, fx, "partner"); now.ID == u.ID || now.Description != "shop of mine" {
		t.Errorf("%+v", now)
	}
}

func TestUnsavedChangesAreTold(t *testing.T) {
	fx := fixture(t, "erp")
	d := edit(t, fx, partner(t, fx))
	f := d.Screen.(*Form)
	d.Focus("save")
	if f.Unsaved() != "" {
		t.Fatalf("going through it is a change: %q", f.Unsaved())
	}
	d.Focus("keys:view")
	if d.Press("space"); f.Unsaved() == "" {
		t.Error("a permission is no change")
	}
	if d.Press("space"); f.Unsaved() != "" {
		t.Error("a permission taken back is a change")
	}
	if u := blank(t, fx, 80, 19).Type("x").Screen.(*Form); u.Unsaved() != "the new API user" {
		t.Error(u.Unsaved())
	}
}

func TestAnExpiryThatIsOverCanStay(t *testing.T) {
	fx := fixture(t)
	u, err := fx.Hub.Users.Create(fx.Env.Ctx, fx.Hub.Space, apiusers.Draft{Username: "temp", Expires: fx.Now().Add(time.Hour)}, "")
	if err != nil {
		t.Fatal(err)
	}
	fx.Pass(2 * time.Hour)
	d := edit(t, fx, u)
	d.Focus("description")
	d.Type("x").Press("ctrl+s").Noticed("Saved temp")
}

func TestProtectedSpaceAsksForTheName(t *testing.T) {
	fx := fixture(t, "erp")
	u := partner(t, fx)
	on := true
	sp, err := fx.Hub.Spaces.Update(fx.Env.Ctx, fx.Hub.Space.ID, spaces.Edit{Protected: &on}, "")
	if err != nil {
		t.Fatal(err)
	}
	fx.Env.Hub = fx.Hub.In(sp)
	d := blank(t, fx, 80, 30).Type("new-one").Press("ctrl+s").See("Type default to go on").Type("default").Press("enter")
	saved(t, d)
	d = edit(t, fx, u)
	d.Focus("description")
	d.Type("x").Press("ctrl+s").See("Type partner to go on").Type("partner").Press("enter").Noticed("Saved partner")
}
