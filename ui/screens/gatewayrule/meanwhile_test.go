package gatewayrule

import (
	"slices"
	"testing"

	"ferry/model/gateway"
	"ferry/ui/screen"
)

func TestAConflictMergesAndLosesNothing(t *testing.T) {
	w := newWorld(t)
	d := w.edit("erp", 80, 30)
	d.Focus("paths")
	d.Press("ctrl+u").Type("/mine/*")
	ctx := w.As("bob")
	if _, err := w.Hub.Gateway.Set(ctx, w.Hub.Space, gateway.RuleDraft{User: "partner", Client: "erp", Methods: []string{"GET"}, Paths: []string{"/theirs"}, PerSecond: 3}, ""); err != nil {
		t.Fatal(err)
	}
	d.Send(screen.Changed{})
	d.See("bob saved this rule meanwhile").Press("ctrl+s").See("Changed by somebody else meanwhile").Press("r")
	d.See("changed on both sides, yours is kept; theirs: /theirs").See("/mine/*").Press("ctrl+s").Noticed("Saved")
	if r := w.rule("erp"); !slices.Equal(r.Paths, []string{"/mine/*"}) || r.PerSecond != 3 {
		t.Errorf("%+v", r)
	}
	// A rule where there was none: nobody's is overwritten unseen.
	d = w.edit("pim", 80, 30).Press("space")
	if _, err := w.Hub.Gateway.Set(ctx, w.Hub.Space, gateway.RuleDraft{User: "partner", Client: "pim", PerDay: 10}, ""); err != nil {
		t.Fatal(err)
	}
	d.Send(screen.Changed{})
	d.See("bob saved this rule meanwhile").Press("ctrl+s").See("Changed by somebody else").Press("r").See("10").Press("ctrl+s").Noticed("Saved")
	if r := w.rule("pim"); !r.ReadOnly || r.PerDay != 10 {
		t.Errorf("%+v", r)
	}
}

func TestAClientOrAUserThatIsDeletedMeanwhile(t *testing.T) {
	w := newWorld(t)
	list, form := w.rules(80, 19), w.edit("erp", 80, 19)
	form.Focus("paths")
	form.Type(", /more")
	if err := w.Hub.Clients.Delete(w.As("bob"), w.Hub.Space, w.clients["erp"].ID, "erp"); err != nil {
		t.Fatal(err)
	}
	list.Send(screen.Changed{})
	list.Gone("erp").See("crm")
	form.Send(screen.Changed{})
	form.See("✗ ").See("/more").Press("ctrl+s").Noticed("not saved")
	if form.Popped || form.Screen.(*Form).Unsaved() == "" {
		t.Error("what was typed is lost")
	}
	if err := w.Hub.Users.Delete(w.As("bob"), w.Hub.Space, w.user.ID, 0, "partner"); err != nil {
		t.Fatal(err)
	}
	list.Send(screen.Changed{})
	list.Noticed("partner was deleted")
	list.Until("the list is left", func() bool { return list.Popped })
}
