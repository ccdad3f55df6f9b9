package transfers_test

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/modeltest"
	"ferry/model/transfers"
)

// serve runs what is due until the test ends.
func serve(t testing.TB, ctx context.Context, s *transfers.Service) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- s.RunDue(ctx) }()
	over := false
	stop = func() {
		cancel()
		if over {
			return
		}
		over = true
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("serving ended with %v", err)
			}
		case <-time.After(20 * time.Second):
			t.Error("serving does not end")
		}
	}
	t.Cleanup(stop)
	return stop
}

func every(name, schedule string) transfers.Draft {
	return with(syncing(name), func(d *transfers.Draft) { d.Sync.Schedule, d.Sync.Webhook = schedule, true })
}

func TestASyncRunsWhenItIsDueAndATimeThatWasMissedOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	st := b.sync(t, every("prices", "every 10m"))
	b.Mover.Play(modeltest.Moves(model.Progress{Records: 2}))
	b.Clock.Pass(35 * time.Minute) // three times were missed
	serve(t, b.Ctx, b.Transfers)
	until(t, "the missed run", 20*time.Second, func() bool {
		is := b.find(t, "prices")
		return is.State.Progress.Records == 2 && is.Phase == model.PhaseWaiting
	})
	is := b.find(t, "prices")
	if want := b.Clock.Now().Add(10 * time.Minute); !is.State.Next.Equal(want) || is.Phase != model.PhaseWaiting {
		t.Errorf("it is %s and due at %s, want %s", is.Phase, is.State.Next, want)
	}
	b.Clock.Pass(10 * time.Minute)
	until(t, "the next run", 20*time.Second, func() bool { return len(b.Mover.Jobs()) == 2 && b.find(t, "prices").Phase == model.PhaseWaiting })
	runs, err := b.Transfers.Runs(b.Ctx, st.Transfer.ID)
	if err != nil || len(runs) != 2 || runs[0].Trigger != model.TriggerSchedule {
		t.Errorf("the history is %+v, %v", runs, err)
	}
	// Nothing changed, so the log is not flooded.
	if got := b.log(t); !slices.Equal(got, []string{"transfer.create prices"}) {
		t.Errorf("audited %q", got)
	}
	b.Mover.Play(modeltest.Moves(model.Progress{Records: 2, Updated: 1}))
	b.Clock.Pass(10 * time.Minute)
	until(t, "an entry of what changed", 20*time.Second, func() bool { return len(b.log(t)) == 2 })
	if got := b.log(t)[1]; got != "transfer.end prices phase=done records=2 updated=1" {
		t.Errorf("audited %q", got)
	}
}

func TestASyncThatIsSavedWhileServingRuns(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	serve(t, b.Ctx, b.Transfers)
	b.sync(t, every("prices", "every 10m"))
	b.Clock.Pass(10 * time.Minute)
	until(t, "its first run", 20*time.Second, func() bool { return len(b.Mover.Jobs()) == 1 })
}

func TestASyncThatFailsIsTriedLessAndLessOften(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	st := b.sync(t, every("prices", "every 1s"))
	b.Mover.Play(modeltest.Fails(model.Errorf(model.EUnreachable, "no answer"), model.Progress{}))
	var waits []string
	for range 10 {
		_, err := b.Transfers.RunSync(b.Ctx, b.Space, st.Transfer.ID, model.TriggerSchedule, transfers.Options{})
		wantCode(t, err, model.EUnreachable)
		is := b.find(t, "prices")
		waits = append(waits, is.State.Next.Sub(b.Clock.Now()).String())
		if is.Phase != model.PhaseFailed {
			t.Errorf("it is %s", is.Phase)
		}
		b.Clock.Pass(time.Hour)
	}
	if got := strings.Join(waits, " "); got != "1s 30s 1m0s 2m0s 4m0s 8m0s 16m0s 30m0s 30m0s 30m0s" {
		t.Errorf("it waits %s", got)
	}
	b.Mover.Play(nil)
	_, err := b.Transfers.RunSync(b.Ctx, b.Space, st.Transfer.ID, model.TriggerSchedule, transfers.Options{})
	ok(t, err)
	if is := b.find(t, "prices"); is.State.Next.Sub(b.Clock.Now()) != time.Second || is.Phase != model.PhaseWaiting {
		t.Errorf("after a good run it is %+v", is.State)
	}
}

func TestATriggerRunsASyncAtOnceAndOnceMoreAfterARun(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	st := b.sync(t, every("prices", ""))
	hold := b.Mover.Hold()
	serve(t, b.Ctx, b.Transfers)
	ok(t, b.Transfers.Trigger(b.As(), b.Space, st.Transfer.ID, model.TriggerWebhook))
	if _, began := hold.Began(); !began {
		t.Fatal("it does not run")
	}
	for range 3 {
		ok(t, b.Transfers.Trigger(b.As(), b.Space, st.Transfer.ID, model.TriggerWebhook))
	}
	ok(t, hold.End(nil))
	if _, began := hold.Began(); !began {
		t.Fatal("it does not run once more")
	}
	ok(t, hold.End(nil))
	until(t, "the end", 20*time.Second, func() bool { return b.find(t, "prices").Phase == model.PhaseWaiting })
	time.Sleep(200 * time.Millisecond) // for a third run to begin, which must not
	runs, err := b.Transfers.Runs(b.Ctx, st.Transfer.ID)
	if err != nil || len(runs) != 2 || runs[0].Trigger != model.TriggerWebhook || runs[0].By != "caller" {
		t.Errorf("the history is %+v, %v", runs, err)
	}
}

