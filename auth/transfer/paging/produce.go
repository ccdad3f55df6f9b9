package paging

import (
	"context"
)

// produce fetches pages in their order until there are no more.
func (r *reader) produce(ctx context.Context) {
	defer close(r.ready)
	place := r.pos.Next
	if r.pos.Page == 0 {
		place = r.plan.first()
	}
	cur := r.start(ctx, place, r.pos.Page == 0)
	var ahead *fetch
	defer func() { cur.abandon(); ahead.abandon() }()
	for {
		if ahead == nil {
			ahead = r.ahead(ctx, cur.place)
		}
		a := <-cur.ready
		if ahead == nil {
			if next := r.hint(cur, &a); next != "" {
				ahead = r.start(ctx, next, false)
			}
		}
		pg := r.take(ctx, cur, a)
		if pg == nil {
			return
		}
		if pg.skip {
			pg.free()
			cur, ahead = r.following(ctx, cur, ahead), nil
			continue
		}
		more := pg.stream == nil && r.goesOn(pg)
		if more {
			cur, ahead = r.following(ctx, cur, ahead), nil
		}
		select {
		case r.ready <- pg:
		case <-ctx.Done():
			return
		}
		if pg.stream != nil {
			select {
			case <-pg.settled:
			case <-ctx.Done():
				return
			}
			if more = r.goesOn(pg); more {
				cur, ahead = r.following(ctx, cur, ahead), nil
			}
		}
		if !more {
			return
		}
	}
}

func (r *reader) goesOn(pg *page) bool { return pg.err == nil && pg.then == nil && !pg.after.Over }

// following returns the fetch of the next page, the one that was begun ahead if it is that.
func (r *reader) following(ctx context.Context, cur, ahead *fetch) *fetch {
	cur.abandon() // it has given its answer: this frees what its context holds
	if ahead != nil && ahead.place == r.pos.Next {
		return ahead
	}
	if ahead != nil {
		ahead.abandon()
		r.misses++
	}
	return r.start(ctx, r.pos.Next, false)
}

// take makes a page of what was fetched; nil when the source did not change. A page whose
// JSON ends too early is asked for again: whoever made it may have been cut off.
func (r *reader) take(ctx context.Context, f *fetch, a answer) *page {
	for {
		pg := r.takeOnce(ctx, f, a)
		if pg == nil || !pg.torn || f.tries >= maxTorn || r.hold(ctx, &answer{err: pg.err}, f.pauses) != nil {
			return pg
		}
		f.begin(ctx)
		a = <-f.ready
	}
}

func (r *reader) takeOnce(ctx context.Context, f *fetch, a answer) *page {
	pg := &page{n: r.pos.Page + 1, before: r.pos, fetch: f, body: a.body}
	if a.late != nil {
		pg.stream, pg.settled = &a, make(chan struct{})
		return pg
	}
	switch {
	case a.err != nil:
		pg.err = r.refused(pg, &a)
	case f.first && a.resp.Status == 304:
		r.unmodified = true
		return nil
	case a.resp.Status/100 != 2:
		pg.err = r.refused(pg, &a)
	default:
		pg.err = r.parse(ctx, pg, &a)
	}
	return pg
}
