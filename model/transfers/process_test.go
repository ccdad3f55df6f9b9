package transfers_test

import (
	"slices"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/modeltest"
	"ferry/model/transfers"
)

// Two processes on one file: what one asks for, the other does.
func TestAnotherProcessPausesARunAndGoesOnWithIt(t *testing.T) {
	p := pair(t, 2)
	hold := p[0].mover.Hold()
	r := inBackground(func() (transfers.Status, error) {
		return p[0].Transfers.Start(p[0].ctx, p[0].Space, export("p.ndjson"), transfers.Options{})
	})
	j, began := hold.Began()
	if !began {
		t.Fatal("nothing began")
	}
	_, err := p[1].Transfers.Continue(p[1].ctx, p[1].Space, j.Transfer.ID, transfers.Options{})
	wantCode(t, err, model.EBusy)
	asked := time.Now()
	ok(t, p[1].Transfers.Pause(p[1].ctx, p[1].Space, j.Transfer.ID))
	_, err = r.wait(t)
	wantCode(t, err, model.EPaused)
	t.Logf("it took %s", time.Since(asked)) // BenchmarkPauseFromAnotherProcess measures it
	// What one left the other goes on with.
	st, err := p[1].Transfers.Continue(p[1].ctx, p[1].Space, j.Transfer.ID, transfers.Options{})
	if err != nil || st.Phase != model.PhaseDone {
		t.Errorf("it is %+v, %v", st, err)
	}
}

func TestWhatWillNotGoOnLeavesNoJournal(t *testing.T) {
	p := pair(t, 1)[0]
	p.mover.Play(modeltest.Fails(model.Errorf(model.ETimeout, "no answer"), model.Progress{Records: 1}))
	st, err := p.Transfers.Start(p.ctx, p.Space, export("p.ndjson"), transfers.Options{})
	wantCode(t, err, model.ETimeout)
	if len(p.mover.Forgotten()) != 0 {
		t.Error("what may go on is forgotten")
	}
	ok(t, p.Transfers.Cancel(p.ctx, p.Space, st.Transfer.ID))
	if got := p.mover.Forgotten(); !slices.Equal(got, []model.ID{st.Transfer.ID}) {
		t.Errorf("forgotten are %q", got)
	}
}

// BenchmarkPauseFromAnotherProcess takes the time from the wish of one process to the end of
// the run in the other.
func BenchmarkPauseFromAnotherProcess(b *testing.B) {
	p := pair(b, 2)
	for b.Loop() {
		b.StopTimer()
		hold := p[0].mover.Hold()
		r := inBackground(func() (transfers.Status, error) {
			return p[0].Transfers.Start(p[0].ctx, p[0].Space, export("p.ndjson"), transfers.Options{Restart: true})
		})
		j, began := hold.Began()
		if !began {
			b.Fatal("nothing began")
		}
		b.StartTimer()
		ok(b, p[1].Transfers.Pause(p[1].ctx, p[1].Space, j.Transfer.ID))
		_, err := r.wait(b)
		wantCode(b, err, model.EPaused)
	}
}
