package transfers_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/clients"
	"ferry/model/modeltest"
	"ferry/model/transfers"
)

func TestAnExportRunsToItsEnd(t *testing.T) {
	b := newBench(t)
	b.Mover.Play(modeltest.Moves(model.Progress{Records: 3, Pages: 1, Bytes: 30}))
	var told []transfers.Status
	st, err := b.Transfers.Start(b.Ctx, b.Space, export("products.ndjson"), transfers.Options{Report: func(s transfers.Status) { told = append(told, s) }})
	ok(t, err)
	if st.Phase != model.PhaseDone || st.State.Progress.Records != 3 || st.Title() != "erp /products → products.ndjson" {
		t.Errorf("it is %+v", st)
	}
	if n := len(told); n == 0 || told[n-1].Phase != model.PhaseDone {
		t.Errorf("told %d times: %+v", n, told)
	}
	stored := b.one(t)
	if stored.Phase != model.PhaseDone || stored.State.Checkpoint != nil || stored.State.Ended.IsZero() || stored.Transfer.File.Format != model.NDJSON {
		t.Errorf("stored is %+v", stored)
	}
	runs, err := b.Transfers.Runs(b.Ctx, stored.Transfer.ID)
	ok(t, err)
	if len(runs) != 1 || runs[0].Phase != model.PhaseDone || runs[0].Progress.Records != 3 || runs[0].By != "alice" || runs[0].Trigger != model.TriggerPerson {
		t.Errorf("the history is %+v", runs)
	}
	want := []string{
		"transfer.create erp /products → products.ndjson", "transfer.run erp /products → products.ndjson trigger=manual by=alice",
		"transfer.end erp /products → products.ndjson phase=done records=3",
	}
	if got := b.log(t); !slices.Equal(got, want) {
		t.Errorf("audited %q", got)
	}
}

func TestCtrlCPausesAndResumeGoesOnFromTheCheckpoint(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx, cancel := context.WithCancel(b.Ctx)
	hold, j, r := b.begun(t, func() (transfers.Status, error) {
		return b.Transfers.Start(ctx, b.Space, export("p.ndjson"), transfers.Options{})
	})
	if j.Checkpoint != nil || j.Source == nil || j.Target != nil {
		t.Errorf("the job is %+v", j)
	}
	ok(t, hold.Keep(model.Progress{Records: 10}))
	ok(t, hold.Report(model.Progress{Records: 17}))
	cancel()
	st, err := r.wait(t)
	wantCode(t, err, model.EInterrupted)
	if st.Phase != model.PhasePaused || st.State.Code != model.EInterrupted {
		t.Errorf("it is %+v", st)
	}
	_, err = b.Transfers.Start(b.Ctx, b.Space, export("p.ndjson"), transfers.Options{})
	wantCode(t, err, model.EExists)
	hold, j, r = b.begun(t, func() (transfers.Status, error) {
		return b.Transfers.Start(b.Ctx, b.Space, export("p.ndjson"), transfers.Options{Resume: true})
	})
	if string(j.Checkpoint) != "kept" || j.Progress.Records != 10 {
		t.Errorf("it goes on from %q, %d records", j.Checkpoint, j.Progress.Records)
	}
	ok(t, hold.End(nil))
	st, err = r.wait(t)
	ok(t, err)
	if st.Phase != model.PhaseDone || st.Transfer.ID != b.one(t).Transfer.ID {
		t.Errorf("it is %+v", st)
	}
}

