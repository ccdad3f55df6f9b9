package storage_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ferry/model"
	"ferry/storage/storagetest"
)

func TestSavedCallsComeBackAsTheyWere(t *testing.T) {
	s := storagetest.New(t)
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	calls := []model.SavedCall{
		{ID: "b", Client: "c1", Name: "alpha"},
		{
			ID: "a", Client: "c1", Name: "Beta", Filter: ".[0]", Updated: model.Stamp{At: at, By: "alice"},
			PathParams: []model.Param{{Name: "id", Value: "\x1b é \xff"}},
			Request: model.Request{
				Method: "POST", Path: "/x/{id}", Body: []byte("\x00\xff{}"),
				Query: []model.Param{{Name: "q", Value: ""}}, Headers: []model.Param{{Name: "X", Value: "1"}, {Name: "X", Value: "2"}},
			},
		},
	}
	update(t, s, func(tx model.Tx) error { return errors.Join(tx.Saved().Put(calls[1]), tx.Saved().Put(calls[0])) })
	view(t, s, func(tx model.Tx) error {
		got, err := tx.Saved().List("c1")
		if d := cmp.Diff(calls, got); d != "" {
			t.Errorf("by name (want -, got +):\n%s", d)
		}
		other, err2 := tx.Saved().List("c")
		if len(other) != 0 {
			t.Errorf("another client, whose id begins the same, has %v", other)
		}
		return errors.Join(err, err2)
	})
	wantClean(t, s)
}

func TestNamesOfSavedCallsAreUniqueForTheirClientIgnoringCase(t *testing.T) {
	s := storagetest.New(t)
	put := func(client, id model.ID, name string) error {
		return s.Update(t.Context(), func(tx model.Tx) error {
			return tx.Saved().Put(model.SavedCall{ID: id, Client: client, Name: name})
		})
	}
	if err := errors.Join(put("c1", "1", "Orders"), put("c2", "1", "orders"), put("c1", "2", "users")); err != nil {
		t.Fatal(err)
	}
	wantCode(t, put("c1", "3", "ORDERS"), model.EExists)
	wantCode(t, put("c1", "2", "orders"), model.EExists) // by renaming
	if err := errors.Join(put("c1", "1", "ORDERS"), put("c1", "1", "sales"), put("c1", "3", "orders")); err != nil {
		t.Fatalf("changing case, renaming, and taking the name that is free now: %v", err)
	}
	del := func(id model.ID) error {
		return s.Update(t.Context(), func(tx model.Tx) error { return tx.Saved().Delete("c1", id) })
	}
	if err := errors.Join(del("3"), del("3"), put("c1", "4", "Orders")); err != nil {
		t.Fatalf("deleting, deleting again, and taking its name: %v", err)
	}
	view(t, s, func(tx model.Tx) error {
		got, err := tx.Saved().List("c1")
		if len(got) != 3 {
			t.Errorf("%v", got)
		}
		return err
	})
	wantClean(t, s)
}

// The most there may be of a client, with bodies of the most that is kept, is written
// one at a time and read as one list.
func TestAllSavedCallsOfAClient(t *testing.T) {
	s := storagetest.New(t)
	body := make([]byte, model.MaxKeptBody)
	for i := range model.MaxSaved {
		update(t, s, func(tx model.Tx) error {
			return tx.Saved().Put(model.SavedCall{ID: model.ID(fmt.Sprint("s", i)), Client: "c1", Name: fmt.Sprint("n", i), Request: model.Request{Body: body}})
		})
	}
	view(t, s, func(tx model.Tx) error {
		got, err := tx.Saved().List("c1")
		if len(got) != model.MaxSaved {
			t.Errorf("%d of %d", len(got), model.MaxSaved)
		}
		return err
	})
}
