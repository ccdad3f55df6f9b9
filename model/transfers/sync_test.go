package transfers_test

import (
	"context"
	"strings"
	"testing"

	"ferry/model"
	"ferry/model/clients"
	"ferry/model/modeltest"
	"ferry/model/transfers"
)

func TestASyncIsSavedWithItsSchedule(t *testing.T) {
	b := newBench(t)
	st := b.sync(t, with(syncing("prices"), func(d *transfers.Draft) { d.Sync.Schedule, d.Sync.Paused = "every 30s", true }))
	if st.Phase != model.PhaseWaiting || st.Transfer.Sync.Paused || st.Transfer.Revision != 1 || st.Title() != "prices" {
		t.Errorf("it is %+v", st)
	}
	stored := b.find(t, "PRICES")
	if want := modeltest.Start.Add(30_000_000_000); !stored.State.Next.Equal(want) || stored.Phase != model.PhaseWaiting || stored.SourceName != "erp" {
		t.Errorf("stored is %+v", stored)
	}
	_, err := b.Transfers.CreateSync(b.Ctx, b.Space, syncing("Prices"), "")
	wantCode(t, err, model.EExists)
	_, err = b.Transfers.CreateSync(b.Ctx, b.NewSpace(t, "other"), syncing("prices"), "")
	wantCode(t, err, model.ENotFound) // its clients are not there
	_, err = b.Transfers.CreateSync(b.Ctx, b.Space, export("p.json"), "")
	wantCode(t, err, model.EInvalid)
	if got := b.log(t); len(got) != 1 || got[0] != "transfer.create prices" {
		t.Errorf("audited %q", got)
	}
}

func TestASyncIsEditedByItsRevision(t *testing.T) {
	b := newBench(t)
	st := b.sync(t, syncing("prices"))
	d, err := b.Transfers.DraftOf(b.Ctx, b.Space, st.Transfer)
	ok(t, err)
	if same, err := b.Transfers.UpdateSync(b.Ctx, b.Space, st.Transfer.ID, d, ""); err != nil || same.Transfer.Revision != 1 {
		t.Errorf("an edit that changes nothing: %+v, %v", same.Transfer, err)
	}
	d.Sync.Schedule, d.Name = "every 1m", "costs"
	edited, err := b.Transfers.UpdateSync(b.Ctx, b.Space, st.Transfer.ID, d, "")
	ok(t, err)
	if edited.Transfer.Revision != 2 || edited.State.Next.IsZero() || edited.Transfer.Created != st.Transfer.Created {
		t.Errorf("it is %+v", edited)
	}
	if _, err := b.Transfers.Find(b.Ctx, b.Space, "prices"); model.CodeOf(err) != model.ENotFound {
		t.Errorf("its old name finds %v", err)
	}
	// What ran meanwhile is no part of the conflict.
	_, err = b.Transfers.RunSync(b.Ctx, b.Space, st.Transfer.ID, model.TriggerPerson, transfers.Options{})
	ok(t, err)
	_, err = b.Transfers.UpdateSync(b.Ctx, b.Space, st.Transfer.ID, d, "")
	if msg := wantCode(t, err, model.EConflict); !strings.Contains(msg, "alice") || !strings.Contains(msg, "schedule") || strings.Contains(msg, "trigger") {
		t.Errorf("the conflict is %q", msg)
	}
	b.sync(t, syncing("prices"))
	d.Revision, d.Name = 0, "prices"
	_, err = b.Transfers.UpdateSync(b.Ctx, b.Space, st.Transfer.ID, d, "")
	wantCode(t, err, model.EExists)
	_, err = b.Transfers.UpdateSync(b.Ctx, b.Space, "nothing", syncing("x"), "")
	wantCode(t, err, model.ENotFound)
	exported, err := b.Transfers.Start(b.Ctx, b.Space, export("p.json"), transfers.Options{})
	ok(t, err)
	_, err = b.Transfers.UpdateSync(b.Ctx, b.Space, exported.Transfer.ID, syncing("x"), "")
	wantCode(t, err, model.ENotFound)
	_, err = b.Transfers.RunSync(b.Ctx, b.Space, exported.Transfer.ID, model.TriggerPerson, transfers.Options{})
	wantCode(t, err, model.ENotFound)
}

