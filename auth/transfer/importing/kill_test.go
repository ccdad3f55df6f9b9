package importing

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"ferry/model"
)

var threes = regexp.MustCompile(`"sku":"S\d*3"`)

// refuseSome refuses every record whose number ends in 3.
func refuseSome(w http.ResponseWriter, _ *http.Request, body []byte) bool {
	if !threes.Match(body) {
		return false
	}
	w.WriteHeader(422)
	fmt.Fprint(w, `{"error":"no threes"}`)
	return true
}

const killRecords = 40

var killCases = map[string]func(b *bench){
	"NDJSON": func(b *bench) { b.write(model.NDJSON, numbered(killRecords)) },
	"JSON array": func(b *bench) {
		b.write(model.JSONArray, "["+strings.ReplaceAll(strings.TrimSpace(numbered(killRecords)), "\n", ",\n")+"]")
	},
	"gzip": func(b *bench) {
		var z bytes.Buffer
		w := gzip.NewWriter(&z)
		_, _ = w.Write([]byte(numbered(killRecords)))
		_ = w.Close()
		b.write(model.NDJSON, z.String())
		b.job.Transfer.File.Gzip = true
	},
	"CSV, two of each row": func(b *bench) {
		var text strings.Builder
		text.WriteString("sku,n\n")
		for i := range killRecords / 2 {
			fmt.Fprintf(&text, "%d,%d\n", 2*i+1, 2*i+2)
		}
		b.write(model.CSV, text.String())
		b.job.Transfer.Shape = `(.sku, .n) | {sku: ("S" + .), n: tonumber}`
	},
}

// CASES Transfers: import killed and resumed → nothing acknowledged is sent again. By key
// every record is applied once, wherever the kill comes: at a write of the journal or of the rejects
// file, before a request, after an answer, around a checkpoint.
func TestKilledAnywhereEveryRecordArrivesOnce(t *testing.T) { sweep(t, 40) }

// sweep kills at every event, or leaves out up to stride of them each time.
func sweep(t *testing.T, stride int) {
	for name, prepare := range killCases {
		t.Run(name, func(t *testing.T) {
			total := 1
			for at := 0; at <= total; at += 1 + rand.IntN(stride) {
				b := newBench(t)
				prepare(b)
				b.job.Transfer.Write.Parallel = 4
				b.target.answer = refuseSome
				events, err := b.killed(at)
				if at == 0 {
					total = events
				} else if err == nil && events > at {
					t.Fatalf("killed at %d of %d, and it ended well", at, events)
				}
				first := len(b.target.seen())
				if at > 0 {
					if err := b.run(); err != nil {
						t.Fatalf("killed at %d: %v", at, err)
					}
				}
				b.checkOnce(at, first)
			}
		})
	}
}

// checkOnce looks at the target, the rejects file and the counts of an import of killRecords.
func (b *bench) checkOnce(at, first int) {
	b.t.Helper()
	want := killRecords - killRecords/10
	if len(b.target.applied) != want {
		b.t.Errorf("killed at %d: %d records arrived", at, len(b.target.applied))
	}
	for what, n := range b.target.applied {
		if n != 1 {
			b.t.Errorf("killed at %d: %s was applied %d times", at, what, n)
		}
	}
	if again := len(b.target.seen()) - killRecords; again > 4 {
		b.t.Errorf("killed at %d after %d requests: %d records were sent again, more than were in flight", at, first, again)
	}
	if got := b.rejected(); len(got) != killRecords/10 {
		b.t.Errorf("killed at %d: %d rejects: %q", at, len(got), got)
	}
	records := int64(killRecords)
	if b.job.Transfer.File.Format == model.CSV {
		records /= 2
	}
	if p := b.last; p.Records != records || p.Created != int64(want) || p.Rejected != killRecords/10 || p.Uncertain != 0 {
		b.t.Errorf("killed at %d: %+v", at, p)
	}
	seen := map[int64]bool{}
	for _, f := range b.faults {
		seen[f.Record*100+int64(f.Status)] = true
	}
	if b.job.Transfer.File.Format != model.CSV && len(seen) != killRecords/10 {
		b.t.Errorf("killed at %d: faults of %d records are kept", at, len(seen))
	}
	left, err := os.ReadDir(b.job.Dir)
	if err != nil || len(left) != 0 {
		b.t.Errorf("killed at %d: %v is left of the journal, %v", at, left, err)
	}
}

