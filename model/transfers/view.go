package transfers

import (
	"time"

	"ferry/model"
)

// View is the outside shape of a transfer: what scripts and the hub API give and take.
type View struct {
	ID        model.ID            `json:"id"`
	Space     string              `json:"space"`
	Kind      model.TransferKind  `json:"kind"`
	Name      string              `json:"name"`   // of a sync, "" otherwise
	Title     string              `json:"title"`  // what a list shows
	Source    *SideView           `json:"source"` // null for an import
	Target    *SideView           `json:"target"` // null for an export
	File      *FileView           `json:"file"`   // null for a sync
	Read      *ReadView           `json:"read"`   // null for an import
	Write     *WriteView          `json:"write"`  // null for an export
	JQ        string              `json:"jq"`
	Sync      *SyncView           `json:"sync"` // null but for a sync
	Phase     model.TransferPhase `json:"phase"`
	Progress  ProgressView        `json:"progress"`
	StartedAt *time.Time          `json:"started_at"`
	EndedAt   *time.Time          `json:"ended_at"`
	NextAt    *time.Time          `json:"next_at"` // when a sync is due
	Error     *ErrorView          `json:"error"`   // why it failed or was paused
	Revision  uint64              `json:"revision"`
	CreatedAt time.Time           `json:"created_at"`
	CreatedBy string              `json:"created_by"`
	UpdatedAt time.Time           `json:"updated_at"`
	UpdatedBy string              `json:"updated_by"`
}

// SideView is one side of a transfer.
type SideView struct {
	Client  string   `json:"client"` // its name, "" once it is gone
	Path    string   `json:"path"`
	Query   []string `json:"query"`   // "k=v"
	Headers []string `json:"headers"` // "K: v"
}

// FileView is the file of a transfer.
type FileView struct {
	Path    string           `json:"path"`
	Format  model.FileFormat `json:"format"`
	Gzip    bool             `json:"gzip"`
	Columns []string         `json:"columns"`
	Rejects string           `json:"rejects"`
}

// ReadView is how a source is read.
type ReadView struct {
	Paging      model.Paging `json:"paging"` // "" finds out
	Items       string       `json:"items"`
	PageSize    int          `json:"page_size"`
	PageParam   string       `json:"page_param"`
	SizeParam   string       `json:"size_param"`
	CursorParam string       `json:"cursor_param"`
	CursorField string       `json:"cursor_field"`
	FirstPage   *int         `json:"first_page"`
	SinceParam  string       `json:"since_param"`
	Since       string       `json:"since"`
	Limit       int64        `json:"limit"`
}

// WriteView is how a target is written.
type WriteView struct {
	Method      string `json:"method"`
	Batch       int    `json:"batch"`
	BatchField  string `json:"batch_field"`
	Parallel    int    `json:"parallel"`
	Idempotency string `json:"idempotency_header"`
	Upsert      bool   `json:"upsert"`
	CreatePath  string `json:"create_path"`
}

// SyncView is what makes a transfer a sync.
type SyncView struct {
	Key        string           `json:"key"`
	Detect     model.SyncDetect `json:"detect"` // "" compares
	Deletes    bool             `json:"deletes"`
	MaxDeletes int              `json:"max_deletes_percent"`
	Overwrite  bool             `json:"overwrite"`
	Schedule   string           `json:"schedule"`
	Webhook    string           `json:"webhook"` // the path to POST to, "" for none
	Paused     bool             `json:"paused"`
}

// ProgressView counts.
type ProgressView struct {
	Records   int64    `json:"records"`
	Total     *int64   `json:"total"` // null while it is not known
	Bytes     int64    `json:"bytes"`
	Pages     int64    `json:"pages"`
	Requests  int64    `json:"requests"`
	Retries   int64    `json:"retries"`
	Created   int64    `json:"created"`
	Updated   int64    `json:"updated"`
	Unchanged int64    `json:"unchanged"`
	Deleted   int64    `json:"deleted"`
	Rejected  int64    `json:"rejected"`
	Uncertain int64    `json:"uncertain"`
	Conflicts int64    `json:"conflicts"`
	Waiting   string   `json:"waiting,omitempty"`
	Notes     []string `json:"notes"`
}

// ErrorView is why a transfer stopped, in the shape of errors.
type ErrorView struct {
	Code    model.Code `json:"code"`
	Message string     `json:"message"`
	Next    string     `json:"next"`
}

// RunView is the outside shape of a run.
type RunView struct {
	ID        model.ID            `json:"id"`
	Trigger   model.RunTrigger    `json:"trigger"`
	By        string              `json:"by"`
	StartedAt time.Time           `json:"started_at"`
	EndedAt   *time.Time          `json:"ended_at"`
	Phase     model.TransferPhase `json:"phase"`
	Progress  ProgressView        `json:"progress"`
	Code      model.Code          `json:"code"`
	Message   string              `json:"message"`
}

// FaultView is the outside shape of a fault.
type FaultView struct {
	At     time.Time       `json:"at"`
	Kind   model.FaultKind `json:"kind"`
	Record int64           `json:"record"`
	Row    int64           `json:"row"`
	Key    string          `json:"key"`
	Status int             `json:"status"`
	Reason string          `json:"reason"`
}

// ViewOf returns the outside shape of s.
func ViewOf(space model.Space, s *Status) View { return View{} }

// RunViewOf returns the outside shape of r.
func RunViewOf(r *model.TransferRun) RunView { return RunView{} }

// FaultViewOf returns the outside shape of f.
func FaultViewOf(f *model.TransferFault) FaultView { return FaultView{} }
