package clients_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ferry/model"
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
