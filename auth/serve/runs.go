package serve

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"ferry/model"
	"ferry/model/transfers"
)

// runs are the syncs that this server runs, and what they came to since it started.
type runs struct {
	mu      sync.Mutex
	running map[model.ID]bool
	kinds   map[model.TransferKind]*runStats
}

// runStats counts the runs of one kind of transfer.
type runStats struct {
	ended   map[string]uint64 // by outcome
	records map[string]uint64 // by what became of them
}

// The outcomes of runs, in the order in which they are told.
const (
	ranWell   = "done"
	ranBadly  = "failed"
	ranPaused = "paused" // by a person, by a client that was disabled, by a server that ended
)

func newRuns() *runs {
	return &runs{running: map[model.ID]bool{}, kinds: map[model.TransferKind]*runStats{}}
}

// told takes what RunDueTold tells.
func (r *runs) told(st transfers.Status) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if st.State.Phase == model.PhaseRunning {
		r.running[st.Transfer.ID] = true
		return
	}
	delete(r.running, st.Transfer.ID)
	if st.State.Phase == model.PhaseFailed {
		slog.Warn("a sync failed", "sync", st.Transfer.Name, "id", st.Transfer.ID, "code", st.State.Code, "message", st.State.Message)
	}
	k := r.kinds[st.Transfer.Kind]
	if k == nil {
		k = &runStats{ended: map[string]uint64{}, records: map[string]uint64{}}
		r.kinds[st.Transfer.Kind] = k
	}
	k.ended[outcomeOf(&st.State)]++
	for what, n := range recordsOf(&st.State.Progress) {
		k.records[what] += uint64(max(n, 0))
	}
}

func outcomeOf(st *model.TransferState) string {
	switch {
	case st.Phase == model.PhaseFailed:
		return ranBadly
	case st.Code != "":
		return ranPaused
	}
	return ranWell
}

func recordsOf(p *model.Progress) map[string]int64 {
	return map[string]int64{
		"created": p.Created, "updated": p.Updated, "unchanged": p.Unchanged, "deleted": p.Deleted,
		"rejected": p.Rejected, "conflict": p.Conflicts, "uncertain": p.Uncertain,
	}
}

func (r *runs) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.running)
}

// metrics writes what the runs came to. It copies first: whoever reads slowly holds up no run.
func (r *runs) metrics(m metricsWriter) {
	type sample struct {
		labels string
		n      uint64
	}
	var ended, records []sample
	r.mu.Lock()
	running := len(r.running)
	for _, kind := range slices.Sorted(maps.Keys(r.kinds)) {
		k, of := r.kinds[kind], label("kind", string(kind))
		for _, outcome := range []string{ranWell, ranBadly, ranPaused} {
			ended = append(ended, sample{of + "," + label("outcome", outcome), k.ended[outcome]})
		}
		for _, what := range slices.Sorted(maps.Keys(k.records)) {
			records = append(records, sample{of + "," + label("result", what), k.records[what]})
		}
	}
	r.mu.Unlock()
	m.one("ferry_transfers_running", "gauge", "Syncs that this server runs now.", float64(running))
	m.family("ferry_transfer_runs_total", "counter", "Runs of transfers that ended, by outcome.")
	for _, s := range ended {
		m.sample("ferry_transfer_runs_total", s.labels, float64(s.n))
	}
	m.family("ferry_transfer_records_total", "counter", "Records of runs that ended, by what became of them.")
	for _, s := range records {
		m.sample("ferry_transfer_records_total", s.labels, float64(s.n))
	}
}

// runAgain is how long the server waits when it could not look for syncs that are due.
const runAgain = time.Second

// transfer runs the syncs of this store when they are due, until ctx ends and all that ran
// has come to a stop.
func (s *Server) transfer(ctx context.Context) {
	for ctx.Err() == nil {
		err := s.o.Hub.Transfers.RunDueTold(ctx, s.runs.told)
		if err == nil || ctx.Err() != nil {
			return
		}
		slog.Warn("syncs cannot be run; it is tried again", "err", describe(err))
		select {
		case <-ctx.Done():
		case <-time.After(runAgain):
		}
	}
}
