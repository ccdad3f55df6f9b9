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

// leadsOn reports whether a page says that more follow, in whatever way.
func (r *reader) leadsOn(a *answer, f *facts, count int64) bool {
	return f.more == yes || f.total > count && !f.counts || f.pages > 1 || f.number != "" || f.link != "" || f.odata != "" || nextOf(a.resp.Headers) != ""
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

// scheme finds out how the source pages, from its first page.
func (r *reader) scheme(pg *page, a *answer, f *facts, count int64) error {
	p := &r.plan
	more := r.leadsOn(a, f, count)
	switch {
	case nextOf(a.resp.Headers) != "":
		p.scheme = model.PagingLink
	case f.odata != "":
		p.scheme = model.PagingOData
	case f.link != "":
		p.scheme = model.PagingNext
	case f.number != "":
		p.scheme = model.PagingPage
		p.param = firstOf(p.given(pageParams), "page")
	case firstOf(f.cursor, f.weak) != "" && f.more != no:
		p.scheme = model.PagingCursor
	case f.noNext || f.more == no || !more || count == 0:
		p.scheme = model.PagingNone
	case f.offset >= 0:
		p.scheme = model.PagingOffset
		p.param = firstOf(p.given(offsetParams), f.offsetName)
	case f.page >= 0:
		p.scheme = model.PagingPage
		p.param = firstOf(p.given(pageParams), pageParam(f.pageName))
	case p.given(offsetParams) != "":
		p.scheme, p.param = model.PagingOffset, p.given(offsetParams)
	case p.given(pageParams) != "":
		p.scheme, p.param = model.PagingPage, p.given(pageParams)
	default:
		return r.unfollowable(pg, f, count)
	}
	return nil
}

// pageParam is the parameter behind a member that tells the page.
func pageParam(member string) string {
	switch member {
	case "pageNumber", "page_number", "pageIndex":
		return member
	}
	return "page"
}

// next returns the place of the page that follows the one at place.
func (r *reader) next(a *answer, f *facts, place string, count int64) (next string, over bool, err error) {
	switch r.plan.scheme {
	case model.PagingLink:
		return r.link(a, nextOf(a.resp.Headers))
	case model.PagingOData:
		return r.link(a, firstOf(f.odata, f.link))
	case model.PagingNext:
		return r.link(a, firstOf(f.link, f.odata, f.opaque))
	case model.PagingPage:
		return r.nextPage(f, place, count)
	case model.PagingOffset:
		return r.nextOffset(f, place, count)
	case model.PagingCursor:
		cursor := firstOf(f.cursor, f.weak)
		if cursor == "" || f.more == no || count == 0 && cursor == place {
			return "", true, nil
		}
		if r.plan.param == "" {
			r.plan.param = cursorParam(f.named)
		}
		return cursor, false, nil
	}
	return "", true, nil
}

// link follows a link of an answer. When it leads astray, it is the next place all the
// same, so that going on later fails for the same reason.
func (r *reader) link(a *answer, target string) (string, bool, error) {
	if target == "" {
		return "", true, nil
	}
	c := r.src.Link.Client()
	next, err := resolve(&c, a.request, target)
	if err != nil {
		return strayed + clip(target, maxLink+1), false, err
	}
	return next, false, nil
}

// strayed marks a place that cannot be asked for.
const strayed = "://"

func (r *reader) nextPage(f *facts, place string, count int64) (string, bool, error) {
	switch {
	case f.number != "":
		return f.number, false, nil
	case f.noNext, count == 0, f.more == no, r.ended(f):
		return "", true, nil
	}
	n, ok := r.plan.numeric(place)
	switch {
	case ok:
	case f.page >= 0:
		n = f.page
	default:
		n = 0 // look whether page 1 is the next one; see probing
	}
	return strconv.FormatInt(n+1, 10), false, nil
}

// probing reports whether the page at place may be the first page once more: where nothing
// tells from which number the source counts, page 1 is the second page of a source that
// counts from 0, and only its records tell.
func (r *reader) probing(place string) bool {
	_, given := r.plan.own(r.plan.param)
	return r.plan.scheme == model.PagingPage && place == "1" && r.pos.Page == 1 && r.plan.reading.FirstPage == nil && !given
}

// ended reports whether the totals are reached.
func (r *reader) ended(f *facts) bool {
	return f.pages > 0 && r.pos.Page+1 >= f.pages || f.total > 0 && r.counted >= f.total
}

func (r *reader) nextOffset(f *facts, place string, count int64) (string, bool, error) {
	n, ok := r.plan.numeric(place)
	if !ok {
		n = max(f.offset, 0)
	}
	n += count
	if count == 0 || f.more == no || f.noNext && f.more != yes || f.total > 0 && n >= f.total {
		return "", true, nil
	}
	return strconv.FormatInt(n, 10), false, nil
}

// cursorParam is the parameter that usually repeats the cursor of a member: its name
// without the word next.
func cursorParam(member string) string {
	switch member {
	case "nextToken", "next_token":
		return member
	case "endCursor", "end_cursor":
		return "after"
	case "nextPageStart":
		return "start"
	case "next":
		return "cursor"
	}
	for _, prefix := range []string{"next_", "next"} {
		if rest, ok := strings.CutPrefix(member, prefix); ok && rest != "" {
			return strings.ToLower(rest[:1]) + rest[1:]
		}
	}
	return member
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