func TestASyncWhoseClientIsDisabledWaitsForIt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.sync(t, every("prices", "every 10m"))
	_, err := b.Clients.SetState(b.Ctx, b.Space, b.target.ID, model.Disabled, "")
	ok(t, err)
	serve(t, b.Ctx, b.Transfers)
	for n := range 3 {
		b.Clock.Pass(10 * time.Minute)
		until(t, "that it is held", 20*time.Second, func() bool {
			is := b.find(t, "prices")
			return is.Phase == model.PhasePaused && is.State.Code == model.EDisabled && is.State.Next.After(b.Clock.Now())
		})
		if got := b.log(t); len(got) != 2 || !strings.Contains(got[1], "code=disabled") {
			t.Errorf("the %d. time: audited %q", n+1, got)
		}
	}
	if len(b.Mover.Jobs()) != 0 {
		t.Error("it ran")
	}
	_, err = b.Clients.SetState(b.Ctx, b.Space, b.target.ID, model.Active, "")
	ok(t, err)
	b.Clock.Pass(10 * time.Minute)
	until(t, "that it runs again", 20*time.Second, func() bool {
		is := b.find(t, "prices")
		return len(b.Mover.Jobs()) == 1 && is.Phase == model.PhaseWaiting && is.State.Code == ""
	})
}

func TestARunThatAServerBrokeOffIsTakenUpByTheNext(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	st := b.sync(t, every("prices", ""))
	hold := b.Mover.Hold()
	stop := serve(t, b.Ctx, b.Transfers)
	ok(t, b.Transfers.Trigger(b.Ctx, b.Space, st.Transfer.ID, model.TriggerWebhook))
	if _, began := hold.Began(); !began {
		t.Fatal("it does not run")
	}
	stop()
	if is := b.find(t, "prices"); is.Phase != model.PhaseInterrupted || is.State.Wish != model.WishRun {
		t.Errorf("it is %+v", is.State)
	}
	b.Mover.Play(nil)
	serve(t, b.Ctx, b.Transfers)
	until(t, "the end of the run", 20*time.Second, func() bool { return b.find(t, "prices").Phase == model.PhaseWaiting })

	// One that was killed leaves no wish: its state says running, and nobody reports.
	ok(t, b.Store.Update(b.Ctx, func(tx model.Tx) error {
		is, err := tx.Transfers().State(b.Space.ID, st.Transfer.ID)
		if err != nil {
			return err
		}
		is.Phase, is.Reported = model.PhaseRunning, b.Clock.Now().Add(-time.Minute)
		return tx.Transfers().PutState(b.Space.ID, is)
	}))
	until(t, "the run after the kill", 20*time.Second, func() bool {
		return len(b.Mover.Jobs()) == 3 && b.find(t, "prices").Phase == model.PhaseWaiting
	})
}

func TestAFewSyncsRunAtOnceAndTheOthersAfterThem(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
		b.sync(t, every(name, "every 10m"))
	}
	var now, most atomic.Int32
	b.Mover.Play(func(ctx context.Context, _ model.Job) error {
		n := now.Add(1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		select {
		case <-time.After(150 * time.Millisecond):
		case <-ctx.Done():
		}
		now.Add(-1)
		return ctx.Err()
	})
	b.Clock.Pass(10 * time.Minute)
	serve(t, b.Ctx, b.Transfers)
	until(t, "all of them", 20*time.Second, func() bool { return len(b.Mover.Jobs()) == 6 })
	if got := most.Load(); got > 4 || got < 2 {
		t.Errorf("%d ran at once", got)
	}
}

// Two servers, each a process of its own on one file: every time that is due is one run.
func TestTwoServersNeverRunOneSyncTwice(t *testing.T) {
	t.Parallel()
	p := pair(t, 2)
	var now, rounds atomic.Int32
	script := func(ctx context.Context, _ model.Job) error {
		if now.Add(1) > 1 {
			t.Error("it runs twice at once")
		}
		rounds.Add(1)
		time.Sleep(5 * time.Millisecond)
		now.Add(-1)
		return nil
	}
	st, err := p[0].Transfers.CreateSync(p[0].ctx, p[0].Space, every("prices", ""), "")
	ok(t, err)
	for i := range p {
		p[i].mover.Play(script)
		serve(t, p[i].ctx, p[i].Transfers)
	}
	for n := range int32(20) {
		ok(t, p[n%2].Transfers.Trigger(p[0].ctx, p[0].Space, st.Transfer.ID, model.TriggerWebhook))
		until(t, "a round", 20*time.Second, func() bool {
			is, err := p[0].Transfers.Find(p[0].ctx, p[0].Space, "prices")
			return err == nil && rounds.Load() > n && is.Phase == model.PhaseWaiting
		})
	}
	time.Sleep(100 * time.Millisecond) // for a run too many
	runs, err := p[0].Transfers.Runs(p[0].ctx, st.Transfer.ID)
	if got := rounds.Load(); got != 20 || err != nil || len(runs) != 20 {
		t.Errorf("20 rounds were %d runs, %d in the history, %v", got, len(runs), err)
	}
}

// The same by the clock: two servers that see the same time come.
func TestTwoServersShareASchedule(t *testing.T) {
	t.Parallel()
	p := pair(t, 2)
	var rounds atomic.Int32
	for i := range p {
		p[i].mover.Play(func(context.Context, model.Job) error { rounds.Add(1); return nil })
	}
	st, err := p[0].Transfers.CreateSync(p[0].ctx, p[0].Space, every("prices", "every 200ms"), "")
	ok(t, err)
	began := st.State.Next
	for i := range p {
		serve(t, p[i].ctx, p[i].Transfers)
	}
	until(t, "eight rounds", 20*time.Second, func() bool { return rounds.Load() >= 8 })
	most := int32(time.Since(began)/(200*time.Millisecond)) + 1
	if got := rounds.Load(); got > most {
		t.Errorf("%d runs where %d were due", got, most)
	}
}
