package importing

import (
	"sync"
	"time"

	"ferry/auth/transfer/importing/journal"
	"ferry/model"
)

// span is how many units may lie between the low-water mark of the last checkpoint and the
// newest one: it bounds the marks of a checkpoint to twice this in bits.
const span = 1 << 16

// state is how far a unit is.
type state byte

const (
	fresh state = iota
	sent        // its request was begun; whether it arrived is not known
	over        // it was answered, refused, or listed as uncertain
)

// ledger is what is over and what is not, in memory and, first, in the journal. One lock
// holds both together, so that a checkpoint never stands for less than a file that it
// replaces.
type ledger struct {
	mu      sync.Mutex
	now     model.Clock
	journal *journal.Journal // nil: nothing is kept for a resume
	rejects *rejects
	low     uint64 // the first unit of slots
	start   place  // of it, while there are no slots
	slots   []slot
	known   map[uint64]state // from before a cut, of units that were not read yet
	count   model.Progress
	faults  []model.TransferFault // since they were last kept
	last    string                // the newest reason of a refusal
	work    bool                  // something changed since the last snapshot
}

type slot struct {
	state state
	start place
}

// add takes a unit that was read and returns how far it was before a cut.
func (l *ledger) add(u *unit) state {
	l.mu.Lock()
	defer l.mu.Unlock()
	st := l.known[u.seq]
	delete(l.known, u.seq)
	l.slots = append(l.slots, slot{st, u.start})
	l.advance()
	return st
}

// advance moves the low-water mark. The last slot stays, because where the one after it
// begins is not known yet.
func (l *ledger) advance() {
	n := 0
	for n < len(l.slots)-1 && l.slots[n].state == over {
		n++
	}
	if n > 0 {
		l.slots = l.slots[n:]
		l.low += uint64(n)
	}
}

// lowest returns the low-water mark.
func (l *ledger) lowest() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.low
}

// begin notes that a unit is about to be sent. When that fails, it must not be.
func (l *ledger) begin(u *unit) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.journal != nil && !u.again {
		if err := l.journal.Add(&journal.Entry{Kind: journal.Sent, Seq: u.seq}); err != nil {
			return err
		}
	}
	l.slots[u.seq-l.low].state = sent
	l.work = true
	return nil
}

// release notes that a unit was certainly not applied.
func (l *ledger) release(u *unit) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.slots[u.seq-l.low].state = fresh
	l.work = true
	if l.journal == nil {
		return nil
	}
	return l.journal.Add(&journal.Entry{Kind: journal.Free, Seq: u.seq})
}

// settle notes what came of a unit: first its refused records in the rejects file, then
// that it is over. An error from the rejects file leaves the unit to be sent again; one of
// the journal does not undo what is known here and goes into the next checkpoint.
func (l *ledger) settle(u *unit, t journal.Tally, refused []fault) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := journal.Entry{Kind: journal.Done, Seq: u.seq, Tally: t}
	at := l.now()
	for i := range refused {
		e.Faults = append(e.Faults, refused[i].kept(at))
	}
	if size, err := l.rejects.add(refused); err != nil {
		return err
	} else if size > 0 {
		e.Rejects = uint64(size) + 1
	}
	if len(e.Faults) > model.MaxFaults {
		e.Faults = e.Faults[len(e.Faults)-model.MaxFaults:]
	}
	var err error
	if l.journal != nil && (t != journal.Tally{Records: t.Records} || len(u.items) > 0) {
		err = l.journal.Add(&e)
	}
	l.slots[u.seq-l.low].state = over
	l.apply(&e)
	l.advance()
	return err
}

// apply counts what is over.
func (l *ledger) apply(e *journal.Entry) {
	l.work = true
	l.count.Records += e.Records
	l.count.Created += e.Created
	l.count.Updated += e.Updated
	l.count.Rejected += e.Rejected
	l.count.Uncertain += e.Uncertain
	l.faults = append(l.faults, e.Faults...)
	if n := len(l.faults); n > model.MaxFaults {
		l.faults = l.faults[n-model.MaxFaults:]
	}
	for i := range e.Faults {
		if e.Faults[i].Kind == model.FaultRejected {
			l.last = e.Faults[i].Reason
		}
	}
}

// counts returns what is counted so far.
func (l *ledger) counts() (p model.Progress, last string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.count, l.last
}

// sync makes the rejects file and the journal survive a power cut.
func (l *ledger) sync() error {
	if err := l.rejects.sync(); err != nil {
		return err
	}
	l.mu.Lock()
	j := l.journal
	l.mu.Unlock()
	if j == nil {
		return nil
	}
	return j.Sync()
}

// kept is the fault as it is remembered.
func (f *fault) kept(at time.Time) model.TransferFault {
	kind := f.kind
	if kind == "" {
		kind = model.FaultRejected
	}
	return model.TransferFault{At: at, Record: f.record, Row: f.row, Kind: kind, Status: f.status, Reason: clip(f.reason)}
}
