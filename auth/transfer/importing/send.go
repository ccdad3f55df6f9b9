package importing

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"ferry/auth/transfer/importing/journal"
	"ferry/auth/transfer/record"
	"ferry/auth/transfer/sending"
	"ferry/auth/wire"
	"ferry/model"
)

// sender makes the requests of units and judges the answers.
type sender struct {
	*builder
	link   model.Link
	now    model.Clock
	lanes  *sending.Lanes
	quit   <-chan struct{} // closed: what waits to be sent again is left
	ledger *ledger

	requests, retries atomic.Int64
	wins              atomic.Int64 // answers that show that the target works
	lost              atomic.Int64 // requests in a row of which nothing is known
	strange           atomic.Bool  // a 207 was not understood

	mu    sync.Mutex
	until time.Time // the target asked for silence till then
	why   string    // nothing moves
}

// answer is what came of one request in the end.
type answer struct {
	outcome sending.Outcome
	resp    model.Response
	err     error
	unsent  bool // certainly not applied
}

// send sends one unit and notes what came of it. The error ends the run.
func (s *sender) send(ctx context.Context, u *unit) error {
	if err := s.ledger.begin(u); err != nil {
		return err
	}
	a, method := s.deliver(ctx, u)
	if err := ctx.Err(); err != nil {
		return err // nobody waits any more; the journal says that it was sent
	}
	switch a.outcome {
	case sending.Done:
		s.lost.Store(0)
		return s.accepted(u, method, a.resp)
	case sending.Refused:
		s.lost.Store(0)
		return s.refused(u, a)
	}
	switch {
	case a.unsent:
		if err := s.ledger.release(u); err != nil {
			return err
		}
		return s.failure(a)
	case s.repeatable() || method != s.method:
		return s.failure(a) // it stays as sent: whoever goes on sends it again
	}
	return s.unclear(u, a)
}

// deliver makes the requests of a unit until one is answered for good, and returns the
// method of the last one.
func (s *sender) deliver(ctx context.Context, u *unit) (answer, string) {
	if s.create == "" {
		return s.exchange(ctx, u, s.write(u, s.method, u.path), s.repeatable()), s.method
	}
	pauses := sending.NewPauses()
	for changed := false; ; {
		a, method := s.upsert(ctx, u)
		switch {
		case a.outcome == sending.Refused && a.resp.Status == http.StatusPreconditionFailed && !changed:
			changed = true // somebody was faster: look once more
		case a.outcome == sending.Unknown && method == http.MethodPost && !a.unsent && s.header == "":
			// It may be there now: only a look can tell.
			wait, more := pauses.Next(a.resp, s.now())
			if !more || sending.Wait(ctx, s.quit, wait) != nil {
				return a, method
			}
		default:
			return a, method
		}
	}
}

// upsert looks for the record, and changes or creates it.
func (s *sender) upsert(ctx context.Context, u *unit) (answer, string) {
	found := s.exchange(ctx, u, s.lookup(u), true)
	status := found.resp.Status
	switch {
	case found.outcome == sending.Done:
		var match []model.Param
		if etag := sending.Header(found.resp, "ETag"); etag != "" {
			match = append(match, model.Param{Name: "If-Match", Value: etag})
		}
		return s.exchange(ctx, u, s.write(u, s.method, u.path, match...), s.repeatable()), s.method
	case found.outcome == sending.Refused && (status == http.StatusNotFound || status == http.StatusGone):
		path, err := record.Expand(s.create, u.items[0].body)
		if err != nil {
			return answer{outcome: sending.Refused, err: err}, http.MethodPost
		}
		return s.exchange(ctx, u, s.write(u, http.MethodPost, path), s.header != ""), http.MethodPost
	}
	found.unsent = true // a look changes nothing
	return found, http.MethodGet
}

// exchange makes one request of a unit, again where that can help.
func (s *sender) exchange(ctx context.Context, u *unit, r model.Request, repeatable bool) answer {
	pauses, wins, begun := sending.NewPauses(), s.wins.Load(), u.again
	for tries, held := 1, 0; ; tries++ {
		a := s.once(ctx, r)
		if begun && s.header != "" && a.resp.Status == http.StatusConflict && held < maxHeld {
			// The first of the two may still be worked on (draft-ietf-httpapi-idempotency-key-header §2.6).
			a.outcome, held = sending.Unknown, held+1
		}
		if a.outcome == sending.Done || a.outcome == sending.Refused || a.outcome == sending.Fatal || ctx.Err() != nil {
			return a
		}
		if a.outcome == sending.Unknown && !a.unsent && !repeatable {
			return a
		}
		// A target that takes other records meanwhile is busy, not broken.
		if now := s.wins.Load(); now > wins && tries < maxThrottled && sending.Throttled(a.resp) && a.err == nil {
			pauses, wins = sending.NewPauses(), now
		}
		wait, more := pauses.Next(a.resp, s.now())
		if !more {
			return a
		}
		if asked := s.asked(a); asked > wait {
			wait = asked
		}
		s.pause(a, wait)
		if sending.Wait(ctx, s.quit, wait) != nil {
			return a
		}
		s.retries.Add(1)
		begun = true
	}
}