// wishes are what somebody else may do to a run, and how it ends then.
func TestARunEndsAsSomebodyWishes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		wish  func(b *bench, id model.ID, stop chan struct{}) error
		code  model.Code
		phase model.TransferPhase
	}{
		"pause":  {func(b *bench, id model.ID, _ chan struct{}) error { return b.Transfers.Pause(b.Ctx, b.Space, id) }, model.EPaused, model.PhasePaused},
		"cancel": {func(b *bench, id model.ID, _ chan struct{}) error { return b.Transfers.Cancel(b.Ctx, b.Space, id) }, model.EPaused, model.PhaseCancelled},
		"stop":   {func(_ *bench, _ model.ID, stop chan struct{}) error { close(stop); return nil }, model.EInterrupted, model.PhasePaused},
		"disable": {func(b *bench, _ model.ID, _ chan struct{}) error {
			_, err := b.Clients.SetState(b.Ctx, b.Space, b.source.ID, model.Disabled, "")
			return err
		}, model.EDisabled, model.PhasePaused},
		"point elsewhere": {func(b *bench, _ model.ID, _ chan struct{}) error {
			stored, err := b.Clients.Get(b.Ctx, b.Space, b.source.ID)
			if err != nil {
				return err
			}
			d := clients.DraftOf(stored)
			d.BaseURL = "https://elsewhere.example.com"
			_, err = b.Clients.Update(b.Ctx, b.Space, stored.ID, d, "")
			return err
		}, model.EDisabled, model.PhasePaused},
		"delete": {func(b *bench, _ model.ID, _ chan struct{}) error {
			return b.Clients.Delete(b.Ctx, b.Space, b.source.ID, "erp")
		}, model.EDisabled, model.PhasePaused},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			part, err := b.Files.Part("/home/alice/p.ndjson")
			ok(t, err)
			ok(t, part.Close())
			stop := make(chan struct{})
			hold, j, r := b.begun(t, func() (transfers.Status, error) {
				return b.Transfers.Start(b.Ctx, b.Space, export("p.ndjson"), transfers.Options{Stop: stop})
			})
			ok(t, hold.Keep(model.Progress{Records: 4}))
			ok(t, c.wish(b, j.Transfer.ID, stop))
			st, err := r.wait(t)
			wantCode(t, err, c.code)
			stored := b.one(t)
			if st.Phase != c.phase || stored.Phase != c.phase || stored.State.Code != c.code || stored.State.Message == "" || stored.State.Wish != "" {
				t.Errorf("it is %+v", stored.State)
			}
			_, part2 := b.Files.PartText("p.ndjson")
			if gone := c.phase == model.PhaseCancelled; gone == part2 || gone != (stored.State.Checkpoint == nil) {
				t.Errorf("the unfinished file is there: %v; the checkpoint is %q", part2, stored.State.Checkpoint)
			}
			if lines := b.log(t); !strings.Contains(lines[len(lines)-1], "transfer.end") || !strings.Contains(lines[len(lines)-1], "records=4") {
				t.Errorf("audited %q", lines)
			}
		})
	}
}

func TestAnEditThatStaysAtTheOriginStopsNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	hold, _, r := b.begun(t, func() (transfers.Status, error) {
		return b.Transfers.Start(b.Ctx, b.Space, export("p.ndjson"), transfers.Options{})
	})
	b.edit(t, b.source, func(d *clients.Draft) { d.BaseURL += "/v2" })
	b.Clock.Pass(time.Second)
	until(t, "a heartbeat after the edit", 20*time.Second, func() bool {
		return b.one(t).State.Reported.Equal(b.Clock.Now())
	})
	ok(t, hold.End(nil))
	_, err := r.wait(t)
	ok(t, err)
}

func TestHowARunEndsFollowsFromWhatTheEngineReturns(t *testing.T) {
	t.Parallel()
	for code, phase := range map[model.Code]model.TransferPhase{
		model.EUnreachable: model.PhaseFailed, model.ETimeout: model.PhaseFailed, model.EUpstream: model.PhaseFailed, model.EInvalid: model.PhaseFailed,
		model.ENotFound: model.PhaseFailed, model.ERejected: model.PhaseFailed, model.EInternal: model.PhaseFailed, model.EExists: model.PhaseFailed,
		model.ENoSpace: model.PhasePaused, model.EDisabled: model.PhasePaused, model.EProtected: model.PhasePaused, model.EIncomplete: model.PhasePaused,
	} {
		t.Run(string(code), func(t *testing.T) {
			b := newBench(t)
			b.Mover.Play(modeltest.Fails(model.Errorf(code, "it went wrong").WithNext("mend it"), model.Progress{Records: 2}))
			st, err := b.Transfers.Start(b.Ctx, b.Space, export("p.ndjson"), transfers.Options{})
			if wantCode(t, err, code) != "it went wrong" {
				t.Errorf("it says %v", err)
			}
			stored := b.one(t)
			if st.Phase != phase || stored.Phase != phase || stored.State.Code != code || stored.State.Message != "it went wrong" {
				t.Errorf("it is %+v", stored.State)
			}
			if advice := stored.State.Advice; !strings.HasPrefix(advice, "mend it; then ") || !strings.Contains(advice, "ferry transfer resume "+string(st.Transfer.ID)) {
				t.Errorf("it advises %q", advice)
			}
			b.Mover.Play(nil)
			if st, err = b.Transfers.Continue(b.Ctx, b.Space, st.Transfer.ID, transfers.Options{}); err != nil || st.Phase != model.PhaseDone || st.State.Code != "" {
				t.Errorf("gone on, it is %+v, %v", st.State, err)
			}
		})
	}
}

