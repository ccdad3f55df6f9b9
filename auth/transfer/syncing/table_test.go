package syncing

import (
	"testing"

	"pgregory.net/rapid"

	"ferry/model"
)

// The memory gives back what was put in, as a map would.
func TestMemory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, err := loadMemory(t.Context(), &brain{})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]model.SyncEntry{}
		for range rapid.IntRange(0, 3000).Draw(t, "n") {
			key := rapid.StringN(1, 2, -1).Draw(t, "key")
			e := model.SyncEntry{Key: key, Hash: [16]byte{rapid.Byte().Draw(t, "hash")}, ETag: rapid.StringN(0, 40, -1).Draw(t, "etag"), Unsure: rapid.Bool().Draw(t, "unsure"), Conflict: rapid.Bool().Draw(t, "conflict")}
			want[key] = e
			m.put(m.digest(key), e, seen)
		}
		for key, e := range want {
			s := m.slots.get(m.digest(key))
			if got := m.entry(key, s); got != e || s.flags&seen == 0 {
				t.Fatalf("%+v, want %+v", got, e)
			}
		}
		n := 0
		for range m.slots.all() {
			n++
		}
		if n != len(want) || m.slots.get(m.digest("no such key")) != (slot{}) {
			t.Fatalf("%d slots, want %d", n, len(want))
		}
	})
}