// maxHeld bounds how often a request is made again that the target is still working on.
const maxHeld = 3

// maxThrottled bounds the attempts at one request while others go through.
const maxThrottled = 64

// once makes one attempt.
func (s *sender) once(ctx context.Context, r model.Request) answer {
	if !s.quiet(ctx) {
		return answer{outcome: sending.Unknown, err: model.ErrStopped, unsent: true}
	}
	lane, err := s.lanes.Enter(ctx, s.quit)
	if err != nil {
		return answer{outcome: sending.Unknown, err: err, unsent: true}
	}
	resp, err := s.link.Do(ctx, r)
	lane.Leave(resp, err)
	s.requests.Add(1)
	a := answer{outcome: sending.Judge(resp, err), resp: resp, err: err}
	switch {
	case err != nil && resp.Status/100 == 2:
		a.outcome, a.err = sending.Done, nil // it was taken; only the words behind it were lost
	case err != nil:
		a.unsent = resp.Exchange.Method == "" || wire.Unsent(&resp.Exchange)
		if e := model.AsError(err); e.Code == model.EInvalid && e.Field != "path" {
			a.outcome = sending.Fatal // the settings are wrong, not the record
		}
	case resp.Status/100 == 3:
		a.outcome, a.unsent = sending.Fatal, true
		a.err = model.Errorf(model.EUpstream, "the target answers %s, which leads elsewhere", sending.Reason(s.link, resp)).
			WithNext("give the path to which it leads")
	default:
		a.unsent = a.outcome != sending.Unknown || resp.Status == http.StatusServiceUnavailable || resp.Status == http.StatusTooEarly
	}
	if a.outcome == sending.Done || a.outcome == sending.Refused {
		s.wins.Add(1)
		s.moving()
	}
	return a
}

// asked is how long an answer asks to wait.
func (s *sender) asked(a answer) time.Duration {
	h := http.Header{}
	for _, p := range a.resp.Headers {
		h.Add(p.Name, p.Value)
	}
	return min(wire.RetryAfter(a.resp.Status, h, s.now()), maxAsked)
}

// maxAsked bounds how long one answer can make an import wait before it asks again.
const maxAsked = 15 * time.Minute

// pause makes every request wait where the target asked for that, and says why.
func (s *sender) pause(a answer, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	brief := wait.Round(100 * time.Millisecond)
	switch {
	case a.err != nil:
		s.why = clip(fmt.Sprintf("%s; again in %s", model.Printable(model.AsError(a.err).Message), brief))
	case s.asked(a) > 0:
		s.why = fmt.Sprintf("the target answers %d and asks to wait %s", a.resp.Status, brief)
	default:
		s.why = fmt.Sprintf("the target answers %d; again in %s", a.resp.Status, brief)
	}
	if until := time.Now().Add(wait); s.asked(a) > 0 && until.After(s.until) {
		s.until = until
	}
}

// quiet waits as long as the target asked for; false when the wait was cut short.
func (s *sender) quiet(ctx context.Context) bool {
	for {
		s.mu.Lock()
		left := time.Until(s.until)
		s.mu.Unlock()
		if left <= 0 {
			return true
		}
		if sending.Wait(ctx, s.quit, left) != nil {
			return false
		}
	}
}

func (s *sender) moving() {
	s.mu.Lock()
	s.why = ""
	s.mu.Unlock()
}

func (s *sender) waiting() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.why
}

// failure is the error with which a unit ends the run.
func (s *sender) failure(a answer) error {
	if a.err == model.ErrStopped { //nolint:errorlint // our own, never wrapped
		return a.err
	}
	return sending.Failure(s.link, a.resp, a.err)
}

// tally counts n records of a unit as taken by the target.
func tally(u *unit, method string, status, n int) journal.Tally {
	t := journal.Tally{Records: u.ends, Rejected: int64(len(u.faults) + len(u.items) - n)}
	if status == http.StatusCreated || method == http.MethodPost {
		t.Created = int64(n)
	} else {
		t.Updated = int64(n)
	}
	return t
}

// maxLost is how many requests in a row may end without anybody knowing what came of them.
const maxLost = 3

// unclear lists the records of a unit as uncertain: they are not sent again.
func (s *sender) unclear(u *unit, a answer) error {
	why := "the connection broke: it may have arrived or not"
	if a.err != nil {
		why = model.Printable(model.AsError(a.err).Message)
	} else if a.resp.Status != 0 {
		why = sending.Reason(s.link, a.resp)
	}
	if err := s.ledger.uncertain(u, why); err != nil {
		return err
	}
	if s.lost.Add(1) >= maxLost {
		return s.failure(a)
	}
	return nil
}
