package syncing

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ferry/model"
)

// The line: a source of which 1 % changes each round, a target that fails at random:
// after quiescence both sides are equal, and no record was sent without need.
func TestSyncRounds(t *testing.T) { rounds(t, 12, 300, 1, false) }

// The same at a target that sets the time of change itself.
func TestSyncRoundsStamped(t *testing.T) { rounds(t, 12, 300, 2, true) }

func rounds(t *testing.T, rounds, records int, seed uint64, stamps bool) {
	k := newKit(t)
	k.target.etags, k.target.stamps = true, stamps
	k.transfer.Source.Query = []model.Param{{Name: "size", Value: "100"}}
	k.fill(records)
	k.quiet()
	k.equal()
	rnd := rand.New(rand.NewPCG(seed, 1))
	failures, retries := 0, int64(0)
	for round := range rounds {
		k.target.fail(dice(seed+uint64(round), 3))
		if round%4 == 3 { // hardly anything gets through: the run ends in an error
			k.target.fail(dice(seed+uint64(1000+round), 1))
		}
		changed := max(3, records/100)
		for range changed {
			i := rnd.IntN(records + 20)
			if id := fmt.Sprintf("p%03d", i); rnd.IntN(5) == 0 {
				k.feed.drop(id)
			} else {
				k.feed.set(id, product(i, round+1))
			}
		}
		if err := k.run(); err != nil {
			failures++
		}
		retries += k.progress.Retries
		k.target.fail(nil)
		k.quiet()
		k.equal()
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
	if failures == 0 || retries == 0 {
		t.Fatalf("%d failures, %d retries: nothing went wrong, so nothing is shown", failures, retries)
	}
	t.Logf("%d rounds over %d records: %d runs failed, %d retries, %d requests wrote, %d looked, none without need", rounds, records, failures, retries, len(k.target.sent), k.target.methods["GET"])
}

// quiet runs until there is nothing left to do.
func (k *kit) quiet() {
	k.t.Helper()
	for range 5 {
		if err := k.run(); err != nil {
			k.t.Fatalf("%v (%v) %+v", err, errors.Unwrap(err), k.faults)
		}
		if p := k.progress; p.Created+p.Updated+p.Deleted+p.Rejected == 0 {
			return
		}
	}
	k.t.Fatalf("it does not come to rest: %+v", k.progress)
}

var errKilled = errors.New("killed")

// A process that dies between any two steps (a save, a checkpoint, a request, before it
// arrives or after) and starts again: the same comes of it, and nothing is sent twice.
func TestSyncKilledAnywhere(t *testing.T) {
	apart := 1
	if testing.Short() {
		apart = 3
	}
	for _, kind := range []struct{ etags, stamps, fresh bool }{{}, {etags: true}, {etags: true, stamps: true}, {stamps: true, fresh: true}} {
		var steps int
		for at := 0; ; at += apart {
			k := newKit(t)
			k.target.etags, k.target.stamps = kind.etags, kind.stamps
			k.transfer.Write.Parallel = 1 // so that nothing else is in flight, to arrive after the look-up
			k.fill(6)
			if !kind.fresh {
				k.mustRun(6, 0, 0, 0, 0, 0)
			}
			k.feed.set("p001", product(1, 1))
			k.feed.set("p002", product(2, 1))
			k.feed.set("p100", product(100, 1))
			k.feed.drop("p003")
			n := k.killAt(at)
			if n <= at {
				steps = n
				break
			}
			k.feed.set("p002", product(2, 2)) // and the source goes on
			k.quiet()
			k.equal()
			k.sameWrites(4)
			if t.Failed() {
				t.Fatalf("%+v, killed at step %d", kind, at)
			}
		}
		if steps < 15 {
			t.Errorf("only %d steps", steps)
		}
	}
}

// killAt runs until step n, at which everything ends, and returns how many steps there were.
func (k *kit) killAt(n int) int {
	ctx, cancel := context.WithCancel(k.t.Context())
	defer cancel()
	count := 0
	step := func() error {
		k.mu.Lock()
		defer k.mu.Unlock()
		if ctx.Err() != nil {
			return errKilled
		}
		if count++; count == n+1 {
			cancel()
			return errKilled
		}
		return nil
	}
	set := func(f func() error) {
		k.source.before, k.sink.before, k.sink.after = f, f, f
		k.brain.before, k.brain.after, k.kept = f, f, f
	}
	set(step)
	_ = k.runIn(ctx)
	set(nil)
	return count
}

// sameWrites wants at most n writes of a record since the beginning, besides its first: each
// version once.
func (k *kit) sameWrites(n int) {
	k.t.Helper()
	for id, version := range k.target.versions {
		if version > n {
			k.t.Errorf("%s was written %d times", id, version)
		}
	}
}

// A stop finishes what is in flight, keeps it, and sends nothing more.
func TestSyncStops(t *testing.T) {
	k := newKit(t)
	k.fill(40)
	k.transfer.Write.Parallel = 2
	sent := 0
	k.sink.after = func() error {
		k.mu.Lock()
		defer k.mu.Unlock()
		if sent++; sent == 11 {
			close(k.stop)
		}
		return nil
	}
	if err := k.run(); !errors.Is(err, model.ErrStopped) {
		t.Fatal(err)
	}
	k.sink.after = nil
	if n := len(k.target.records); n == 0 || n > 12 || int64(n) != k.progress.Created || len(k.brain.entries) != n {
		t.Fatalf("%d records, %+v, %d entries", n, k.progress, len(k.brain.entries))
	}
	for key, e := range k.brain.entries {
		if e.Unsure {
			t.Errorf("%s is unsure", key)
		}
	}
	k.stop = make(chan struct{})
	k.quiet()
	k.equal()
}

// A client that is disabled in the middle ends the run in its own words.
func TestSyncClientDisabled(t *testing.T) {
	k := newKit(t)
	k.fill(30)
	sent := 0
	k.sink.before = func() error {
		k.mu.Lock()
		defer k.mu.Unlock()
		if sent++; sent > 20 {
			return model.Errorf(model.EDisabled, "the client shop is disabled")
		}
		return nil
	}
	k.wantCode(k.run(), model.EDisabled, "shop is disabled")
	k.sink.before = nil
	k.quiet()
	k.equal()
}

// A target that does not answer ends the run after the last attempt; what may have arrived
// is looked up by the next one.
func TestSyncTargetDown(t *testing.T) {
	k := newKit(t)
	k.fill(10)
	k.target.fail(func(r *http.Request) mishap {
		if r.Method == "GET" {
			return busy503
		}
		return resetAfter
	})
	k.wantCode(k.run(), model.EUpstream, "503")
	if f := k.faults[0]; f.Kind != model.FaultFailed || f.Key == "" {
		t.Errorf("%+v", f)
	}
	k.target.fail(nil)
	k.quiet()
	k.equal()
	k.target.fail(func(*http.Request) mishap { return resetAfter })
	k.feed.set("p001", product(1, 1))
	if err := k.run(); model.CodeOf(err) != model.EUnreachable && model.CodeOf(err) != model.EUpstream {
		t.Errorf("%v", err)
	}
	k.target.fail(func(*http.Request) mishap { return many429 })
	k.wantCode(k.run(), model.EUpstream, "429")
	k.target.fail(nil)
	k.mustRun(0, 0, 10, 0, 0, 0)
	k.equal()
}

// A write that was applied and not answered in time is not sent again.
func TestSyncTargetSlow(t *testing.T) {
	k := newKit(t)
	k.sink = k.serve("shop", k.target, time.Second)
	k.fill(3)
	k.quiet()
	k.feed.set("p001", product(1, 1))
	var slow atomic.Bool
	k.target.fail(func(r *http.Request) mishap {
		if r.Method == "PUT" && slow.CompareAndSwap(false, true) {
			return slowAfter
		}
		return fine
	})
	k.mustRun(0, 1, 2, 0, 0, 0)
	if k.equal(); !slow.Load() || k.progress.Retries != 1 {
		t.Errorf("%+v", k.progress)
	}
}

// A POST whose outcome is not known, at a target that shows nothing, is uncertain and not made again.
func TestSyncUncertain(t *testing.T) {
	k := newKit(t)
	k.fill(3)
	k.transfer.Write.Method, k.target.noGet = "POST", true
	lost := false
	var mu sync.Mutex
	k.target.fail(func(r *http.Request) mishap {
		mu.Lock()
		defer mu.Unlock()
		if r.Method == "POST" && r.URL.Path == "/items/p001" && !lost {
			lost = true
			return resetAfter
		}
		return fine
	})
	for range 2 {
		if err := k.run(); err != nil {
			t.Fatal(err)
		}
		if f := k.faults; k.progress.Uncertain != 1 || len(f) != 1 || f[0].Kind != model.FaultUncertain || f[0].Key != "p001" {
			t.Fatalf("%+v %+v", k.progress, f)
		}
	}
	k.target.noGet = false
	k.mustRun(0, 0, 3, 0, 0, 0)
	k.equal()
	if i := slices.Index(k.target.sent, "POST p001"); slices.Contains(k.target.sent[i+1:], "POST p001") {
		t.Error("made twice")
	}
}

// A page that breaks off after records of it were sent comes again: nothing is sent twice, and
// no key counts as there twice.
func TestSyncPageComesAgain(t *testing.T) {
	full, text := maxPending, "" // after so many records they are sent
	if testing.Short() {
		full = 400
		text = strings.Repeat("x", maxHeld/full) // they are long instead
	}
	size := full + full/8
	k := newKit(t)
	k.brain.entries["other"] = model.SyncEntry{Key: "other"} // so that new records are not looked up
	k.checkpoint = checkpoint{Target: targetOf(&k.transfer)}.bytes()
	r, err := k.engine.prepare(t.Context(), k.job())
	if err != nil {
		t.Fatal(err)
	}
	defer r.halt()
	v := &visitor{r, t.Context()}
	for round := range 3 {
		if err := v.Begin(1, round > 0); err != nil {
			t.Fatal(err)
		}
		for i := range size {
			if i == full*7/20 && round == 1 {
				break
			}
			if err := v.Record([]byte(strings.Replace(product(i, 0), "Product", "Product"+text, 1))); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := r.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(k.target.needless) > 0 || len(k.target.sent) != size || len(v.page.faults) > 0 || r.records != int64(size) || v.page.unchanged != 0 {
		t.Errorf("%d needless, %d sent, %v, %d records, %d unchanged", len(k.target.needless), len(k.target.sent), v.page.faults, r.records, v.page.unchanged)
	}
}
