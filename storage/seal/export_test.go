package seal

import (
	"encoding/base64"
	"testing"

	"ferry/model"
)

// ForgeSlot returns a whole vault record, as anybody who may write the file could make
// it, whose one passphrase slot asks for a scrypt work factor.
func ForgeSlot(t testing.TB, factor string) []byte {
	t.Helper()
	b64 := base64.RawStdEncoding.EncodeToString
	file := "age-encryption.org/v1\n-> scrypt " + b64(make([]byte, 16)) + " " + factor + "\n" +
		b64(make([]byte, 32)) + "\n--- " + b64(make([]byte, 32)) + "\n" + string(make([]byte, 64))
	r := record{
		Format: Format, StoreID: "forged",
		Slots: []slotRecord{{ID: "1", Kind: string(model.SlotPassphrase), File: []byte(file)}},
	}
	return r.encode(make([]byte, keySize))
}
