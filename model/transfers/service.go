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

// Status is a transfer with what happens to it, and the names a person knows.
type Status struct {
	Transfer   model.Transfer
	State      model.TransferState
	Phase      model.TransferPhase // as it is now
	SourceName string              // of the client, "" when there is none (any more)
	TargetName string
	Rate       float64 // records a second lately, 0 when it does not run
}

// Title is what a list shows: the name of a sync, or "erp /products → products.ndjson".
func (s *Status) Title() string { return "" }

// Left returns how long it will take, and false where that is not known.
func (s *Status) Left() (time.Duration, bool) { return 0, false }

var errNotYet = model.Errorf(model.EInternal, "not there yet")

// Check refuses a draft that cannot run, with every field at fault, as DraftProblems of
// other packages do; it stores nothing.
func (s *Service) Check(ctx context.Context, space model.Space, d Draft) error { return errNotYet }

// Start stores an export or an import and runs it until it ends: done, or an error that
// says why it stopped and how to go on. With Options.Resume, what was begun goes on.
//
// EInvalid, ENotFound (client, file, nothing to resume), EDisabled, EProtected, EExists
// (the file, or something unfinished for it), EBusy (it runs already), EPaused (somebody paused or
// cancelled it), ENoSpace (paused, everything durable), and whatever Mover returns.
func (s *Service) Start(ctx context.Context, space model.Space, d Draft, o Options) (Status, error) {
	return Status{}, errNotYet
}

// Continue goes on with a paused, failed or interrupted export or import by its id.
func (s *Service) Continue(ctx context.Context, space model.Space, id model.ID, o Options) (Status, error) {
	return Status{}, errNotYet
}

// Preview returns the first n requests that an import would send. Nothing is stored or sent.
func (s *Service) Preview(ctx context.Context, space model.Space, d Draft, in io.Reader, n int) ([]model.PlannedRequest, error) {
	return nil, errNotYet
}

// CreateSync stores a sync. Confirm is the name of a protected target client.
func (s *Service) CreateSync(ctx context.Context, space model.Space, d Draft, confirm string) (Status, error) {
	return Status{}, errNotYet
}

// UpdateSync saves what was edited. EConflict when the sync was changed meanwhile.
func (s *Service) UpdateSync(ctx context.Context, space model.Space, id model.ID, d Draft, confirm string) (Status, error) {
	return Status{}, errNotYet
}

// DraftOf returns the draft that changes nothing.
func (s *Service) DraftOf(ctx context.Context, space model.Space, t model.Transfer) (Draft, error) {
	return Draft{}, errNotYet
}

// RunSync runs a sync now, in this process, until the run ends. EBusy when it runs already.
func (s *Service) RunSync(ctx context.Context, space model.Space, id model.ID, trigger model.RunTrigger, o Options) (Status, error) {
	return Status{}, errNotYet
}

// Trigger asks whoever serves the store to run a sync now: of a webhook, or of the API. A
// run under way is followed by one more. EDisabled when it is paused; EPermission when the
// trigger is a webhook and the sync has none.
func (s *Service) Trigger(ctx context.Context, space model.Space, id model.ID, trigger model.RunTrigger) error {
	return errNotYet
}

// RunDue runs the syncs of every space when they are due, until ctx ends. Several servers
// on one store never run one sync twice at once.
func (s *Service) RunDue(ctx context.Context) error { return errNotYet }

// Pause stops an export or import after what is in flight, or keeps a sync from running.
func (s *Service) Pause(ctx context.Context, space model.Space, id model.ID) error { return errNotYet }

// Resume lets a paused sync run again. Exports and imports go on with Continue.
func (s *Service) Resume(ctx context.Context, space model.Space, id model.ID) error { return errNotYet }

// Cancel ends an export or an import for good; its unfinished file goes.
func (s *Service) Cancel(ctx context.Context, space model.Space, id model.ID) error { return errNotYet }

// Delete removes a transfer that does not run, with its history. A sync needs its name to confirm when
// its target is protected.
func (s *Service) Delete(ctx context.Context, space model.Space, id model.ID, revision uint64, confirm string) error {
	return errNotYet
}

// Find returns the transfer that a name or an id is of. ENotFound.
func (s *Service) Find(ctx context.Context, space model.Space, ref string) (Status, error) {
	return Status{}, errNotYet
}

// List returns the transfers of a space: those that run first, then the newest. Progress, which
// may be nil, is told how many are loaded.
func (s *Service) List(ctx context.Context, space model.Space, progress func(n int)) ([]Status, error) {
	return nil, errNotYet
}

// Runs returns the history of a transfer, newest first.
func (s *Service) Runs(ctx context.Context, id model.ID) ([]model.TransferRun, error) {
	return nil, errNotYet
}

// Faults returns the records with which something went wrong, newest first.
func (s *Service) Faults(ctx context.Context, space model.Space, id model.ID) ([]model.TransferFault, error) {
	return nil, errNotYet
}

// Using returns the titles of the syncs and unfinished transfers that use a client.
func (s *Service) Using(ctx context.Context, space model.Space, client model.ID) ([]string, error) {
	return nil, errNotYet
}
