package model

// Transfer is an export, an import or a sync as it was asked for. What happens to it lies
// in its TransferState, so that running never conflicts with an edit.
type Transfer struct {
	ID     ID
	Space  ID
	Kind   TransferKind
	Name   string       // of a sync: as the names of clients, unique in its space; "" otherwise
	Source Endpoint     // of an export or a sync: where records come from
	Target Endpoint     // of an import or a sync: where they go
	File   TransferFile // of an export or an import
	Read   Reading      // how the source is read
	Write  Writing      // how the target is written
	Shape  string       // jq applied to each record on its way; "" leaves it as it is
	Sync   Syncing      // of a sync
	// Revision counts saves, from 1.
	Revision uint64
	Created  Stamp
	Updated  Stamp
}

// TransferKind is what a transfer does.
type TransferKind string

// The kinds of transfer.
const (
	KindExport TransferKind = "export"
	KindImport TransferKind = "import"
	KindSync   TransferKind = "sync"
)

// Endpoint is one side of a transfer: a place below the base URL of a client.
type Endpoint struct {
	Client  ID
	Path    string
	Query   []Param
	Headers []Param // none whose name is secret
}

// TransferFile is the file of an export or an import.
type TransferFile struct {
	Path    string // absolute, as Files.Resolve made it; "-" is the standard stream
	Format  FileFormat
	Gzip    bool
	Columns []string // of CSV, dotted names; nil: discovered from the first pages
	CSVRaw  bool     // cells that a spreadsheet would take for a formula are left as they are
	Comma   string   // one character between the cells of CSV; "" is a comma
	// Map renames the columns of an imported CSV: header → dotted field.
	Map []Param
	// Rejects is where refused records of an import go, absolute; "" is beside Path.
	Rejects string
}

// FileFormat is how records lie in a file.
type FileFormat string

// The formats.
const (
	NDJSON    FileFormat = "ndjson" // one JSON value a line
	JSONArray FileFormat = "json"   // one JSON array
	CSV       FileFormat = "csv"    // RFC 4180, with a header
)

// Paging is how a source divides its records.
type Paging string

// The schemes of paging. PagingAuto finds out which from the first page.
const (
	PagingAuto   Paging = ""
	PagingLink   Paging = "link"   // Link: <…>; rel="next" (RFC 8288)
	PagingOData  Paging = "odata"  // @odata.nextLink, d.__next
	PagingNext   Paging = "next"   // a URL in the body: next, links.next, _links.next.href …
	PagingPage   Paging = "page"   // ?page=1&size=100
	PagingOffset Paging = "offset" // ?offset=0&limit=100
	PagingCursor Paging = "cursor" // a word in the body that the next request repeats
	PagingNone   Paging = "none"   // one answer is all
)

// Pagings are the schemes that can be named.
func Pagings() []Paging {
	return []Paging{PagingLink, PagingOData, PagingNext, PagingPage, PagingOffset, PagingCursor, PagingNone}
}

// Reading is how the records of a source are found. The zero value finds out by itself.
type Reading struct {
	Paging      Paging
	Items       string // jq from a page to its records; "" finds them: the root array, value, data, items …
	PageParam   string // name of the parameter with the number of the page or the offset; "" is the scheme's usual one
	SizeParam   string // name of the parameter with the size; "" is the scheme's usual one, and PagingAuto has none
	PageSize    int    // records asked for a page; 0 leaves it to the source
	FirstPage   *int   // number of the first page; nil finds out (1 unless the source counts from 0)
	CursorParam string // name of the parameter that repeats the cursor; "" is "cursor"
	CursorField string // dotted place of the cursor in the body; "" finds it
	SinceParam  string // name of the parameter that asks for what changed after Since
	Since       string // its value, as the source writes it
	Limit       int64  // records at most; 0: all
}

// Writing is how records are sent to a target.
type Writing struct {
	Method     string // POST (also ""), PUT or PATCH; the path of the target may hold {field} places
	Batch      int    // records a request, sent as an array; 0 and 1: each by itself
	BatchField string // the array is sent as the one field of an object
	Parallel   int    // requests at once at most, 1–64; 0 is DefaultParallel
	// Idempotency is the header that carries the key of a record; "" is Idempotency-Key,
	// NoIdempotency sends none: what was in flight when a run was cut off is then uncertain.
	Idempotency string
	// Upsert asks with GET whether a record is there: PUT (or Method) to the path of the
	// target if it is, POST to CreatePath if not.
	Upsert     bool
	CreatePath string // "" is the target's path up to its first place
	MaxRejects int64  // an import stops after more; 0: it goes on whatever is refused
	WholeOnly  bool   // nothing is sent unless the whole file can be read
}

// NoIdempotency is the Writing.Idempotency of a target that knows no such keys.
const NoIdempotency = "none"

// DefaultParallel and MaxParallel bound Writing.Parallel.
const (
	DefaultParallel = 4
	MaxParallel     = 64
)

// Syncing is what makes a transfer a sync: which records are the same, how changes are
// found, and when it runs.
type Syncing struct {
	Key     string     // dotted field that tells records apart, after Shape
	Detect  SyncDetect // how changes are found
	Deletes bool       // what is gone from the source is deleted from the target
	// MaxDeletes stops a run that would delete more than this share (1–100, per cent) of
	// what was synced; 0 is DefaultMaxDeletes.
	MaxDeletes int
	Overwrite  bool   // a record that somebody changed at the target is overwritten, not a conflict
	Schedule   string // "every 30s", five fields of cron, or "": only when asked to
	Webhook    bool   // POST /hooks/{id} runs it
	Paused     bool
	// Confirmed is set when whoever saved the sync confirmed the name of a protected target.
	Confirmed bool
}

// DefaultMaxDeletes is the share of records, in per cent, that a sync may delete in one run.
const DefaultMaxDeletes = 20

// SyncDetect is how a sync finds what changed.
type SyncDetect string

// The ways to find changes. All of them compare content, so that nothing is sent without need.
const (
	DetectCompare  SyncDetect = ""         // everything is read each time
	DetectSince    SyncDetect = "since"    // Reading.SinceParam asks for what changed since the last run
	DetectModified SyncDetect = "modified" // the source answers 304 when nothing changed (ETag, Last-Modified)
)

// Limits on transfers that are kept.
const (
	MaxRuns          = 50  // runs remembered for each transfer
	MaxFaults        = 200 // faults remembered for each transfer, the newest
	MaxEnded         = 200 // ended exports and imports kept in a space
	MaxCheckpoint    = 64 << 10
	MaxTransferValue = 16 << 20 // bytes of one record
)
