package importing

import (
	"encoding/json"

	"ferry/auth/transfer/importing/journal"
	"ferry/model"
)

// checkpointVersion changes with the meaning of a checkpoint.
const checkpointVersion = 1

// checkpoint is where an import goes on: all units below Low are over, Over and Sent are
// bits of those from Low on, and what the journal holds from file Gen on comes on top.
type checkpoint struct {
	Version  int            `json:"v"`
	File     identity       `json:"file"`
	Settings string         `json:"settings"` // digest of what units follow from
	Gen      uint64         `json:"gen"`
	Low      uint64         `json:"low"`
	Start    place          `json:"start"` // of unit Low
	Over     []byte         `json:"over,omitempty"`
	Sent     []byte         `json:"sent,omitempty"`
	Rejects  int64          `json:"rejects"` // size of the rejects file
	Progress model.Progress `json:"progress"`
}

// bits is a set of small numbers.
type bits []byte

func (b *bits) set(n uint64) {
	for uint64(len(*b)) <= n/8 {
		*b = append(*b, 0)
	}
	(*b)[n/8] |= 1 << (n % 8)
}

func (b bits) each(fn func(n uint64)) {
	for i, c := range b {
		for k := range 8 {
			if c&(1<<k) != 0 {
				fn(uint64(i*8 + k))
			}
		}
	}
}

// snapshot fills in where the run is now. The journal goes on in another file: once the
// snapshot is kept, the files before Gen say nothing more.
func (l *ledger) snapshot(c *checkpoint) ([]model.TransferFault, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.journal != nil {
		gen, err := l.journal.Next()
		if err != nil {
			return nil, err
		}
		c.Gen = gen
	}
	c.Low, c.Start, c.Rejects, c.Progress = l.low, l.start, l.rejects.size(), l.count
	var done, begun bits
	mark := func(n uint64, st state) {
		switch st {
		case over:
			done.set(n)
		case sent:
			begun.set(n)
		}
	}
	for i, s := range l.slots {
		if i == 0 {
			c.Start = s.start
		}
		mark(uint64(i), s.state)
	}
	for seq, st := range l.known {
		mark(seq-l.low, st)
	}
	c.Over, c.Sent = done, begun
	faults := l.faults
	l.faults, l.work = nil, false
	return faults, nil
}

// restore brings the ledger to where a checkpoint and the journal after it are.
func (l *ledger) restore(c *checkpoint, dir string, id model.ID) (highest uint64, err error) {
	l.low, l.start, l.count = c.Low, c.Start, c.Progress
	l.known = map[uint64]state{}
	bits(c.Sent).each(func(n uint64) { l.known[c.Low+n] = sent })
	bits(c.Over).each(func(n uint64) { l.known[c.Low+n] = over })
	return journal.Replay(dir, id, c.Gen, func(e journal.Entry) {
		if e.Seq < c.Low || l.known[e.Seq] == over {
			return
		}
		switch e.Kind {
		case journal.Sent:
			l.known[e.Seq] = sent
		case journal.Free:
			delete(l.known, e.Seq)
		case journal.Done:
			l.known[e.Seq] = over
			l.apply(&e)
			if e.Rejects > 0 {
				c.Rejects = int64(e.Rejects) - 1 //nolint:gosec // what settle wrote
			}
		}
	})
}

func readCheckpoint(data []byte) (*checkpoint, error) {
	var c checkpoint
	if err := json.Unmarshal(data, &c); err != nil || c.Version != checkpointVersion || c.Low == 0 {
		return nil, model.Errorf(model.EInvalid, "where the import stopped cannot be read: it was written by another version of ferry").
			WithNext("look at the target, then begin anew with --restart").WithCause(err)
	}
	return &c, nil
}

// encode returns the checkpoint as it is kept, nil for an import that cannot go on.
func (c *checkpoint) encode(resumable bool) ([]byte, error) {
	if !resumable {
		return nil, nil
	}
	data, err := json.Marshal(c)
	if err == nil && len(data) > model.MaxCheckpoint {
		err = model.Errorf(model.EInternal, "the checkpoint of the import takes %d bytes", len(data))
	}
	return data, err
}

// changed reports whether a checkpoint would say anything new.
func (l *ledger) changed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.work
}

// unkept puts faults back that could not be kept.
func (l *ledger) unkept(faults []model.TransferFault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults, l.work = append(faults, l.faults...), true
}
