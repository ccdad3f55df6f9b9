package seal

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"time"

	"golang.org/x/crypto/chacha20poly1305"

	"ferry/model"
	"ferry/storage/kv"
)

// Format is the version of everything sealed: the vault record, the derivation of
// keys and the shape of values.
const Format = 1

const keySize = 32

// Vault is an unlocked vault: the keys that seal one store.
type Vault struct {
	storeID string
	created time.Time
	root    []byte
	index   []byte
	pepper  []byte
	current uint32 // the term that seals new values
	terms   map[uint32]cipher.AEAD
	slots   []model.Slot
	slot    model.Slot
	record  []byte
}

// StoreID returns the random id of the store.
func (v *Vault) StoreID() string { return v.storeID }

// Slot returns the slot that unlocked the vault.
func (v *Vault) Slot() model.Slot { return v.slot }

// NewSlot asks for a slot when a vault is made.
type NewSlot struct {
	Key   model.Key // a passphrase or an identity
	Label string    // shown without unlocking; "" is filled in
}

// Options are what a test changes about a new vault.
type Options struct {
	WorkFactor int       // log2 of scrypt's cost; 0 is 18, about a second and 256 MiB
	Now        time.Time // zero is the time
}

// NewVault makes a vault with one slot for each key, in memory. Save writes it. EInvalid
// when there is no key, or one that is neither a passphrase nor an identity.
func NewVault(keys []NewSlot, o Options) (*Vault, error) {
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	if len(keys) == 0 || len(keys) > maxSlots {
		return nil, model.Errorf(model.EInvalid, "a vault has 1 to %d slots", maxSlots)
	}
	root := random(keySize)
	v := &Vault{
		storeID: string(model.NewID(o.Now)), created: o.Now.UTC().Truncate(time.Millisecond), root: root,
	}
	r := record{Format: Format, StoreID: v.storeID, Created: v.created.UnixMilli()}
	for _, k := range keys {
		s, err := wrap(root, k, o)
		if err != nil {
			return nil, err
		}
		r.Slots = append(r.Slots, s)
	}
	ring := keyring{Current: 1, Keys: map[uint32][]byte{1: random(keySize)}}
	r.Keyring = ring.seal(v.derive("keyring"), v.storeID)
	v.record = r.encode(v.derive("header"))
	v.slots, v.slot = r.slots(), r.Slots[0].slot()
	v.use(ring)
	return v, nil
}

// Save writes the vault record in the transaction that creates the store.
func (v *Vault) Save(tx kv.Tx) error { return tx.Put(recordKey, v.record) }

// use readies the data keys.
func (v *Vault) use(ring keyring) {
	v.index, v.pepper = v.derive("index"), v.derive("pepper")
	v.current, v.terms = ring.Current, make(map[uint32]cipher.AEAD, len(ring.Keys))
	for term, key := range ring.Keys {
		aead, err := chacha20poly1305.NewX(key)
		if err != nil {
			panic(err) // the length of every key was checked
		}
		v.terms[term] = aead
	}
}

// derive makes the key for one purpose from the root (HKDF-SHA-256, RFC 5869). The
// store's id is the salt. "audit" belongs to a later room.
func (v *Vault) derive(purpose string) []byte {
	key, err := hkdf.Key(sha256.New, v.root, []byte(v.storeID), "ferry/1 "+purpose, keySize)
	if err != nil {
		panic(err) // only for a length beyond 255 hashes
	}
	return key
}

// KeyDigest is how the text of an API key is kept: HMAC-SHA-256 under the pepper, so
// that whoever reads a digest cannot test keys against it.
func (v *Vault) KeyDigest(text string) (out [32]byte) {
	mac := hmac.New(sha256.New, v.pepper)
	mac.Write([]byte(text))
	mac.Sum(out[:0])
	return out
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}
