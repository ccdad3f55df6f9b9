package syncing

import (
	"context"
	"errors"
	"maps"
	"net/http"

	"ferry/auth/transfer/record"
	"ferry/auth/transfer/sending"
	"ferry/model"
)

// lookUp asks the target for the record of a change, and decides by what is there whether
// it still has to be written.
func (r *run) lookUp(ctx context.Context, c *change) (answer, step) {
	a := r.do(ctx, c, http.MethodGet)
	if errors.Is(a.err, model.ErrStopped) {
		return a, finished
	}
	switch sending.Judge(a.resp, a.err) {
	case sending.Done:
		c.look = false
		return a, r.compare(c, a)
	case sending.Busy, sending.Unknown:
		return a, later
	case sending.Fatal:
		r.giveUp(c, a)
		return a, finished
	}
	c.look = false
	return a, r.absent(c, a)
}

// compare goes on with a record that the target has.
func (r *run) compare(c *change, a answer) step {
	there, remembered := etagOf(a.resp), r.mem.etag(c.was)
	c.found = true
	if c.body != nil {
		equal, ours := r.content(c, a.resp.Body)
		if equal {
			r.isThere(c, there)
			return finished
		}
		if ours {
			remembered = there // nobody else changed it
		}
	}
	c.maybe = false
	switch {
	case r.t.Sync.Overwrite:
		c.ifMatch = ""
	case remembered != "" && there != remembered:
		r.conflict(c, a, "somebody changed it at the target")
		return finished
	case c.refuted: // the ETag is the same, and yet it did not match: one that cannot (RFC 9110 §8.8.3.2)
		c.ifMatch = ""
	default:
		c.ifMatch = there
	}
	return again
}

// content compares what the target has with what it should have, and with what an earlier
// run sent without learning whether it arrived.
func (r *run) content(c *change, body []byte) (equal, ours bool) {
	own := r.owned()
	has := own.restrict(body, c.body)
	if len(has) == 0 {
		return false, false
	}
	hash, err := record.Hash(has)
	equal = err == nil && (hash == c.hash || same(has, c.body)) || r.isOurs(c, own, body)
	return equal, !equal && c.was.flags&unsure != 0 && markHash(own, has) == c.was.hash
}

// isOurs reports whether the target has exactly what was sent before but for later times:
// then it sets them itself, and the write did arrive.
func (r *run) isOurs(c *change, own owned, body []byte) bool {
	if !c.maybe && (c.was.flags&unsure == 0 || c.was.hash != c.mark) {
		return false
	}
	more := maps.Clone(own)
	if !more.compare(c.body, body, true) || !same(more.restrict(body, c.body), c.body) {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.own = more
	return true
}

// compare learns from a record that was sent and what the target has; it reports whether
// there was something to learn.
func (o owned) compare(sent, back []byte, after bool) bool {
	s, ok1 := decode(sent)
	b, ok2 := decode(back)
	if !ok1 || !ok2 {
		return false
	}
	n := len(o)
	o.learn(s, unwrap(b, s), "", after)
	return len(o) > n
}

// markHash is the hash of a record while it is not known whether it arrived: of what can be
// found again at the target.
func markHash(own owned, rec []byte) [16]byte {
	hash, err := record.Hash(own.without(rec))
	if err != nil {
		return [16]byte{} // no record has it
	}
	return hash
}

// owned returns what the target is known to set itself.
func (r *run) owned() owned {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.own
}

// learn looks at what the target made of a record, as long as there is something to learn.
func (r *run) learn(sent, back []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lessons++; r.lessons > maxLessons || len(back) == 0 {
		return
	}
	more := maps.Clone(r.own)
	if more.compare(sent, back, false) {
		r.own = more // a new one: others may be reading the old one
	}
}

// isThere notes a record that need not be sent, or not again.
func (r *run) isThere(c *change, etag string) {
	c.result, c.etag = wrote, etag
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
}

// absent goes on with a record that the target does not have, or does not show.
func (r *run) absent(c *change, a answer) step {
	gone := a.gone()
	switch {
	case gone && c.body == nil:
		r.arrived(c, a)
		return finished
	case gone && c.refuted && !r.t.Sync.Overwrite:
		r.conflict(c, a, "somebody deleted it at the target")
		return finished
	case gone:
		c.ifMatch, c.maybe = "", false
		return again
	case c.refuted:
		r.conflict(c, a, "the target changed it meanwhile")
		return finished
	case c.method == http.MethodPost && (c.maybe || c.was.flags&unsure != 0):
		// A POST that is made twice may count twice, and there is no way to see whether it did.
		c.maybe = true
		r.fault(model.TransferFault{
			Record: c.number, Key: c.key, Kind: model.FaultUncertain, Status: a.status(),
			Reason: "whether it arrived is not known, and the target does not show it: " + sending.Reason(r.j.Target, a.resp),
		})
		return finished
	}
	return again // writing the same once more does no harm
}
