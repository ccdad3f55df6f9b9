package syncing

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"ferry/model"
)

// generated is a memory of n entries that costs nothing to keep.
type generated struct{ n int }

func (g generated) Each(_ context.Context, fn func(model.SyncEntry) error) error {
	for i := range g.n {
		if err := fn(model.SyncEntry{Key: fmt.Sprintf("SKU-%09d", i), Hash: [16]byte{byte(i)}, ETag: fmt.Sprintf(`"%016x"`, i)}); err != nil {
			return err
		}
	}
	return nil
}

func (generated) Save(context.Context, []model.SyncEntry) error { return nil }

// What a million keys with ETags take in memory.
func BenchmarkMemoryOfAMillion(b *testing.B) {
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		m, err := loadMemory(b.Context(), generated{1_000_000})
		if err != nil {
			b.Fatal(err)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB-held")
		b.ReportMetric(float64(after.Sys)/1e6, "MB-sys")
		runtime.KeepAlive(m)
	}
}

// One record that did not change: what a sync does for nearly all of them.
func BenchmarkUnchanged(b *testing.B) {
	k := newKit(b)
	rec := []byte(product(1, 0))
	k.feed.set("p001", string(rec))
	k.mustRun(1, 0, 0, 0, 0, 0)
	r, err := k.engine.prepare(b.Context(), k.job())
	if err != nil {
		b.Fatal(err)
	}
	defer r.halt()
	v := &visitor{r, b.Context()}
	b.SetBytes(int64(len(rec)))
	b.ReportAllocs()
	for b.Loop() {
		v.mem.put(v.mem.digest("p001"), k.brain.entries["p001"], 0) // as it was, so that it is no second one
		v.page.seen = v.page.seen[:0]
		if err := v.Record(rec); err != nil {
			b.Fatal(err)
		}
	}
	if len(v.pending) > 0 || len(v.page.faults) > 0 {
		b.Fatal("it changed")
	}
}
