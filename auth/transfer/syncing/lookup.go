package syncing

import (
	"context"
	"net/http"

	"ferry/auth/transfer/record"
	"ferry/auth/transfer/sending"
	"ferry/model"
)

// lookUp asks the target for the record of a change, and decides by what is there whether
// it still has to be written.
func (r *run) lookUp(ctx context.Context, c *change) (model.Response, error, step) {
	resp, err := r.do(ctx, c, http.MethodGet)
	if err == model.ErrStopped {
		return resp, err, finished
	}
	switch sending.Judge(resp, err) {
	case sending.Done:
		c.look = false
		return resp, err, r.compare(c, resp)
	case sending.Busy, sending.Unknown:
		return resp, err, later
	case sending.Fatal:
		r.giveUp(c, resp, err)
		return resp, err, finished
	}
	c.look = false
	return resp, err, r.absent(c, resp)
}

// compare goes on with a record that the target has.
func (r *run) compare(c *change, resp model.Response) step {
	there := etagOf(resp)
	remembered := r.mem.etag(c.was)
	c.found = true
	if c.body != nil {
		content := restrict(resp.Body, c.body)
		if hash, err := record.Hash(content); len(content) > 0 && err == nil && (hash == c.hash || same(content, c.body)) {
			c.result, c.etag = wrote, there
			r.count(func(p *model.Progress) {
				switch {
				case !c.maybe:
					p.Unchanged++
				case c.was.flags&stored == 0:
					p.Created++
				default:
					p.Updated++
				}
			})
			c.maybe = false
			return finished
		} else if err == nil && c.was.flags&unsure != 0 && hash == c.was.hash {
			remembered = there // what an earlier run sent did arrive: nobody else changed it
		}
	}
	c.maybe = false
	switch {
	case r.t.Sync.Overwrite:
		c.ifMatch = ""
	case remembered != "" && there != remembered:
		r.conflict(c, resp, "somebody changed it at the target")
		return finished
	case c.refuted: // the ETag is the same, and yet it did not match: one that cannot (RFC 9110 §8.8.3.2)
		c.ifMatch = ""
	default:
		c.ifMatch = there
	}
	return again
}

// absent goes on with a record that the target does not have, or does not show.
func (r *run) absent(c *change, resp model.Response) step {
	gone := resp.Status == http.StatusNotFound || resp.Status == http.StatusGone
	switch {
	case gone && c.body == nil:
		r.arrived(c, resp)
		return finished
	case gone && c.refuted && !r.t.Sync.Overwrite:
		r.conflict(c, resp, "somebody deleted it at the target")
		return finished
	case gone:
		c.ifMatch, c.maybe = "", false
		return again
	case c.refuted:
		r.conflict(c, resp, "the target changed it meanwhile")
		return finished
	case c.method == http.MethodPost && (c.maybe || c.was.flags&unsure != 0):
		// A POST that is made twice may count twice, and there is no way to see whether it did.
		c.maybe = true
		r.fault(model.TransferFault{
			Record: c.number, Key: c.key, Kind: model.FaultUncertain, Status: resp.Status,
			Reason: "whether it arrived is not known, and the target does not show it: " + sending.Reason(r.j.Target, resp),
		})
		return finished
	}
	return again // writing the same once more does no harm
}
