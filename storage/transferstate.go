package storage

import "ferry/model"

type stateRecord struct {
	Transfer   string         `cbor:"1,keyasint,omitempty"`
	Phase      string         `cbor:"2,keyasint,omitempty"`
	Wish       string         `cbor:"3,keyasint,omitempty"`
	Run        string         `cbor:"4,keyasint,omitempty"`
	Progress   progressRecord `cbor:"5,keyasint"`
	Started    instant        `cbor:"6,keyasint,omitempty"`
	Reported   instant        `cbor:"7,keyasint,omitempty"`
	Ended      instant        `cbor:"8,keyasint,omitempty"`
	Next       instant        `cbor:"9,keyasint,omitempty"`
	Code       string         `cbor:"10,keyasint,omitempty"`
	Message    string         `cbor:"11,keyasint,omitempty"`
	Advice     string         `cbor:"12,keyasint,omitempty"`
	Checkpoint []byte         `cbor:"13,keyasint,omitempty"`
	WishFor    string         `cbor:"14,keyasint,omitempty"`
	WishBy     string         `cbor:"15,keyasint,omitempty"`
	Rate       float64        `cbor:"16,keyasint,omitempty"`
	Kept       progressRecord `cbor:"17,keyasint"`
}

func stateRecordOf(s *model.TransferState) stateRecord {
	return stateRecord{
		Transfer: string(s.Transfer), Phase: string(s.Phase), Wish: string(s.Wish), Run: string(s.Run),
		Progress: progressRecordOf(&s.Progress), Started: at(s.Started), Reported: at(s.Reported), Ended: at(s.Ended), Next: at(s.Next),
		Code: string(s.Code), Message: s.Message, Advice: s.Advice, Checkpoint: s.Checkpoint,
		WishFor: string(s.WishFor), WishBy: s.WishBy, Rate: s.Rate, Kept: progressRecordOf(&s.Kept),
	}
}

func (r stateRecord) model() model.TransferState {
	return model.TransferState{
		Transfer: model.ID(r.Transfer), Phase: model.TransferPhase(r.Phase), Wish: model.TransferWish(r.Wish), Run: model.ID(r.Run),
		Progress: r.Progress.model(), Started: r.Started.time(), Reported: r.Reported.time(), Ended: r.Ended.time(), Next: r.Next.time(),
		Code: model.Code(r.Code), Message: r.Message, Advice: r.Advice, Checkpoint: r.Checkpoint,
		WishFor: model.RunTrigger(r.WishFor), WishBy: r.WishBy, Rate: r.Rate, Kept: r.Kept.model(),
	}
}

type progressRecord struct {
	Records   int64    `cbor:"1,keyasint,omitempty"`
	Total     int64    `cbor:"2,keyasint,omitempty"`
	Bytes     int64    `cbor:"3,keyasint,omitempty"`
	Size      int64    `cbor:"4,keyasint,omitempty"`
	Pages     int64    `cbor:"5,keyasint,omitempty"`
	Requests  int64    `cbor:"6,keyasint,omitempty"`
	Retries   int64    `cbor:"7,keyasint,omitempty"`
	Created   int64    `cbor:"8,keyasint,omitempty"`
	Updated   int64    `cbor:"9,keyasint,omitempty"`
	Unchanged int64    `cbor:"10,keyasint,omitempty"`
	Deleted   int64    `cbor:"11,keyasint,omitempty"`
	Rejected  int64    `cbor:"12,keyasint,omitempty"`
	Uncertain int64    `cbor:"13,keyasint,omitempty"`
	Conflicts int64    `cbor:"14,keyasint,omitempty"`
	Waiting   string   `cbor:"15,keyasint,omitempty"`
	Notes     []string `cbor:"16,keyasint,omitempty"`
}

func progressRecordOf(p *model.Progress) progressRecord { return progressRecord(*p) }

func (r progressRecord) model() model.Progress { return model.Progress(r) }

