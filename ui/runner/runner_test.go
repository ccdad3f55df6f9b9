package runner_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/modeltest"
	"ferry/model/transfers"
	"ferry/storage/storagetest"
	"ferry/ui/runner"
)

// world is a hub on a real store with a scripted engine, and a runner.
type world struct {
	t    *testing.T
	ctx  context.Context
	door *modeltest.Door
	hub  *hub.Hub
	run  *runner.Runner
}

func newWorld(t *testing.T) *world {
	t.Helper()
	store, _ := storagetest.NewWithSpace(t)
	door := modeltest.NewDoor(store)
	h, err := door.Open(context.Background(), model.Key{})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, ctx: h.Context(context.Background()), door: door, hub: h}
	if _, err := h.Clients.Create(w.ctx, h.Space, modeltest.NoAuth("erp", "https://erp.example.com"), ""); err != nil {
		t.Fatal(err)
	}
	w.run = runner.New(w.ctx, func(fn func()) { go fn() })
	t.Cleanup(func() { w.run.Close(5 * time.Second) })
	return w
}

func draft(file string) transfers.Draft {
	return transfers.Draft{Kind: model.KindExport, Source: transfers.Side{Client: "erp", Path: "/products"}, File: model.TransferFile{Path: file}}
}

// held starts an export that waits to be told what to do.
func (w *world) held(file string) (transfers.Status, *modeltest.Hold) {
	w.t.Helper()
	hold := w.door.Mover.Hold()
	s, err := w.run.Start(w.ctx, w.hub, draft(file), transfers.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	if _, ok := hold.Began(); !ok {
		w.t.Fatal("the job did not begin")
	}
	return s, hold
}

// news waits until the news satisfy cond.
func (w *world) news(what string, cond func(runner.News) bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, 5*time.Second)
	defer cancel()
	for {
		n, ok := w.run.Next(ctx)
		if !ok {
			w.t.Fatalf("waited in vain for %s", what)
		}
		if cond(n) {
			return
		}
	}
}

func (w *world) phase(id model.ID) model.TransferPhase {
	w.t.Helper()
	s, err := w.hub.Transfers.Find(w.ctx, w.hub.Space, string(id))
	if err != nil {
		w.t.Fatal(err)
	}
	return s.Phase
}

func TestARunGoesOnAfterWhoeverBeganItLeft(t *testing.T) {
	w := newWorld(t)
	hold := w.door.Mover.Hold()
	ctx, leave := context.WithCancel(w.ctx)
	s, err := w.run.Start(ctx, w.hub, draft("a.ndjson"), transfers.Options{})
	if err != nil || s.Transfer.ID == "" {
		t.Fatalf("%+v: %v", s, err)
	}
	leave()
	if _, ok := hold.Began(); !ok {
		t.Fatal("the job did not begin")
	}
	w.news("that it runs", func(n runner.News) bool { return len(n.Running) == 1 && n.Running[0].Transfer.ID == s.Transfer.ID })
	if err := hold.Keep(model.Progress{Records: 7}); err != nil {
		t.Fatal(err)
	}
	if err := hold.End(nil); err != nil {
		t.Fatal(err)
	}
	w.news("its end", func(n runner.News) bool { return len(n.Ended) == 1 && n.Ended[0].Err == nil && len(n.Running) == 0 })
	if p := w.phase(s.Transfer.ID); p != model.PhaseDone {
		t.Errorf("it is %s", p)
	}
}

// What keeps a run from beginning is told to whoever began it, and is no news.
func TestWhatCannotBeginIsAnErrorAndNoNews(t *testing.T) {
	w := newWorld(t)
	if _, err := w.run.Start(w.ctx, w.hub, transfers.Draft{Kind: model.KindExport}, transfers.Options{}); model.CodeOf(err) != model.EInvalid {
		t.Fatalf("error %v", err)
	}
	n, ok := w.run.Next(w.ctx)
	if !ok || len(n.Ended)+len(n.Running) > 0 {
		t.Errorf("news %+v", n)
	}
}

