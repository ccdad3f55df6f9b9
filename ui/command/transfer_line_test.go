package command

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/modeltest"
	"ferry/model/transfers"
)

func unmarshal(t *testing.T, text []byte, to any) {
	t.Helper()
	if err := json.Unmarshal(text, to); err != nil {
		t.Fatalf("%v: %q", err, text)
	}
}

func has(text, part string) bool { return strings.Contains(text, part) }

func far(p model.Progress) transfers.Status {
	return transfers.Status{Phase: model.PhaseRunning, State: model.TransferState{Progress: p}}
}

func TestHowFarATransferIs(t *testing.T) {
	running := func(p model.Progress, rate float64) *transfers.Status {
		st := far(p)
		st.Rate = rate
		return &st
	}
	for want, st := range map[string]*transfers.Status{
		"0 records":                                      running(model.Progress{}, 0),
		"1 record, 200 B":                                running(model.Progress{Records: 1, Bytes: 200}, 0),
		"12,000 records, 3.1 MB, 24,000/s":               running(model.Progress{Records: 12000, Bytes: 3_100_000}, 23_999.7),
		"5 of 20 records (25%), 3/s, 5s left":            running(model.Progress{Records: 5, Total: 20}, 3),
		"30 records, 2 rejected":                         running(model.Progress{Records: 30, Total: 20, Rejected: 2}, 0),
		"7 records, 1.0 kB of 2.0 kB":                    running(model.Progress{Records: 7, Bytes: 1000, Size: 2000}, 0),
		"7 records; waiting: 429 Too Many Requests, 12s": running(model.Progress{Records: 7, Waiting: "429 Too Many Requests, 12s"}, 0),
		"7 records; waiting: <U+001B>[2J":                running(model.Progress{Records: 7, Waiting: "\x1b[2J"}, 0),
	} {
		if got := progressText(st); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// CASES Terminal: on a terminal one line that changes and then goes; elsewhere nothing, with -v a
// line every 10 s; a script that reads JSON is told nothing.
func TestTheLineOfATransfer(t *testing.T) {
	for name, tc := range map[string]struct {
		terminal, verbose, quiet bool
		output                   string
		want                     string
	}{
		"terminal":                        {terminal: true, output: "text", want: "\rferry: 1 record\rferry: 900 records\r" + strings.Repeat(" ", len("ferry: 900 records")) + "\r"},
		"records go to the same terminal": {terminal: true, quiet: true, output: "text"},
		"file":                            {output: "text"},
		"file, -v":                        {verbose: true, output: "text", want: "ferry: 900 records\n"},
		"json":                            {terminal: true, output: "json"},
		"json, -v":                        {verbose: true, output: "json"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			clock := &modeltest.Clock{}
			a := &app{errOut: &out, env: Env{Terminals: Terminals{Err: tc.terminal}}, g: globals{output: tc.output, verbose: tc.verbose}}
			line := a.transferLine(clock.Now, tc.quiet)
			line.report(far(model.Progress{Records: 1}))
			clock.Pass(progressEvery / 2)
			line.report(far(model.Progress{Records: 2})) // too soon
			clock.Pass(tellEvery)
			line.report(far(model.Progress{Records: 900}))
			if last := line.end(); last.State.Progress.Records != 900 {
				t.Errorf("the last report is %+v", last)
			}
			clock.Pass(tellEvery)
			line.report(far(model.Progress{Records: 1000})) // late: the line has ended
			if out.String() != tc.want {
				t.Errorf("got %q, want %q", out.String(), tc.want)
			}
		})
	}
}

func TestTheLineOfATransferStaysOneLine(t *testing.T) {
	var out bytes.Buffer
	clock := &modeltest.Clock{}
	a := &app{errOut: &out, env: Env{Terminals: Terminals{Err: true}}, g: globals{output: "text"}}
	line := a.transferLine(clock.Now, false)
	line.report(far(model.Progress{Records: 7, Waiting: strings.Repeat("ü", 300)}))
	if got := []rune(strings.TrimPrefix(out.String(), "\r")); len(got) != lineWidth {
		t.Errorf("%d columns: %q", len(got), string(got))
	}
}

func TestTheSentenceOfATransferThatIsDone(t *testing.T) {
	done := func(kind model.TransferKind, p model.Progress) *transfers.Status {
		return &transfers.Status{
			Transfer: model.Transfer{Kind: kind, Name: "products"}, SourceName: "erp", TargetName: "shop", Phase: model.PhaseDone,
			State: model.TransferState{Progress: p, Started: modeltest.Start, Ended: modeltest.Start.Add(83 * time.Second)},
		}
	}
	for want, got := range map[string]string{
		"Exported 1,000,000 records (298 MB) from erp to p.ndjson in 1m 23s": sentence(done(model.KindExport, model.Progress{Records: 1_000_000, Bytes: 298_000_000}), "p.ndjson"),
		"Exported 1 record (9 B) from erp to stdout in 1m 23s":               sentence(done(model.KindExport, model.Progress{Records: 1, Bytes: 9}), "-"),
		"Imported 1,000 records from p.csv into shop in 1m 23s: 990 created, 8 rejected, 2 uncertain": sentence(
			done(model.KindImport, model.Progress{Records: 1000, Created: 990, Rejected: 8, Uncertain: 2}), "p.csv"),
		"Synced products from erp to shop in 1m 23s: 3 created, 2 updated, 1 deleted, 994 unchanged": sentence(
			done(model.KindSync, model.Progress{Records: 999, Created: 3, Updated: 2, Deleted: 1, Unchanged: 994}), ""),
		"Synced products from erp to shop in 1m 23s": sentence(done(model.KindSync, model.Progress{}), ""),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for want, d := range map[string]time.Duration{"400ms": 400 * time.Millisecond, "1.4s": 1449 * time.Millisecond, "12s": 12 * time.Second, "2m 5s": 125 * time.Second, "3h 2m": 182*time.Minute + 59*time.Second} {
		if got := tookText(d); got != want {
			t.Errorf("%s is %q, want %q", d, got, want)
		}
	}
}

func writeFile(t *testing.T, name, text string, at time.Time) {
	t.Helper()
	if err := errors.Join(os.WriteFile(name, []byte(text), 0o600), os.Chtimes(name, at, at)); err != nil {
		t.Fatal(err)
	}
}
