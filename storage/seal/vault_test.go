package seal_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"ferry/model"
	"ferry/storage/kv"
	"ferry/storage/seal"
)

func passphrase(s string) model.Key { return model.Key{Passphrase: model.NewSecret(s)} }

// recordOf returns the bytes of a vault's record.
func recordOf(t testing.TB, v *seal.Vault) []byte {
	t.Helper()
	var out []byte
	if err := v.Save(grab(func(_, value []byte) { out = value })); err != nil {
		t.Fatal(err)
	}
	return out
}

// grab is a transaction that only takes what is put.
type grab func(key, value []byte)

func (g grab) Put(key, value []byte) error    { g(key, value); return nil }
func (grab) Get([]byte) ([]byte, error)       { return nil, kv.ErrNotFound }
func (grab) Delete([]byte) error              { return nil }
func (grab) Scan(kv.Range) ([]kv.Item, error) { return nil, nil }

func wantCode(t testing.TB, err error, code model.Code) {
	t.Helper()
	if model.CodeOf(err) != code {
		t.Fatalf("got %v (%s), want %s", err, model.CodeOf(err), code)
	}
	if model.AsError(err).Next == "" {
		t.Fatalf("%q has no next step", err)
	}
}

func TestEverySlotOpensTheVault(t *testing.T) {
	one, two := identity(t), identity(t)
	b := recordOf(t, vault(t, one, passphrase("correct horse"), two))
	for i, key := range []model.Key{one, passphrase("correct horse"), two} {
		v, err := seal.Unlock(b, key)
		if err != nil {
			t.Fatalf("slot %d: %v", i, err)
		}
		status, err := seal.Status(b)
		if err != nil || len(status.Slots) != 3 || status.Slots[i] != v.Slot() || status.StoreID != v.StoreID() {
			t.Errorf("slot %d: %+v, %+v, %v", i, v.Slot(), status, err)
		}
	}
}

// CASES Vault: wrong passphrase → one generic error, bounded time, nothing written.
func TestAWrongKeyIsOneGenericError(t *testing.T) {
	b := recordOf(t, vault(t, identity(t), passphrase("right"), passphrase("too")))
	texts := map[string]bool{}
	for name, key := range map[string]model.Key{
		"passphrase": passphrase("wrong-canary-5150"), "identity": identity(t), "no key": {},
	} {
		_, err := seal.Unlock(b, key)
		if model.CodeOf(err) != model.ELocked {
			t.Errorf("%s: got %v, want ELocked", name, err)
		}
		texts[fmt.Sprintf("%v %+v", err, *model.AsError(err))] = true
		if strings.Contains(fmt.Sprintf("%+v", err), "canary") {
			t.Errorf("%s: the error holds the passphrase", name)
		}
	}
	if len(texts) != 1 {
		t.Errorf("wrong keys can be told apart: %v", texts)
	}
	only := recordOf(t, vault(t, identity(t)))
	_, err := seal.Unlock(only, passphrase("there is no passphrase slot"))
	wantCode(t, err, model.ELocked)
}

// CASES Vault: every header byte flipped in turn → an error that names the record.
func TestEveryFlippedByteOfTheVaultRecordIsNoticed(t *testing.T) {
	key := identity(t)
	b := recordOf(t, vault(t, key, passphrase("p")))
	for i := range b {
		for _, flip := range []byte{0x01, 0x80, 0xFF} {
			damaged := bytes.Clone(b)
			damaged[i] ^= flip
			if v, err := seal.Unlock(damaged, key); v != nil || model.CodeOf(err) != model.ECorrupt ||
				!strings.Contains(err.Error(), "vault record") {
				t.Fatalf("byte %d ^ %#x: got %v, %v", i, flip, v, err)
			}
			if _, err := seal.Status(damaged); model.CodeOf(err) != model.ECorrupt {
				t.Fatalf("byte %d ^ %#x: the status is %v", i, flip, err)
			}
		}
	}
	for n := range b {
		if _, err := seal.Unlock(b[:n], key); model.CodeOf(err) != model.ECorrupt {
			t.Fatalf("cut to %d bytes: %v", n, err)
		}
	}
}

