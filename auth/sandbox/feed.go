package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"sync"
	"time"
)

// record is an entry of a feed that can be written, known by its SKU.
type record[T any] interface {
	comparable
	sku() string
	// with returns the record under the SKU of the path, ready to be stored.
	with(sku string, now time.Time) T
	// wrong says what is wrong with it, "" when nothing is.
	wrong() string
	// changed is when the record says that it was changed; zero when it does not say.
	changed() time.Time
}

// feed is a mutable list of records in the order in which they were created. It is
// filled when it is first asked for: a start must not wait for 10,000 records.
type feed[T record[T]] struct {
	make func(i int) T
	size int // records at the start

	fill    sync.Once
	mu      sync.Mutex
	order   []string
	bySKU   map[string]stored[T]
	version int // counts what changed something
	stats   FeedStats
}

// stored is a record and when it came to be as it is.
type stored[T any] struct {
	record T
	at     time.Time
}

// etag is the entity tag of a record: a digest of what a GET answers.
func etag(record any) string {
	text, err := json.Marshal(record)
	if err != nil {
		return "" // never: records are plain values
	}
	sum := sha256.Sum256(text)
	return `"` + hex.EncodeToString(sum[:8]) + `"`
}

func (f *feed[T]) lock() {
	f.fill.Do(func() {
		f.order = make([]string, 0, f.size)
		f.bySKU = make(map[string]stored[T], f.size)
		for i := range f.size {
			r := f.make(i)
			at := r.changed()
			if at.IsZero() {
				at = epoch
			}
			f.order = append(f.order, r.sku())
			f.bySKU[r.sku()] = stored[T]{r, at}
		}
		f.stats.Applied = map[string]int{}
	})
	f.mu.Lock()
}

// page returns one page of what was changed at since or later, how many those are in all,
// and the version of the feed.
func (f *feed[T]) page(p page, since time.Time) (out []T, total, version int) {
	f.lock()
	defer f.mu.Unlock()
	skus := f.order
	if !since.IsZero() {
		skus = nil
		for _, sku := range f.order {
			if !f.bySKU[sku].at.Before(since) {
				skus = append(skus, sku)
			}
		}
	}
	from, to := p.bounds(len(skus))
	out = make([]T, 0, to-from)
	for _, sku := range skus[from:to] {
		out = append(out, f.bySKU[sku].record)
	}
	return out, len(skus), f.version
}

func (f *feed[T]) get(sku string) (T, bool) {
	f.lock()
	defer f.mu.Unlock()
	r, ok := f.bySKU[sku]
	return r.record, ok
}

// outcome is what became of a write.
type outcome int

const (
	created outcome = iota
	replaced
	unchanged // it is as it was already
	taken     // it is there, and was to be created
	absent    // it is not there
	failed    // another ETag than the one that was named
)

// condition is what a write asks of the record that is there: nil asks nothing.
type condition func(tag string, there bool) bool

// put stores r. With create, one that is there already is left alone. What changes
// nothing but the time of the change leaves the record as it is, its ETag included.
func (f *feed[T]) put(r T, create bool, now time.Time, may condition) (T, outcome) {
	f.lock()
	defer f.mu.Unlock()
	old, there := f.bySKU[r.sku()]
	switch {
	case may != nil && !may(etag(old.record), there):
		return old.record, failed
	case there && create:
		return old.record, taken
	}
	f.stats.Applied[r.sku()]++
	if there && old.record == r.with(r.sku(), old.record.changed()) {
		f.stats.Unchanged++
		return old.record, unchanged
	}
	out := created
	if !there {
		f.order = append(f.order, r.sku())
		f.stats.Created++
	} else {
		out = replaced
		f.stats.Updated++
	}
	f.bySKU[r.sku()] = stored[T]{r, now}
	f.version++
	return r, out
}

func (f *feed[T]) remove(sku string, may condition) outcome {
	f.lock()
	defer f.mu.Unlock()
	old, there := f.bySKU[sku]
	switch {
	case !there:
		return absent
	case may != nil && !may(etag(old.record), there):
		return failed
	}
	delete(f.bySKU, sku)
	i := slices.Index(f.order, sku)
	f.order = slices.Delete(f.order, i, i+1)
	f.stats.Deleted++
	f.version++
	return replaced
}

// counts returns what happened to the feed so far.
func (f *feed[T]) counts() FeedStats {
	f.lock()
	defer f.mu.Unlock()
	out := f.stats
	out.Records = len(f.order)
	out.Applied = make(map[string]int, len(f.stats.Applied))
	for sku, n := range f.stats.Applied {
		out.Applied[sku] = n
	}
	return out
}
