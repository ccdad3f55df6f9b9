package importing

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"ferry/model"
)

// Records of one path keep the order of the file and are never in flight together; others
// overtake them.
func TestRecordsOfOneKeyKeepTheirOrder(t *testing.T) {
	var text strings.Builder
	for i := range 200 {
		fmt.Fprintf(&text, `{"sku":"S%d","n":%d}`+"\n", i%5, i)
	}
	b := newBench(t).write(model.NDJSON, text.String())
	b.job.Transfer.Target.Path = "/products/{sku}"
	b.job.Transfer.Write = model.Writing{Method: http.MethodPut, Parallel: 16}
	var mu sync.Mutex
	last, busy, most := map[string]int{}, map[string]int{}, 0
	b.target.answer = func(_ http.ResponseWriter, r *http.Request, body []byte) bool {
		_, number, _ := strings.Cut(string(body), `"n":`)
		n, err := strconv.Atoi(strings.TrimSuffix(number, "}"))
		mu.Lock()
		if err != nil || n < last[r.URL.Path] {
			t.Errorf("%s: %d after %d", r.URL.Path, n, last[r.URL.Path])
		}
		last[r.URL.Path] = n
		busy[r.URL.Path]++
		most = max(most, len(busy))
		if busy[r.URL.Path] > 1 {
			t.Errorf("%s: two at once", r.URL.Path)
		}
		mu.Unlock()
		time.Sleep(time.Millisecond) // a window in which an overtaking would be seen
		mu.Lock()
		if busy[r.URL.Path]--; busy[r.URL.Path] == 0 {
			delete(busy, r.URL.Path)
		}
		mu.Unlock()
		return false
	}
	b.mustRun()
	if b.last.Updated != 200 || most < 2 {
		t.Errorf("%+v, at most %d at once", b.last, most)
	}
}

func TestUpsertLooksFirst(t *testing.T) {
	b := newBench(t).write(model.NDJSON, numbered(4))
	b.job.Transfer.Target.Path = "/products/{sku}?lang=en"
	b.job.Transfer.Write.Upsert = true
	changed := false
	b.target.answer = func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
		there := strings.HasSuffix(r.URL.Path, "2") || strings.HasSuffix(r.URL.Path, "4")
		switch {
		case r.Method == http.MethodGet && there:
			w.Header().Set("ETag", `"v1"`)
			if strings.HasSuffix(r.URL.Path, "4") && changed {
				w.Header().Set("ETag", `"v2"`)
			}
			fmt.Fprint(w, "{}")
			return true
		case r.Method == http.MethodGet:
			w.WriteHeader(404)
			return true
		case r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, "4") && r.Header.Get("If-Match") == `"v1"`:
			changed = true
			w.WriteHeader(http.StatusPreconditionFailed)
			return true
		}
		return false
	}
	b.job.Transfer.Write.Parallel = 1
	b.mustRun()
	var got []string
	for _, h := range b.target.seen() {
		got = append(got, h.method+" "+h.path+" "+h.match)
	}
	want := "GET /products/S1?lang=en |POST /products?lang=en |GET /products/S2?lang=en |PUT /products/S2?lang=en \"v1\"|" +
		"GET /products/S3?lang=en |POST /products?lang=en |GET /products/S4?lang=en |PUT /products/S4?lang=en \"v1\"|" +
		"GET /products/S4?lang=en |PUT /products/S4?lang=en \"v2\""
	if strings.Join(got, "|") != want || b.last.Created != 2 || b.last.Updated != 2 {
		t.Errorf("%s %+v", strings.Join(got, "|"), b.last)
	}
}

