package storage

import (
	"context"
	"errors"

	"ferry/model"
	"ferry/storage/bolt"
	"ferry/storage/kv"
	"ferry/storage/seal"
)

// Store is an open, unlocked store. It holds no file open between transactions and may
// be used from several goroutines.
type Store struct {
	sealed kv.Store
	raw    interface {
		kv.Store
		kv.Inspector
	}
	vault *seal.Vault
	path  string
}

var (
	_ model.Store     = (*Store)(nil)
	_ model.Inspector = (*Store)(nil)
)

// Slot returns the vault slot that unlocked the store; its label is part of the actor
// in the audit log.
func (s *Store) Slot() model.Slot { return s.vault.Slot() }

// Path returns the absolute path of the store's file.
func (s *Store) Path() string { return s.path }

// KeyDigest is a model.KeyDigest under the pepper of the store's vault.
func (s *Store) KeyDigest(text string) [32]byte { return s.vault.KeyDigest(text) }

// Close implements io.Closer. There is nothing to give back on one file; a store in a
// cluster holds a connection.
func (s *Store) Close() error { return nil }

// View implements model.Store.
func (s *Store) View(ctx context.Context, fn func(model.Tx) error) error {
	return s.sealed.View(ctx, func(tx kv.Tx) error { return fn(repos{tx}) })
}

// Update implements model.Store. EInvalid when the transaction grows beyond its limits.
func (s *Store) Update(ctx context.Context, fn func(model.Tx) error) error {
	err := s.sealed.Update(ctx, func(tx kv.Tx) error { return fn(repos{tx}) })
	if errors.Is(err, kv.ErrTooLarge) {
		return tooLarge(err)
	}
	return err
}

// Lock implements model.Store.
func (s *Store) Lock(ctx context.Context, name string) (func(), error) {
	return s.sealed.Lock(ctx, name)
}

// Watch implements model.Store.
func (s *Store) Watch(ctx context.Context) (<-chan struct{}, error) { return s.sealed.Watch(ctx) }

func tooLarge(cause error) error {
	return model.Errorf(model.EInvalid, "this is too large to be stored at once: the limit is 1 MiB").
		WithNext("shorten the longest field, such as a certificate or a header").WithCause(cause)
}

// options are what Create, Open and Status may be told.
type options struct {
	seal seal.Options
	bolt []bolt.Option
}

// Option changes how a store is made or opened.
type Option func(*options)

// WithWorkFactor sets log2 of the cost of new passphrase slots, for tests. The default
// of 18 takes about a second.
func WithWorkFactor(log2 int) Option { return func(o *options) { o.seal.WorkFactor = log2 } }

// WithBolt passes options to the file store.
func WithBolt(opts ...bolt.Option) Option {
	return func(o *options) { o.bolt = append(o.bolt, opts...) }
}

func collect(opts []Option) options {
	var o options
	for _, f := range opts {
		f(&o)
	}
	return o
}

// Create makes a new store in the file path, with a vault that each of the keys opens,
// and whatever first writes into it; it appears only when it is whole. first may be
// nil. EExists when the file is there already, EInvalid when a key cannot be used, and
// otherwise as bolt.Create.
func Create(ctx context.Context, path string, keys []seal.NewSlot, first func(model.Tx) error, opts ...Option) (*Store, error) {
	o := collect(opts)
	vault, err := seal.NewVault(keys, o.seal)
	if err != nil {
		return nil, err
	}
	raw, err := bolt.Create(ctx, path, func(tx kv.Tx) error {
		if err := vault.Save(tx); err != nil || first == nil {
			return err
		}
		return first(repos{vault.Tx(tx)})
	}, o.bolt...)
	if err != nil {
		return nil, err
	}
	return assemble(raw, vault), nil
}

// Open opens the store in the file path with a key. ENotFound, EPermission, ECorrupt
// and EInvalid as bolt.Open; ELocked, the same for every key that does not open it.
func Open(ctx context.Context, path string, key model.Key, opts ...Option) (*Store, error) {
	raw, err := bolt.Open(path, collect(opts).bolt...)
	if err != nil {
		return nil, err
	}
	record, err := seal.Read(ctx, raw)
	if err != nil {
		return nil, err
	}
	vault, err := seal.Unlock(record, key)
	if err != nil {
		return nil, err
	}
	return assemble(raw, vault), nil
}

// Status tells what can be known of the store in the file path without a key.
func Status(ctx context.Context, path string, opts ...Option) (model.VaultStatus, error) {
	raw, err := bolt.Open(path, collect(opts).bolt...)
	if err != nil {
		return model.VaultStatus{}, err
	}
	record, err := seal.Read(ctx, raw)
	if err != nil {
		return model.VaultStatus{}, err
	}
	status, err := seal.Status(record)
	status.Path = raw.Path()
	return status, err
}

func assemble(raw *bolt.Store, vault *seal.Vault) *Store {
	return &Store{sealed: seal.New(raw, vault), raw: raw, vault: vault, path: raw.Path()}
}
