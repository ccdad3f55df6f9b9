// Package kv is the small contract between ferry's typed repositories and whatever
// keeps their bytes: a file on one host, a cluster, or a decorator that seals values.
//
// It imports the standard library only. It knows nothing of records, clients or
// secrets, and it must never grow a method that only one store can offer: what every
// store has to keep is written down as tests in kvtest.
package kv

import (
	"bytes"
	"context"
	"errors"
)

// Limits of one transaction, chosen so that a cluster (etcd) can keep them too.
const (
	MaxWrites = 100     // puts and deletes in one transaction
	MaxBytes  = 1 << 20 // bytes of keys and values written in one transaction
	MaxScan   = 1000    // items one Scan returns
	MaxKey    = 512     // bytes of a key
)

// What a transaction answers. Failures of the store itself (busy, damaged, not
// allowed) are *model.Error values and are not listed here.
var (
	ErrNotFound = errors.New("kv: no such key")
	ErrReadOnly = errors.New("kv: a view writes nothing")
	ErrTooLarge = errors.New("kv: more than 100 writes or 1 MiB in one transaction")
	ErrKey      = errors.New("kv: a key has 1 to 512 bytes")
	ErrScan     = errors.New("kv: a scan asks for 1 to 1,000 items and starts inside its prefix")
	ErrClosed   = errors.New("kv: the transaction is over")
)

// Store keeps bytes under byte keys.
//
// Closures may run more than once (a cluster retries a conflict), so they change
// nothing outside but by an assignment that a second run repeats.
type Store interface {
	// View runs fn on one consistent state.
	View(ctx context.Context, fn func(Tx) error) error
	// Update runs fn alone and commits what it wrote, all or nothing: nothing when fn
	// returns an error, and nothing when a write was refused, even if fn hid that.
	// What is acknowledged survives a kill and a power cut.
	Update(ctx context.Context, fn func(Tx) error) error
	// Watch sends after every committed change by any process until ctx ends, then
	// closes the channel. Changes close together may arrive as one.
	Watch(ctx context.Context) (<-chan struct{}, error)
	// Lock waits until ctx ends for the lock called name, shared by every process on
	// this store. unlock may be called twice. A holder that dies frees it.
	Lock(ctx context.Context, name string) (unlock func(), err error)
}

// Tx is one transaction. It answers ErrClosed once its closure has returned. Slices
// it returns belong to the caller; slices it is given are not kept.
type Tx interface {
	Get(key []byte) ([]byte, error) // ErrNotFound, ErrKey
	Put(key, value []byte) error    // ErrReadOnly, ErrTooLarge, ErrKey
	Delete(key []byte) error        // the same; no error when there is no such key
	Scan(r Range) ([]Item, error)   // ErrScan; fewer than r.Limit items: there are no more
}

// Range says which items a Scan returns: those whose key starts with Prefix, in the
// order of keys, or the other way round.
type Range struct {
	Prefix   []byte
	From     []byte // start beyond this key, which need not exist; nil starts at the end
	Limit    int    // 1 to MaxScan
	Reverse  bool
	KeysOnly bool // leave the values out, to count or to delete
}

// Item is one key and its value.
type Item struct{ Key, Value []byte }

// Info is what a store costs and how often it changed.
type Info struct {
	Kind     string // "bolt"
	Path     string
	Bytes    int64
	Sequence uint64 // grows with every committed change
}

// Inspector is what a store tells of itself beyond the records it keeps.
type Inspector interface {
	Info(ctx context.Context) (Info, error)
	// Check looks for damage in the store's own structure. Problems are sentences; the
	// error is for not being able to look.
	Check(ctx context.Context) (problems []string, err error)
}

// CheckKey returns ErrKey for a key that no store takes.
func CheckKey(key []byte) error {
	if len(key) == 0 || len(key) > MaxKey {
		return ErrKey
	}
	return nil
}

// Check returns ErrScan for a range that no store takes.
func (r Range) Check() error {
	if r.Limit < 1 || r.Limit > MaxScan || (r.From != nil && !bytes.HasPrefix(r.From, r.Prefix)) {
		return ErrScan
	}
	return nil
}

// Budget counts the writes of one transaction, so that every store refuses at the
// same place. The zero value is a fresh one.
type Budget struct {
	writes, bytes int
	refused       error
}

// Take accounts for one write of that many bytes, or returns ErrTooLarge.
func (b *Budget) Take(bytes int) error {
	b.writes++
	b.bytes += bytes
	if b.writes > MaxWrites || b.bytes > MaxBytes {
		return b.Refuse(ErrTooLarge)
	}
	return nil
}

// Refuse remembers that a write was refused and returns err.
func (b *Budget) Refuse(err error) error {
	if b.refused == nil {
		b.refused = err
	}
	return err
}

// Refused returns why the transaction must not be committed, or nil.
func (b *Budget) Refused() error { return b.refused }

// Wrote reports whether anything was written.
func (b *Budget) Wrote() bool { return b.writes > 0 }
