package kvtest

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ferry/storage/kv"
)

// keysOf scans and returns the keys, and fails when a value is not the key's own.
func keysOf(t testing.TB, s kv.Store, r kv.Range) string {
	t.Helper()
	var keys []string
	view(t, s, func(tx kv.Tx) error {
		keys = nil
		items, err := tx.Scan(r)
		for _, i := range items {
			keys = append(keys, string(i.Key))
			if r.KeysOnly != (i.Value == nil) || (!r.KeysOnly && string(i.Value) != "value of "+string(i.Key)) {
				t.Errorf("%q came with the value %q", i.Key, i.Value)
			}
		}
		return err
	})
	return strings.Join(keys, " ")
}

func testScan(t *testing.T, s kv.Store) {
	update(t, s, func(tx kv.Tx) error {
		for _, k := range []string{"a", "p/", "p/1", "p/2", "p/3", "p0", "q", "\xff\xff"} {
			if err := tx.Put([]byte(k), []byte("value of "+k)); err != nil {
				return err
			}
		}
		return nil
	})
	p := []byte("p/")
	for _, tt := range []struct {
		r    kv.Range
		want string
	}{
		{kv.Range{Limit: 9}, "a p/ p/1 p/2 p/3 p0 q \xff\xff"},
		{kv.Range{Limit: 9, Reverse: true}, "\xff\xff q p0 p/3 p/2 p/1 p/ a"},
		{kv.Range{Prefix: p, Limit: 9}, "p/ p/1 p/2 p/3"},
		{kv.Range{Prefix: p, Limit: 2}, "p/ p/1"},
		{kv.Range{Prefix: p, Limit: 2, From: []byte("p/1")}, "p/2 p/3"},
		{kv.Range{Prefix: p, Limit: 2, From: []byte("p/15")}, "p/2 p/3"},
		{kv.Range{Prefix: p, Limit: 2, From: []byte("p/3")}, ""},
		{kv.Range{Prefix: p, Limit: 2, From: []byte("p/9")}, ""},
		{kv.Range{Prefix: p, Limit: 9, Reverse: true}, "p/3 p/2 p/1 p/"},
		{kv.Range{Prefix: p, Limit: 2, Reverse: true, From: []byte("p/3")}, "p/2 p/1"},
		{kv.Range{Prefix: p, Limit: 2, Reverse: true, From: []byte("p/25")}, "p/2 p/1"},
		{kv.Range{Prefix: p, Limit: 2, Reverse: true, From: []byte("p/")}, ""},
		{kv.Range{Prefix: []byte("\xff"), Limit: 2, Reverse: true}, "\xff\xff"},
		{kv.Range{Prefix: []byte("\xff\xff"), Limit: 2, Reverse: true}, "\xff\xff"},
		{kv.Range{Prefix: []byte("z"), Limit: 2, Reverse: true}, ""},
		{kv.Range{Prefix: p, Limit: 9, KeysOnly: true}, "p/ p/1 p/2 p/3"},
	} {
		if got := keysOf(t, s, tt.r); got != tt.want {
			t.Errorf("scan %q from %q limit %d reverse %t: got %q, want %q",
				tt.r.Prefix, tt.r.From, tt.r.Limit, tt.r.Reverse, got, tt.want)
		}
	}
}

func testScanBounds(t *testing.T, s kv.Store) {
	for _, r := range []kv.Range{
		{Limit: 0},
		{Limit: -1},
		{Limit: kv.MaxScan + 1},
		{Limit: 1, Prefix: []byte("a"), From: []byte("b")},
	} {
		view(t, s, func(tx kv.Tx) error {
			_, err := tx.Scan(r)
			wantErr(t, err, kv.ErrScan)
			return nil
		})
	}
}

// testScanProperty compares scans with a map, on keys that lie close together.
func testScanProperty(t *testing.T, s kv.Store) {
	key := rapid.StringMatching(`[ab\xff/]{1,4}`)
	rapid.Check(t, func(rt *rapid.T) {
		model := rapid.MapOfN(key, rapid.Just(""), 0, 30).Draw(rt, "keys")
		update(t, s, func(tx kv.Tx) error { return replace(tx, model) })
		r := kv.Range{
			Prefix:  []byte(rapid.StringMatching(`[ab\xff/]{0,2}`).Draw(rt, "prefix")),
			Limit:   rapid.IntRange(1, 12).Draw(rt, "limit"),
			Reverse: rapid.Bool().Draw(rt, "reverse"),
		}
		if rapid.Bool().Draw(rt, "from") {
			r.From = append(slices.Clone(r.Prefix), rapid.StringMatching(`[ab\xff/]{0,2}`).Draw(rt, "from key")...)
		}
		if got, want := keysOf(t, s, r), expect(model, r); got != want {
			rt.Fatalf("scan %q from %q: got %q, want %q", r.Prefix, r.From, got, want)
		}
	})
}

func replace(tx kv.Tx, keys map[string]string) error {
	old, err := tx.Scan(kv.Range{Limit: kv.MaxScan, KeysOnly: true})
	if err != nil {
		return err
	}
	for _, i := range old {
		if err := tx.Delete(i.Key); err != nil {
			return err
		}
	}
	for k := range keys {
		if err := tx.Put([]byte(k), fmt.Appendf(nil, "value of %s", k)); err != nil {
			return err
		}
	}
	return nil
}

func expect(keys map[string]string, r kv.Range) string {
	sorted := slices.Sorted(maps.Keys(keys))
	if r.Reverse {
		slices.Reverse(sorted)
	}
	var out []string
	for _, k := range sorted {
		order := bytes.Compare([]byte(k), r.From)
		beyond := r.From == nil || (r.Reverse && order < 0) || (!r.Reverse && order > 0)
		if beyond && strings.HasPrefix(k, string(r.Prefix)) && len(out) < r.Limit {
			out = append(out, k)
		}
	}
	return strings.Join(out, " ")
}