func TestPauseAndResumeAreEditsOfASync(t *testing.T) {
	b := newBench(t)
	st := b.sync(t, with(syncing("prices"), func(d *transfers.Draft) { d.Sync.Schedule = "every 30s" }))
	id := st.Transfer.ID
	for range 2 { // the second time changes nothing
		ok(t, b.Transfers.Pause(b.Ctx, b.Space, id))
	}
	is := b.find(t, "prices")
	if is.Phase != model.PhasePaused || is.Transfer.Revision != 2 || !is.State.Next.IsZero() {
		t.Errorf("paused it is %+v", is)
	}
	_, err := b.Transfers.RunSync(b.Ctx, b.Space, id, model.TriggerPerson, transfers.Options{})
	wantCode(t, err, model.EDisabled)
	wantCode(t, b.Transfers.Trigger(b.Ctx, b.Space, id, model.TriggerPerson), model.EDisabled)
	for range 2 {
		ok(t, b.Transfers.Resume(b.Ctx, b.Space, id))
	}
	is = b.find(t, "prices")
	if is.Phase != model.PhaseWaiting || is.Transfer.Revision != 3 || is.State.Next.IsZero() || is.State.Code != "" {
		t.Errorf("resumed it is %+v", is)
	}
	if got := strings.Join(b.log(t), "; "); got != "transfer.create prices; transfer.pause prices; transfer.resume prices" {
		t.Errorf("audited %s", got)
	}
}

func TestPausingASyncEndsItsRun(t *testing.T) {
	b := newBench(t)
	st := b.sync(t, syncing("prices"))
	_, _, r := b.begun(t, func() (transfers.Status, error) {
		return b.Transfers.RunSync(b.Ctx, b.Space, st.Transfer.ID, model.TriggerPerson, transfers.Options{})
	})
	_, err := b.Transfers.RunSync(b.Ctx, b.Space, st.Transfer.ID, model.TriggerPerson, transfers.Options{})
	if msg := wantCode(t, err, model.EBusy); !strings.Contains(msg, "prices") {
		t.Errorf("it says %q", msg)
	}
	wantCode(t, b.Transfers.Delete(b.Ctx, b.Space, st.Transfer.ID, 0, ""), model.EBusy)
	ok(t, b.Transfers.Pause(b.Ctx, b.Space, st.Transfer.ID))
	_, err = r.wait(t)
	wantCode(t, err, model.EPaused)
	if is := b.find(t, "prices"); is.Phase != model.PhasePaused || is.State.Wish != "" {
		t.Errorf("it is %+v", is)
	}
	ok(t, b.Transfers.Resume(b.Ctx, b.Space, st.Transfer.ID))
	if is := b.find(t, "prices"); is.Phase != model.PhaseWaiting || is.State.Code != "" {
		t.Errorf("resumed it is %+v", is)
	}
}

func TestARunOfASyncCountsAnewAndRemembersWhereItWas(t *testing.T) {
	b := newBench(t)
	st := b.sync(t, syncing("prices"))
	b.Mover.Play(modeltest.Moves(model.Progress{Records: 3, Updated: 1}, model.TransferFault{Key: "a", Kind: model.FaultConflict}, model.TransferFault{Key: "b", Kind: model.FaultRejected}))
	for range 2 {
		b.Clock.Pass(1)
		is, err := b.Transfers.RunSync(b.Ctx, b.Space, st.Transfer.ID, model.TriggerPerson, transfers.Options{})
		ok(t, err)
		if is.Phase != model.PhaseWaiting || is.State.Progress.Records != 3 {
			t.Errorf("it is %+v", is)
		}
	}
	jobs := b.Mover.Jobs()
	if j := jobs[1]; string(j.Checkpoint) != "all" || j.Progress.Records != 0 || j.Memory == nil {
		t.Errorf("the second run began with %+v", j)
	}
	faults, err := b.Transfers.Faults(b.Ctx, b.Space, st.Transfer.ID)
	if err != nil || len(faults) != 2 {
		t.Errorf("a record with the same fault again is one: %+v, %v", faults, err)
	}
	// An edit leaves what the engine remembers to the engine.
	d, err := b.Transfers.DraftOf(b.Ctx, b.Space, st.Transfer)
	ok(t, err)
	d.Shape = ".x"
	_, err = b.Transfers.UpdateSync(b.Ctx, b.Space, st.Transfer.ID, d, "")
	ok(t, err)
	if is := b.find(t, "prices"); string(is.State.Checkpoint) != "all" {
		t.Errorf("after an edit the checkpoint is %q", is.State.Checkpoint)
	}
}