type runRecord struct {
	ID       string         `cbor:"1,keyasint"`
	Transfer string         `cbor:"2,keyasint"`
	Trigger  string         `cbor:"3,keyasint,omitempty"`
	By       string         `cbor:"4,keyasint,omitempty"`
	Started  instant        `cbor:"5,keyasint,omitempty"`
	Ended    instant        `cbor:"6,keyasint,omitempty"`
	Phase    string         `cbor:"7,keyasint,omitempty"`
	Code     string         `cbor:"8,keyasint,omitempty"`
	Message  string         `cbor:"9,keyasint,omitempty"`
	Progress progressRecord `cbor:"10,keyasint"`
}

func runRecordOf(r *model.TransferRun) runRecord {
	return runRecord{
		ID: string(r.ID), Transfer: string(r.Transfer), Trigger: string(r.Trigger), By: r.By, Started: at(r.Started), Ended: at(r.Ended),
		Phase: string(r.Phase), Code: string(r.Code), Message: r.Message, Progress: progressRecordOf(&r.Progress),
	}
}

func (r runRecord) model() model.TransferRun {
	return model.TransferRun{
		ID: model.ID(r.ID), Transfer: model.ID(r.Transfer), Trigger: model.RunTrigger(r.Trigger), By: r.By,
		Started: r.Started.time(), Ended: r.Ended.time(), Phase: model.TransferPhase(r.Phase), Code: model.Code(r.Code),
		Message: r.Message, Progress: r.Progress.model(),
	}
}

// faultsRecord holds the faults of one transfer, the newest first.
type faultsRecord struct {
	Transfer string        `cbor:"1,keyasint"`
	Faults   []faultRecord `cbor:"2,keyasint,omitempty"`
}

type faultRecord struct {
	At     instant `cbor:"1,keyasint,omitempty"`
	Record int64   `cbor:"2,keyasint,omitempty"`
	Row    int64   `cbor:"3,keyasint,omitempty"`
	Key    string  `cbor:"4,keyasint,omitempty"`
	Kind   string  `cbor:"5,keyasint,omitempty"`
	Status int     `cbor:"6,keyasint,omitempty"`
	Reason string  `cbor:"7,keyasint,omitempty"`
}

func faultsRecordOf(transfer model.ID, faults []model.TransferFault) faultsRecord {
	r := faultsRecord{Transfer: string(transfer)}
	for _, f := range faults {
		r.Faults = append(r.Faults, faultRecord{
			At: at(f.At), Record: f.Record, Row: f.Row, Key: f.Key, Kind: string(f.Kind), Status: f.Status, Reason: f.Reason,
		})
	}
	return r
}

func (r faultsRecord) model() (out []model.TransferFault) {
	for _, f := range r.Faults {
		out = append(out, model.TransferFault{
			At: f.At.time(), Record: f.Record, Row: f.Row, Key: f.Key, Kind: model.FaultKind(f.Kind), Status: f.Status, Reason: f.Reason,
		})
	}
	return out
}

// shardRecord is one part of what a sync remembers.
type shardRecord struct {
	Transfer string        `cbor:"1,keyasint"`
	Entries  []entryRecord `cbor:"2,keyasint,omitempty"`
}

type entryRecord struct {
	Key      string   `cbor:"1,keyasint"`
	Hash     [16]byte `cbor:"2,keyasint"`
	ETag     string   `cbor:"3,keyasint,omitempty"`
	Unsure   bool     `cbor:"4,keyasint,omitempty"`
	Conflict bool     `cbor:"5,keyasint,omitempty"`
}

func shardRecordOf(transfer model.ID, entries []model.SyncEntry) shardRecord {
	r := shardRecord{Transfer: string(transfer), Entries: make([]entryRecord, 0, len(entries))}
	for _, e := range entries {
		if !e.Gone {
			r.Entries = append(r.Entries, entryRecord{Key: e.Key, Hash: e.Hash, ETag: e.ETag, Unsure: e.Unsure, Conflict: e.Conflict})
		}
	}
	return r
}

func (r shardRecord) model() []model.SyncEntry {
	if len(r.Entries) == 0 {
		return nil
	}
	out := make([]model.SyncEntry, len(r.Entries))
	for i, e := range r.Entries {
		out[i] = model.SyncEntry{Key: e.Key, Hash: e.Hash, ETag: e.ETag, Unsure: e.Unsure, Conflict: e.Conflict}
	}
	return out
}
