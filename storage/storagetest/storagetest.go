// Package storagetest makes real stores for the tests of other rooms: a sealed file in
// a temporary directory, with a key that opens fast. It may be imported by tests only.
package storagetest

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"filippo.io/age"

	"ferry/model"
	"ferry/storage"
	"ferry/storage/seal"
)

// New returns a fresh, empty store that is gone with the test. It holds no space.
func New(t testing.TB) *storage.Store {
	t.Helper()
	s, _ := NewAt(t, filepath.Join(Dir(t), "ferry.db"), nil)
	return s
}

// NewAt makes a store in the file path, with what first writes, and returns its key.
func NewAt(t testing.TB, path string, first func(model.Tx) error) (*storage.Store, model.Key) {
	t.Helper()
	key := Identity(t)
	s, err := storage.Create(context.Background(), path, []seal.NewSlot{{Key: key, Label: "test"}}, first)
	if err != nil {
		t.Fatalf("create a store: %v", err)
	}
	return s, key
}

// Identity makes a key that opens in microseconds.
func Identity(t testing.TB) model.Key {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return model.Key{Identity: model.NewSecret(id.String()), From: "test"}
}

// Dir returns a temporary directory that a store accepts: nobody else may enter it.
func Dir(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Several opens the same new store n times over, as so many processes would.
func Several(t testing.TB, path string, n int, first func(model.Tx) error) []*storage.Store {
	t.Helper()
	s, key := NewAt(t, path, first)
	out := []*storage.Store{s}
	for len(out) < n {
		s, err := storage.Open(context.Background(), path, key)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}
