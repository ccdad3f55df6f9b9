package seal

import (
	"context"
	"errors"
	"time"

	"ferry/model"
	"ferry/storage/kv"
)

// Read returns the vault record of a store, in one View.
func Read(ctx context.Context, s kv.Store) ([]byte, error) {
	var b []byte
	err := s.View(ctx, func(tx kv.Tx) (err error) {
		b, err = tx.Get(recordKey)
		return err
	})
	if errors.Is(err, kv.ErrNotFound) {
		return nil, damagedVault("the vault record is missing")
	}
	return b, err
}

// Status tells what a vault record says without being unlocked. It is not proved to
// be true until somebody unlocks it.
func Status(b []byte) (model.VaultStatus, error) {
	r, err := decodeRecord(b)
	if err != nil {
		return model.VaultStatus{}, err
	}
	return model.VaultStatus{
		StoreID: model.Printable(r.StoreID), Format: int(r.Format),
		Created: time.UnixMilli(r.Created).UTC(), Slots: r.slots(),
	}, nil
}
