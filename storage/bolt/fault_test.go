package bolt_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"ferry/model"
	"ferry/storage/bolt"
	"ferry/storage/kv"
)

// filled makes a store with enough in it for pages of every kind.
func filled(t testing.TB) *bolt.Store {
	t.Helper()
	s := fresh(t)
	for batch := range 4 {
		err := s.Update(t.Context(), func(tx kv.Tx) error {
			for i := range 50 {
				if err := tx.Put(fmt.Appendf(nil, "key-%d-%03d", batch, i), make([]byte, 150)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// useAll reads everything, writes, and checks. It returns the first error.
func useAll(t testing.TB, path string) error {
	s, err := bolt.Open(path)
	if err != nil {
		return err
	}
	read := s.View(t.Context(), func(tx kv.Tx) error {
		_, err := tx.Scan(kv.Range{Limit: kv.MaxScan})
		return err
	})
	write := s.Update(t.Context(), func(tx kv.Tx) error {
		return errors.Join(tx.Put([]byte("key-2-new"), make([]byte, 300)), tx.Delete([]byte("key-1-020")))
	})
	problems, check := s.Check(t.Context())
	if len(problems) > 0 && read == nil && write == nil && check == nil {
		return model.Errorf(model.ECorrupt, "%s", problems[0]).WithNext("-")
	}
	return errors.Join(read, write, check)
}

func wantCode(t testing.TB, err error, code model.Code) {
	t.Helper()
	if model.CodeOf(err) != code {
		t.Fatalf("got %v (%s), want %s", err, model.CodeOf(err), code)
	}
	if next := model.AsError(err).Next; next == "" {
		t.Fatalf("the error %q has no next step", err)
	}
}

// CASES Store: truncated or garbled file → an error with the restore command, no panic.
func TestATruncatedFileIsRefusedWithTheRestoreCommand(t *testing.T) {
	path := filled(t).Path()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for size := len(whole) - 1; size >= 0; size -= 997 {
		if err := os.WriteFile(path, whole[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		err := useAll(t, path)
		if err == nil && size > len(whole)/2 {
			continue // what was cut was beyond the high-water mark
		}
		wantCode(t, err, model.ECorrupt)
		if next := model.AsError(err).Next; !strings.Contains(next, "cp BACKUP "+path) {
			t.Fatalf("at %d bytes the next step is %q", size, next)
		}
	}
}

// CASES Store: truncated or garbled file → an error with the restore command, no panic.
func TestAGarbledFileNeverPanics(t *testing.T) {
	t.Parallel()
	path := filled(t).Path()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	wide := 1
	if testing.Short() {
		wide = 4 // every fourth of the bytes
	}
	tried, refused := 0, 0
	for page := 0; page < len(whole); page += os.Getpagesize() {
		// The head of a page is its structure; the rest is values, which are not ours to judge.
		for at := page; at < min(page+120, len(whole)); at += wide * (3 + at%5) {
			garbled := append([]byte(nil), whole...)
			garbled[at] ^= 0xA5
			if err := os.WriteFile(path, garbled, 0o600); err != nil {
				t.Fatal(err)
			}
			tried++
			if err := useAll(t, path); err != nil {
				refused++
				if code := model.CodeOf(err); code != model.ECorrupt && code != model.EInvalid {
					t.Fatalf("byte %d: got %v (%s)", at, err, code)
				}
			}
		}
	}
	t.Logf("%d bytes garbled, %d noticed", tried, refused)
	if refused < tried/10 {
		t.Error("hardly any damage was noticed")
	}
}

func TestRandomPagesNeverPanic(t *testing.T) {
	t.Parallel()
	path := filled(t).Path()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for page := 2 * os.Getpagesize(); page < len(whole); page += os.Getpagesize() {
		for fill := range 4 {
			garbled := append([]byte(nil), whole...)
			for i := page; i < page+os.Getpagesize(); i++ {
				garbled[i] = []byte{0x00, 0xFF, byte(i), byte(i * 7919 >> 5)}[fill]
			}
			if err := os.WriteFile(path, garbled, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := useAll(t, path); err != nil && model.CodeOf(err) != model.ECorrupt {
				t.Fatalf("page at %d, fill %d: %v", page, fill, err)
			}
		}
	}
}

func TestAFileCutShortWhileItIsReadIsAnError(t *testing.T) {
	s := filled(t)
	err := s.View(t.Context(), func(tx kv.Tx) error {
		if err := os.Truncate(s.Path(), int64(2*os.Getpagesize())); err != nil {
			return err
		}
		_, err := tx.Scan(kv.Range{Limit: kv.MaxScan})
		return err
	})
	wantCode(t, err, model.ECorrupt)
	wantCode(t, s.View(t.Context(), nothing), model.ECorrupt)
}

// CASES Store: newer schema → clear refusal; and opening refuses empty and foreign files.
func TestEmptyForeignAndNewerFilesAreRefused(t *testing.T) {
	dir := privateDir(t)
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	boltFile := func(name string, fill func(*bbolt.Tx) error) string {
		path := filepath.Join(dir, name)
		db, err := bbolt.Open(path, 0o600, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(db.Update(fill), db.Close()); err != nil {
			t.Fatal(err)
		}
		return path
	}
	foreign := boltFile("foreign", func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte("somebody else's"))
		return err
	})
	newer := boltFile("newer", func(tx *bbolt.Tx) error {
		about, err := tx.CreateBucket([]byte("ferry"))
		if err != nil {
			return err
		}
		_, err = tx.CreateBucket([]byte("data"))
		return errors.Join(err, about.Put([]byte("layout"), binary.BigEndian.AppendUint32(nil, 2)))
	})
	for _, tt := range []struct {
		path, says string
		code       model.Code
	}{
		{filepath.Join(dir, "missing"), "there is no store", model.ENotFound},
		{write("empty", ""), "is empty", model.ECorrupt},
		{write("text", strings.Repeat("not a store\n", 1000)), "is not a ferry store", model.ECorrupt},
		{write("short", "x"), "is not a ferry store", model.ECorrupt},
		{foreign, "is not a ferry store", model.ECorrupt},
		{newer, "newer ferry", model.EInvalid},
	} {
		before, _ := os.ReadFile(tt.path)
		err := useAll(t, tt.path)
		wantCode(t, err, tt.code)
		if !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: got %q, want it to say %q", tt.path, err, tt.says)
		}
		if after, _ := os.ReadFile(tt.path); string(after) != string(before) {
			t.Errorf("%s was changed", tt.path)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "missing")); err == nil {
		t.Error("opening a missing store made one")
	}
}
