package seal

import (
	"bytes"
	"context"
	"encoding/hex"
	"slices"

	"ferry/storage/internal/par"
	"ferry/storage/kv"
)

// IndexPrefix marks index keys: ix/KIND/TERM is kept as ix/KIND/HMAC(TERM), so that a
// name can be looked up but not read. A Scan below it returns the blinded keys.
const IndexPrefix = "ix/"

// Store seals the values of another store. It needs an open vault.
type Store struct {
	inner kv.Store
	vault *Vault
}

var _ kv.Store = (*Store)(nil)

// New returns a store that seals what it keeps in inner.
func New(inner kv.Store, v *Vault) *Store { return &Store{inner: inner, vault: v} }

// View implements kv.Store.
func (s *Store) View(ctx context.Context, fn func(kv.Tx) error) error {
	return s.inner.View(ctx, func(tx kv.Tx) error { return fn(s.vault.Tx(tx)) })
}

// Update implements kv.Store. Sealing adds 45 bytes to a value, which count.
func (s *Store) Update(ctx context.Context, fn func(kv.Tx) error) error {
	return s.inner.Update(ctx, func(tx kv.Tx) error { return fn(s.vault.Tx(tx)) })
}

// Watch implements kv.Store.
func (s *Store) Watch(ctx context.Context) (<-chan struct{}, error) { return s.inner.Watch(ctx) }

// Lock implements kv.Store. The name is blinded like an index key.
func (s *Store) Lock(ctx context.Context, name string) (func(), error) {
	return s.inner.Lock(ctx, hex.EncodeToString(s.vault.blind("lock", []byte(name))))
}

// Tx returns a transaction that seals what it writes through inner. Creating a store
// uses it, where there is no Store yet.
func (v *Vault) Tx(inner kv.Tx) kv.Tx { return &tx{inner: inner, vault: v} }

type tx struct {
	inner kv.Tx
	vault *Vault
}

// Get implements kv.Tx. ECorrupt, naming the record, when the value does not open.
func (t *tx) Get(key []byte) ([]byte, error) {
	key, err := t.vault.place(key)
	if err != nil {
		return nil, err
	}
	v, err := t.inner.Get(key)
	if err != nil {
		return nil, err
	}
	return t.vault.open(key, v)
}

// Put implements kv.Tx. The nonce is made here, anew on every run of a closure: two
// runs never seal different values under one nonce.
func (t *tx) Put(key, value []byte) error {
	key, err := t.vault.place(key)
	if err != nil {
		return err
	}
	return t.inner.Put(key, t.vault.seal(key, value))
}

// Delete implements kv.Tx.
func (t *tx) Delete(key []byte) error {
	key, err := t.vault.place(key)
	if err != nil {
		return err
	}
	return t.inner.Delete(key)
}

// Scan implements kv.Tx. One value that does not open fails the whole page.
func (t *tx) Scan(r kv.Range) ([]kv.Item, error) {
	items, err := t.inner.Scan(r)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(items, isRecord); i >= 0 {
		if items, err = t.without(i, items, r); err != nil {
			return nil, err
		}
	}
	if r.KeysOnly {
		return items, nil
	}
	err = par.Each(len(items), func(i int) (err error) {
		items[i].Value, err = t.vault.open(items[i].Key, items[i].Value)
		return err
	})
	if err != nil {
		return nil, err
	}
	return items, nil
}

func isRecord(i kv.Item) bool { return bytes.Equal(i.Key, recordKey) }

// without leaves the vault record out of a page, and fills a page that was full.
func (t *tx) without(i int, items []kv.Item, r kv.Range) ([]kv.Item, error) {
	full := len(items) == r.Limit
	last := items[len(items)-1].Key
	items = slices.Delete(items, i, i+1)
	if !full {
		return items, nil
	}
	r.From, r.Limit = last, 1
	more, err := t.inner.Scan(r)
	return append(items, more...), err
}

// place returns the key under which a record is kept. The vault's own is refused.
func (v *Vault) place(key []byte) ([]byte, error) {
	if bytes.Equal(key, recordKey) {
		return nil, kv.ErrKey
	}
	return v.blindKey(key), nil
}

// blindKey replaces the term of an index key by its HMAC.
func (v *Vault) blindKey(key []byte) []byte {
	if !bytes.HasPrefix(key, []byte(IndexPrefix)) {
		return key
	}
	kind, term, ok := bytes.Cut(key[len(IndexPrefix):], []byte("/"))
	if !ok {
		return key
	}
	out := append([]byte(IndexPrefix), kind...)
	return append(append(out, '/'), v.blind(string(kind), term)...)
}
