package moving

import (
	"testing"
	"time"

	"ferry/model"
	"ferry/model/transfers"
)

func TestLineIsTheCommandThatDoesTheSame(t *testing.T) {
	zero := 0
	space := model.Space{Name: model.DefaultSpace}
	for want, s := range map[string]transfers.Status{
		`ferry export erp /products -o /tmp/p.ndjson.gz --format ndjson --gzip --paging page --page-size 50 --first-page 0 --since-param since --since 2026 --limit 9 -q 'q=a b' -q 'token=••••••••' -H 'Accept: text/plain' --jq '{sku, n: .name}'`: {
			SourceName: "erp", Transfer: model.Transfer{
				Kind: model.KindExport, Shape: "{sku, n: .name}", File: model.TransferFile{Path: "/tmp/p.ndjson.gz", Format: model.NDJSON, Gzip: true},
				Source: model.Endpoint{Path: "/products", Query: []model.Param{{Name: "q", Value: "a b"}, {Name: "token", Value: "canary"}}, Headers: []model.Param{{Name: "Accept", Value: "text/plain"}}},
				Read:   model.Reading{Paging: model.PagingPage, PageSize: 50, FirstPage: &zero, SinceParam: "since", Since: "2026", Limit: 9},
			},
		},
		`ferry import 'my shop' '/products/{sku}' -i '/tmp/it'\''s.csv' --format csv --csv-raw --map A=a.b --rejects /tmp/r --method PUT --batch 5 --parallel 8 --idempotency-header none --max-rejects 3 --all-or-nothing -q v=2`: {
			TargetName: "my shop", Transfer: model.Transfer{
				Kind: model.KindImport, Target: model.Endpoint{Path: "/products/{sku}", Query: []model.Param{{Name: "v", Value: "2"}}},
				File:  model.TransferFile{Path: "/tmp/it's.csv", Format: model.CSV, CSVRaw: true, Map: []model.Param{{Name: "A", Value: "a.b"}}, Rejects: "/tmp/r"},
				Write: model.Writing{Method: "PUT", Batch: 5, Parallel: 8, Idempotency: model.NoIdempotency, MaxRejects: 3, WholeOnly: true},
			},
		},
		`ferry sync create s --source erp --source-path /a --target shop --target-path '/a/{k}' --key k --detect modified --deletes --max-deletes 5 --schedule 'every 30s' --webhook`: {
			SourceName: "erp", TargetName: "shop", Transfer: model.Transfer{
				Kind: model.KindSync, Name: "s", Source: model.Endpoint{Path: "/a"}, Target: model.Endpoint{Path: "/a/{k}"},
				Sync: model.Syncing{Key: "k", Detect: model.DetectModified, Deletes: true, MaxDeletes: 5, Schedule: "every 30s", Webhook: true},
			},
		},
	} {
		if got := Line(space, &s); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	s := transfers.Status{SourceName: "erp", Transfer: model.Transfer{Kind: model.KindExport, Source: model.Endpoint{Path: "/a"}, File: model.TransferFile{Path: "/tmp/a\x1b[2J"}}}
	if got := Line(model.Space{Name: "eu"}, &s); got != `ferry --space eu export erp /a -o '/tmp/a<U+001B>[2J'` {
		t.Errorf("got %s", got)
	}
}

func TestNumbers(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 9_999: "9,999", 10_000: "10k", 999_999: "999k", 1_000_000: "1.0M", 3_450_000: "3.4M", 12_345_678: "12M"} {
		if got := Short(n); got != want {
			t.Errorf("%d is %s, not %s", n, got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 1500 * time.Millisecond: "1.5s", 59 * time.Second: "59s", 61 * time.Second: "1m 1s", 3*time.Hour + 5*time.Minute: "3h 5m",
	} {
		if got := Lasted(d); got != want {
			t.Errorf("%s is %s, not %s", d, got, want)
		}
	}
	if Rate(0.25) != "0.2/s" && Rate(0.25) != "0.3/s" || Rate(8200) != "8,200/s" {
		t.Error(Rate(0.25), Rate(8200))
	}
}

func TestShare(t *testing.T) {
	for _, c := range []struct {
		s     transfers.Status
		want  float64
		known bool
	}{
		{transfers.Status{State: model.TransferState{Progress: model.Progress{Records: 50, Total: 200}}}, 0.25, true},
		{transfers.Status{State: model.TransferState{Progress: model.Progress{Records: 300, Total: 200}}}, 1, true}, // it grew meanwhile
		{transfers.Status{State: model.TransferState{Progress: model.Progress{Bytes: 10, Size: 40}}}, 0.25, true},
		{transfers.Status{State: model.TransferState{Progress: model.Progress{Records: 50}}}, 0, false},
		{transfers.Status{Transfer: model.Transfer{Read: model.Reading{Limit: 100}}, State: model.TransferState{Progress: model.Progress{Records: 50, Total: 200}}}, 0.5, true},
	} {
		if got, known := Share(&c.s); got != c.want || known != c.known {
			t.Errorf("%+v: %v %v", c.s.State.Progress, got, known)
		}
	}
	if Percent(0.999) != "99%" || Percent(1) != "100%" {
		t.Error("all is done only when all is done")
	}
}

func TestWhen(t *testing.T) {
	now := time.Date(2026, 3, 4, 9, 30, 0, 0, time.UTC)
	for want, s := range map[string]transfers.Status{
		"in 4m":   {Phase: model.PhaseWaiting, State: model.TransferState{Next: now.Add(4 * time.Minute)}},
		"due now": {Phase: model.PhaseWaiting, State: model.TransferState{Next: now.Add(-time.Second)}},
		"–":       {Phase: model.PhaseWaiting},
		"for 9s":  {Phase: model.PhaseRunning, State: model.TransferState{Started: now.Add(-9 * time.Second)}},
		"10s left": {
			Phase: model.PhaseRunning, Rate: 10, State: model.TransferState{Progress: model.Progress{Records: 100, Total: 200}},
		},
		"3m ago": {Phase: model.PhaseInterrupted, State: model.TransferState{Reported: now.Add(-3 * time.Minute)}},
		"2h ago": {Phase: model.PhaseDone, State: model.TransferState{Ended: now.Add(-2 * time.Hour)}},
	} {
		if got := When(&s, now); got != want {
			t.Errorf("%s, not %s", got, want)
		}
	}
}
