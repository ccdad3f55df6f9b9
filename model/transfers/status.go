package transfers

import (
	"path"
	"time"

	"ferry/model"
)

// Status is a transfer with what happens to it, and the names a person knows.
type Status struct {
	Transfer   model.Transfer
	State      model.TransferState
	Phase      model.TransferPhase // as it is now
	SourceName string              // of the client, "" when there is none (any more)
	TargetName string
	Rate       float64 // records a second lately, 0 when it does not run
}

// newStatus puts together what a transfer is like at now. Names are those of clients by id.
func newStatus(t *model.Transfer, st *model.TransferState, names map[model.ID]string, now time.Time) Status {
	out := Status{
		Transfer: *t, State: *st, Phase: phaseOf(t, st, now), SourceName: names[t.Source.Client], TargetName: names[t.Target.Client],
	}
	if out.Phase == model.PhaseRunning {
		out.Rate = st.Rate
	}
	return out
}

// phaseOf returns the phase that is shown: a sync waits or is paused between its runs, and
// what never got to its first run was cut off before it.
func phaseOf(t *model.Transfer, st *model.TransferState, now time.Time) model.TransferPhase {
	phase := st.Shown(now)
	switch {
	case t.Kind != model.KindSync && phase == "":
		return model.PhaseInterrupted
	case t.Kind != model.KindSync, phase == model.PhaseRunning:
		return phase
	case t.Sync.Paused:
		return model.PhasePaused
	case phase == "", phase == model.PhaseDone:
		return model.PhaseWaiting
	}
	return phase
}

// Title is what a list shows: the name of a sync, or "erp /products → products.ndjson".
func (s *Status) Title() string {
	return title(&s.Transfer, map[model.ID]string{s.Transfer.Source.Client: s.SourceName, s.Transfer.Target.Client: s.TargetName})
}

func title(t *model.Transfer, names map[model.ID]string) string {
	side := func(e *model.Endpoint) string {
		name := names[e.Client]
		if name == "" {
			name = "(deleted)"
		}
		return name + " " + e.Path
	}
	switch {
	case t.Kind == model.KindSync:
		return t.Name
	case t.Kind == model.KindExport && t.File.Path == stream:
		return side(&t.Source) + " → standard output"
	case t.Kind == model.KindExport:
		return side(&t.Source) + " → " + path.Base(t.File.Path)
	case t.File.Path == stream:
		return "standard input → " + side(&t.Target)
	}
	return path.Base(t.File.Path) + " → " + side(&t.Target)
}

// Left returns how long it will take, and false where that is not known.
func (s *Status) Left() (time.Duration, bool) {
	p := &s.State.Progress
	if s.Phase != model.PhaseRunning || s.Rate <= 0 {
		return 0, false
	}
	var records float64
	switch total := s.Total(); {
	case total > 0:
		records = float64(max(total-p.Records, 0))
	case p.Size > 0 && p.Bytes > 0 && p.Records > 0: // of a file: what is left has records as long as these
		records = float64(max(p.Size-p.Bytes, 0)) / float64(p.Bytes) * float64(p.Records)
	default:
		return 0, false
	}
	seconds := records / s.Rate
	if seconds > (365 * 24 * time.Hour).Seconds() {
		return 0, false
	}
	return time.Duration(seconds * float64(time.Second)), true
}

// Total returns how many records there will be, 0 while that is not known.
func (s *Status) Total() int64 {
	total, limit := s.State.Progress.Total, s.Transfer.Read.Limit
	if limit > 0 && total > limit {
		return limit
	}
	return total
}

// meter keeps a moving average of records a second over the last seconds.
type meter struct{ samples []sample }

type sample struct {
	at      time.Time
	records int64
}

// span is the time over which a rate is taken.
const span = 5 * time.Second

// add notes how many records there are at a time.
func (m *meter) add(at time.Time, records int64) {
	if n := len(m.samples); n > 1 && at.Sub(m.samples[n-2].at) < reportEvery {
		m.samples = m.samples[:n-1]
	}
	m.samples = append(m.samples, sample{at, records})
	for len(m.samples) > 2 && at.Sub(m.samples[1].at) >= span {
		m.samples = m.samples[1:]
	}
}

// rate returns the records a second, 0 while nothing is known.
func (m *meter) rate() float64 {
	if len(m.samples) < 2 {
		return 0
	}
	first, last := m.samples[0], m.samples[len(m.samples)-1]
	took := last.at.Sub(first.at).Seconds()
	if took <= 0 || last.records <= first.records {
		return 0
	}
	return float64(last.records-first.records) / took
}
