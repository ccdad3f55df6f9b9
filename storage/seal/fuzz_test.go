package seal

import (
	"crypto/sha256"
	"testing"

	"ferry/model"
)

// FuzzVaultRecord gives the reader what anybody who may write the file could put there:
// the checksum is always right.
func FuzzVaultRecord(f *testing.F) {
	v, err := NewVault([]NewSlot{{Key: model.Key{Passphrase: model.NewSecret("p")}}}, Options{WorkFactor: 2})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(v.record[:len(v.record)-sha256.Size])
	f.Add([]byte{recordVersion, 0xA0})
	f.Fuzz(func(t *testing.T, b []byte) {
		sum := sha256.Sum256(b)
		whole := append(append([]byte(nil), b...), sum[:]...)
		for _, key := range []model.Key{{}, {Identity: model.NewSecret("AGE-SECRET-KEY-1")}} {
			opened, err := Unlock(whole, key)
			if opened != nil || err == nil {
				t.Fatal("a wrong key opened it")
			}
		}
		if _, err := Status(whole); err != nil {
			if code := model.CodeOf(err); code != model.ECorrupt && code != model.EInvalid {
				t.Fatalf("got %v", err)
			}
		}
	})
}
