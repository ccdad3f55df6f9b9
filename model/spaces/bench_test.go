package spaces_test

import (
	"context"
	"fmt"
	"testing"

	"ferry/model"
	"ferry/model/modeltest"
	"ferry/model/spaces"
	"ferry/storage/storagetest"
)

// BenchmarkDeleteEverything deletes a space with 1,000 API users of two keys each.
func BenchmarkDeleteEverything(b *testing.B) {
	store, _ := storagetest.NewWithSpace(b)
	s := spaces.New(store, (&modeltest.Clock{}).Now, model.NewID, func(context.Context, *model.Transfer) {})
	ctx := context.Background()
	for b.Loop() {
		b.StopTimer()
		sp, err := s.Create(ctx, "north", false)
		if err != nil {
			b.Fatal(err)
		}
		for from := 0; from < 1000; from += 10 {
			err := store.Update(ctx, func(tx model.Tx) error {
				for i := from; i < from+10; i++ {
					id := model.ID(fmt.Sprint("u", i))
					if err := tx.Users().Put(model.APIUser{ID: id, Space: sp.ID, Username: fmt.Sprint("robot-", i)}); err != nil {
						return err
					}
					for n := range 2 {
						k := model.APIKey{ID: model.ID(fmt.Sprint("k", i, "-", n)), Space: sp.ID, User: id}
						if err := tx.Keys().Put(k); err != nil {
							return err
						}
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		b.StartTimer()
		if err := s.Delete(ctx, sp.ID, spaces.Deletion{Everything: true}, "north"); err != nil {
			b.Fatal(err)
		}
	}
}
