package paging

import (
	"context"
	"strconv"
	"strings"

	"ferry/auth/call"
	"ferry/model"
)

// maxEmpty is how many pages without a record may follow one another.
const maxEmpty = 1000

// maxMisses is how often a page may be fetched ahead in vain before that ends.
const maxMisses = 3

// settle decides what follows a page of count records, of which handed are handed over:
// it moves pos. An error is one of the page; one that concerns what follows is put into
// pg.then.
func (r *reader) settle(pg *page, a *answer, f *facts, count, handed int64, sum uint64) error {
	if count == 0 {
		sum = 0
	}
	place := pg.fetch.place
	if ago, was := r.seen.content(sum); was {
		if pg.stream == nil && r.probing(place) {
			pg.skip = true
			r.pos.Next = "2"
			return nil
		}
		return r.repeats(pg, ago)
	}
	r.headers(&a.resp, f)
	if pg.n == 1 {
		r.validators = Validators{ETag: header(&a.resp, "Etag"), LastModified: header(&a.resp, "Last-Modified")}
	}
	r.count(f, count)
	if limit := r.src.Reading.Limit; limit > 0 && r.pos.Records+handed >= limit {
		// What would follow does not matter, nor whether that is known.
		pg.cut(r.pos.Records + handed - limit)
		r.turn(pg, limit, "", true)
		return nil
	}
	if r.plan.scheme == model.PagingAuto {
		if err := r.scheme(pg, a, f, count); err != nil {
			return err
		}
	}
	next, over, err := r.next(a, f, place, count)
	if err == nil && over && pg.n == 1 && r.plan.cursorOrLink() && r.leadsOn(a, f, count) {
		return r.unfollowable(pg, f, count)
	}
	r.member = f.linked
	if r.plan.scheme == model.PagingCursor {
		r.member = f.named
	}
	r.seen.take(r.named(place, a), sum)
	r.turn(pg, r.pos.Records+handed, next, over)
	if err == nil && !over {
		err = r.astray(next)
	}
	pg.then = r.fault(&page{n: pg.n + 1, before: r.pos}, err)
	return nil
}

// count takes what a page says of the whole, for those who wait for its end.
func (r *reader) count(f *facts, count int64) {
	switch {
	case f.total > 0:
		r.pos.Total = f.total
		if top, err := strconv.ParseInt(r.top, 10, 64); err == nil && f.counts {
			r.pos.Total = min(f.total, top)
		}
	case f.count > count && r.pos.Total == 0:
		r.pos.Total = f.count
	}
	if limit := r.src.Reading.Limit; limit > 0 {
		r.pos.Total = min(r.pos.Total, limit)
	}
	if f.pages > 0 {
		r.pages = f.pages
	}
	r.step = count
	r.counted += count
	r.empty++
	if count > 0 {
		r.empty = 0
	}
}

// turn moves on to what follows pg.
func (r *reader) turn(pg *page, records int64, next string, over bool) {
	if over {
		next = ""
	}
	p := &r.pos
	p.Page, p.Records, p.Next, p.Over = pg.n, records, next, over
	p.Paging, p.Param, p.Seen = string(r.plan.scheme), r.plan.param, r.seen.String()
	pg.after = *p
}

// astray refuses a place that was there before, and pages without end or record.
func (r *reader) astray(next string) error {
	if ago, was := r.seen.place(next); was {
		return loops(ago)
	}
	if r.empty > maxEmpty {
		return upstream("the last %d pages hold no record, and there is always one more", r.empty)
	}
	return nil
}

// named is the place of a page as a link to it has it, so that one that leads back to the
// first page is noticed.
func (r *reader) named(place string, a *answer) string {
	if place != "" || !r.plan.follows() {
		return place
	}
	c := r.src.Link.Client()
	if u, err := call.BuildURL(&c, a.request); err == nil {
		if own, err := resolve(&c, a.request, u.String()); err == nil {
			return own
		}
	}
	return place
}

// cut takes the last n records of a held page away.
func (pg *page) cut(n int64) {
	if keep := int64(len(pg.spans)) - n; keep >= 0 && n > 0 {
		pg.spans = pg.spans[:keep]
	}
}

// headers adds what the headers of an answer say.
func (r *reader) headers(resp *model.Response, f *facts) {
	figure := func(to *int64, names ...string) {
		for _, name := range names {
			if n, err := strconv.ParseInt(strings.TrimSpace(header(resp, name)), 10, 64); err == nil && n >= 0 {
				set(to, n)
			}
		}
	}
	figure(&f.total, "X-Total-Count", "X-Total", "X-Wp-Total", "Total-Count", "X-Pagination-Total-Count")
	figure(&f.pages, "X-Total-Pages", "X-Wp-Totalpages", "X-Pagination-Page-Count")
	if _, total, ok := strings.Cut(header(resp, "Content-Range"), "/"); ok {
		if n, err := strconv.ParseInt(strings.TrimSpace(total), 10, 64); err == nil && n >= 0 {
			set(&f.total, n)
		}
	}
	if n := header(resp, "X-Next-Page"); f.number == "" && n != "" && strings.Trim(n, "0123456789") == "" {
		f.number = n
	}
}

// ahead begins to fetch the page after the one at place, where numbers tell which that is.
func (r *reader) ahead(ctx context.Context, place string) *fetch {
	n, ok := r.plan.numeric(place)
	if !ok || r.misses >= maxMisses || r.probing(place) || r.pos.Page == 0 || r.step == 0 || r.src.Stop != nil && r.stopped() {
		return nil
	}
	// Once the page at place is there:
	limit := r.src.Reading.Limit
	if r.pos.Total > 0 && r.counted+r.step >= r.pos.Total || r.pages > 0 && r.pos.Page+1 >= r.pages || limit > 0 && r.pos.Records+r.step >= limit {
		return nil
	}
	switch r.plan.scheme {
	case model.PagingPage:
		n++
	case model.PagingOffset:
		n += r.step
	default:
		return nil
	}
	return r.start(ctx, strconv.FormatInt(n, 10), false)
}