// CASES Vault: every record byte flipped in turn → an error that names the record, never
// partial plaintext.
func TestEveryFlippedByteOfAValueIsNoticed(t *testing.T) {
	s, raw, _ := sealed(t)
	ctx, name := t.Context(), []byte("client/s1/c1")
	if err := s.Update(ctx, func(tx kv.Tx) error { return tx.Put(name, []byte("plaintext canary 7")) }); err != nil {
		t.Fatal(err)
	}
	var kept []byte
	rawGet := func(tx kv.Tx) (err error) { kept, err = tx.Get(name); return err }
	if err := raw.View(ctx, rawGet); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(kept, []byte("canary")) {
		t.Fatal("the value is not sealed")
	}
	for i := range kept {
		damaged := bytes.Clone(kept)
		damaged[i] ^= 0x40
		if err := raw.Update(ctx, func(tx kv.Tx) error { return tx.Put(name, damaged) }); err != nil {
			t.Fatal(err)
		}
		err := s.View(ctx, func(tx kv.Tx) error {
			v, err := tx.Get(name)
			items, scan := tx.Scan(kv.Range{Limit: 10})
			if v != nil || items != nil || model.CodeOf(scan) != model.ECorrupt {
				return fmt.Errorf("a damaged value came back: %d bytes, %d items, %w", len(v), len(items), scan)
			}
			return err
		})
		wantCode(t, err, model.ECorrupt)
		if !strings.Contains(err.Error(), string(name)) {
			t.Fatalf("byte %d: %q does not name the record", i, err)
		}
	}
}

func TestAValueMovedUnderAnotherKeyDoesNotOpen(t *testing.T) {
	s, raw, _ := sealed(t)
	ctx := t.Context()
	err := errors.Join(
		s.Update(ctx, func(tx kv.Tx) error { return tx.Put([]byte("client/s1/c1"), []byte("v")) }),
		raw.Update(ctx, func(tx kv.Tx) error {
			v, err := tx.Get([]byte("client/s1/c1"))
			return errors.Join(err, tx.Put([]byte("client/s1/c2"), v))
		}))
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, s.View(ctx, func(tx kv.Tx) error { _, err := tx.Get([]byte("client/s1/c2")); return err }), model.ECorrupt)
}

func TestIndexKeysAreBlindedAndTheVaultRecordIsOutOfReach(t *testing.T) {
	s, raw, _ := sealed(t)
	ctx, index := t.Context(), []byte("ix/client/s1/billing-canary")
	err := s.Update(ctx, func(tx kv.Tx) error {
		if err := tx.Put([]byte("vault"), nil); !errors.Is(err, kv.ErrKey) {
			return fmt.Errorf("the vault record can be overwritten: %w", err)
		}
		return tx.Put(index, []byte("c1"))
	})
	if err != nil {
		t.Fatal(err)
	}
	err = s.View(ctx, func(tx kv.Tx) error {
		v, err := tx.Get(index)
		if string(v) != "c1" {
			return fmt.Errorf("got %q, %w", v, err)
		}
		return nil
	})
	raw.View(ctx, func(tx kv.Tx) error { //nolint:errcheck // the closure returns nil
		items, _ := tx.Scan(kv.Range{Prefix: []byte("ix/client/"), Limit: 10})
		if len(items) != 1 || bytes.Contains(items[0].Key, []byte("canary")) || len(items[0].Key) != len("ix/client/")+32 {
			t.Errorf("the index is %q", items)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// CASES Vault: unlock parameters out of range (huge memory, huge rounds, zero) → refused
// before memory is taken.
func TestUnlockParametersOutOfRangeAreRefused(t *testing.T) {
	for _, factor := range []string{"0", "19", "22", "30", "63", "-1", "99999999999999999999", ""} {
		begin := time.Now()
		_, err := seal.Unlock(seal.ForgeSlot(t, factor), passphrase("p"))
		wantCode(t, err, model.ECorrupt)
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("work factor %q took %s", factor, took)
		}
	}
	if _, err := seal.Unlock(seal.ForgeSlot(t, "2"), passphrase("p")); model.CodeOf(err) != model.ELocked {
		t.Errorf("a forged slot with a fair factor: %v", err)
	}
}

func TestAVaultNeedsAKeyThatCanBeUsed(t *testing.T) {
	bad := model.Key{Identity: model.NewSecret("AGE-SECRET-KEY-1CANARY"), From: "/k"}
	for name, slots := range map[string][]seal.NewSlot{"none": nil, "empty": {{}}, "bad identity": {{Key: bad}}} {
		_, err := seal.NewVault(slots, seal.Options{})
		if model.CodeOf(err) != model.EInvalid || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func BenchmarkUnlock(b *testing.B) {
	id, _ := age.GenerateX25519Identity()
	key := model.Key{Identity: model.NewSecret(id.String())}
	record := recordOf(b, vault(b, key))
	for b.Loop() {
		if _, err := seal.Unlock(record, key); err != nil {
			b.Fatal(err)
		}
	}
}