func TestWhatIsKeptIsDurableBeforeTheNextIsTaken(t *testing.T) {
	b := newBench(t)
	b.Mover.Play(func(ctx context.Context, j model.Job) error {
		for n := int64(1); n <= 20; n++ {
			fault := model.TransferFault{Record: n, Kind: model.FaultRejected, Reason: "no\x1b[31m " + strings.Repeat("x", 400)}
			if err := j.Keep(ctx, []byte{byte(n)}, model.Progress{Records: n}, []model.TransferFault{fault}); err != nil {
				return err
			}
			var st model.TransferState
			var faults []model.TransferFault
			err := b.Store.View(ctx, func(tx model.Tx) (err error) {
				if st, err = tx.Transfers().State(b.Space.ID, j.Transfer.ID); err != nil {
					return err
				}
				faults, err = tx.Transfers().Faults(b.Space.ID, j.Transfer.ID)
				return err
			})
			if err != nil || st.Kept.Records != n || st.Progress.Records != n || st.Checkpoint[0] != byte(n) || int64(len(faults)) != n || faults[0].Record != n {
				t.Errorf("after %d: %+v, %d faults, %v", n, st, len(faults), err)
			}
			if r := faults[0].Reason; strings.ContainsRune(r, 0x1b) || len([]rune(r)) > 300 || faults[0].At.IsZero() {
				t.Errorf("the fault is %+v", faults[0])
			}
		}
		return nil
	})
	_, err := b.Transfers.Start(b.Ctx, b.Space, export("p.ndjson"), transfers.Options{})
	ok(t, err)
}

func TestOfFaultsTheNewestAreKept(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Mover.Play(func(ctx context.Context, j model.Job) error {
		for n := range int64(model.MaxFaults + 10) {
			b.Clock.Pass(time.Second)
			if err := j.Keep(ctx, nil, model.Progress{}, []model.TransferFault{{Record: n}}); err != nil {
				return err
			}
		}
		return nil
	})
	st, err := b.Transfers.Start(b.Ctx, b.Space, export("p.ndjson"), transfers.Options{})
	ok(t, err)
	faults, err := b.Transfers.Faults(b.Ctx, b.Space, st.Transfer.ID)
	if err != nil || len(faults) != model.MaxFaults || faults[0].Record != model.MaxFaults+9 {
		t.Errorf("%d faults, %v", len(faults), err)
	}
}

func TestWhatDoesNotRunIsNeitherPausedNorCancelledTwice(t *testing.T) {
	b := newBench(t)
	st, err := b.Transfers.Start(b.Ctx, b.Space, export("p.ndjson"), transfers.Options{})
	ok(t, err)
	wantCode(t, b.Transfers.Pause(b.Ctx, b.Space, st.Transfer.ID), model.EInvalid)
	wantCode(t, b.Transfers.Cancel(b.Ctx, b.Space, st.Transfer.ID), model.EInvalid)
	wantCode(t, b.Transfers.Resume(b.Ctx, b.Space, st.Transfer.ID), model.EInvalid)
	st = b.failed(t, export("q.ndjson"))
	wantCode(t, b.Transfers.Pause(b.Ctx, b.Space, st.Transfer.ID), model.EInvalid)
	ok(t, b.Transfers.Cancel(b.Ctx, b.Space, st.Transfer.ID))
	s := b.sync(t, syncing("s"))
	wantCode(t, b.Transfers.Cancel(b.Ctx, b.Space, s.Transfer.ID), model.EInvalid)
	wantCode(t, b.Transfers.Cancel(b.Ctx, b.Space, "nothing"), model.ENotFound)
}

// Nothing is reported, and still the state is written: nobody takes the run for dead.
func TestARunThatWaitsShowsThatItLives(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	hold, _, r := b.begun(t, func() (transfers.Status, error) {
		return b.Transfers.Start(b.Ctx, b.Space, export("p.ndjson"), transfers.Options{})
	})
	ok(t, hold.Report(model.Progress{Records: 7, Waiting: "the source asked for 30 s"}))
	b.Clock.Pass(time.Hour)
	until(t, "a heartbeat", 20*time.Second, func() bool {
		st := b.one(t)
		return st.Phase == model.PhaseRunning && st.State.Progress.Records == 7 && st.State.Progress.Waiting != "" && st.State.Kept.Records == 0
	})
	ok(t, hold.End(nil))
	st, err := r.wait(t)
	if err != nil || st.State.Progress.Waiting != "" {
		t.Errorf("it ended as %+v, %v", st.State.Progress, err)
	}
}

func TestWhoeverStartedItHearsOfItAtMostTenTimesASecond(t *testing.T) {
	b := newBench(t)
	b.Mover.Play(func(ctx context.Context, j model.Job) error {
		began := time.Now()
		for n := int64(1); time.Since(began) < 550*time.Millisecond; n++ {
			j.Report(model.Progress{Records: n})
			b.Clock.Pass(time.Microsecond)
		}
		return nil
	})
	var heard []transfers.Status
	began := time.Now()
	_, err := b.Transfers.Start(b.Ctx, b.Space, export("p.ndjson"), transfers.Options{Report: func(s transfers.Status) { heard = append(heard, s) }})
	ok(t, err)
	if n, most := len(heard), int(time.Since(began)/(100*time.Millisecond))+2; n < 2 || n > most || heard[0].Phase != model.PhaseRunning || heard[n-1].Phase != model.PhaseDone || heard[0].SourceName != "erp" {
		t.Errorf("heard %d times", n)
	}
}
