package clients_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/clients"
)

// A client goes with all that is its own, as much of it as there can be, in one
// transaction; and a person is told before.
func TestDeletingAClientTakesEverythingOfItsOwn(t *testing.T) {
	b := newBench(t)
	c := b.create(t, oauth())
	err := b.store.Update(b.ctx, func(tx model.Tx) error {
		for i := range model.MaxSaved {
			call := model.SavedCall{ID: model.ID(fmt.Sprintf("s%02d", i)), Client: c.ID, Name: fmt.Sprint("call-", i)}
			if err := tx.Saved().Put(call); err != nil {
				return err
			}
		}
		return tx.Tokens().Put(model.TokenState{Client: c.ID, Token: model.Token{
			Access: model.NewSecret("a"), Refresh: model.NewSecret("r"), Fetched: start, Expires: start.Add(time.Hour),
		}})
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range model.MaxHistory {
		err := b.store.Update(b.ctx, func(tx model.Tx) error {
			return tx.History().Append(model.HistoryEntry{ID: model.ID(fmt.Sprintf("h%02d", i)), Client: c.ID, At: start})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	what, err := b.Dependents(b.ctx, b.space, c.ID)
	if got := strings.Join(what, ", "); err != nil || got != "a valid access token, a login that a person gave, 50 calls in its history, 20 saved calls" {
		t.Errorf("told of %s, %v", got, err)
	}
	if err := b.Delete(b.ctx, b.space, c.ID, c.Name); err != nil {
		t.Fatal(err)
	}
	err = b.store.View(b.ctx, func(tx model.Tx) error {
		saved, err := tx.Saved().List(c.ID)
		if err != nil || len(saved) > 0 {
			t.Errorf("%d saved calls are left, %v", len(saved), err)
		}
		calls, err := tx.History().List(c.ID)
		if err != nil || len(calls) > 0 {
			t.Errorf("%d calls are left, %v", len(calls), err)
		}
		st, err := tx.Tokens().Get(c.ID)
		if err != nil || st.Token.Refresh.IsSet() {
			t.Errorf("the login is left, %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Bodies are kept only as long as the client allows it.
func TestBodiesThatAreNoLongerKeptAreForgotten(t *testing.T) {
	b := newBench(t)
	d := oauth()
	d.KeepBodies = true
	c := b.create(t, d)
	for i := range model.MaxHistory {
		err := b.store.Update(b.ctx, func(tx model.Tx) error {
			return tx.History().Append(model.HistoryEntry{
				ID: model.ID(fmt.Sprintf("h%02d", i)), Client: c.ID, At: start, Path: "/x", Status: 200, Body: bytes.Repeat([]byte("b"), model.MaxKeptBody),
			})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	bodies := func() (calls, bodies int) {
		err := b.store.View(b.ctx, func(tx model.Tx) error {
			list, err := tx.History().List(c.ID)
			calls, bodies = len(list), 0
			for _, call := range list {
				if len(call.Body) > 0 {
					bodies++
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return calls, bodies
	}
	for _, step := range []struct {
		edit func(*clients.Draft)
		left int
	}{
		{func(d *clients.Draft) { d.Audience = "x" }, model.MaxHistory},
		{func(d *clients.Draft) { d.KeepBodies = false }, 0},
	} {
		d := clients.DraftOf(c)
		step.edit(&d)
		saved, err := b.Update(b.ctx, b.space, c.ID, d, "")
		if err != nil {
			t.Fatal(err)
		}
		c = saved.Client
		if calls, left := bodies(); calls != model.MaxHistory || left != step.left {
			t.Errorf("%d calls with %d bodies, want %d", calls, left, step.left)
		}
	}
}

// Issue 5: a person is told which transfers use a client before it is deleted. They stay.
func TestTransfersThatUseAClientAreToldOf(t *testing.T) {
	b := newBench(t)
	c := b.create(t, oauth())
	put := func(tr model.Transfer, phase model.TransferPhase) {
		t.Helper()
		tr.Space = b.space.ID
		err := b.store.Update(b.ctx, func(tx model.Tx) error {
			if err := tx.Transfers().PutState(b.space.ID, model.TransferState{Transfer: tr.ID, Phase: phase}); err != nil {
				return err
			}
			return tx.Transfers().Put(tr)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	at := model.Endpoint{Client: c.ID}
	put(model.Transfer{ID: "t1", Kind: model.KindSync, Name: "stock", Source: at}, model.PhaseWaiting)
	put(model.Transfer{ID: "t2", Kind: model.KindSync, Name: "goods", Target: at}, model.PhaseDone)
	put(model.Transfer{ID: "t3", Kind: model.KindSync, Name: "other", Target: model.Endpoint{Client: "else"}}, model.PhaseWaiting)
	put(model.Transfer{ID: "t4", Kind: model.KindExport, Source: at}, model.PhasePaused)
	put(model.Transfer{ID: "t5", Kind: model.KindExport, Source: at}, model.PhaseRunning)
	put(model.Transfer{ID: "t6", Kind: model.KindImport, Target: at}, model.PhaseFailed)
	put(model.Transfer{ID: "t7", Kind: model.KindImport, Target: at}, model.PhaseDone)
	put(model.Transfer{ID: "t8", Kind: model.KindExport, Source: at}, model.PhaseCancelled)
	what, err := b.Dependents(b.ctx, b.space, c.ID)
	want := "2 syncs use it: goods, stock; 2 exports are not finished; 1 import is not finished"
	if got := strings.Join(what, "; "); err != nil || got != want {
		t.Errorf("told of %q, %v; want %q", got, err, want)
	}
	if err := b.Delete(b.ctx, b.space, c.ID, c.Name); err != nil {
		t.Fatal(err)
	}
	err = b.store.View(b.ctx, func(tx model.Tx) error {
		_, err := tx.Transfers().ByName(b.space.ID, "stock")
		return err
	})
	if err != nil {
		t.Errorf("the sync went with its client: %v", err)
	}
}
