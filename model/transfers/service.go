package transfers

import (
	"context"
	"io"
	"time"

	"ferry/model"
	"ferry/model/calls"
)

// Ports is what the use-cases stand on.
type Ports struct {
	Store model.Store
	Calls *calls.Service
	Mover model.Mover
	Files model.Files
	Dir   string // for journals; "" keeps none
	Now   model.Clock
	NewID model.IDs
}

// Service is the use-cases on transfers.
type Service struct{ p Ports }

// New returns the use-cases.
func New(p Ports) *Service { return &Service{p: p} }

// Side is an endpoint as a person gives it, with the name of the client.
type Side struct {
	Client  string
	Path    string
	Query   []model.Param
	Headers []model.Param
}

// Draft is a transfer as a person gives it.
type Draft struct {
	Kind     model.TransferKind
	Name     string // of a sync
	Source   Side
	Target   Side
	File     model.TransferFile // Path as it was typed; Format "" and Gzip follow from its ending
	Read     model.Reading
	Write    model.Writing
	Shape    string
	Sync     model.Syncing
	Revision uint64 // of the sync that was edited; 0: whatever is stored
}

// Options are those of one run.
type Options struct {
	Confirm string // the name of a protected target
	Resume  bool   // go on with the newest unfinished transfer of the same sides and file
	Replace bool   // a file of an export that is there is replaced
	Restart bool   // what was begun for the same sides and file and has not ended is given up
	In      io.Reader
	Out     io.Writer
	// Stop, which may be nil, is closed to pause what runs: what is in flight ends and is made
	// durable, the state says paused, and EInterrupted is returned. (Of a sync the run ends.)
	Stop <-chan struct{}
	// Report tells how far it is, at most ten times a second, and once at the end; it may be nil.
	Report func(Status)
}

// What bounds waiting: for the lock of a transfer that may run elsewhere, and for the
// last write of a run whose own context is over.
const (
	lockWait  = 500 * time.Millisecond
	startWait = 5 * time.Second
	finalWait = 10 * time.Second
)

// lock takes a lock of the store, waiting shortly. EBusy with what is said by busy.
func (s *Service) lock(ctx context.Context, name string, wait time.Duration, busy func() error) (unlock func(), err error) {
	short, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	unlock, err = s.p.Store.Lock(short, name)
	if err != nil && ctx.Err() == nil && short.Err() != nil {
		return nil, busy()
	}
	return unlock, err
}

// runLock is held by whoever runs a transfer, for the whole run.
func runLock(id model.ID) string { return "transfer-" + string(id) }

// lockRun takes the lock of a transfer. EBusy when it runs already.
func (s *Service) lockRun(ctx context.Context, space model.Space, id model.ID) (unlock func(), err error) {
	return s.lock(ctx, runLock(id), lockWait, func() error {
		what := "it"
		if st, err := s.get(ctx, space, id); err == nil {
			what = model.Printable(st.Title())
		}
		return model.Errorf(model.EBusy, "%s runs already", what).
			WithNext("wait for it, or pause it: ferry transfer pause %s", id)
	})
}

// entry is the audit entry of a change; its id is made before the transaction.
func entry(ctx context.Context, sp model.Space, id model.ID, at time.Time, action string, t *model.Transfer, title string, diff []model.Change) model.AuditEntry {
	return model.AuditEntry{
		ID: id, At: at, Actor: model.ActorFrom(ctx), Action: action, Space: sp.Name, In: sp.ID,
		Target: t.ID, Name: title, Revision: t.Revision, Changes: diff,
	}
}

// event is the audit entry of what happened to a transfer and changed nothing that was asked
// for: a conflict of edits does not speak of it.
func event(ctx context.Context, sp model.Space, id model.ID, at time.Time, action string, t *model.Transfer, title string, diff []model.Change) model.AuditEntry {
	e := entry(ctx, sp, id, at, action, t, title, diff)
	e.Revision = 0
	return e
}
