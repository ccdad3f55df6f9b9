// Package sending is what imports and syncs share when they write to a target: how many
// requests are in flight, what an answer means for a record, how long to wait before a
// request is made again, and why a record was refused, in words.
//
// It imports model, auth/wire and auth/transfer/record. It sends nothing itself and never puts the body of a
// request or a secret into an error.
package sending

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"

	"ferry/auth/wire"
	"ferry/model"
)

// Outcome is what an answer means for what was sent.
type Outcome int

// The outcomes.
const (
	Done    Outcome = iota // 2xx: the target has it
	Refused                // another 4xx: the target will not take this record
	Busy                   // 429: not taken now; ask again
	Unknown                // 5xx, 408, 425, no answer: it may have been applied or not; ask again
	Fatal                  // the client is disabled or gone, its credential is refused: nothing can be sent
)

// Judge says what came of a request. A 3xx that was not followed is Refused. Fatal goes
// with an error of its own, or with a 401.
func Judge(r model.Response, err error) Outcome {
	if err != nil {
		switch model.CodeOf(err) {
		case model.EUnreachable, model.ETimeout, model.EUpstream, model.EInternal:
			return Unknown
		case model.EInvalid: // the request cannot be made of this record
			return Refused
		}
		return Fatal
	}
	switch s := r.Status; {
	case s >= 200 && s < 300:
		return Done
	case s == http.StatusUnauthorized:
		return Fatal
	case s == http.StatusTooManyRequests:
		return Busy
	case s >= 500, s == http.StatusRequestTimeout, s == http.StatusTooEarly:
		return Unknown
	}
	return Refused
}

// Throttled reports whether the target asks for fewer requests.
func Throttled(r model.Response) bool {
	return r.Status == http.StatusTooManyRequests || r.Status == http.StatusServiceUnavailable
}

// Failure is the error that ends a run for an answer that is Fatal, or for the last attempt
// at a request: the Link's own error, or one made of the answer.
func Failure(l model.Link, r model.Response, err error) error {
	if err != nil {
		return err
	}
	c := l.Client()
	if r.Status == http.StatusUnauthorized {
		return model.Errorf(model.EUpstream, "%s answers 401 to a new token too: %s", model.Printable(c.Name), Reason(l, r)).
			WithNext("check what the client may do, then go on with the transfer")
	}
	return model.Errorf(model.EUpstream, "%s still answers %s after %d attempts", model.Printable(c.Name), Reason(l, r), MaxAttempts).
		WithNext("go on with the transfer when the other system works again")
}

// MaxAttempts bounds how often one request is made.
const MaxAttempts = 8

// maxAsked bounds how long one answer can make a transfer wait.
const maxAsked = 15 * time.Minute

// Pauses is how long to wait between the attempts at one request: from 200 ms, doubling to
// 30 s, with jitter, and as long as Retry-After and its like ask for.
type Pauses struct {
	next *backoff.ExponentialBackOff
	made int
}

// NewPauses begins with the first attempt made.
func NewPauses() *Pauses {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.Multiplier, b.MaxInterval = 200*time.Millisecond, 2, 30*time.Second
	return &Pauses{next: b, made: 1}
}

// Next counts an attempt, and returns how long to wait before it; false when there were
// enough.
func (p *Pauses) Next(r model.Response, now time.Time) (time.Duration, bool) {
	if p.made >= MaxAttempts {
		return 0, false
	}
	p.made++
	return max(p.next.NextBackOff(), min(asked(r, now), maxAsked)), true
}

func asked(r model.Response, now time.Time) time.Duration {
	h := http.Header{}
	for _, p := range r.Headers {
		h.Add(p.Name, p.Value)
	}
	return wire.RetryAfter(r.Status, h, now)
}

// Header returns the first value of a header of the answer, "" when there is none.
func Header(r model.Response, name string) string {
	for _, h := range r.Headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

// Wait waits for d. ErrStopped once stop is closed, ctx's error once it ends.
func Wait(ctx context.Context, stop <-chan struct{}, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-stop:
		return model.ErrStopped
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Headers returns own headers and those of an endpoint, which go first where both name one.
func Headers(own, endpoint []model.Param) []model.Param {
	out := slices.Clone(endpoint)
	for _, h := range own {
		if !slices.ContainsFunc(endpoint, func(e model.Param) bool { return strings.EqualFold(e.Name, h.Name) }) {
			out = append(out, h)
		}
	}
	return out
}
