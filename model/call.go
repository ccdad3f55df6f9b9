package model

import (
	"io"
	"net/http"
	"time"
)

// Request is one API request, relative to a client's base URL.
type Request struct {
	Method  string
	Path    string // appended to the path of the base URL; may carry a query
	Query   []Param
	Headers []Param // added to, and replacing, the client's own
	Body    []byte
	// Stream, when set, is sent instead of Body as it comes. It can be read once only: the
	// request is never sent again, neither after a 401 nor by a redirect.
	Stream io.Reader
	// Sink, when set, receives the decoded body of a 2xx answer with no cap other than
	// time; Response.Body stays empty and Size counts. Other answers are kept in Body,
	// so that a 401 that is retried leaves nothing in a file.
	Sink io.Writer
	// Flow, with a Sink, lets the answer take as long as it needs: the client's time for a
	// whole exchange counts anew whenever 64 KiB have come.
	Flow bool
}

// Safe reports whether the method is safe (RFC 9110 §9.2.1): it asks for no change.
func (r Request) Safe() bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, "":
		return true
	}
	return false
}

// Response is what came back. Header lines and body are as received; whoever shows
// them to a person sanitises them with Printable.
type Response struct {
	Status    int
	Proto     string
	Headers   []Param // in a stable order
	Body      []byte  // at most MaxShownBody bytes
	Size      int64   // bytes of the decoded body that were read
	Truncated bool    // there was more than Body holds
	Exchange  Exchange
	Retried   bool // the first answer was 401 and the token was renewed once
}

// Limits on what is read from another system.
const (
	MaxTokenBody   = 1 << 20  // bytes of a token response
	MaxShownBody   = 8 << 20  // bytes of a response kept in memory
	MaxHeaderBytes = 64 << 10 // bytes of response headers
	MaxCompression = 100      // decoded : encoded
	MaxErrorBody   = 4 << 10  // bytes of an error body that are kept for a person
	MaxTokenText   = 16 << 10 // characters of an access token
)

// Timing splits the time of one exchange. A part that did not happen is 0.
type Timing struct {
	DNS     time.Duration
	Connect time.Duration
	TLS     time.Duration
	Wait    time.Duration // from request written to first byte
	Body    time.Duration
	Total   time.Duration
	Reused  bool // an open connection was used
	// Queue is the wait before anything was sent, for the client's own rate limit or
	// because the other side asked for it (Retry-After). Total holds it.
	Queue time.Duration
}

// Exchange is one request and its answer, recorded for a person to read: every
// secret masked, every outside text sanitised, bodies capped at MaxErrorBody.
type Exchange struct {
	At              time.Time
	Method          string
	URL             string
	RequestHeaders  []Param
	RequestBody     string
	Status          int // 0: no answer came
	ResponseHeaders []Param
	ResponseBody    string
	Truncated       bool // the body was longer than what is kept
	Timing          Timing
	Failure         string // what failed and where in the exchange, or ""
	// Notes say what a person must know of how the exchange went, failed or not:
	// "certificate not checked", the proxy, the wait for a rate limit. Sanitised.
	Notes []string
}

// Runtime is what happened to a client lately: run-time state in a record of its
// own, so that it never conflicts with an edit. Lists show it.
type Runtime struct {
	Client       ID
	LastCallAt   time.Time
	LastStatus   int  // 0 with LastCallAt set: no answer came
	LastCode     Code // why no answer came
	TokenFetched time.Time
	TokenExpires time.Time // zero with TokenFetched set: unknown lifetime
	TokenFailed  bool      // the last fetch failed
	Filter       string    // the jq filter that was last used on an answer of the client
}

// HistoryEntry is one test call made. It holds no body and no secret.
type HistoryEntry struct {
	ID       ID
	Client   ID
	At       time.Time
	Method   string
	Path     string
	Query    []Param
	Headers  []Param // those that are not secret by their name
	Status   int     // 0: no answer came
	Code     Code    // why no answer came
	Duration time.Duration
	Size     int64
	Body     []byte // what was sent, where the client keeps bodies; at most MaxKeptBody bytes
}

// SavedCall is a test call with a name. Headers and parameters that are secret by their
// name are not saved.
type SavedCall struct {
	ID         ID
	Client     ID
	Name       string // as the names of clients
	Request    Request
	PathParams []Param // values for {name} in the path
	Filter     string  // jq, applied to the answer
	Updated    Stamp
}

// Limits on calls that are kept.
const (
	MaxSaved    = 20
	MaxKeptBody = 64 << 10
)

// MaxHistory is how many calls are remembered for each client.
const MaxHistory = 50
