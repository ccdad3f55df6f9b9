package model

import "time"

// TransferPhase is where a transfer is.
type TransferPhase string

// The phases. A transfer whose state says running while nobody reported for
// HeartbeatLimit was cut off: Phase shows it as interrupted.
const (
	PhaseWaiting     TransferPhase = "waiting" // a sync between two runs
	PhaseRunning     TransferPhase = "running"
	PhasePaused      TransferPhase = "paused" // goes on when it is asked to
	PhaseDone        TransferPhase = "done"
	PhaseFailed      TransferPhase = "failed" // goes on from its checkpoint when it is asked to
	PhaseCancelled   TransferPhase = "cancelled"
	PhaseInterrupted TransferPhase = "interrupted"
)

// Ended reports whether nothing more can come of it.
func (p TransferPhase) Ended() bool { return p == PhaseDone || p == PhaseCancelled }

// TransferWish is what somebody asks of whoever runs a transfer.
type TransferWish string

// The wishes.
const (
	WishNone   TransferWish = ""
	WishPause  TransferWish = "pause"
	WishCancel TransferWish = "cancel"
	WishRun    TransferWish = "run" // a sync is due now, whatever its schedule says
)

// HeartbeatEvery is how often a running transfer writes its progress, HeartbeatLimit how
// long it may be silent.
const (
	HeartbeatEvery = time.Second
	HeartbeatLimit = 15 * time.Second
)

// TransferState is what happens to a transfer: run-time state.
type TransferState struct {
	Transfer   ID
	Phase      TransferPhase
	Wish       TransferWish
	WishFor    RunTrigger // of WishRun: what asked for it
	WishBy     string     // the label of who wished
	Run        ID         // the newest run
	Progress   Progress   // as it was last reported
	Rate       float64    // records a second lately, as of Reported
	Started    time.Time  // of the newest run
	Reported   time.Time  // when the state was last written by whoever runs it
	Ended      time.Time
	Next       time.Time // of a sync: when it is due; zero: when it is asked to
	Code       Code      // why it failed or was paused, "" otherwise
	Message    string
	Advice     string // what to do next
	Checkpoint []byte // where to go on, for the engine alone to read; nil: at the beginning
	// Kept is the progress that Checkpoint stands for: Progress may be ahead of it.
	Kept Progress
}

// Shown returns the phase as it is at now: interrupted when whoever ran it fell silent.
func (s *TransferState) Shown(now time.Time) TransferPhase {
	if s.Phase == PhaseRunning && now.Sub(s.Reported) > HeartbeatLimit {
		return PhaseInterrupted
	}
	return s.Phase
}

// Progress counts what a run did so far.
type Progress struct {
	Records   int64 // taken from the source or the file, and dealt with
	Total     int64 // how many there are, 0 while that is not known
	Bytes     int64 // written to the file, or taken from it
	Size      int64 // of the file that is imported, 0 while that is not known
	Pages     int64
	Requests  int64
	Retries   int64
	Created   int64 // answered 201, or posted
	Updated   int64
	Unchanged int64 // not sent, because nothing changed
	Deleted   int64
	Rejected  int64 // refused by the target, or no record at all
	Uncertain int64 // in flight at a cut, and not sent again
	Conflicts int64
	Waiting   string // why nothing moves right now, sanitised; "" otherwise
	Notes     []string
}

// TransferRun is one run of a transfer, for its history.
type TransferRun struct {
	ID       ID
	Transfer ID
	Trigger  RunTrigger
	By       string // who asked for it, the label of an actor
	Started  time.Time
	Ended    time.Time // zero while it runs
	Phase    TransferPhase
	Code     Code
	Message  string
	Progress Progress
}

// RunTrigger is why a run began.
type RunTrigger string

// The triggers.
const (
	TriggerPerson   RunTrigger = "manual"
	TriggerSchedule RunTrigger = "schedule"
	TriggerWebhook  RunTrigger = "webhook"
	TriggerResume   RunTrigger = "resume"
)

// TransferFault is one record with which something went wrong.
type TransferFault struct {
	At     time.Time
	Record int64  // its number in the file or the source, from 1
	Row    int64  // the line of the file on which it begins, 0 when there is none
	Key    string // of a sync, sanitised
	Kind   FaultKind
	Status int    // of the answer, 0 when there was none
	Reason string // sanitised, secrets masked
}

// FaultKind is what went wrong with a record.
type FaultKind string

// The faults.
const (
	FaultRejected  FaultKind = "rejected"
	FaultUncertain FaultKind = "uncertain"
	FaultConflict  FaultKind = "conflict"
	FaultFailed    FaultKind = "failed" // will be tried again
)

// SyncEntry is what a sync remembers of one record.
type SyncEntry struct {
	Key  string
	Hash [16]byte // of the content as it was last written to the target
	ETag string   // the target's, when it gave one
	// Unsure is set while it is not known whether the last write arrived.
	Unsure bool
	// Conflict holds the hash of the content that was not written because the target had
	// been changed by somebody else.
	Conflict bool
	Gone     bool // forget the record
}
