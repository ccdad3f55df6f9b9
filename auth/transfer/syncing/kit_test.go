package syncing

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ferry/auth/call"
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
	k.source, k.sink = k.serve("erp", k.feed, 15*time.Second), k.serve("shop", k.target, 15*time.Second)
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

// serve starts a server, and makes a link to it that gives up when nothing comes for so long.
func (k *kit) serve(name string, h http.Handler, patience time.Duration) *link {
	srv := httptest.NewServer(h)
	srv.Config.ErrorLog = nil
	caller := call.New(call.Options{Version: "1", Pool: wire.NewPool(wire.Limits{Total: 20 * time.Second, FirstByte: patience})})
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

func compile(expr string) (model.Filter, error) {
	f, err := jq.Compile(expr)
	if err != nil {
		return nil, err
	}
	return f.Lines(), nil
}
