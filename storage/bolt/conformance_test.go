package bolt_test

import (
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"ferry/storage/bolt"
	"ferry/storage/kv"
	"ferry/storage/kv/kvtest"
)

func TestConformance(t *testing.T) {
	// t.Run waits for the parallel parts, so that what they leave behind can be seen.
	t.Run("kv", func(t *testing.T) {
		kvtest.Run(t, func(t *testing.T) kv.Store { return fresh(t) })
	})
	goleak.VerifyNone(t)
}

func nothing(kv.Tx) error { return nil }

// privateDir is a temporary directory that a store accepts.
func privateDir(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// fresh makes an empty store.
func fresh(t testing.TB, opts ...bolt.Option) *bolt.Store {
	t.Helper()
	s, err := bolt.Create(t.Context(), filepath.Join(privateDir(t), "ferry.db"), nothing, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
