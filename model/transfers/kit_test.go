package transfers_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/clients"
	"ferry/model/hub"
	"ferry/model/modeltest"
	"ferry/model/spaces"
	"ferry/model/transfers"
	"ferry/storage/storagetest"
)

// bench is a hub on a real store with two clients, a scripted engine and files in memory.
type bench struct {
	*storagetest.Bench
	source, target model.Client
}

func newBench(t testing.TB) *bench {
	t.Helper()
	b := &bench{Bench: storagetest.NewBench(t)}
	b.source, b.target = b.client(t, "erp"), b.client(t, "shop")
	return b
}

func (b *bench) client(t testing.TB, name string) model.Client {
	t.Helper()
	saved, err := b.Clients.Create(b.Ctx, b.Space, modeltest.NoAuth(name, "https://"+name+".example.com"), "")
	if err != nil {
		t.Fatal(err)
	}
	return saved.Client
}

// export, imp and sync are drafts that can be.
func export(file string) transfers.Draft {
	return transfers.Draft{Kind: model.KindExport, Source: transfers.Side{Client: "erp", Path: "/products"}, File: model.TransferFile{Path: file}}
}

func imp(file string) transfers.Draft {
	return transfers.Draft{Kind: model.KindImport, Target: transfers.Side{Client: "shop", Path: "/products"}, File: model.TransferFile{Path: file}}
}

func syncing(name string) transfers.Draft {
	return transfers.Draft{
		Kind: model.KindSync, Name: name, Source: transfers.Side{Client: "erp", Path: "/products"},
		Target: transfers.Side{Client: "shop", Path: "/products/{sku}"}, Sync: model.Syncing{Key: "sku"},
	}
}

func (b *bench) sync(t testing.TB, d transfers.Draft) transfers.Status {
	t.Helper()
	st, err := b.Transfers.CreateSync(b.Ctx, b.Space, d, "")
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func (b *bench) find(t testing.TB, ref string) transfers.Status {
	t.Helper()
	st, err := b.Transfers.Find(b.Ctx, b.Space, ref)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// one is the only transfer there is.
func (b *bench) one(t testing.TB) transfers.Status {
	t.Helper()
	list, err := b.Transfers.List(b.Ctx, b.Space, nil)
	if err != nil || len(list) != 1 {
		t.Fatalf("there are %d transfers, %v; want one", len(list), err)
	}
	return list[0]
}

// edit changes a client as whoever operates the hub does.
func (b *bench) edit(t testing.TB, c model.Client, change func(*clients.Draft)) {
	t.Helper()
	stored, err := b.Clients.Get(b.Ctx, b.Space, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	d := clients.DraftOf(stored)
	change(&d)
	if _, err := b.Clients.Update(b.Ctx, b.Space, c.ID, d, stored.Name); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) protect(t testing.TB, on bool) {
	t.Helper()
	if _, err := b.Spaces.Update(b.Ctx, b.Space.ID, spaces.Edit{Protected: &on}, b.Space.Name); err != nil {
		t.Fatal(err)
	}
}

// running makes the state of a transfer say that it runs, as kill -9 leaves it.
func (b *bench) running(t testing.TB, id model.ID) {
	t.Helper()
	ok(t, b.Store.Update(b.Ctx, func(tx model.Tx) error {
		is, err := tx.Transfers().State(b.Space.ID, id)
		if err != nil {
			return err
		}
		is.Phase = model.PhaseRunning
		return tx.Transfers().PutState(b.Space.ID, is)
	}))
}

// log is the audit log of transfers, oldest first, one line an entry.
func (b *bench) log(t testing.TB) []string {
	t.Helper()
	entries, _, err := b.Audit.List(b.Ctx, b.Space, "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for i := range entries {
		e := &entries[len(entries)-1-i]
		if !strings.HasPrefix(e.Action, "transfer.") {
			continue
		}
		line := e.Action + " " + e.Name
		for _, ch := range e.Changes {
			if e.Action == "transfer.end" || e.Action == "transfer.run" {
				line += fmt.Sprintf(" %s=%s", ch.Field, ch.To)
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// running is a run in another goroutine.
type running struct {
	done chan struct{}
	st   transfers.Status
	err  error
}

func inBackground(run func() (transfers.Status, error)) *running {
	r := &running{done: make(chan struct{})}
	go func() {
		defer close(r.done)
		r.st, r.err = run()
	}()
	return r
}

func (r *running) wait(t testing.TB) (transfers.Status, error) {
	t.Helper()
	select {
	case <-r.done:
	case <-time.After(60 * time.Second):
		t.Fatal("the run does not end")
	}
	return r.st, r.err
}

// begun starts something that the engine holds, and waits until it has begun.
func (b *bench) begun(t testing.TB, run func() (transfers.Status, error)) (*modeltest.Hold, model.Job, *running) {
	t.Helper()
	hold := b.Mover.Hold()
	r := inBackground(run)
	j, ok := hold.Began()
	if !ok {
		t.Fatal("nothing began")
	}
	return hold, j, r
}

// until waits for a condition.
func until(t testing.TB, what string, limit time.Duration, is func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %s: %s", limit, what)
		}
	}
}

func wantField(t testing.TB, err error, field string) {
	t.Helper()
	wantCode(t, err, model.EInvalid)
	e := model.AsError(err)
	if e.Field != field || len(e.Fields) > 1 {
		t.Errorf("%q is about %q, want %q alone", e.Message, e.Field, field)
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v (%s)", err, model.CodeOf(err))
	}
}

// another is a second process on the store of b: use-cases of their own over a store of
// their own, with a clock that goes.
type another struct {
	*hub.Hub
	mover *modeltest.Mover
	files *modeltest.Files
	ctx   context.Context
}

// pair makes n processes on one store, which go by the real time.
func pair(t testing.TB, n int) []another {
	t.Helper()
	path := filepath.Join(storagetest.Dir(t), "ferry.db")
	stores := storagetest.Several(t, path, n, modeltest.FirstSpace)
	out := make([]another, n)
	for i := range out {
		a := another{mover: &modeltest.Mover{}, files: &modeltest.Files{}, ctx: model.WithActor(context.Background(), modeltest.Alice)}
		var err error
		a.Hub, err = hub.New(a.ctx, hub.Ports{
			Store: stores[i], Mover: a.mover, Files: a.files, Dir: "journals", Caller: &modeltest.Caller{},
			Now: time.Now, NewID: model.NewID, Actor: modeltest.Alice,
		}, "")
		ok(t, err)
		out[i] = a
	}
	for _, name := range []string{"erp", "shop"} {
		_, err := out[0].Clients.Create(out[0].ctx, out[0].Space, modeltest.NoAuth(name, "https://"+name+".example.com"), "")
		ok(t, err)
	}
	return out
}

var wantCode = modeltest.WantCode
