package syncing

import (
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"ferry/auth/transfer/record"
)

// mishap is what goes wrong with one request at the target.
type mishap int

const (
	fine mishap = iota
	busy503
	many429
	resetBefore
	resetAfter
	error500After
	slowAfter // applied, but answered after the client gave up
)

// target keeps records by id and counts.
type target struct {
	mu       sync.Mutex
	records  map[string]string
	versions map[string]int
	etags    bool
	weak     bool // ETags are weak, and If-Match never matches one
	stamps   bool // meta.changed is set by the target, whatever is sent, and the record is answered
	clock    int
	noGet    bool
	noPut    bool
	refuse   func(method, id string, body string) int // a status, 0 takes it
	mishap   func(r *http.Request) mishap
	methods  map[string]int
	needless []string // requests that changed nothing
	sent     []string // "PUT id"
}

func (g *target) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	g.mu.Lock()
	throw, m := g.mishap, fine
	g.mu.Unlock()
	if throw != nil {
		m = throw(r)
	}
	switch m {
	case busy503:
		http.Error(w, "later", http.StatusServiceUnavailable)
		return
	case many429:
		w.WriteHeader(http.StatusTooManyRequests)
		return
	case resetBefore:
		panic(http.ErrAbortHandler)
	}
	rec := httptest.NewRecorder()
	g.apply(rec, r, string(body))
	switch m {
	case resetAfter:
		panic(http.ErrAbortHandler)
	case error500After:
		w.WriteHeader(http.StatusInternalServerError)
		return
	case slowAfter:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}
	maps.Copy(w.Header(), rec.Header())
	w.WriteHeader(rec.Code)
	_, _ = w.Write(rec.Body.Bytes())
}

func (g *target) etag(id string) string {
	if !g.etags {
		return ""
	}
	weak := ""
	if g.weak {
		weak = "W/"
	}
	return fmt.Sprintf(`%s"%s-%d"`, weak, id, g.versions[id])
}

func (g *target) apply(w http.ResponseWriter, r *http.Request, body string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	id := strings.TrimPrefix(r.URL.Path, "/items/")
	old, there := g.records[id]
	g.methods[r.Method]++
	if r.Method == http.MethodGet {
		switch {
		case g.noGet:
			w.WriteHeader(http.StatusMethodNotAllowed)
		case !there:
			w.WriteHeader(http.StatusNotFound)
		default:
			w.Header().Set("ETag", g.etag(id))
			fmt.Fprintf(w, `{"updatedAt":"now", "_v":%d, %s`, g.versions[id], strings.TrimPrefix(old, "{"))
		}
		return
	}
	g.sent = append(g.sent, r.Method+" "+id)
	if match := r.Header.Get("If-Match"); match != "" && (match != g.etag(id) || g.weak || !there) {
		w.WriteHeader(http.StatusPreconditionFailed)
		return
	}
	if g.refuse != nil {
		if status := g.refuse(r.Method, id, body); status != 0 {
			w.WriteHeader(status)
			fmt.Fprint(w, `{"message":"the price is \u001b[31m negative"}`)
			return
		}
	}
	switch {
	case r.Method == http.MethodDelete:
		if !there {
			g.needless = append(g.needless, "DELETE "+id)
			w.WriteHeader(http.StatusNotFound)
			return
		}
		delete(g.records, id)
		w.WriteHeader(http.StatusNoContent)
		return
	case r.Method == http.MethodPatch && !there:
		w.WriteHeader(http.StatusNotFound)
		return
	case g.noPut && r.Method == http.MethodPut:
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	case there && g.content(old) == g.content(body):
		g.needless = append(g.needless, r.Method+" "+id)
	}
	if g.stamps {
		g.clock++
		body = stamp.ReplaceAllString(body, fmt.Sprintf(`"changed":"2026-11-21T10:%02d:%02dZ"`, g.clock/60%60, g.clock%60))
	}
	g.records[id] = body
	g.versions[id]++
	w.Header().Set("ETag", g.etag(id))
	if !there {
		w.WriteHeader(http.StatusCreated)
	}
	if g.stamps {
		fmt.Fprint(w, body)
	}
}

var stamp = regexp.MustCompile(`"changed":"[^"]*"`)

// content is what of a record can differ: not what the target sets itself.
func (g *target) content(rec string) string {
	if g.stamps {
		rec = stamp.ReplaceAllString(rec, `"changed":""`)
	}
	return canonical(rec)
}

// fail makes requests go wrong from now on; nil lets them go well.
func (g *target) fail(throw func(r *http.Request) mishap) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.mishap = throw
}

// edit is somebody else at work.
func (g *target) edit(id, body string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.records[id] = body
	g.versions[id]++
}

func canonical(rec string) string {
	h, err := record.Hash([]byte(rec))
	if err != nil {
		return rec
	}
	return string(h[:])
}

// feed is a source of records by id, in pages of 10.
type feed struct {
	mu      sync.Mutex
	records map[string]string
	order   []string // ids besides, as they are
	answer  func(w http.ResponseWriter, r *http.Request) bool
	etag    string
	changed map[string]time.Time
	asked   []string // raw queries
}

func (f *feed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, r.URL.RawQuery)
	if f.answer != nil && f.answer(w, r) {
		return
	}
	if f.etag != "" {
		if w.Header().Set("ETag", f.etag); r.Header.Get("If-None-Match") == f.etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	var all []string
	since, _ := time.Parse(time.RFC3339, r.URL.Query().Get("since"))
	for _, id := range slices.Sorted(maps.Keys(f.records)) {
		if !f.changed[id].Before(since) {
			all = append(all, f.records[id])
		}
	}
	all = append(all, f.order...)
	page, size := 1, 10
	_, _ = fmt.Sscan(r.URL.Query().Get("page"), &page)
	_, _ = fmt.Sscan(r.URL.Query().Get("size"), &size)
	from, to := min((page-1)*size, len(all)), min(page*size, len(all))
	if to < len(all) {
		w.Header().Set("Link", fmt.Sprintf(`</items?page=%d&size=%d&since=%s>; rel="next"`, page+1, size, r.URL.Query().Get("since")))
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, "[%s]", strings.Join(all[from:to], ",\n "))
}

func (f *feed) set(id, body string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.records[id] = body
}

func (f *feed) drop(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.records, id)
}

// dice throws mishaps but the slow one: one of n requests goes wrong.
func dice(seed uint64, n int) func(r *http.Request) mishap {
	var mu sync.Mutex
	rnd := rand.New(rand.NewPCG(seed, 7))
	return func(*http.Request) mishap {
		mu.Lock()
		defer mu.Unlock()
		if rnd.IntN(n) != 0 {
			return fine
		}
		return mishap(1 + rnd.IntN(int(slowAfter)-1))
	}
}
