package clients_test

import (
	"slices"
	"testing"

	"ferry/model"
	"ferry/model/audit"
	"ferry/model/clients"
)

// An edit may set the state in the same transaction: one save, one entry, one revision.
func TestADraftMaySetTheState(t *testing.T) {
	b := newBench(t)
	d := oauth()
	d.State = model.Disabled
	c := b.create(t, d)
	if c.State != model.Disabled || c.Revision != 1 || len(b.log(t)) != 1 {
		t.Fatalf("created %s at revision %d, log %v", c.State, c.Revision, b.log(t))
	}
	edit := func(c model.Client, change func(*clients.Draft)) model.Client {
		t.Helper()
		d := clients.DraftOf(c)
		change(&d)
		saved, err := b.Update(b.ctx, b.space, c.ID, d, "")
		if err != nil {
			t.Fatal(err)
		}
		return saved.Client
	}
	if c = edit(c, func(d *clients.Draft) { d.Audience = "https://aud" }); c.State != model.Disabled || c.Revision != 2 {
		t.Errorf("an edit that says nothing of the state: %s, revision %d", c.State, c.Revision)
	}
	c = edit(c, func(d *clients.Draft) { d.State, d.Name = model.Active, "dvinci2" })
	if c.State != model.Active || c.Name != "dvinci2" || c.Revision != 3 {
		t.Errorf("activated and renamed: %+v", c)
	}
	if again := edit(c, func(d *clients.Draft) { d.State = model.Active }); again.Revision != 3 {
		t.Errorf("the state that it has makes revision %d", again.Revision)
	}
	entries, _, err := audit.New(b.store).List(b.ctx, model.Space{}, "", 1)
	if err != nil || len(entries) != 1 || entries[0].Action != "client.update" ||
		!slices.Contains(entries[0].Changes, model.Change{Field: "state", From: "disabled", To: "active"}) {
		t.Errorf("the newest entries are %+v, %v", entries, err)
	}
}

func TestAStateThatThereIsNotIsRefused(t *testing.T) {
	b := newBench(t)
	d := oauth()
	d.State = "paused"
	_, err := b.Create(b.ctx, b.space, d, "")
	wantCode(t, err, model.EInvalid)
	if got := model.AsError(err).Field; got != "state" {
		t.Errorf("the field is %q", got)
	}
}

// CASES: two operators edit one record; one of the edits is a deletion.
func TestDeletingARevisionThatIsNotStored(t *testing.T) {
	b := newBench(t)
	c := b.create(t, oauth())
	if _, err := b.SetState(b.ctx, b.space, c.ID, model.Disabled, ""); err != nil {
		t.Fatal(err)
	}
	wantCode(t, b.DeleteIfRevision(b.ctx, b.space, c.ID, c.Revision, "dvinci"), model.EConflict)
	wantCode(t, b.DeleteIfRevision(b.ctx, b.space, c.ID, c.Revision+1, ""), model.EConfirm)
	if _, err := b.Get(b.ctx, b.space, c.ID); err != nil {
		t.Fatalf("it is gone: %v", err)
	}
	if err := b.DeleteIfRevision(b.ctx, b.space, c.ID, c.Revision+1, "dvinci"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, b.DeleteIfRevision(b.ctx, b.space, c.ID, c.Revision+1, "dvinci"), model.ENotFound)
	d := b.create(t, oauth())
	if err := b.DeleteIfRevision(b.ctx, b.space, d.ID, 0, "dvinci"); err != nil {
		t.Errorf("whatever is stored: %v", err)
	}
}
