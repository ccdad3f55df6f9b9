// Package paging reads the records of a paged source in their order: it finds out how the
// source pages and where the records lie, follows next links within the origin, asks for the
// following page while this one is worked on, waits and asks again where that can help, and
// stops in words where it cannot.
//
// It imports model, and the neighbours auth/call (how a path joins a base URL) and auth/wire
// (what Retry-After means). A page is never held whole beyond a few megabytes, and nothing
// is decoded into maps unless a jq filter asks for it. It must never ask for a place outside
// the client's base URL, nor hand over half a page as a whole one.
package paging

import (
	"context"
	"time"

	"ferry/model"
)

// Source is a paged source.
type Source struct {
	Link     model.Link
	Endpoint model.Endpoint
	Reading  model.Reading
	Compile  model.FilterCompiler
	Stop     <-chan struct{} // closed: end with model.ErrStopped before the next page
	Now      model.Clock
	// Waiting tells why nothing moves right now, and "" when it moves again; may be nil.
	Waiting func(why string)
	// Modified, when set, asks for a source that changed since: the validators of the first
	// page. Unchanged, there is nothing to read (Stats.NotModified).
	Modified *Validators
	// wait is how time passes between two attempts; tests hold it. nil: as it does.
	wait func(ctx context.Context, d time.Duration) error
	// held is maxHeld, unless a test makes every page a long one.
	held int
}

// Validators are those of RFC 9110 §8.8.
type Validators struct{ ETag, LastModified string }

// Position is where to go on. It marshals to JSON. The zero Position is the beginning.
type Position struct {
	Page    int64  `json:"page"`             // pages that are whole
	Records int64  `json:"records"`          // in them
	Next    string `json:"next,omitempty"`   // the link, number, offset or cursor of the following page
	Paging  string `json:"paging,omitempty"` // the scheme that was found
	Param   string `json:"param,omitempty"`  // the parameter that carries Next, where the scheme has one
	Items   string `json:"items,omitempty"`  // dotted place of the records that was found; "-" is the root
	Total   int64  `json:"total,omitempty"`
	Over    bool   `json:"over,omitempty"` // there is no following page
	Seen    string `json:"seen,omitempty"` // what tells that a page repeats
}

// Visitor takes what is read, in order and never at once. An error ends the reading and is
// returned as it is.
type Visitor interface {
	// Begin starts page n, counted from 1. Again is set when the page broke off after it had
	// begun and starts anew: what came of it must be undone.
	Begin(n int64, again bool) error
	// Record takes one record; the bytes are valid until it returns.
	Record(rec []byte) error
	// End says that the page is whole; p is where to go on after it.
	End(p Position) error
}

// Stats counts what reading took.
type Stats struct {
	Requests, Retries, Bytes int64
	NotModified              bool       // the source answered 304: there is nothing to read
	Validators               Validators // of the first page
}

// Each reads from p to the end. Errors: what a Link returns; EUpstream for a page that is no
// list, is malformed, repeats or leads astray; EUnreachable and ETimeout after the last
// attempt; EInvalid for a filter that does not fit; model.ErrStopped; the visitor's own.
// Whatever has been told to Visitor.End before an error stands.
func (s *Source) Each(ctx context.Context, p Position, v Visitor) (Stats, error) {
	if p.Over {
		return Stats{}, nil
	}
	r, err := newReader(s, p)
	if err != nil {
		return Stats{}, err
	}
	err = r.run(ctx, v)
	return r.stats(), err
}
