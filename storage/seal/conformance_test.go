package seal_test

import (
	"os"
	"path/filepath"
	"testing"

	"filippo.io/age"

	"ferry/model"
	"ferry/storage/bolt"
	"ferry/storage/kv"
	"ferry/storage/kv/kvtest"
	"ferry/storage/seal"
)

func TestConformanceOverBolt(t *testing.T) {
	kvtest.Run(t, func(t *testing.T) kv.Store {
		s, _, _ := sealed(t)
		return s
	})
}

// sealed makes an empty sealed store, and returns the store beneath it and its key.
func sealed(t testing.TB) (*seal.Store, *bolt.Store, model.Key) {
	t.Helper()
	key := identity(t)
	v := vault(t, key)
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	raw, err := bolt.Create(t.Context(), filepath.Join(dir, "ferry.db"), v.Save)
	if err != nil {
		t.Fatal(err)
	}
	return seal.New(raw, v), raw, key
}

func vault(t testing.TB, keys ...model.Key) *seal.Vault {
	t.Helper()
	var slots []seal.NewSlot
	for _, k := range keys {
		slots = append(slots, seal.NewSlot{Key: k})
	}
	v, err := seal.NewVault(slots, seal.Options{WorkFactor: 2})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func identity(t testing.TB) model.Key {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return model.Key{Identity: model.NewSecret(id.String()), From: "test"}
}
