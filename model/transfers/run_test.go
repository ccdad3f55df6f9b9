package transfers_test

import (
	"context"
	"slices"
	"testing"

	"ferry/model"
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
		"transfer.create erp /products → products.ndjson", "transfer.run erp /products → products.ndjson trigger=manual",
		"transfer.end erp /products → products.ndjson phase=done records=3",
	}
	if got := b.log(t); !slices.Equal(got, want) {
		t.Errorf("audited %q", got)
	}
}

func TestCtrlCPausesAndResumeGoesOnFromTheCheckpoint(t *testing.T) {
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
