package transferform

import (
	"testing"

	"ferry/model"
	"ferry/model/transfers"
	"ferry/ui/screen"
	"ferry/ui/screens/screentest"
)

func stored(t testing.TB, fx *screentest.Fixture) transfers.Status {
	t.Helper()
	s, err := fx.Hub.Transfers.CreateSync(fx.Env.Ctx, fx.Hub.Space, transfers.Draft{
		Kind: model.KindSync, Name: "erp-to-shop", Source: transfers.Side{Client: "erp", Path: "/a"}, Target: transfers.Side{Client: "shop", Path: "/a/{sku}"}, Sync: model.Syncing{Key: "sku", Schedule: "every 5m"},
	}, "")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEditSavesASync(t *testing.T) {
	fx := fixture(t)
	s := stored(t, fx)
	d := screentest.Drive(t, Edit(fx.Env, s.Transfer.ID), 80, 19).See("Name *")
	if u := d.Screen.(*Form).Unsaved(); u != "" {
		t.Errorf("unsaved before anything was typed: %q", u)
	}
	put(d, "schedule", "every 9m")
	d.Press("ctrl+s").Noticed("Saved erp-to-shop")
	d.Until("the way back", func() bool { return d.Popped })
	if now, err := fx.Hub.Transfers.Find(fx.Env.Ctx, fx.Hub.Space, "erp-to-shop"); err != nil || now.Transfer.Sync.Schedule != "every 9m" || now.Transfer.Write.Method != s.Transfer.Write.Method {
		t.Errorf("%+v: %v", now.Transfer, err)
	}
}

// Two edit one sync: the later save asks, and keeps what was typed.
func TestConflictKeepsWhatWasTyped(t *testing.T) {
	fx := fixture(t)
	s := stored(t, fx)
	d := screentest.Drive(t, Edit(fx.Env, s.Transfer.ID), 80, 19).See("Name *")
	put(d, "schedule", "every 9m")
	theirs, err := fx.Hub.Transfers.DraftOf(fx.Env.Ctx, fx.Hub.Space, s.Transfer)
	if err != nil {
		t.Fatal(err)
	}
	theirs.Sync.Schedule, theirs.Sync.Webhook = "every 1m", true
	if _, err := fx.Hub.Transfers.UpdateSync(fx.As("bob"), fx.Hub.Space, s.Transfer.ID, theirs, ""); err != nil {
		t.Fatal(err)
	}
	d.Send(screen.Changed{})
	d.See("bob saved this sync meanwhile").Press("ctrl+s").See("Changed by somebody else meanwhile").Press("r").See("yours is kept; theirs: every 1m").Press("ctrl+s").Noticed("Saved")
	now, err := fx.Hub.Transfers.Find(fx.Env.Ctx, fx.Hub.Space, "erp-to-shop")
	if err != nil || now.Transfer.Sync.Schedule != "every 9m" || !now.Transfer.Sync.Webhook {
		t.Errorf("%+v: %v", now.Transfer.Sync, err)
	}
}

// A sync that is deleted while it is edited can be made anew from what was typed.
func TestDeletedWhileEdited(t *testing.T) {
	fx := fixture(t)
	s := stored(t, fx)
	d := screentest.Drive(t, Edit(fx.Env, s.Transfer.ID), 80, 19).See("Name *")
	put(d, "schedule", "every 9m")
	if err := fx.Hub.Transfers.Delete(fx.As("bob"), fx.Hub.Space, s.Transfer.ID, 0, ""); err != nil {
		t.Fatal(err)
	}
	d.Press("ctrl+s").See("was deleted meanwhile").Press("n").Until("a new one", func() bool { return d.Screen.(*Form).Target == "" }).Press("ctrl+s").Noticed("Created erp-to-shop")
}
