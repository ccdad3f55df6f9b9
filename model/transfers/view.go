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
	Rate      float64             `json:"records_per_second"` // lately; 0 when it does not run
	Left      *float64            `json:"seconds_left"`       // null where that is not known
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
	Path      string           `json:"path"`
	Format    model.FileFormat `json:"format"`
	Gzip      bool             `json:"gzip"`
	Columns   []string         `json:"columns"`
	CSVRaw    bool             `json:"csv_raw"`
	Separator string           `json:"csv_separator"` // "" is a comma
	Map       []string         `json:"map"`           // "COLUMN=FIELD"
	Rejects   string           `json:"rejects"`
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
	MaxRejects  int64  `json:"max_rejects"`
	WholeOnly   bool   `json:"all_or_nothing"`
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
	Confirmed  bool             `json:"confirmed"` // the name of its target was given when it was saved
}

// ProgressView counts.
type ProgressView struct {
	Records   int64    `json:"records"`
	Total     *int64   `json:"total"` // null while it is not known
	Bytes     int64    `json:"bytes"`
	Size      *int64   `json:"size"` // of the file that is imported, null while it is not known
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

// ViewOf returns the outside shape of s. Lists are empty, never null.
func ViewOf(space model.Space, s *Status) View {
	t, st := &s.Transfer, &s.State
	v := View{
		ID: t.ID, Space: space.Name, Kind: t.Kind, Name: t.Name, Title: s.Title(), JQ: t.Shape, Phase: s.Phase,
		Progress: progressView(&st.Progress), Rate: s.Rate, StartedAt: model.OrNull(st.Started), EndedAt: model.OrNull(st.Ended),
		NextAt: model.OrNull(st.Next), Revision: t.Revision, CreatedAt: t.Created.At.UTC(), CreatedBy: t.Created.By,
		UpdatedAt: t.Updated.At.UTC(), UpdatedBy: t.Updated.By,
	}
	if left, ok := s.Left(); ok {
		seconds := left.Seconds()
		v.Left = &seconds
	}
	if st.Code != "" {
		v.Error = &ErrorView{Code: st.Code, Message: st.Message, Next: st.Advice}
	}
	if t.Kind != model.KindImport {
		v.Source, v.Read = sideView(s.SourceName, &t.Source), readView(&t.Read)
	}
	if t.Kind != model.KindExport {
		v.Target, v.Write = sideView(s.TargetName, &t.Target), writeView(&t.Write)
	}
	if t.Kind == model.KindSync {
		v.Sync = syncView(t)
	} else {
		v.File = fileView(&t.File)
	}
	return v
}

func sideView(client string, e *model.Endpoint) *SideView {
	return &SideView{Client: client, Path: e.Path, Query: texts(e.Query, "="), Headers: texts(e.Headers, ": ")}
}

func texts(list []model.Param, is string) []string {
	out := make([]string, len(list))
	for i, p := range list {
		out[i] = p.Name + is + p.Value
	}
	return out
}

func fileView(f *model.TransferFile) *FileView {
	return &FileView{
		Path: f.Path, Format: f.Format, Gzip: f.Gzip, Columns: append([]string{}, f.Columns...), CSVRaw: f.CSVRaw, Separator: f.Comma,
		Map: texts(f.Map, "="), Rejects: f.Rejects,
	}
}

func readView(r *model.Reading) *ReadView {
	return &ReadView{
		Paging: r.Paging, Items: r.Items, PageSize: r.PageSize, PageParam: r.PageParam, SizeParam: r.SizeParam, CursorParam: r.CursorParam,
		CursorField: r.CursorField, FirstPage: r.FirstPage, SinceParam: r.SinceParam, Since: r.Since, Limit: r.Limit,
	}
}

func writeView(w *model.Writing) *WriteView {
	return &WriteView{
		Method: w.Method, Batch: w.Batch, BatchField: w.BatchField, Parallel: w.Parallel, Idempotency: w.Idempotency, Upsert: w.Upsert,
		CreatePath: w.CreatePath, MaxRejects: w.MaxRejects, WholeOnly: w.WholeOnly,
	}
}

func syncView(t *model.Transfer) *SyncView {
	y := &t.Sync
	v := &SyncView{
		Key: y.Key, Detect: y.Detect, Deletes: y.Deletes, MaxDeletes: y.MaxDeletes, Overwrite: y.Overwrite, Schedule: y.Schedule,
		Paused: y.Paused, Confirmed: y.Confirmed,
	}
	if y.Webhook {
		v.Webhook = WebhookPath(t.ID)
	}
	return v
}

// WebhookPath is the path to POST to that runs a sync.
func WebhookPath(id model.ID) string { return "/hooks/" + string(id) }

func progressView(p *model.Progress) ProgressView {
	return ProgressView{
		Records: p.Records, Total: orNull(p.Total), Bytes: p.Bytes, Size: orNull(p.Size), Pages: p.Pages, Requests: p.Requests,
		Retries: p.Retries, Created: p.Created, Updated: p.Updated, Unchanged: p.Unchanged, Deleted: p.Deleted, Rejected: p.Rejected,
		Uncertain: p.Uncertain, Conflicts: p.Conflicts, Waiting: p.Waiting, Notes: append([]string{}, p.Notes...),
	}
}

func orNull(n int64) *int64 {
	if n == 0 {
		return nil
	}
	return &n
}

// RunViewOf returns the outside shape of r.
func RunViewOf(r *model.TransferRun) RunView {
	return RunView{
		ID: r.ID, Trigger: r.Trigger, By: r.By, StartedAt: r.Started.UTC(), EndedAt: model.OrNull(r.Ended), Phase: r.Phase,
		Progress: progressView(&r.Progress), Code: r.Code, Message: r.Message,
	}
}

// FaultViewOf returns the outside shape of f.
func FaultViewOf(f *model.TransferFault) FaultView {
	return FaultView{At: f.At.UTC(), Kind: f.Kind, Record: f.Record, Row: f.Row, Key: f.Key, Status: f.Status, Reason: f.Reason}
}
