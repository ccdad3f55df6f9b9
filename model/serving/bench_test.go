package serving_test

import (
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/modeltest"
	"ferry/model/serving"
	"ferry/storage/storagetest"
)

// BenchmarkLoad reads 10,000 API users with two keys each from a sealed store.
func BenchmarkLoad(b *testing.B) {
	store, space := storagetest.NewWithSpace(b)
	const users = 10_000
	for from := 0; from < users; from += 14 {
		err := store.Update(b.Context(), func(tx model.Tx) error {
			for i := from; i < min(from+14, users); i++ {
				id := model.ID(fmt.Sprintf("%026d", i))
				u := model.APIUser{
					ID: id, Space: space.ID, Username: fmt.Sprintf("robot-%d", i), State: model.Active, OAuth: true,
					TTL: model.DefaultTTL, Permissions: []model.Permission{"clients:view", "keys:view"}, Revision: 1,
				}
				if err := tx.Users().Put(u); err != nil {
					return err
				}
				for n := range 2 {
					k := model.APIKey{ID: model.ID(fmt.Sprintf("%024d-%d", i, n)), Space: space.ID, User: id, Digest: sha256.Sum256([]byte(id))}
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
	s := serving.New(store, (&modeltest.Clock{}).Now, model.NewID)
	b.ResetTimer()
	for b.Loop() {
		d, err := s.Load(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if len(d.User(space.ID, "robot-9999").Keys) != 2 {
			b.Fatal("the last user lacks its keys")
		}
	}
}

// BenchmarkIdentify shows what telling a client costs, and that it costs the same
// whoever asks.
func BenchmarkIdentify(b *testing.B) {
	store, space := storagetest.NewWithSpace(b)
	right := modeltest.Digest("right")
	err := store.Update(b.Context(), func(tx model.Tx) error {
		if err := tx.Users().Put(model.APIUser{ID: "u1", Space: space.ID, Username: "robot"}); err != nil {
			return err
		}
		return tx.Keys().Put(model.APIKey{ID: "k1", Space: space.ID, User: "u1", Digest: right})
	})
	if err != nil {
		b.Fatal(err)
	}
	d, err := serving.New(store, time.Now, model.NewID).Load(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name, client string
		key          model.ID
		digest       [32]byte
	}{
		{"right", "robot", "k1", right},
		{"wrong-secret", "robot", "k1", modeltest.Digest("wrong")},
		{"unknown-client", "nobody", "k1", right},
		{"no-key", "robot", "", right},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				d.Identify(space.ID, c.client, c.key, c.digest, modeltest.Start)
			}
		})
	}
}
