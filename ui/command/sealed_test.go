package command_test

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"ferry/model"
	"ferry/model/spaces"
	"ferry/storage"
	"ferry/storage/seal"
)

// sealed makes a store as sealedStore does: sealed FILE PASSPHRASE
func sealed(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(sealedStore(ts.MkAbs(args[0]), args[1]))
}

// sealedStore makes a store sealed for a passphrase that costs next to nothing to try: that
// of a real one takes a second of one processor each time.
func sealedStore(path, passphrase string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	now := time.Now()
	id := model.NewID(now)
	slot := seal.NewSlot{Key: model.Key{Passphrase: model.NewSecret(passphrase)}}
	s, err := storage.Create(context.Background(), path, []seal.NewSlot{slot},
		func(tx model.Tx) error { return spaces.First(tx, id, now, model.Actor{}) }, storage.WithWorkFactor(2))
	if err != nil {
		return err
	}
	return s.Close()
}
