// Package kvtest is the conformance suite of the kv contract: every store, on a file
// or in a cluster, bare or behind a decorator, must pass it. It may be imported by
// tests only.
//
// Every closure runs twice, first in a transaction that is thrown away: a closure that
// does not bear a second run, and a store that keeps something of a first one, fail.
package kvtest

import (
	"context"
	"errors"
	"testing"
	"time"

	"ferry/storage/kv"
)

// Run runs the suite. open makes a fresh, empty store.
func Run(t *testing.T, open func(t *testing.T) kv.Store) {
	tests := []struct {
		name string
		test func(*testing.T, kv.Store)
	}{
		{"what is put is got", testPutGet},
		{"a deleted key is gone", testDelete},
		{"a transaction reads its own writes", testOwnWrites},
		{"what is returned belongs to the caller", testOwnership},
		{"keys have 1 to 512 bytes", testKeys},
		{"a view writes nothing", testReadOnly},
		{"a failed update leaves nothing", testRollback},
		{"a panic leaves nothing and reaches the caller", testPanic},
		{"100 writes and no more", testWrites},
		{"1 MiB and no more", testBytes},
		{"a refused write cannot be hidden", testHidden},
		{"a transaction is dead after its closure", testDead},
		{"a scan is a page of a prefix", testScan},
		{"a scan has bounds", testScanBounds},
		{"scans agree with a sorted map", testScanProperty},
		{"updates run one after another", testSerial},
		{"a view sees one state", testSnapshot},
		{"a cancelled context ends a transaction", testCancelled},
		{"a watch tells of changes", testWatch},
		{"a watch tells of nothing else", testWatchSilence},
		{"a watch ends with its context", testWatchEnds},
		{"a lock keeps others out", testLock},
		{"locks of other names are free", testLockNames},
		{"a cancelled wait for a lock leaves it alone", testLockCancelled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.test(t, Twice(open(t)))
		})
	}
}

// Twice returns a store that runs every closure twice.
func Twice(s kv.Store) kv.Store { return twice{s} }

type twice struct{ kv.Store }

var errAgain = errors.New("kvtest: run again")

func (s twice) View(ctx context.Context, fn func(kv.Tx) error) error {
	_ = s.Store.View(ctx, fn)
	return s.Store.View(ctx, fn)
}

func (s twice) Update(ctx context.Context, fn func(kv.Tx) error) error {
	err := s.Store.Update(ctx, func(tx kv.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return errAgain
	})
	if err == nil {
		return errors.New("kvtest: an update whose closure failed was acknowledged")
	}
	return s.Store.Update(ctx, fn)
}

// patience is how long something that must happen may take on a busy machine.
const patience = 10 * time.Second

func update(t testing.TB, s kv.Store, fn func(kv.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), fn); err != nil {
		t.Fatalf("update: %v", err)
	}
}

func view(t testing.TB, s kv.Store, fn func(kv.Tx) error) {
	t.Helper()
	if err := s.View(t.Context(), fn); err != nil {
		t.Fatalf("view: %v", err)
	}
}

func put(t testing.TB, s kv.Store, key, value string) {
	t.Helper()
	update(t, s, func(tx kv.Tx) error { return tx.Put([]byte(key), []byte(value)) })
}

// read returns a value, "<none>" when there is no such key.
func read(t testing.TB, s kv.Store, key string) string {
	t.Helper()
	out := ""
	view(t, s, func(tx kv.Tx) error {
		v, err := tx.Get([]byte(key))
		out = string(v)
		if errors.Is(err, kv.ErrNotFound) {
			out, err = "<none>", nil
		}
		return err
	})
	return out
}

func want(t testing.TB, s kv.Store, key, value string) {
	t.Helper()
	if got := read(t, s, key); got != value {
		t.Errorf("%q holds %q, want %q", key, got, value)
	}
}

func wantErr(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got error %v, want %v", err, want)
	}
}
