package model

import (
	"context"
	"errors"
	"io"
	"time"
)

// Mover is the port to the engine that moves records. A method ends when all is done, when
// it fails, or with ErrStopped after Job.Stop was closed and what was in flight has been
// answered. When ctx ends it gives up at once. Whatever way it ends, what it handed to
// Job.Keep is true, and the same Job with that checkpoint goes on from there.
//
// Errors: EInvalid for settings or a file that cannot be; EUpstream for answers that
// break a rule, a page that repeats or a link that leaves the origin; EUnreachable and
// ETimeout after the last retry; EDisabled, ERejected … whatever a Link returns; ENoSpace
// when the disk is full.
type Mover interface {
	// Check refuses what cannot run: filters, places in paths, schedules. EInvalid with the
	// fields at fault, named as the flags of the commands are, in snake_case.
	Check(t *Transfer) error
	// NextRun returns when a schedule is due after a time. EInvalid, field "schedule".
	NextRun(schedule string, after time.Time) (time.Time, error)
	Export(ctx context.Context, j Job) error
	Import(ctx context.Context, j Job) error
	// Preview returns the first n requests that an import would send, and sends none.
	Preview(ctx context.Context, j Job, n int) ([]PlannedRequest, error)
	Sync(ctx context.Context, j Job) error
	// Forget removes what the jobs of a transfer left in Job.Dir: it will not go on.
	Forget(dir string, transfer ID)
}

// Job is one run of a transfer.
type Job struct {
	Transfer   Transfer
	Run        ID
	Checkpoint []byte // nil: from the beginning
	Progress   Progress
	Source     Link // nil for an import
	Target     Link // nil for an export
	Files      Files
	Replace    bool       // of an export: a file that is there is replaced
	Dir        string     // where a journal may lie, a directory of the store's own; "" keeps none
	In         io.Reader  // instead of the file, for "-"
	Out        io.Writer  // instead of the file, for "-"
	Memory     SyncMemory // of a sync
	Stop       <-chan struct{}
	// Keep makes a checkpoint durable; the engine has fsynced what it stands for. Faults
	// are added to those that are kept.
	Keep func(ctx context.Context, checkpoint []byte, p Progress, faults []TransferFault) error
	// Report tells how far it is, often; it must return at once. It may be called while Keep
	// runs; neither is called twice at once, nor after the job ended.
	Report func(Progress)
}

// ErrStopped says that a job ended because it was asked to.
var ErrStopped = errors.New("stopped")

// Link makes authorised requests to one client for as long as a transfer runs: tokens are
// renewed inside, and an edit of the client counts from the next request on. It keeps no
// history. It is safe for use by many goroutines.
type Link interface {
	// Do makes one request. Errors are those of Caller.Do and of fetching a token; EDisabled
	// once the client or its space is disabled, ENotFound once it is gone. A 401 has been
	// answered with a renewed token already, unless the body cannot be sent twice.
	Do(ctx context.Context, r Request) (Response, error)
	// Client returns the client as it is stored now, for its name and origin.
	Client() Client
}

// PlannedRequest is a request that was not sent. Values of secret headers are not in it.
type PlannedRequest struct {
	Record int64 // the first record in it, from 1
	Method string
	URL    string
	Header []Param
	Body   []byte
}

// SyncMemory is what a sync remembers of the records it wrote.
type SyncMemory interface {
	// Each hands over every entry, in no order.
	Each(ctx context.Context, fn func(SyncEntry) error) error
	// Save adds, replaces, and forgets entries by key. All or nothing for up to 1,000 whose
	// keys and ETags are together below 256 KiB; more may be saved in part when it fails.
	Save(ctx context.Context, entries []SyncEntry) error
}

// Filter turns one JSON document into any number of others.
type Filter interface {
	// Each hands every result to yield, as JSON on one line. EInvalid with the reason when
	// the filter does not fit; yield's own error.
	Each(ctx context.Context, document []byte, yield func(result []byte) error) error
}

// FilterCompiler compiles a jq filter. EInvalid with the reason, field "jq".
type FilterCompiler func(expr string) (Filter, error)

// Files is the port to the files of transfers. Names are absolute paths that Resolve made.
// Errors: ENotFound, EExists, EPermission, ENoSpace; EInvalid for what is no regular file.
type Files interface {
	// Resolve makes a name absolute and refuses one that is out of bounds (--restricted).
	Resolve(name string) (string, error)
	Open(name string) (File, error)
	// Part opens the unfinished file beside name, mode 0600, and makes it when it is not
	// there. It is locked against another process: EBusy.
	Part(name string) (File, error)
	// Finish renames the unfinished file to name and makes that durable. EExists when name
	// is there and replace is false.
	Finish(name string, replace bool) error
	// Discard removes the unfinished file, if there is one.
	Discard(name string) error
	// Append opens a file for adding to its end, mode 0600, and makes it when it is not there.
	Append(name string) (File, error)
	Exists(name string) bool
}

// File is an open file.
type File interface {
	io.Reader
	io.Writer
	io.Seeker
	io.Closer
	Truncate(size int64) error
	Sync() error
	Size() (int64, error)
}
