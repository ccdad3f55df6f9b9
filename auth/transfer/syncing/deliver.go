package syncing

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"ferry/auth/transfer/record"
	"ferry/auth/transfer/sending"
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
	pauses := sending.NewPauses()
	for {
		ask := r.write
		if c.look {
			ask = r.lookUp
		}
		resp, err, next := ask(ctx, c)
		if next == finished {
			return
		}
		if next == again {
			continue
		}
		d, more := pauses.Next(resp, r.e.Now())
		if !more {
			r.giveUp(c, resp, err)
			return
		}
		if r.pause(ctx, d, resp, err) != nil {
			return
		}
	}
}

// pause waits before the next attempt, and tells why.
func (r *run) pause(ctx context.Context, d time.Duration, resp model.Response, err error) error {
	r.count(func(p *model.Progress) { p.Retries++ })
	why := fmt.Sprintf("the target answered %d %s", resp.Status, http.StatusText(resp.Status))
	if err != nil {
		why = model.AsError(err).Message
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

// do makes one request when there is a lane for it. ErrStopped when it was not made.
func (r *run) do(ctx context.Context, c *change, method string) (model.Response, error) {
	lane, err := r.lanes.Enter(ctx, r.halted)
	if err != nil {
		return model.Response{}, model.ErrStopped
	}
	req := model.Request{Method: method, Path: c.path, Query: r.t.Target.Query}
	if req.Safe() || c.body == nil {
		req.Headers = []model.Param{{Name: "Accept", Value: "application/json"}}
	} else {
		req.Body = c.body
		req.Headers = []model.Param{{Name: "Accept", Value: "application/json"}, {Name: "Content-Type", Value: "application/json"}}
	}
	if !req.Safe() && c.ifMatch != "" {
		req.Headers = append(req.Headers, model.Param{Name: "If-Match", Value: c.ifMatch})
	}
	req.Headers = sending.Headers(req.Headers, r.t.Target.Headers)
	resp, err := r.j.Target.Do(ctx, req)
	lane.Leave(resp, err)
	r.count(func(p *model.Progress) {
		if p.Requests++; err == nil && resp.Status < 300 {
			p.Waiting = "" // it goes on
		}
	})
	return resp, err
}

// write sends the change.
func (r *run) write(ctx context.Context, c *change) (model.Response, error, step) {
	resp, err := r.do(ctx, c, c.method)
	if err == model.ErrStopped {
		return resp, err, finished
	}
	switch sending.Judge(resp, err) {
	case sending.Done:
		r.arrived(c, resp)
	case sending.Busy:
		return resp, err, later
	case sending.Unknown:
		c.maybe, c.look = true, true
		return resp, err, later
	case sending.Fatal:
		r.giveUp(c, resp, err)
	case sending.Refused:
		return resp, err, r.refused(c, resp, err)
	}
	return resp, err, finished
}

// arrived notes a write that the target took.
func (r *run) arrived(c *change, resp model.Response) {
	c.result, c.etag, c.maybe = wrote, etagOf(resp), false
	r.count(func(p *model.Progress) {
		switch {
		case c.body == nil:
			c.result = removed
			p.Deleted++
		case resp.Status == http.StatusCreated, c.was.flags&stored == 0 && !c.found:
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
func (r *run) refused(c *change, resp model.Response, err error) step {
	gone := resp.Status == http.StatusNotFound || resp.Status == http.StatusGone
	switch {
	case err == nil && gone && c.body == nil: // that is what was asked for
		r.arrived(c, resp)
		return finished
	case err == nil && gone && c.method == http.MethodPatch: // nothing to change: write it whole
		c.method, c.ifMatch = http.MethodPut, ""
		return again
	case err == nil && resp.Status == http.StatusPreconditionFailed && !c.refuted && c.ifMatch != "":
		c.refuted, c.look = true, true // what is there now says whether that is a conflict
		return again
	}
	f := model.TransferFault{Record: c.number, Key: c.key, Kind: model.FaultRejected, Status: resp.Status}
	if err != nil {
		f.Reason = err.Error()
	} else {
		f.Reason = sending.Reason(r.j.Target, resp)
	}
	if resp.Status == http.StatusPreconditionFailed {
		r.conflict(c, resp, "the target changed it meanwhile")
		return finished
	}
	r.fault(f)
	return finished
}

func (r *run) conflict(c *change, resp model.Response, reason string) {
	c.result, c.maybe = conflicted, false
	r.fault(model.TransferFault{
		Record: c.number, Key: c.key, Kind: model.FaultConflict, Status: resp.Status, Reason: reason + "; it is not overwritten without --overwrite",
	})
}

// giveUp ends the run: nothing more can be sent now.
func (r *run) giveUp(c *change, resp model.Response, err error) {
	failure := sending.Failure(r.j.Target, resp, err)
	r.fault(model.TransferFault{
		Record: c.number, Key: c.key, Kind: model.FaultFailed, Status: resp.Status, Reason: failure.Error() + "; it will be tried again",
	})
	r.fail(failure)
}
