package exporting

import (
	"context"
	"errors"
	"testing"
	"time"

	"ferry/auth/transfer/paging"
	"ferry/model"
)

// Stop: the pages that are whole are kept, the rest comes when it goes on.
func TestStopped(t *testing.T) {
	for _, zipped := range []bool{false, true} {
		s, k := &pages{pages: made(300, 10)}, &kept{}
		j := job(t.TempDir(), model.TransferFile{Format: model.NDJSON, Gzip: zipped}, k)
		stop := make(chan struct{})
		j.Stop = stop
		e := engine(s)
		now := time.Unix(0, 0)
		e.Now = func() time.Time { now = now.Add(tellEvery); return now }
		told := false
		j.Report = func(p model.Progress) {
			if p.Pages >= 150 && !told {
				told = true
				close(stop)
			}
		}
		if err := e.Run(t.Context(), j); !errors.Is(err, model.ErrStopped) {
			t.Fatal(err)
		}
		cp, err := decode(k.checkpoint())
		if want := map[bool]int64{false: 150, true: 128}[zipped]; err != nil || cp.Position.Page != want {
			t.Errorf("gzip=%v: kept %d pages, expected %d (%v)", zipped, cp.Position.Page, want, err)
		}
		j.Checkpoint, j.Stop, j.Report = k.checkpoint(), nil, nil
		if err := e.Run(t.Context(), j); err != nil {
			t.Fatal(err)
		}
		if got := read(t, j.Transfer.File); got != lined(flat(s.pages)) {
			t.Errorf("%d bytes", len(got))
		}
	}
}

// A page of many records is stopped at a record, and undone.
func TestStoppedInThePage(t *testing.T) {
	s, k := &pages{pages: made(1, 5000)}, &kept{}
	j := job(t.TempDir(), ndjson, k)
	stop := make(chan struct{})
	j.Stop = stop
	e := engine(s)
	e.each = func(ctx context.Context, src *paging.Source, p paging.Position, v paging.Visitor) (paging.Stats, error) {
		src.Stop = nil
		close(stop)
		return s.each(ctx, src, p, v)
	}
	if err := e.Run(t.Context(), j); !errors.Is(err, model.ErrStopped) {
		t.Fatal(err)
	}
	if len(k.points) > 0 {
		t.Errorf("%s", k.points)
	}
}

// An ended context gives up at once, and keeps what was kept before.
func TestContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	k := &kept{}
	k.step = func() (bool, error) {
		if len(k.points) == 3 {
			cancel()
		}
		return true, nil
	}
	s := &pages{pages: made(4000, 10)}
	e := engine(s)
	e.limits = small
	j := job(t.TempDir(), ndjson, k)
	if err := e.Run(ctx, j); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if n := len(k.points); n != 4 {
		t.Errorf("%d checkpoints", n)
	}
}
