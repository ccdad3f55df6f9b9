package transfers_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ferry/model"
	"ferry/model/modeltest"
	"ferry/model/transfers"
	"ferry/storage/storagetest"
)

// breaking is a store whose updates fail after so many; below 0 none does.
type breaking struct {
	model.Store
	left int
}

var errBroken = errors.New("broken")

func (s *breaking) Update(ctx context.Context, fn func(model.Tx) error) error {
	if s.left == 0 {
		return errBroken
	}
	s.left--
	return s.Store.Update(ctx, fn)
}

func newStore(t testing.TB) *breaking {
	t.Helper()
	s, _ := storagetest.NewAt(t, filepath.Join(storagetest.Dir(t), "ferry.db"), modeltest.FirstSpace)
	return &breaking{storagetest.Twice{Store: s}, -1}
}

func remembered(t testing.TB, m *transfers.Memory) map[string]model.SyncEntry {
	t.Helper()
	out := map[string]model.SyncEntry{}
	err := m.Each(context.Background(), func(e model.SyncEntry) error {
		if _, twice := out[e.Key]; twice {
			t.Errorf("%q is handed over twice", e.Key)
		}
		out[e.Key] = e
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestASyncRemembersWhatWasSavedLastOfEachKey(t *testing.T) {
	t.Parallel()
	store, n := newStore(t), 0
	entry := rapid.Custom(func(t *rapid.T) model.SyncEntry {
		return model.SyncEntry{
			Key:  fmt.Sprintf("key-%d%s", rapid.IntRange(0, 150).Draw(t, "key"), strings.Repeat("x", 20)),
			Hash: [16]byte{rapid.Byte().Draw(t, "hash")}, ETag: rapid.SampledFrom([]string{"", `"1"`, `W/"2"`}).Draw(t, "etag"),
			Unsure: rapid.Bool().Draw(t, "unsure"), Conflict: rapid.Bool().Draw(t, "conflict"), Gone: rapid.IntRange(0, 4).Draw(t, "gone") == 0,
		}
	})
	rapid.Check(t, func(rt *rapid.T) {
		n++
		id := model.ID(fmt.Sprint("sync-", n))
		m, want := transfers.NewMemory(store, id, true), map[string]model.SyncEntry{}
		for range rapid.IntRange(1, 12).Draw(rt, "saves") {
			store.left = -1
			if rapid.IntRange(0, 3).Draw(rt, "break") == 0 {
				store.left = rapid.IntRange(0, 6).Draw(rt, "after")
			}
			list := rapid.SliceOfN(entry, 0, 40).Draw(rt, "entries")
			err := m.Save(t.Context(), list)
			store.left = -1
			if err != nil { // it is tried again, by another process
				if !errors.Is(err, errBroken) {
					rt.Fatal(err)
				}
				m = transfers.NewMemory(store, id, true)
				if err := m.Save(t.Context(), list); err != nil {
					rt.Fatal(err)
				}
			}
			for _, e := range list {
				if want[e.Key] = e; e.Gone {
					delete(want, e.Key)
				}
			}
			if rapid.Bool().Draw(rt, "reopen") {
				m = transfers.NewMemory(store, id, true)
			}
			if got := remembered(t, m); !maps.Equal(got, want) {
				rt.Fatalf("remembered are %d, want %d", len(got), len(want))
			}
		}
	})
}

func TestARecordWithoutAKeyIsNotRemembered(t *testing.T) {
	m := transfers.NewMemory(newStore(t), "s", false)
	if err := m.Save(t.Context(), []model.SyncEntry{{Key: "a"}, {}}); model.CodeOf(err) != model.EInvalid {
		t.Errorf("got %v", err)
	}
	if got := remembered(t, m); len(got) != 0 {
		t.Errorf("remembered are %v", got)
	}
}

// BenchmarkMemory saves 100,000 records as a first run does: each marked before it is sent,
// and confirmed after.
func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		store := storagetest.New(b)
		m := transfers.NewMemory(store, "s", false)
		for from := 0; from < 100_000; from += 500 {
			var list []model.SyncEntry
			for n := max(from-500, 0); n < from+500; n++ {
				list = append(list, model.SyncEntry{Key: fmt.Sprintf("SKU-%08d", n), Hash: [16]byte{byte(n)}, ETag: `"abcdefgh"`, Unsure: n >= from})
			}
			if err := m.Save(b.Context(), list); err != nil {
				b.Fatal(err)
			}
		}
		if got := len(remembered(b, transfers.NewMemory(store, "s", false))); got != 100_000 {
			b.Fatal(got)
		}
	}
}
