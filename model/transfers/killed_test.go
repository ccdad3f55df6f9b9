package transfers_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/transfers"
)

// The state says running, the lock is free: kill -9 leaves it so.
func TestWhatWasKilledIsInterruptedAndGoesOn(t *testing.T) {
	b := newBench(t)
	st := b.failed(t, export("p.ndjson"))
	id := st.Transfer.ID
	ok(t, b.Store.Update(b.Ctx, func(tx model.Tx) error {
		is, err := tx.Transfers().State(b.Space.ID, id)
		if err != nil {
			return err
		}
		runs, err := tx.Transfers().Runs(id)
		if err != nil {
			return err
		}
		is.Phase, is.Progress.Records, is.Code, is.Message, is.Advice = model.PhaseRunning, 8, "", "", ""
		runs[0].Phase, runs[0].Ended, runs[0].Code, runs[0].Message = model.PhaseRunning, time.Time{}, "", ""
		if err := tx.Transfers().PutRun(runs[0]); err != nil {
			return err
		}
		return tx.Transfers().PutState(b.Space.ID, is)
	}))
	if is := b.one(t); is.Phase != model.PhaseRunning {
		t.Errorf("a moment after the kill it is %s", is.Phase)
	}
	b.Clock.Pass(model.HeartbeatLimit + time.Second)
	if is := b.one(t); is.Phase != model.PhaseInterrupted {
		t.Errorf("later it is %s", is.Phase)
	}
	is, err := b.Transfers.Continue(b.Ctx, b.Space, id, transfers.Options{})
	ok(t, err)
	jobs := b.Mover.Jobs()
	if j := jobs[len(jobs)-1]; is.Phase != model.PhaseDone || j.Progress.Records != 5 || string(j.Checkpoint) != "some" {
		t.Errorf("it went on from %+v, %q", j.Progress, j.Checkpoint)
	}
	runs, err := b.Transfers.Runs(b.Ctx, id)
	if err != nil || len(runs) != 2 || runs[1].Phase != model.PhaseInterrupted || runs[1].Progress.Records != 8 || runs[1].Ended.IsZero() {
		t.Errorf("the history is %+v, %v", runs, err)
	}
}

// A killed run goes on at once: the lock says that nobody runs it, whatever the state says.
func TestPauseAndCancelOfWhatWasKilled(t *testing.T) {
	for _, cancel := range []bool{false, true} {
		b := newBench(t)
		st := b.failed(t, export("p.ndjson"))
		b.running(t, st.Transfer.ID)
		want := model.PhasePaused
		if cancel {
			want = model.PhaseCancelled
			ok(t, b.Transfers.Cancel(b.Ctx, b.Space, st.Transfer.ID))
		} else {
			ok(t, b.Transfers.Pause(b.Ctx, b.Space, st.Transfer.ID))
			ok(t, b.Transfers.Pause(b.Ctx, b.Space, st.Transfer.ID)) // it stays so
		}
		if is := b.one(t); is.Phase != want || is.State.Wish != "" {
			t.Errorf("it is %+v", is.State)
		}
	}
}

func TestAPanicOfTheEngineLeavesARunThatFailed(t *testing.T) {
	b := newBench(t)
	b.Mover.Play(func(context.Context, model.Job) error { panic("out of range") })
	func() {
		defer func() {
			if recover() != "out of range" {
				t.Error("whoever sees to panics hears nothing of it")
			}
		}()
		_, _ = b.Transfers.Start(b.Ctx, b.Space, export("p.ndjson"), transfers.Options{})
	}()
	if st := b.one(t); st.Phase != model.PhaseFailed || st.State.Code != model.EInternal || strings.Contains(st.State.Message, "range") {
		t.Errorf("it is %+v", st.State)
	}
	b.Mover.Play(nil)
	_, err := b.Transfers.Continue(b.Ctx, b.Space, b.one(t).Transfer.ID, transfers.Options{}) // the lock is free
	ok(t, err)
}

func TestAPanicOfTheEngineEndsNoServer(t *testing.T) {
	b := newBench(t)
	b.sync(t, every("prices", "every 10m"))
	b.Mover.Play(func(context.Context, model.Job) error { panic("out of range") })
	serve(t, b.Ctx, b.Transfers)
	b.Clock.Pass(10 * time.Minute)
	until(t, "that it failed", 20*time.Second, func() bool { return b.find(t, "prices").Phase == model.PhaseFailed })
	b.Mover.Play(nil)
	b.Clock.Pass(10 * time.Minute)
	until(t, "the next run", 20*time.Second, func() bool { return b.find(t, "prices").Phase == model.PhaseWaiting })
}
