package paging

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"ferry/model"
)

// CASES Client side: a page broken off mid-body is asked for again, and nothing of the
// broken one is handed over twice.
func TestAPageThatBreaksOff(t *testing.T) {
	for name, size := range map[string]int{"held": 10, "streamed": 6_000} {
		t.Run(name, func(t *testing.T) {
			var broke atomic.Int64
			text := strings.Repeat("x", 1000)
			s := source(t, "/items", func(w http.ResponseWriter, r *http.Request) {
				page := param(r, "page", 1)
				if page < 3 {
					w.Header().Set("Link", fmt.Sprintf(`</items?page=%d>; rel=next`, page+1))
				}
				var b bytes.Buffer
				for i := range size {
					fmt.Fprintf(&b, `%c{"id":%d,"text":"%s"}`, "[,"[min(i, 1)], (page-1)*size+i, text)
				}
				b.WriteString("]")
				if page == 2 && broke.Add(1) <= 2 {
					w.Header().Set("Content-Length", fmt.Sprint(b.Len()))
					_, _ = w.Write(b.Bytes()[:b.Len()*9/10])
					_ = http.NewResponseController(w).Flush()
					panic(http.ErrAbortHandler)
				}
				_, _ = w.Write(b.Bytes())
			})
			k, st, err := read(t, s)
			if err != nil || len(k.records) != 3*size || st.Retries != 2 {
				t.Fatalf("%d records, %+v, %v", len(k.records), st, err)
			}
			for i, rec := range k.records {
				if !strings.HasPrefix(rec, fmt.Sprintf(`{"id":%d,`, i)) {
					t.Fatalf("record %d is %s", i, rec)
				}
			}
			if again := strings.Count(strings.Join(k.begun, " "), "true"); name == "streamed" && again != 2 || name == "held" && again != 0 {
				t.Errorf("pages %v", k.begun)
			}
		})
	}
}

// JSON that ends too early in a body that does not is asked for again too, a few times.
func TestATornPageIsAskedForAgain(t *testing.T) {
	torn := atomic.Int64{}
	s := source(t, "/items", linked(3, func(page int, w http.ResponseWriter, _ *http.Request) bool {
		if page == 2 && torn.Add(1) < maxTorn {
			fmt.Fprint(w, `[{"id":10},{"i`)
			return true
		}
		return false
	}))
	if k, st, err := read(t, s); err != nil || ids(k.records) != count(30) || st.Retries != maxTorn-1 {
		t.Errorf("%d records, %+v, %v", len(k.records), st, err)
	}
}

// CASES Client side: an endless page takes bounded memory, and can be ended.
func TestAnEndlessPage(t *testing.T) {
	enough := int64(48 << 20)
	if testing.Short() {
		enough = 20 << 20 // more than the longest record
	}
	for name, tc := range map[string]struct {
		begin string
		again func(i int) string
		says  string
	}{
		"of records":    {`[{"id":0}`, func(int) string { return strings.Repeat(`,{"id":1,"text":"`+strings.Repeat("x", 1000)+`"}`, 100) }, ""},
		"of one record": {`[{"id":0},"`, func(int) string { return strings.Repeat("x", 1<<16) }, "page 1: record 2 of it is longer than 16 MiB"},
		"of one value":  {`{"items":[],"x":"`, func(int) string { return strings.Repeat("x", 1<<16) }, "page 1: a value is longer than 16 MiB"},
		"of members": {`{"items":[],"a":{"b":1`, func(i int) string {
			var b []byte
			for k := range 10_000 {
				b = strconv.AppendInt(append(b, `,"`...), int64(i*10_000+k), 10)
				b = append(b, `":1`...)
			}
			return string(b)
		}, "page 1: the JSON is malformed: an object has more than 262144 members"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var sent atomic.Int64
			s := source(t, "/items", func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprint(w, tc.begin)
				for i := 0; r.Context().Err() == nil; i++ {
					n, err := w.Write([]byte(tc.again(i)))
					if err != nil {
						return
					}
					if sent.Add(int64(n)) > enough && tc.says == "" {
						cancel()
					}
				}
			})
			_, err := s.Each(ctx, Position{}, &counter{})
			if tc.says != "" {
				wants(t, err, model.EUpstream, tc.says)
			} else if model.CodeOf(err) != model.EInterrupted {
				t.Errorf("%v", err)
			}
		})
	}
}

// One answer that is far longer than what is held takes bounded memory.
func TestALongPageTakesBoundedMemory(t *testing.T) {
	pieces := 640
	if testing.Short() {
		pieces = 320
	}
	piece := strings.Repeat(`,{"id":1,"text":"`+strings.Repeat("x", 1000)+`"}`, 100)
	s := source(t, "/items", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"total":%d,"items":[{"id":0}`, 100*pieces+1)
		for range pieces {
			fmt.Fprint(w, piece)
		}
		fmt.Fprint(w, `]}`)
	})
	k := &weigher{}
	before := k.live()
	if _, err := s.Each(t.Context(), Position{}, k); err != nil || k.records != 100*pieces+1 || k.pages != 1 {
		t.Fatalf("%d records, %v", k.records, err)
	}
	if k.most > before+16<<20 {
		t.Errorf("%d MiB are held for a page of %d MB", (k.most-before)>>20, pieces/10)
	}
}

// weigher looks now and then at what is held.
type weigher struct {
	counter
	most uint64
}

func (k *weigher) live() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func (k *weigher) Record(rec []byte) error {
	if k.records%4000 == 0 {
		k.most = max(k.most, k.live())
	}
	return k.counter.Record(rec)
}

// counter is a Visitor that keeps nothing.
type counter struct{ records, pages int }

func (c *counter) Begin(int64, bool) error { return nil }

func (c *counter) Record([]byte) error { c.records++; return nil }

// A disk that is full is the visitor's error, and is returned as it is.
func TestTheVisitorsErrorEndsTheReading(t *testing.T) {
	full := model.Errorf(model.ENoSpace, "the disk is full")
	for _, size := range []int{10, 6_000} {
		s := source(t, "/items", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, long(size)) })
		if _, err := s.Each(t.Context(), Position{}, &failing{err: full}); !errors.Is(err, full) {
			t.Errorf("%v", err)
		}
	}
}

type failing struct {
	counter
	err error
}

func (f *failing) Record([]byte) error {
	if f.records++; f.records > 5 {
		return f.err
	}
	return nil
}
