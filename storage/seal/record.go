package seal

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"time"

	"github.com/fxamacker/cbor/v2"
	"golang.org/x/crypto/chacha20poly1305"

	"ferry/model"
)

// recordKey is where the vault record is, the one record that is not sealed. It holds
// everything about the vault, so that changing a slot is one write: whenever the
// power goes, exactly the old or the new vault is there.
var recordKey = []byte("vault")

// Bounds on what is read before anything is proved to be ours.
const (
	maxSlots    = 32
	maxRecord   = 128 << 10 // bytes
	maxSlotFile = 4 << 10   // bytes of an age file
	maxTerms    = 1000
)

// record is the vault record. Its bytes are
//
//	version | CBOR | HMAC of all before, by a key from the root | SHA-256 of all before
//
// The hash tells damage from a wrong key before anything is unlocked; the HMAC tells
// what somebody changed on purpose, once the root is known.
type record struct {
	Format  uint32       `cbor:"1,keyasint"`
	StoreID string       `cbor:"2,keyasint"`
	Created int64        `cbor:"3,keyasint"` // Unix milliseconds
	Slots   []slotRecord `cbor:"4,keyasint"`
	Keyring []byte       `cbor:"5,keyasint"`
}

// slotRecord is one slot: an age file that holds the root, and what may be known of it.
type slotRecord struct {
	ID        string `cbor:"1,keyasint"`
	Kind      string `cbor:"2,keyasint"`
	Label     string `cbor:"3,keyasint"`
	Recipient string `cbor:"4,keyasint,omitempty"`
	Created   int64  `cbor:"5,keyasint"` // Unix milliseconds
	File      []byte `cbor:"6,keyasint"`
}

const recordVersion = 1

var strict = func() cbor.DecMode {
	m, err := cbor.DecOptions{
		DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthForbidden,
		MaxNestedLevels: 4, MaxArrayElements: 1024, MaxMapPairs: 1024, TagsMd: cbor.TagsForbidden,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
	}.DecMode()
	if err != nil {
		panic(err)
	}
	return m
}()

// encode returns the bytes of the record, authenticated with key.
func (r record) encode(key []byte) []byte {
	body, err := cbor.Marshal(r)
	if err != nil {
		panic(err) // nothing in it can fail to encode
	}
	out := append([]byte{recordVersion}, body...)
	out = append(out, mac(key, out)...)
	sum := sha256.Sum256(out)
	return append(out, sum[:]...)
}

// decodeRecord reads a vault record as far as it can be without the root: whole, of a
// known format, and within bounds. ECorrupt or EInvalid.
func decodeRecord(b []byte) (r record, err error) {
	const tail = 2 * sha256.Size
	if len(b) <= 1+tail || len(b) > maxRecord {
		return r, damagedVault("the vault record is damaged")
	}
	whole := b[:len(b)-sha256.Size]
	if sum := sha256.Sum256(whole); !bytes.Equal(sum[:], b[len(whole):]) {
		return r, damagedVault("the vault record is damaged")
	}
	if b[0] != recordVersion {
		return r, newerVault()
	}
	if err := strict.Unmarshal(b[1:len(b)-tail], &r); err != nil {
		return r, damagedVault("the vault record is damaged").WithCause(err)
	}
	if r.Format > Format {
		return r, newerVault()
	}
	if r.Format == 0 || r.StoreID == "" || len(r.Slots) == 0 || len(r.Slots) > maxSlots {
		return r, damagedVault("the vault record is damaged")
	}
	return r, nil
}

// authentic reports whether b, a whole record, was made by whoever knows the root.
func authentic(b, key []byte) bool {
	body := b[:len(b)-2*sha256.Size]
	return hmac.Equal(mac(key, body), b[len(body):len(b)-sha256.Size])
}

func mac(key, b []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(b)
	return h.Sum(nil)
}

func (r record) slots() []model.Slot {
	out := make([]model.Slot, len(r.Slots))
	for i, s := range r.Slots {
		out[i] = s.slot()
	}
	return out
}

func (s slotRecord) slot() model.Slot {
	return model.Slot{
		ID: model.ID(s.ID), Kind: model.SlotKind(s.Kind), Label: model.Printable(s.Label),
		Recipient: model.Printable(s.Recipient), Created: time.UnixMilli(s.Created).UTC(),
	}
}

// keyring holds the data keys by term.
type keyring struct {
	Current uint32            `cbor:"1,keyasint"`
	Keys    map[uint32][]byte `cbor:"2,keyasint"`
}

func (k keyring) seal(key []byte, storeID string) []byte {
	plain, err := cbor.Marshal(k)
	if err != nil {
		panic(err) // nothing in it can fail to encode
	}
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		panic(err) // the key was made with the right length
	}
	nonce := random(chacha20poly1305.NonceSizeX)
	return aead.Seal(nonce, nonce, plain, []byte("ferry keyring"+storeID))
}

func openKeyring(sealed, key []byte, storeID string) (keyring, bool) {
	var k keyring
	aead, err := chacha20poly1305.NewX(key)
	if err != nil || len(sealed) < chacha20poly1305.NonceSizeX {
		return k, false
	}
	nonce, rest := sealed[:chacha20poly1305.NonceSizeX], sealed[chacha20poly1305.NonceSizeX:]
	plain, err := aead.Open(nil, nonce, rest, []byte("ferry keyring"+storeID))
	if err != nil || strict.Unmarshal(plain, &k) != nil || len(k.Keys) > maxTerms {
		return k, false
	}
	for _, key := range k.Keys {
		if len(key) != keySize {
			return k, false
		}
	}
	_, ok := k.Keys[k.Current]
	return k, ok
}

func damagedVault(message string) *model.Error {
	return model.Errorf(model.ECorrupt, "%s", message).
		WithNext("put your last backup of the store in its place; without this record nothing in it opens")
}

func newerVault() *model.Error {
	return model.Errorf(model.EInvalid, "the vault was written by a newer ferry").
		WithNext("install the newer ferry")
}
