package storagetest

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/spaces"
	"ferry/storage"
)

// NewWithSpace returns a fresh store as `ferry vault init` makes it: with the default
// space in it, and nothing else.
func NewWithSpace(t testing.TB) (*storage.Store, model.Space) {
	t.Helper()
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	id := model.NewID(at)
	s, _ := NewAt(t, filepath.Join(Dir(t), "ferry.db"), func(tx model.Tx) error {
		return spaces.First(tx, id, at, model.Actor{User: "test"})
	})
	sp, err := spaces.New(s, time.Now, model.NewID, nil).ByName(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	return s, sp
}
