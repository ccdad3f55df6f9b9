package syncing

import (
	"context"
	"errors"
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
	"testing"
	"time"

	"go.uber.org/goleak"

	"ferry/auth/call"
	"ferry/auth/transfer/record"
	"ferry/auth/wire"
	"ferry/model"
	"ferry/ui/jq"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// link is a model.Link over the real Caller, without tokens.
type link struct {
	caller *call.Caller
	client model.Client
	before func() error // a kill before the request, or after it
	after  func() error
}

func (l *link) Client() model.Client { return l.client }

func (l *link) Do(ctx context.Context, r model.Request) (model.Response, error) {
	if l.before != nil {
		if err := l.before(); err != nil {
			return model.Response{}, err
		}
	}
	resp, err := l.caller.Do(ctx, l.client, model.Token{}, r)
	if l.after != nil {
		if err := l.after(); err != nil {
			return model.Response{}, err
		}
	}
	return resp, err
}

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
	mishaps
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
	m := fine
	if g.mishap != nil {
		m = g.mishap(r)
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

// brain is a model.SyncMemory.
type brain struct {
	mu      sync.Mutex
	entries map[string]model.SyncEntry
	before  func() error
	after   func() error
	saves   int
}

func (b *brain) Each(_ context.Context, fn func(model.SyncEntry) error) error {
	b.mu.Lock()
	all := slices.Collect(maps.Values(b.entries))
	b.mu.Unlock()
	for _, e := range all {
		if err := fn(e); err != nil {
			return err
		}
	}
	return nil
}

func (b *brain) Save(_ context.Context, entries []model.SyncEntry) error {
	if b.before != nil {
		if err := b.before(); err != nil {
			return err
		}
	}
	b.mu.Lock()
	if b.saves++; len(entries) > 1000 || len(entries) == 0 {
		panic(len(entries))
	}
	for _, e := range entries {
		if delete(b.entries, e.Key); !e.Gone {
			b.entries[e.Key] = e
		}
	}
	b.mu.Unlock()
	if b.after != nil {
		return b.after()
	}
	return nil
}

// kit is a sync between two servers.
type kit struct {
	t        testing.TB
	feed     *feed
	target   *target
	brain    *brain
	source   *link
	sink     *link
	transfer model.Transfer
	engine   Engine
	now      time.Time
	stop     chan struct{}

	mu         sync.Mutex
	checkpoint []byte
	progress   model.Progress
	faults     []model.TransferFault
	kept       func() error
}

func newKit(t testing.TB) *kit {
	t.Helper()
	k := &kit{
		t:    t,
		feed: &feed{records: map[string]string{}, changed: map[string]time.Time{}},
		target: &target{
			records: map[string]string{}, versions: map[string]int{}, methods: map[string]int{},
		},
		brain: &brain{entries: map[string]model.SyncEntry{}}, now: time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC), stop: make(chan struct{}),
	}
	k.source, k.sink = k.serve("erp", k.feed), k.serve("shop", k.target)
	k.transfer = model.Transfer{
		ID: "t1", Kind: model.KindSync, Name: "products",
		Source: model.Endpoint{Client: "c1", Path: "/items"}, Target: model.Endpoint{Client: "c2", Path: "/items/{id}"},
		Sync: model.Syncing{Key: "id", Deletes: true},
	}
	k.engine = Engine{Compile: compile, Now: func() time.Time { return k.now }, wait: func(ctx context.Context, stop <-chan struct{}, _ time.Duration) error {
		select {
		case <-stop:
			return model.ErrStopped
		default:
			return ctx.Err()
		}
	}}
	return k
}

func (k *kit) serve(name string, h http.Handler) *link {
	srv := httptest.NewServer(h)
	srv.Config.ErrorLog = nil
	caller := call.New(call.Options{Version: "1", Pool: wire.NewPool(wire.Limits{Total: 20 * time.Second, FirstByte: 250 * time.Millisecond})})
	k.t.Cleanup(func() { caller.Close(); srv.Close() })
	return &link{caller: caller, client: model.Client{ID: model.ID(name), Name: name, BaseURL: srv.URL}}
}

// fill gives the source n records.
func (k *kit) fill(n int) {
	for i := range n {
		k.feed.set(fmt.Sprintf("p%03d", i), product(i, 0))
	}
}

func product(i, version int) string {
	return fmt.Sprintf(`{"id":"p%03d", "name":"Product no %d", "price":{"amount":%d.50}, "tags":["a","b"], "none":null, "meta":{"changed":"2026-01-%02dT00:00:00Z"}}`, i, i, version, 1+version%28)
}

func (k *kit) run() error {
	k.t.Helper()
	if err := k.engine.Check(&k.transfer); err != nil {
		k.t.Fatal(err)
	}
	return k.runIn(k.t.Context())
}

func (k *kit) runIn(ctx context.Context) error {
	return k.engine.Run(ctx, *k.job())
}

func (k *kit) job() *model.Job {
	k.progress, k.faults = model.Progress{}, nil
	return &model.Job{
		Transfer: k.transfer, Run: "r1", Checkpoint: k.checkpoint, Source: k.source, Target: k.sink, Memory: k.brain, Stop: k.stop,
		Keep: func(_ context.Context, checkpoint []byte, p model.Progress, faults []model.TransferFault) error {
			if k.kept != nil {
				if err := k.kept(); err != nil {
					return err
				}
			}
			k.checkpoint, k.progress = slices.Clone(checkpoint), p
			k.faults = append(k.faults, faults...)
			return nil
		},
		Report: func(model.Progress) {},
	}
}

// mustRun runs and wants these counts: created, updated, unchanged, deleted, rejected, conflicts.
func (k *kit) mustRun(created, updated, unchanged, deleted, rejected, conflicts int64) {
	k.t.Helper()
	if err := k.run(); err != nil {
		k.t.Fatalf("%v (%v)", err, errors.Unwrap(err))
	}
	k.counts(created, updated, unchanged, deleted, rejected, conflicts)
}

func (k *kit) counts(created, updated, unchanged, deleted, rejected, conflicts int64) {
	k.t.Helper()
	p := k.progress
	got := [...]int64{p.Created, p.Updated, p.Unchanged, p.Deleted, p.Rejected, p.Conflicts}
	if want := [...]int64{created, updated, unchanged, deleted, rejected, conflicts}; got != want {
		k.t.Fatalf("created, updated, unchanged, deleted, rejected, conflicts: %v, want %v; %v", got, want, k.faults)
	}
}

// equal wants both sides equal and nothing sent without need.
func (k *kit) equal() {
	k.t.Helper()
	k.target.mu.Lock()
	defer k.target.mu.Unlock()
	for id, want := range k.feed.records {
		if k.target.content(k.target.records[id]) != k.target.content(want) {
			k.t.Errorf("%s: %s, want %s", id, k.target.records[id], want)
		}
	}
	for id := range k.target.records {
		if _, ok := k.feed.records[id]; !ok {
			k.t.Errorf("%s is still there", id)
		}
	}
	if len(k.target.needless) > 0 {
		k.t.Errorf("sent without need: %v", k.target.needless)
	}
	for key, e := range k.brain.entries {
		if e.Unsure {
			k.t.Errorf("%s is still unsure", key)
		}
	}
}

func (k *kit) wantCode(err error, code model.Code, says string) {
	k.t.Helper()
	if e := model.AsError(err); err == nil || e.Code != code || !strings.Contains(e.Message, says) {
		k.t.Fatalf("%v (%s), want %s: %s", err, model.CodeOf(err), code, says)
	}
}

// dice throws mishaps: one of n requests that change something, or look.
func dice(seed uint64, n int) func(r *http.Request) mishap {
	var mu sync.Mutex
	rnd := rand.New(rand.NewPCG(seed, 7))
	return func(*http.Request) mishap {
		mu.Lock()
		defer mu.Unlock()
		if rnd.IntN(n) != 0 {
			return fine
		}
		return mishap(1 + rnd.IntN(int(mishaps)-1))
	}
}

func compile(expr string) (model.Filter, error) {
	f, err := jq.Compile(expr)
	if err != nil {
		return nil, err
	}
	return f.Lines(), nil
}
