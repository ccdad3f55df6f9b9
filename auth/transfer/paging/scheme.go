package paging

import (
	"strconv"
	"strings"

	"ferry/model"
)

// leadsOn reports whether a page says that more follow, in whatever way.
func (r *reader) leadsOn(a *answer, f *facts, count int64) bool {
	return f.more == yes || f.total > count && !f.counts || f.pages > 1 || f.number != "" || f.link != "" || f.odata != "" || nextOf(a.resp.Headers) != ""
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
