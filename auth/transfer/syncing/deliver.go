package syncing

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"ferry/auth/transfer/record"
	"ferry/auth/transfer/sending"
	"ferry/auth/wire"
	"ferry/model"
	"ferry/model/calls"
)

// step says how a delivery goes on after a request.
type step int

const (
	finished step = iota
	again         // with another request, at once
	later         // with another request, after a pause
)

// deliver brings one change to the target: requests, pauses and look-ups until its result
// is known or the run ends.
func (r *run) deliver(ctx context.Context, c *change) {
	if !r.address(c) {
		return
	}
	pauses, wins := sending.NewPauses(), r.wins.Load()
	for {
		ask := r.write
		if c.look {
			ask = r.lookUp
		}
		a, next := ask(ctx, c)
		switch next {
		case finished:
			return
		case again:
			continue
		}
		if now := r.wins.Load(); now > wins && sending.Throttled(a.resp) {
			pauses, wins = sending.NewPauses(), now // it is busy with other records: that is no failure
		}
		d, more := pauses.Next(a.resp, r.e.Now())
		if !more {
			r.giveUp(c, a)
			return
		}
		if r.pause(ctx, d, a) != nil {
			return
		}
	}
}

// answer is what came of one request.
type answer struct {
	resp model.Response
	err  error // ErrStopped when it was not made
}

// status returns the status of the answer, 0 when there was none.
func (a answer) status() int {
	if a.err != nil {
		return 0
	}
	return a.resp.Status
}

func (a answer) gone() bool {
	return a.status() == http.StatusNotFound || a.status() == http.StatusGone
}

// pause waits before the next attempt, and tells why.
func (r *run) pause(ctx context.Context, d time.Duration, a answer) error {
	r.count(func(p *model.Progress) { p.Retries++ })
	why := fmt.Sprintf("the target answered %d %s", a.resp.Status, http.StatusText(a.resp.Status))
	if a.err != nil {
		why = model.AsError(a.err).Message
	}
	r.waiting(sending.Clip(fmt.Sprintf("%s: asking again in %s", why, d.Round(100*time.Millisecond))))
	wait := r.e.wait
	if wait == nil {
		wait = sending.Wait
	}
	return wait(ctx, r.halted, d)
}

// address finds where the record lies at the target and how it is written.
func (r *run) address(c *change) bool {
	var err error
	if c.body != nil {
		c.method = method(r.t)
		c.path, err = record.Expand(r.t.Target.Path, c.body)
	} else {
		var req model.Request
		c.method = http.MethodDelete
		req, err = calls.Fill(model.Request{Path: r.t.Target.Path}, []model.Param{{Name: r.t.Sync.Key, Value: c.key}})
		c.path = req.Path
	}
	if err != nil {
		r.fault(model.TransferFault{Record: c.number, Key: c.key, Kind: model.FaultRejected, Reason: err.Error()})
		return false
	}
	c.look = c.was.flags&unsure != 0 || r.look && c.was.flags&stored == 0
	if !r.t.Sync.Overwrite {
		c.ifMatch = r.mem.etag(c.was)
	}
	return true
}

// do makes one request when there is a lane for it.
func (r *run) do(ctx context.Context, c *change, method string) answer {
	lane, err := r.lanes.Enter(ctx, r.halted)
	if err != nil {
		return answer{err: model.ErrStopped}
	}
	req := model.Request{Method: method, Path: c.path, Query: r.t.Target.Query}
	own := []model.Param{{Name: "Accept", Value: "application/json"}}
	if !req.Safe() {
		if req.Body = c.body; c.body != nil {
			own = append(own, model.Param{Name: "Content-Type", Value: "application/json"})
		}
		if c.ifMatch != "" {
			own = append(own, model.Param{Name: "If-Match", Value: c.ifMatch})
		}
	}
	req.Headers = sending.Headers(own, r.t.Target.Headers)
	resp, err := r.j.Target.Do(ctx, req)
	lane.Leave(resp, err)
	a := answer{resp, err}
	r.count(func(p *model.Progress) {
		if p.Requests++; a.status()/100 == 2 {
			p.Waiting = "" // it goes on
			r.wins.Add(1)
		}
	})
	return a
}

// write sends the change.
func (r *run) write(ctx context.Context, c *change) (answer, step) {
	a := r.do(ctx, c, c.method)
	if errors.Is(a.err, model.ErrStopped) {
		return a, finished
	}
	switch sending.Judge(a.resp, a.err) {
	case sending.Done:
		r.arrived(c, a)
	case sending.Busy:
		return a, later
	case sending.Unknown:
		if a.err == nil || !wire.Unsent(&a.resp.Exchange) {
			c.maybe, c.look = true, true
		}
		return a, later
	case sending.Fatal:
		r.giveUp(c, a)
	case sending.Refused:
		return a, r.refused(c, a)
	}
	return a, finished
}

// arrived notes a write that the target took.
func (r *run) arrived(c *change, a answer) {
	c.result, c.etag, c.maybe = wrote, etagOf(a.resp), false
	if c.body != nil {
		r.learn(c.body, a.resp.Body)
	}
	r.count(func(p *model.Progress) {
		switch {
		case c.body == nil:
			c.result = removed
			p.Deleted++
		case a.status() == http.StatusCreated, c.was.flags&stored == 0 && !c.found:
			p.Created++
		default:
			p.Updated++
		}
	})
}

// etagOf returns the ETag of an answer, "" when it has none that is worth keeping.
func etagOf(resp model.Response) string {
	if etag := sending.Header(resp, "ETag"); len(etag) <= maxETag {
		return etag
	}
	return ""
}

// refused deals with a 4xx: what it means may depend on what is there.
func (r *run) refused(c *change, a answer) step {
	switch {
	case a.gone() && c.body == nil: // that is what was asked for
		r.arrived(c, a)
		return finished
	case a.gone() && c.method == http.MethodPatch: // nothing to change: write it whole
		c.method, c.ifMatch = http.MethodPut, ""
		return again
	case a.status() == http.StatusPreconditionFailed && !c.refuted && c.ifMatch != "":
		c.refuted, c.look = true, true // what is there now says whether that is a conflict
		return again
	case a.status() == http.StatusPreconditionFailed:
		r.conflict(c, a, "the target changed it meanwhile")
		return finished
	}
	f := model.TransferFault{Record: c.number, Key: c.key, Kind: model.FaultRejected, Status: a.status()}
	if a.err != nil {
		f.Reason = a.err.Error()
	} else {
		f.Reason = sending.Reason(r.j.Target, a.resp)
	}
	r.fault(f)
	return finished
}

func (r *run) conflict(c *change, a answer, reason string) {
	c.result, c.maybe = conflicted, false
	r.fault(model.TransferFault{
		Record: c.number, Key: c.key, Kind: model.FaultConflict, Status: a.status(), Reason: reason + "; it is not overwritten without --overwrite",
	})
}

// giveUp ends the run: nothing more can be sent now.
func (r *run) giveUp(c *change, a answer) {
	failure := sending.Failure(r.j.Target, a.resp, a.err)
	r.fault(model.TransferFault{
		Record: c.number, Key: c.key, Kind: model.FaultFailed, Status: a.status(), Reason: failure.Error() + "; it will be tried again",
	})
	r.fail(failure)
}