func TestATriggerIsForWhoeverServesTheStore(t *testing.T) {
	b := newBench(t)
	st := b.sync(t, syncing("prices"))
	id := st.Transfer.ID
	wantCode(t, b.Transfers.Trigger(b.Ctx, b.Space, id, model.TriggerWebhook), model.EPermission)
	wantCode(t, b.Transfers.Trigger(b.Ctx, b.Space, "nothing", model.TriggerWebhook), model.ENotFound)
	for range 3 { // who asks again asks for the same run
		ok(t, b.Transfers.Trigger(b.As(), b.Space, id, model.TriggerPerson))
	}
	is := b.find(t, "prices")
	if is.State.Wish != model.WishRun || is.State.WishBy != "caller" || is.Phase != model.PhaseWaiting {
		t.Errorf("it is %+v", is.State)
	}
	if len(b.log(t)) != 2 {
		t.Errorf("audited %q", b.log(t))
	}
	// A run that somebody starts meanwhile is the one that was asked for.
	_, err := b.Transfers.RunSync(b.Ctx, b.Space, id, model.TriggerSchedule, transfers.Options{})
	ok(t, err)
	runs, err := b.Transfers.Runs(b.Ctx, id)
	if err != nil || len(runs) != 1 || runs[0].Trigger != model.TriggerPerson || runs[0].By != "caller" {
		t.Errorf("the history is %+v, %v", runs, err)
	}
	if is := b.find(t, "prices"); is.State.Wish != "" {
		t.Errorf("it is %+v", is.State)
	}
}

func TestAProtectedTargetOfASyncIsConfirmedWhenItIsSaved(t *testing.T) {
	b := newBench(t)
	st := b.sync(t, syncing("prices"))
	id := st.Transfer.ID
	run := func(confirm string) error {
		_, err := b.Transfers.RunSync(b.Ctx, b.Space, id, model.TriggerPerson, transfers.Options{Confirm: confirm})
		return err
	}
	save := func(confirm string, change func(*transfers.Draft)) error {
		d, err := b.Transfers.DraftOf(b.Ctx, b.Space, b.find(t, string(id)).Transfer)
		ok(t, err)
		change(&d)
		_, err = b.Transfers.UpdateSync(b.Ctx, b.Space, id, d, confirm)
		return err
	}
	none := func(*transfers.Draft) {}
	ok(t, run(""))
	for name, protect := range map[string]func(on bool){
		"client": func(on bool) { b.edit(t, b.target, func(d *clients.Draft) { d.Protected = on }) },
		"space":  func(on bool) { b.protect(t, on) },
	} {
		t.Run(name, func(t *testing.T) {
			protect(true)
			err := run("")
			wantCode(t, err, model.EProtected)
			if next := model.AsError(err).Next; !strings.Contains(next, "ferry sync update prices --confirm shop") {
				t.Errorf("the next step is %q", next)
			}
			ok(t, run("shop")) // for this one run
			wantCode(t, save("", none), model.EProtected)
			wantCode(t, save("prices", none), model.EProtected)
			_, err = b.Transfers.CreateSync(b.Ctx, b.Space, syncing("more"), "")
			wantCode(t, err, model.EProtected)
			ok(t, save("shop", none))
			ok(t, run(""))
			if is := b.find(t, "prices"); !is.Transfer.Sync.Confirmed {
				t.Error("it is not remembered")
			}
			wantCode(t, b.Transfers.Delete(b.Ctx, b.Space, id, 0, ""), model.EProtected)
			protect(false)
			// An edit that nobody confirmed is not confirmed.
			ok(t, save("", func(d *transfers.Draft) { d.Shape += "." }))
			protect(true)
			wantCode(t, run(""), model.EProtected)
			protect(false)
		})
	}
	// Another target was never confirmed.
	ok(t, save("shop", none))
	other := b.client(t, "other")
	ok(t, save("", func(d *transfers.Draft) { d.Target.Client = "other" }))
	b.edit(t, other, func(d *clients.Draft) { d.Protected = true })
	wantCode(t, run(""), model.EProtected)
}

