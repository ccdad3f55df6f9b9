package storage_test

import (
	"context"
	"testing"
	"time"

	"ferry/model"
	"ferry/storage"
	"ferry/storage/storagetest"
)

func TestARecordThatIsWrittenIsReadByTheNextOpening(t *testing.T) {
	ctx := context.Background()
	path := storagetest.Dir(t) + "/ferry.db"
	s, key := storagetest.NewAt(t, path, func(tx model.Tx) error {
		return tx.Spaces().Put(model.Space{ID: "s1", Name: "default"})
	})
	err := s.Update(ctx, func(tx model.Tx) error {
		return tx.Clients().Put(model.Client{ID: "c1", Space: "s1", Name: "Billing", Created: model.Stamp{At: time.Unix(5, 0).UTC()}})
	})
	if err != nil {
		t.Fatal(err)
	}
	again, err := storage.Open(ctx, path, key)
	if err != nil {
		t.Fatal(err)
	}
	var got model.Client
	err = again.View(ctx, func(tx model.Tx) error {
		space, err := tx.Spaces().ByName("DEFAULT")
		if err != nil {
			return err
		}
		got, err = tx.Clients().ByName(space.ID, "billing")
		return err
	})
	if err != nil || got.Name != "Billing" || !got.Created.At.Equal(time.Unix(5, 0)) {
		t.Fatalf("got %+v, %v", got, err)
	}
	report, err := again.Check(ctx)
	if err != nil || len(report.Problems) > 0 || report.Checked != 2 {
		t.Fatalf("check: %+v, %v", report, err)
	}
}
