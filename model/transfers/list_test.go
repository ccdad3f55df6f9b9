package transfers_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/modeltest"
	"ferry/model/transfers"
)

// fill stores n exports, each a second newer than the one before.
func (b *bench) fill(t testing.TB, n int) {
	t.Helper()
	for from := 0; from < n; from += 40 {
		ok(t, b.Store.Update(b.Ctx, func(tx model.Tx) error {
			for i := from; i < min(from+40, n); i++ {
				id := model.ID(fmt.Sprintf("1%025d", i))
				tr := model.Transfer{
					ID: id, Space: b.Space.ID, Kind: model.KindExport, Source: model.Endpoint{Client: b.source.ID, Path: "/products"},
					File: model.TransferFile{Path: fmt.Sprintf("/home/alice/%d.json", i), Format: model.JSONArray}, Revision: 1,
					Created: model.Stamp{At: modeltest.Start.Add(time.Duration(i) * time.Second), By: "alice"},
				}
				st := model.TransferState{Transfer: id, Phase: model.PhaseDone, Started: tr.Created.At, Reported: tr.Created.At}
				if i%1000 == 7 {
					st.Phase, st.Reported, st.Rate = model.PhaseRunning, b.Clock.Now(), 12.5
				}
				if err := tx.Transfers().Put(tr); err != nil {
					return err
				}
				if err := tx.Transfers().PutState(b.Space.ID, st); err != nil {
					return err
				}
			}
			return nil
		}))
	}
}

func TestWhatUsesAClientIsNamed(t *testing.T) {
	b := newBench(t)
	b.sync(t, syncing("prices"))
	b.Files.Put("in.ndjson", "{}")
	b.failed(t, imp("in.ndjson"))
	_, err := b.Transfers.Start(b.Ctx, b.Space, export("done.json"), transfers.Options{})
	ok(t, err)
	got, err := b.Transfers.Using(b.Ctx, b.Space, b.target.ID)
	if want := []string{"in.ndjson → shop /products", "prices"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("the target is used by %q, %v", got, err)
	}
	got, err = b.Transfers.Using(b.Ctx, b.Space, b.source.ID)
	if want := []string{"prices"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("the source is used by %q, %v", got, err)
	}
}

func TestATitleIsThereWhateverIsGone(t *testing.T) {
	for want, s := range map[string]transfers.Status{
		"erp /p → a.csv":           {SourceName: "erp", Transfer: model.Transfer{Kind: model.KindExport, Source: model.Endpoint{Client: "1", Path: "/p"}, File: model.TransferFile{Path: "/x/a.csv"}}},
		"(deleted) /p → a.csv":     {Transfer: model.Transfer{Kind: model.KindExport, Source: model.Endpoint{Client: "1", Path: "/p"}, File: model.TransferFile{Path: "/x/a.csv"}}},
		"erp /p → standard output": {SourceName: "erp", Transfer: model.Transfer{Kind: model.KindExport, Source: model.Endpoint{Client: "1", Path: "/p"}, File: model.TransferFile{Path: "-"}}},
		"a.csv → shop /p":          {TargetName: "shop", Transfer: model.Transfer{Kind: model.KindImport, Target: model.Endpoint{Client: "2", Path: "/p"}, File: model.TransferFile{Path: "/x/a.csv"}}},
		"standard input → shop /p": {TargetName: "shop", Transfer: model.Transfer{Kind: model.KindImport, Target: model.Endpoint{Client: "2", Path: "/p"}, File: model.TransferFile{Path: "-"}}},
		"prices":                   {Transfer: model.Transfer{Kind: model.KindSync, Name: "prices"}},
	} {
		if got := s.Title(); got != want {
			t.Errorf("it is %q, want %q", got, want)
		}
	}
}

func TestHowLongItTakesIsSaidWhereItIsKnown(t *testing.T) {
	running := func(p model.Progress, rate float64, limit int64) transfers.Status {
		return transfers.Status{
			Phase: model.PhaseRunning, Rate: rate, State: model.TransferState{Progress: p}, Transfer: model.Transfer{Read: model.Reading{Limit: limit}},
		}
	}
	for name, c := range map[string]struct {
		s    transfers.Status
		want time.Duration
		is   bool
	}{
		"of a count":        {running(model.Progress{Records: 100, Total: 300}, 10, 0), 20 * time.Second, true},
		"of a limit":        {running(model.Progress{Records: 100, Total: 300}, 10, 150), 5 * time.Second, true},
		"of a file":         {running(model.Progress{Records: 100, Bytes: 1000, Size: 3000}, 10, 0), 20 * time.Second, true},
		"more than counted": {running(model.Progress{Records: 400, Total: 300}, 10, 0), 0, true},
		"no count":          {running(model.Progress{Records: 100}, 10, 0), 0, false},
		"no rate":           {running(model.Progress{Records: 100, Total: 300}, 0, 0), 0, false},
		"years":             {running(model.Progress{Records: 1, Total: 1 << 60}, 1e-9, 0), 0, false},
		"not running":       {transfers.Status{Phase: model.PhasePaused, Rate: 1, State: model.TransferState{Progress: model.Progress{Records: 1, Total: 2}}}, 0, false},
	} {
		if got, is := c.s.Left(); got != c.want || is != c.is {
			t.Errorf("%s: %s, %v", name, got, is)
		}
	}
}

