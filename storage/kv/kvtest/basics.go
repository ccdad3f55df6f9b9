package kvtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"ferry/model"
	"ferry/storage/kv"
)

func testPutGet(t *testing.T, s kv.Store) {
	want(t, s, "a", "<none>")
	put(t, s, "a", "1")
	want(t, s, "a", "1")
	put(t, s, "a", "2")
	put(t, s, "empty", "")
	put(t, s, "\x00\xff/\n", "\x00binary\xff")
	want(t, s, "a", "2")
	want(t, s, "empty", "")
	want(t, s, "\x00\xff/\n", "\x00binary\xff")
	want(t, s, "A", "<none>")
}

func testDelete(t *testing.T, s kv.Store) {
	put(t, s, "a", "1")
	put(t, s, "ab", "2")
	update(t, s, func(tx kv.Tx) error { return tx.Delete([]byte("a")) })
	update(t, s, func(tx kv.Tx) error { return tx.Delete([]byte("never there")) })
	want(t, s, "a", "<none>")
	want(t, s, "ab", "2")
}

func testOwnWrites(t *testing.T, s kv.Store) {
	put(t, s, "gone", "x")
	update(t, s, func(tx kv.Tx) error {
		if err := errors.Join(tx.Put([]byte("new"), []byte("y")), tx.Delete([]byte("gone"))); err != nil {
			return err
		}
		if v, err := tx.Get([]byte("new")); err != nil || string(v) != "y" {
			return fmt.Errorf("own write reads %q, %w", v, err)
		}
		if _, err := tx.Get([]byte("gone")); !errors.Is(err, kv.ErrNotFound) {
			return fmt.Errorf("own delete reads %w", err)
		}
		items, err := tx.Scan(kv.Range{Limit: 10})
		if err != nil || len(items) != 1 || string(items[0].Key) != "new" {
			return fmt.Errorf("own writes scan as %v, %w", items, err)
		}
		return nil
	})
}

func testOwnership(t *testing.T, s kv.Store) {
	key, value := []byte("key"), []byte("value")
	update(t, s, func(tx kv.Tx) error {
		copy(key, "key")
		copy(value, "value")
		if err := tx.Put(key, value); err != nil {
			return err
		}
		copy(key, "XXX")
		copy(value, "XXXXX")
		return nil
	})
	want(t, s, "key", "value")
	var kept []byte
	view(t, s, func(tx kv.Tx) (err error) {
		kept, err = tx.Get([]byte("key"))
		return err
	})
	put(t, s, "key", "later")
	if string(kept) != "value" {
		t.Errorf("a value read before a change became %q", kept)
	}
	copy(kept, "XXXXX")
	want(t, s, "key", "later")
}

func testKeys(t *testing.T, s kv.Store) {
	longest := strings.Repeat("k", kv.MaxKey)
	put(t, s, longest, "fits")
	want(t, s, longest, "fits")
	for _, key := range []string{"", longest + "k"} {
		view(t, s, func(tx kv.Tx) error {
			_, err := tx.Get([]byte(key))
			wantErr(t, err, kv.ErrKey)
			return nil
		})
		wantErr(t, s.Update(t.Context(), func(tx kv.Tx) error { return tx.Put([]byte(key), nil) }), kv.ErrKey)
		wantErr(t, s.Update(t.Context(), func(tx kv.Tx) error { return tx.Delete([]byte(key)) }), kv.ErrKey)
	}
}

func testReadOnly(t *testing.T, s kv.Store) {
	put(t, s, "a", "1")
	_ = s.View(t.Context(), func(tx kv.Tx) error {
		wantErr(t, tx.Put([]byte("a"), []byte("2")), kv.ErrReadOnly)
		wantErr(t, tx.Delete([]byte("a")), kv.ErrReadOnly)
		return nil
	})
	want(t, s, "a", "1")
}

func testRollback(t *testing.T, s kv.Store) {
	put(t, s, "a", "1")
	mine := errors.New("no")
	wantErr(t, s.Update(t.Context(), func(tx kv.Tx) error {
		if err := errors.Join(tx.Put([]byte("a"), []byte("2")), tx.Put([]byte("b"), []byte("3"))); err != nil {
			return err
		}
		return mine
	}), mine)
	want(t, s, "a", "1")
	want(t, s, "b", "<none>")
}

func testPanic(t *testing.T, s kv.Store) {
	put(t, s, "a", "1")
	func() {
		defer func() {
			if got := recover(); got != "a fault of the caller's" {
				t.Errorf("recovered %v", got)
			}
		}()
		_ = s.Update(t.Context(), func(tx kv.Tx) error {
			_ = tx.Put([]byte("a"), []byte("2"))
			panic("a fault of the caller's")
		})
	}()
	want(t, s, "a", "1")
	put(t, s, "a", "3")
	want(t, s, "a", "3")
}

func testWrites(t *testing.T, s kv.Store) {
	write := func(n int) error {
		return s.Update(t.Context(), func(tx kv.Tx) error {
			for i := range n {
				if err := tx.Put(fmt.Appendf(nil, "%03d", i), []byte("v")); err != nil {
					return err
				}
			}
			return nil
		})
	}
	wantErr(t, write(kv.MaxWrites+1), kv.ErrTooLarge)
	want(t, s, "000", "<none>")
	wantErr(t, write(kv.MaxWrites), nil)
	want(t, s, "099", "v")
}

func testBytes(t *testing.T, s kv.Store) {
	big := bytes.Repeat([]byte("x"), kv.MaxBytes/2-1000)
	write := func(keys ...string) error {
		return s.Update(t.Context(), func(tx kv.Tx) error {
			for _, k := range keys {
				if err := tx.Put([]byte(k), big); err != nil {
					return err
				}
			}
			return nil
		})
	}
	wantErr(t, write("a", "b", "c"), kv.ErrTooLarge)
	want(t, s, "a", "<none>")
	wantErr(t, write("a", "b"), nil)
	want(t, s, "b", string(big))
	wantErr(t, s.Update(t.Context(), func(tx kv.Tx) error {
		return tx.Put([]byte("huge"), make([]byte, kv.MaxBytes))
	}), kv.ErrTooLarge)
}

func testHidden(t *testing.T, s kv.Store) {
	wantErr(t, s.Update(t.Context(), func(tx kv.Tx) error {
		_ = tx.Put([]byte("a"), []byte("1"))
		_ = tx.Put([]byte("b"), make([]byte, kv.MaxBytes+1))
		return nil
	}), kv.ErrTooLarge)
	want(t, s, "a", "<none>")
}

func testDead(t *testing.T, s kv.Store) {
	var dead kv.Tx
	use := func() {
		t.Helper()
		_, err := dead.Get([]byte("a"))
		wantErr(t, err, kv.ErrClosed)
		_, err = dead.Scan(kv.Range{Limit: 1})
		wantErr(t, err, kv.ErrClosed)
		wantErr(t, dead.Put([]byte("a"), nil), kv.ErrClosed)
		wantErr(t, dead.Delete([]byte("a")), kv.ErrClosed)
	}
	view(t, s, func(tx kv.Tx) error { dead = tx; return nil })
	use()
	update(t, s, func(tx kv.Tx) error { dead = tx; return nil })
	use()
}

func testCancelled(t *testing.T, s kv.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	fn := func(kv.Tx) error { t.Error("the closure ran"); return nil }
	for _, err := range []error{s.View(ctx, fn), s.Update(ctx, fn)} {
		if model.CodeOf(err) != model.EInterrupted {
			t.Errorf("got %v, want EInterrupted", err)
		}
	}
}
