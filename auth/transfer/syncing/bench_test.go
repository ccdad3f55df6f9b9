package syncing

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"ferry/auth/transfer/record"
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

// A source of 100,000 records of about 300 bytes in pages of 1,000, of which none changed.
func BenchmarkSyncUnchanged(b *testing.B) {
	const pages, size = 100, 1000
	bodies := make([][]byte, pages)
	for p := range bodies {
		bodies[p] = []byte("[")
		for i := range size {
			if i > 0 {
				bodies[p] = append(bodies[p], ',')
			}
			bodies[p] = fmt.Appendf(bodies[p], `{"id":"p%06d","name":"Blue cotton shirt, long sleeves","price":{"amount":"49.90","currency":"EUR"},"stock":[12,0,7],"active":true,`+
				`"updatedAt":"2026-11-20T08:15:30.123Z","tags":["shirt","cotton","blue"],"note":null,"vendor":{"id":77,"name":"Weberei Nord","country":"DE"}}`, p*size+i)
		}
		bodies[p] = append(bodies[p], ']')
	}
	k := newKit(b)
	k.feed.answer = func(w http.ResponseWriter, r *http.Request) bool {
		page := 1
		_, _ = fmt.Sscan(r.URL.Query().Get("page"), &page)
		if page < pages {
			w.Header().Set("Link", fmt.Sprintf(`</items?page=%d>; rel="next"`, page+1))
		}
		_, _ = w.Write(bodies[page-1])
		return true
	}
	for _, body := range bodies { // as if they had been written
		var list []jsontext.Value
		if err := json.Unmarshal(body, &list); err != nil {
			b.Fatal(err)
		}
		for _, rec := range list {
			key, _ := record.Text(record.Field(rec, "id"))
			hash, err := record.Hash(rec)
			if err != nil {
				b.Fatal(err)
			}
			k.brain.entries[key] = model.SyncEntry{Key: key, Hash: hash}
		}
	}
	k.checkpoint = checkpoint{Target: targetOf(&k.transfer)}.bytes()
	for b.Loop() {
		if err := k.run(); err != nil || k.progress.Unchanged != pages*size {
			b.Fatal(err, k.progress)
		}
	}
	b.ReportMetric(float64(pages*size*b.N)/b.Elapsed().Seconds(), "records/s")
}