func TestAFailureIsNews(t *testing.T) {
	w := newWorld(t)
	s, hold := w.held("a.ndjson")
	refused := model.Errorf(model.EUnreachable, "refused")
	if err := hold.End(refused); err != nil {
		t.Fatal(err)
	}
	w.news("the failure", func(n runner.News) bool {
		return len(n.Ended) == 1 && model.CodeOf(n.Ended[0].Err) == model.EUnreachable
	})
	if p := w.phase(s.Transfer.ID); p != model.PhaseFailed {
		t.Errorf("it is %s", p)
	}
	if _, err := w.run.Continue(w.ctx, w.hub, s.Transfer.ID, transfers.Options{}); err != nil {
		t.Fatal(err)
	}
	if _, ok := hold.Began(); !ok {
		t.Fatal("it did not go on")
	}
}

// Leaving pauses what runs, durably, and tells what can be gone on with.
func TestClosePausesAndTheNextConsoleGoesOn(t *testing.T) {
	w := newWorld(t)
	a, hold := w.held("a.ndjson")
	if err := hold.Keep(model.Progress{Records: 7}); err != nil {
		t.Fatal(err)
	}
	left := w.run.Close(5 * time.Second)
	if len(left) != 1 || left[0].Transfer.ID != a.Transfer.ID || w.phase(a.Transfer.ID) != model.PhasePaused {
		t.Fatalf("%d left, it is %s", len(left), w.phase(a.Transfer.ID))
	}
	if _, err := w.run.Start(w.ctx, w.hub, draft("b.ndjson"), transfers.Options{}); model.CodeOf(err) != model.EInterrupted {
		t.Errorf("a run began in a console that is being left: %v", err)
	}
	if again := w.run.Close(time.Second); len(again) != 0 {
		t.Errorf("%d left at the second time", len(again))
	}
	next := runner.New(w.ctx, func(fn func()) { go fn() })
	defer next.Close(5 * time.Second)
	if _, err := next.Continue(w.ctx, w.hub, a.Transfer.ID, transfers.Options{}); err != nil {
		t.Fatal(err)
	}
	if j, ok := hold.Began(); !ok || j.Progress.Records != 7 {
		t.Errorf("it did not go on from what was kept: %+v", j.Progress)
	}
}

// A run that does not stop is given up after the limit: leaving never hangs.
func TestCloseGivesUpWhatDoesNotStop(t *testing.T) {
	w := newWorld(t)
	began, gone := make(chan struct{}), make(chan struct{})
	w.door.Mover.Play(func(ctx context.Context, j model.Job) error {
		close(began)
		<-ctx.Done() // it does not listen to Stop
		close(gone)
		return ctx.Err()
	})
	if _, err := w.run.Start(w.ctx, w.hub, draft("a.ndjson"), transfers.Options{}); err != nil {
		t.Fatal(err)
	}
	<-began
	if left := w.run.Close(50 * time.Millisecond); len(left) != 1 {
		t.Errorf("%d left", len(left))
	}
	select {
	case <-gone:
	case <-time.After(5 * time.Second):
		t.Error("it runs on")
	}
}

// A panic in a run is seen to by whoever spawns it, and nobody waits for ever.
func TestAPanicLeavesNobodyWaiting(t *testing.T) {
	w := newWorld(t)
	var seen sync.WaitGroup
	seen.Add(1)
	run := runner.New(w.ctx, func(fn func()) {
		go func() {
			defer seen.Done()
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			fn()
		}()
	})
	w.door.Mover.Play(func(context.Context, model.Job) error { panic("canary") })
	_, err := run.Start(w.ctx, w.hub, draft("a.ndjson"), transfers.Options{})
	seen.Wait()
	if err != nil && model.CodeOf(err) != model.EInternal {
		t.Errorf("error %v", err)
	}
	run.Close(time.Second)
}

func TestNextEndsWithItsContext(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(w.ctx)
	cancel()
	if _, ok := w.run.Next(ctx); ok || !errors.Is(ctx.Err(), context.Canceled) {
		t.Error("news after the end")
	}
}