func TestBatches(t *testing.T) {
	for name, tc := range map[string]struct {
		status            int
		answer            string
		created, rejected int64
		note              bool
	}{
		"taken":               {201, "", 7, 0, false},
		"refused":             {422, `{"message":"bad third"}`, 4, 3, false},
		"207 with statuses":   {207, `{"items":[{"status":201},{"status":409,"error":{"message":"there already"}},{"status":201}]}`, 6, 1, false},
		"an array of them":    {200, `[201,400,"201"]`, 6, 1, false},
		"207, not understood": {207, `{"fine":true}`, 7, 0, true},
		"too few":             {200, `[{"status":400}]`, 7, 0, false},
		"two lists":           {200, `{"items":[400,400,400],"results":[201,201,201]}`, 7, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t).write(model.NDJSON, numbered(7))
			b.job.Transfer.Write = model.Writing{Batch: 3, BatchField: "products", Parallel: 1}
			b.target.answer = func(w http.ResponseWriter, _ *http.Request, body []byte) bool {
				if !strings.Contains(string(body), `"n":5`) {
					return false
				}
				w.WriteHeader(tc.status)
				fmt.Fprint(w, tc.answer)
				return true
			}
			b.mustRun()
			hits := b.target.seen()
			if len(hits) != 3 || hits[0].body != `{"products":[{"sku":"S1","n":1},{"sku":"S2","n":2},{"sku":"S3","n":3}]}` || !strings.HasSuffix(hits[2].body, `[{"sku":"S7","n":7}]}`) {
				t.Errorf("%+v", hits)
			}
			if p := b.last; p.Created != tc.created || p.Rejected != tc.rejected || p.Records != 7 || (len(p.Notes) > 0) != tc.note {
				t.Errorf("%+v", p)
			}
			if got := b.rejected(); int64(len(got)) != tc.rejected || tc.rejected == 1 && !strings.Contains(got[0], `"record":5`) {
				t.Errorf("%q", got)
			}
		})
	}
}

// What may have arrived is not sent again where that could do it twice; after three in a row
// the run ends.
func TestALostAnswerWithoutIdempotencyIsUncertain(t *testing.T) {
	for name, tc := range map[string]struct {
		lost      func(n int) bool
		uncertain int64
		fails     bool
	}{
		"one": {func(n int) bool { return n == 5 }, 1, false},
		"all": {func(int) bool { return true }, maxLost, true},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t).write(model.NDJSON, numbered(10))
			b.job.Transfer.Write = model.Writing{Idempotency: model.NoIdempotency, Parallel: 1}
			n := 0
			b.target.answer = func(w http.ResponseWriter, _ *http.Request, _ []byte) bool {
				n++
				if !tc.lost(n) {
					return false
				}
				conn, _, err := w.(http.Hijacker).Hijack()
				if err == nil {
					_ = conn.Close()
				}
				return true
			}
			err := b.run()
			if (model.CodeOf(err) == model.EUnreachable) != tc.fails || (err == nil) == tc.fails || b.last.Uncertain != tc.uncertain {
				t.Errorf("%v %+v", err, b.last)
			}
			for _, f := range b.faults {
				if f.Kind != model.FaultUncertain || !strings.Contains(f.Reason, "connection") {
					t.Errorf("%+v", f)
				}
			}
		})
	}
}

// A target that still works on the first of two equal requests is asked again.
func TestAConflictWithOneselfIsWaitedFor(t *testing.T) {
	b := newBench(t).write(model.NDJSON, numbered(1))
	n := 0
	b.target.answer = func(w http.ResponseWriter, _ *http.Request, _ []byte) bool {
		n++
		switch n {
		case 1:
			w.WriteHeader(http.StatusInternalServerError)
		case 2:
			w.WriteHeader(http.StatusConflict)
		default:
			return false
		}
		return true
	}
	b.mustRun()
	hits := b.target.seen()
	if len(hits) != 3 || hits[0].key == "" || hits[0].key != hits[2].key || b.last.Created != 1 {
		t.Errorf("%+v %+v", hits, b.last)
	}
}

// A reason never shows a secret of the client, however the target echoes it.
func TestAReasonShowsNoSecret(t *testing.T) {
	b := newBench(t).write(model.NDJSON, numbered(2))
	b.link.client.Headers = []model.Header{{Name: "X-Key", Value: model.NewSecret("CANARY-1234567"), Secret: true}}
	b.target.answer = func(w http.ResponseWriter, r *http.Request, body []byte) bool {
		if strings.Contains(string(body), `"n":1`) {
			return false
		}
		w.WriteHeader(400)
		fmt.Fprintf(w, `{"message":"not with %s\u001b[2J"}`, r.Header.Get("X-Key"))
		return true
	}
	b.mustRun()
	got := strings.Join(b.rejected(), "") + fmt.Sprintf("%+v", b.faults)
	if strings.Contains(got, "CANARY") || !strings.Contains(got, "not with") || strings.ContainsRune(got, 0x1b) {
		t.Errorf("%s", got)
	}
}