func TestTheRateIsThatOfTheLastSeconds(t *testing.T) {
	b := newBench(t)
	var rates []float64
	b.Mover.Play(func(ctx context.Context, j model.Job) error {
		records := int64(0)
		for second := range 20 {
			if second < 10 {
				records += 100
			} else {
				records += 300
			}
			b.Clock.Pass(time.Second)
			if err := j.Keep(ctx, nil, model.Progress{Records: records}, nil); err != nil {
				return err
			}
			rates = append(rates, b.one(t).Rate)
		}
		b.Clock.Pass(20 * time.Second) // nothing comes any more
		if err := j.Keep(ctx, nil, model.Progress{Records: records}, nil); err != nil {
			return err
		}
		rates = append(rates, b.one(t).Rate)
		return nil
	})
	_, err := b.Transfers.Start(b.Ctx, b.Space, export("p.json"), transfers.Options{})
	ok(t, err)
	if rates[8] != 100 || rates[19] != 300 || rates[11] <= 100 || rates[11] >= 300 || rates[20] >= 100 {
		t.Errorf("the rates are %v", rates)
	}
	if s := b.one(t); s.Rate != 0 {
		t.Errorf("ended, it has the rate %v", s.Rate)
	}
}

// The shapes are what scripts rely on: every name is there, and lists are never null.
func TestTheOutsideShapes(t *testing.T) {
	b := newBench(t)
	b.Files.Put("in.csv", "a\n")
	d := imp("in.csv")
	d.Target.Query, d.File.Map = []model.Param{{Name: "dry", Value: "no"}}, []model.Param{{Name: "A", Value: "a.b"}}
	b.Mover.Play(modeltest.Fails(model.Errorf(model.ENoSpace, "the disk is full").WithNext("free some"), model.Progress{Records: 2, Total: 5, Notes: []string{"slow"}},
		model.TransferFault{Record: 2, Row: 3, Kind: model.FaultRejected, Status: 422, Reason: "no price"}))
	st, err := b.Transfers.Start(b.Ctx, b.Space, d, transfers.Options{})
	wantCode(t, err, model.ENoSpace)
	sync := b.sync(t, every("prices", "every 1h"))
	out, err := b.Transfers.Start(b.Ctx, b.Space, export("-"), transfers.Options{Out: &strings.Builder{}})
	wantCode(t, err, model.ENoSpace)
	for _, s := range []transfers.Status{st, sync, out} {
		text, err := json.MarshalIndent(transfers.ViewOf(b.Space, &s), "", " ")
		ok(t, err)
		for _, list := range []string{"query", "headers", "columns", "map", "notes"} {
			if strings.Contains(string(text), `"`+list+`": null`) {
				t.Errorf("%s is null in %s", list, text)
			}
		}
		for name, null := range map[string]bool{
			"source": s.Transfer.Kind == model.KindImport, "read": s.Transfer.Kind == model.KindImport, "target": s.Transfer.Kind == model.KindExport,
			"write": s.Transfer.Kind == model.KindExport, "sync": s.Transfer.Kind != model.KindSync, "file": s.Transfer.Kind == model.KindSync,
			"error": s.Transfer.Kind == model.KindSync, "next_at": s.Transfer.Kind != model.KindSync, "seconds_left": true,
		} {
			if got := strings.Contains(string(text), "\n \""+name+`": null`); got != null {
				t.Errorf("of %s, %s is null: %v", s.Title(), name, got)
			}
		}
	}
	v := transfers.ViewOf(b.Space, &st)
	if v.Error.Code != model.ENoSpace || v.Error.Message != "the disk is full" || *v.Progress.Total != 5 || v.Target.Query[0] != "dry=no" ||
		v.File.Map[0] != "A=a.b" || v.Space != "default" || v.Phase != model.PhasePaused {
		t.Errorf("it is %+v", v)
	}
	if got := transfers.ViewOf(b.Space, &sync).Sync.Webhook; got != "/hooks/"+string(sync.Transfer.ID) {
		t.Errorf("its webhook is %q", got)
	}
	runs, err := b.Transfers.Runs(b.Ctx, st.Transfer.ID)
	ok(t, err)
	if r := transfers.RunViewOf(&runs[0]); r.Code != model.ENoSpace || r.EndedAt == nil || r.Progress.Records != 2 || r.By != "alice" {
		t.Errorf("the run is %+v", r)
	}
	faults, err := b.Transfers.Faults(b.Ctx, b.Space, st.Transfer.ID)
	ok(t, err)
	if f := transfers.FaultViewOf(&faults[0]); f.Row != 3 || f.Status != 422 || f.Reason != "no price" || f.At.IsZero() {
		t.Errorf("the fault is %+v", f)
	}
}

func BenchmarkList10000(b *testing.B) {
	bench := newBench(b)
	bench.fill(b, 10_000)
	for b.Loop() {
		if _, err := bench.Transfers.List(bench.Ctx, bench.Space, nil); err != nil {
			b.Fatal(err)
		}
	}
}
