package importing

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ferry/model"
)

// CASES Transfers: 429 with Retry-After, 503s → all arrive; concurrency drops and recovers.
func TestAThrottledTargetGetsEverything(t *testing.T) {
	const n = 400
	b := newBench(t).write(model.NDJSON, numbered(n))
	b.job.Transfer.Write.Parallel = 16
	var mu sync.Mutex
	served, refused, held := 0, 0, time.Time{}
	early := 0
	after, late := 0, 0 // the most at once right after the refusals, and near the end
	b.target.answer = func(w http.ResponseWriter, _ *http.Request, _ []byte) bool {
		time.Sleep(2 * time.Millisecond) // a target that takes its time has requests at once
		b.target.mu.Lock()
		busy := b.target.busy
		b.target.mu.Unlock()
		mu.Lock()
		defer mu.Unlock()
		if time.Now().Before(held) {
			early++
		}
		served++
		switch {
		case served >= 60 && refused == 0:
			refused++
			held = time.Now().Add(2 * time.Second)
			w.Header().Set("Retry-After", "2")
			w.WriteHeader(http.StatusTooManyRequests)
			return true
		case served >= 80 && refused < 12:
			refused++
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		case served >= 95 && served < 110:
			after = max(after, busy)
		case served > 330:
			late = max(late, busy)
		}
		return false
	}
	var why atomic.Value
	why.Store("")
	b.job.Report = func(p model.Progress) {
		if p.Waiting != "" {
			why.Store(p.Waiting)
		}
	}
	b.mustRun()
	if len(b.target.applied) != n || b.last.Created != n || b.last.Retries < 12 || b.last.Waiting != "" {
		t.Errorf("%d arrived: %+v", len(b.target.applied), b.last)
	}
	if early > 48 { // those that were on their way when it asked
		t.Errorf("%d requests came while the target had asked for silence", early)
	}
	if text := why.Load().(string); !strings.Contains(text, "429") && !strings.Contains(text, "503") {
		t.Errorf("waiting: %q", text)
	}
	if after > 8 || late <= after {
		t.Errorf("%d at once after the refusals, %d near the end", after, late)
	}
}

// CASES issue 5: a target that stays broken ends the run, which goes on later from there.
func TestABrokenTargetEndsTheRunAndItGoesOn(t *testing.T) {
	b := newBench(t).write(model.NDJSON, numbered(50))
	b.job.Transfer.Write.Parallel = 2
	var down atomic.Bool
	down.Store(true)
	b.target.answer = func(w http.ResponseWriter, _ *http.Request, body []byte) bool {
		if !down.Load() || !strings.Contains(string(body), `"n":20}`) {
			return false
		}
		w.WriteHeader(401)
		return true
	}
	err := b.run()
	if model.CodeOf(err) != model.EUpstream || !strings.Contains(err.Error(), "401") {
		t.Fatalf("%v", err)
	}
	before := len(b.target.applied)
	if before == 0 || before == 50 || b.point == nil {
		t.Fatalf("%d arrived", before)
	}
	down.Store(false)
	b.mustRun()
	if len(b.target.applied) != 50 || b.last.Created != 50 || b.last.Rejected != 0 {
		t.Errorf("%d: %+v", len(b.target.applied), b.last)
	}
}