// Killed over and over, it still comes to its end.
func TestKilledOverAndOver(t *testing.T) {
	for range 5 {
		b := newBench(t)
		killCases["NDJSON"](b)
		b.job.Transfer.Write.Parallel = 4
		b.target.answer = refuseSome
		kills := 0
		for ; ; kills++ {
			if _, err := b.killed(8 + rand.IntN(60)); err == nil {
				break
			}
			if kills > 200 {
				t.Fatal("it never ends")
			}
		}
		for what, n := range b.target.applied {
			if n != 1 {
				t.Errorf("%s was applied %d times", what, n)
			}
		}
		if got := b.rejected(); len(got) != killRecords/10 || b.last.Created != killRecords-killRecords/10 || b.last.Records != killRecords {
			t.Errorf("after %d kills: %+v %q", kills, b.last, got)
		}
	}
}

// Without idempotency what was in flight is listed as uncertain and not sent again.
func TestWithoutIdempotencyWhatWasInFlightIsUncertain(t *testing.T) {
	total, uncertain := 1, int64(0)
	for at := 0; at <= total; at += 1 + rand.IntN(30) {
		b := newBench(t)
		killCases["NDJSON"](b)
		b.job.Transfer.Write.Parallel = 4
		b.job.Transfer.Write.Idempotency = model.NoIdempotency
		b.target.honours = false
		b.target.answer = refuseSome
		events, _ := b.killed(at)
		if at == 0 {
			total = events
		} else if err := b.run(); err != nil {
			t.Fatalf("killed at %d: %v", at, err)
		}
		for what, n := range b.target.applied {
			if n != 1 {
				t.Errorf("killed at %d: %s was applied %d times", at, what, n)
			}
		}
		for _, h := range b.target.seen() {
			if h.key != "" {
				t.Fatalf("a key was sent: %+v", h)
			}
		}
		p := b.last
		if p.Records != killRecords || p.Created+p.Rejected+p.Uncertain != killRecords || p.Uncertain > 4 {
			t.Errorf("killed at %d: %+v", at, p)
		}
		listed := int64(0)
		for _, f := range b.faults {
			if f.Kind == model.FaultUncertain {
				listed++
			}
		}
		if listed != p.Uncertain {
			t.Errorf("killed at %d: %d are listed, %d counted", at, listed, p.Uncertain)
		}
		uncertain += p.Uncertain
	}
	if uncertain == 0 {
		t.Error("nothing was ever uncertain")
	}
}

// PUT may be sent twice by its meaning: it is, without a key too.
func TestWithoutIdempotencyAPutIsSentAgain(t *testing.T) {
	for at := 20; at < 120; at += 9 {
		b := newBench(t)
		killCases["NDJSON"](b)
		w := &b.job.Transfer.Write
		w.Parallel, w.Idempotency, w.Method = 4, model.NoIdempotency, http.MethodPut
		b.job.Transfer.Target.Path = "/products/{sku}"
		_, _ = b.killed(at)
		b.mustRun()
		if p := b.last; p.Updated != killRecords || p.Uncertain != 0 || len(b.target.applied) != killRecords {
			t.Errorf("killed at %d: %+v", at, p)
		}
	}
}

// Batches are cut at the same places each time, with rows in between that are none.
func TestKilledAnywhereEveryBatchArrivesOnce(t *testing.T) {
	var text strings.Builder
	for i, line := range strings.Split(strings.TrimSpace(numbered(killRecords)), "\n") {
		if text.WriteString(line + "\n"); i%7 == 3 {
			text.WriteString("{no record\n")
		}
	}
	total := 1
	for at := 0; at <= total; at += 1 + rand.IntN(10) {
		b := newBench(t).write(model.NDJSON, text.String())
		b.job.Transfer.Write = model.Writing{Batch: 3, Parallel: 4}
		b.job.Transfer.Shape = `select(.n % 10 != 0)`
		events, _ := b.killed(at)
		if at == 0 {
			total = events
		} else {
			b.mustRun()
		}
		times := map[string]int{}
		for what, n := range b.target.applied {
			for _, sku := range skus.FindAllString(what, -1) {
				times[sku] += n
			}
		}
		for sku, n := range times {
			if n != 1 {
				t.Errorf("killed at %d: %s was applied %d times", at, sku, n)
			}
		}
		if p := b.last; len(times) != 36 || len(b.rejected()) != 6 || p.Created != 36 || p.Rejected != 6 || p.Records != killRecords+6 {
			t.Errorf("killed at %d: %d arrived, %+v", at, len(times), p)
		}
	}
}

var skus = regexp.MustCompile(`"sku":"S\d+"`)