func TestAnAPIUserSavesASyncOfClientsItMayCall(t *testing.T) {
	b := newBench(t)
	source, target := model.CallPermission(b.source.ID), model.CallPermission(b.target.ID)
	for _, ctx := range []context.Context{b.As(), b.As(source), b.As(target)} {
		_, err := b.Transfers.CreateSync(ctx, b.Space, syncing("prices"), "")
		wantCode(t, err, model.EPermission)
	}
	st, err := b.Transfers.CreateSync(b.As(source, target), b.Space, syncing("prices"), "")
	ok(t, err)
	// Nor does it take over one of clients that it may not call.
	b.client(t, "other")
	other := b.client(t, "third")
	d := with(syncing("prices"), func(d *transfers.Draft) { d.Source.Client, d.Target.Client = "third", "third" })
	_, err = b.Transfers.UpdateSync(b.As(model.CallPermission(other.ID)), b.Space, st.Transfer.ID, d, "")
	wantCode(t, err, model.EPermission)
	_, err = b.Transfers.UpdateSync(b.As(source, target, model.CallPermission(other.ID)), b.Space, st.Transfer.ID, d, "")
	ok(t, err)
	// A client that is gone nobody may call: it can still be replaced.
	ok(t, b.Clients.Delete(b.Ctx, b.Space, other.ID, "third"))
	_, err = b.Transfers.RunSync(b.Ctx, b.Space, st.Transfer.ID, model.TriggerPerson, transfers.Options{})
	wantCode(t, err, model.EDisabled)
	_, err = b.Transfers.UpdateSync(b.As(source, target), b.Space, st.Transfer.ID, syncing("prices"), "")
	ok(t, err)
}

func TestDeletingATransferTakesItsHistory(t *testing.T) {
	b := newBench(t)
	st := b.sync(t, syncing("prices"))
	id := st.Transfer.ID
	ok(t, b.Store.Update(b.Ctx, func(tx model.Tx) error {
		for n := range 90 { // more than one transaction removes
			if err := tx.Transfers().PutShard(id, n, []model.SyncEntry{{Key: "a"}}); err != nil {
				return err
			}
		}
		return nil
	}))
	_, err := b.Transfers.RunSync(b.Ctx, b.Space, id, model.TriggerPerson, transfers.Options{})
	ok(t, err)
	wantCode(t, b.Transfers.Delete(b.Ctx, b.Space, id, 7, ""), model.EConflict)
	ok(t, b.Transfers.Delete(b.Ctx, b.Space, id, 1, ""))
	wantCode(t, b.Transfers.Delete(b.Ctx, b.Space, id, 1, ""), model.ENotFound)
	_, err = b.Transfers.Find(b.Ctx, b.Space, "prices")
	wantCode(t, err, model.ENotFound)
	ok(t, b.Store.View(b.Ctx, func(tx model.Tx) error {
		left, err := tx.Transfers().Shard(id, 89)
		if runs, _ := tx.Transfers().Runs(id); len(runs) != 0 || left != nil {
			t.Errorf("left are %d runs and %v", len(runs), left)
		}
		return err
	}))
	if lines := b.log(t); lines[len(lines)-1] != "transfer.delete prices" {
		t.Errorf("audited %q", lines)
	}
	// The unfinished file of an export goes with it.
	part, err := b.Files.Part("/home/alice/p.json")
	ok(t, err)
	ok(t, part.Close())
	failed := b.failed(t, export("p.json"))
	ok(t, b.Transfers.Delete(b.Ctx, b.Space, failed.Transfer.ID, 0, ""))
	if _, is := b.Files.PartText("p.json"); is {
		t.Error("the unfinished file is still there")
	}
}

func TestASpaceThatIsBeingDeletedTakesNothingNew(t *testing.T) {
	b := newBench(t)
	st := b.sync(t, syncing("prices"))
	sp := b.Space
	sp.Deleting = true
	ok(t, b.Store.Update(b.Ctx, func(tx model.Tx) error { return tx.Spaces().Put(sp) }))
	id := st.Transfer.ID
	_, err := b.Transfers.CreateSync(b.Ctx, b.Space, syncing("more"), "")
	wantCode(t, err, model.EDisabled)
	_, err = b.Transfers.UpdateSync(b.Ctx, b.Space, id, syncing("more"), "")
	wantCode(t, err, model.EDisabled)
	_, err = b.Transfers.Start(b.Ctx, b.Space, export("p.json"), transfers.Options{})
	wantCode(t, err, model.EDisabled)
	_, err = b.Transfers.RunSync(b.Ctx, b.Space, id, model.TriggerPerson, transfers.Options{})
	wantCode(t, err, model.EDisabled)
	wantCode(t, b.Transfers.Trigger(b.Ctx, b.Space, id, model.TriggerPerson), model.EDisabled)
	wantCode(t, b.Transfers.Pause(b.Ctx, b.Space, id), model.EDisabled)
	wantCode(t, b.Transfers.Delete(b.Ctx, b.Space, id, 0, ""), model.EDisabled)
}
