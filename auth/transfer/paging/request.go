package paging

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"ferry/model"
)

// Names of parameters that requests carry, when they do.
var (
	pageParams   = []string{"page", "_page", "pageNumber", "page_number", "pageIndex", "currentPage", "page[number]", "p"}
	offsetParams = []string{"offset", "_start", "skip", "$skip", "startAt", "start", "startIndex", "page[offset]"}
	sizeParams   = []string{"size", "per_page", "_per_page", "perPage", "pageSize", "page_size", "limit", "_limit", "maxResults", "$top", "page[size]", "page[limit]"}
)

// plan is how requests for pages are made.
type plan struct {
	endpoint model.Endpoint
	reading  model.Reading
	scheme   model.Paging // PagingAuto until it is found
	param    string       // of the number, the offset or the cursor
	headers  []model.Param
}

func newPlan(e model.Endpoint, rd model.Reading) plan {
	p := plan{endpoint: e, reading: rd, scheme: rd.Paging, headers: e.Headers}
	if p.scheme == model.PagingAuto {
		switch {
		case rd.CursorParam != "" || rd.CursorField != "":
			p.scheme = model.PagingCursor
		case slices.Contains(offsetParams, rd.PageParam):
			p.scheme = model.PagingOffset
		case rd.PageParam != "" || rd.FirstPage != nil:
			p.scheme = model.PagingPage
		}
	}
	switch p.scheme {
	case model.PagingPage:
		p.param = firstOf(rd.PageParam, p.given(pageParams), "page")
	case model.PagingOffset:
		p.param = firstOf(rd.PageParam, p.given(offsetParams), "offset")
	case model.PagingCursor:
		p.param = rd.CursorParam
	}
	return p
}

func firstOf(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}

// first is the place of the first page, "" when the endpoint as it is leads there.
func (p *plan) first() string {
	if f := p.reading.FirstPage; f != nil && p.scheme == model.PagingPage {
		return strconv.Itoa(*f)
	}
	return ""
}

// numeric is the number at which a request to place stands, when that is known.
func (p *plan) numeric(place string) (int64, bool) {
	if place == "" {
		place, _ = p.own(p.param)
	}
	n, err := strconv.ParseInt(place, 10, 64)
	return n, err == nil && n >= 0
}

// given returns which of names the endpoint itself carries, "" when it has none of them.
func (p *plan) given(names []string) string {
	for _, name := range names {
		if _, ok := p.own(name); ok {
			return name
		}
	}
	return ""
}

// own returns a parameter of the endpoint itself.
func (p *plan) own(name string) (string, bool) {
	_, query, _ := strings.Cut(p.endpoint.Path, "?")
	for part := range strings.SplitSeq(query, "&") {
		if key, value, _ := strings.Cut(part, "="); plain(key) == name && part != "" {
			return plain(value), true
		}
	}
	for _, q := range p.endpoint.Query {
		if q.Name == name {
			return q.Value, true
		}
	}
	return "", false
}

func plain(s string) string {
	if out, err := url.QueryUnescape(s); err == nil {
		return out
	}
	return s
}

// follows reports whether places are links, which are used as they came.
func (p *plan) follows() bool {
	return p.scheme == model.PagingLink || p.scheme == model.PagingOData || p.scheme == model.PagingNext
}

// cursorOrLink reports whether places come out of the answers, and not by counting.
func (p *plan) cursorOrLink() bool { return p.follows() || p.scheme == model.PagingCursor }

// request is the one for a place.
func (p *plan) request(place string) model.Request {
	if place != "" && p.follows() {
		r := model.Request{Method: http.MethodGet, Path: place, Headers: p.headers}
		if p.scheme == model.PagingOData && p.reading.PageSize > 0 && p.reading.SizeParam == "" {
			p.size(&r)
		}
		return r
	}
	r := model.Request{Method: http.MethodGet, Path: p.endpoint.Path, Query: slices.Clone(p.endpoint.Query), Headers: p.headers}
	rd := &p.reading
	if rd.Since != "" && rd.SinceParam != "" {
		setParam(&r, rd.SinceParam, rd.Since)
	}
	if rd.PageSize > 0 {
		p.size(&r)
	}
	if place != "" && p.param != "" {
		setParam(&r, p.param, place)
	}
	return r
}

// size asks for a size of pages.
func (p *plan) size(r *model.Request) {
	size := strconv.Itoa(p.reading.PageSize)
	name := p.reading.SizeParam
	if name == "" && p.scheme != model.PagingOData {
		name = p.given(sizeParams)
	}
	switch {
	case name != "":
	case p.scheme == model.PagingOData:
		// $top would cut the whole, not the page.
		r.Headers = append(slices.Clip(r.Headers), model.Param{Name: "Prefer", Value: "odata.maxpagesize=" + size})
		return
	case p.scheme == model.PagingPage && p.param == "_page":
		name = "_per_page"
	case p.scheme == model.PagingPage:
		name = "size"
	default:
		name = "limit"
	}
	setParam(r, name, size)
}

// setParam replaces a parameter of a request wherever it stands.
func setParam(r *model.Request, name, value string) {
	path, query, has := strings.Cut(r.Path, "?")
	if has {
		var kept []string
		for part := range strings.SplitSeq(query, "&") {
			if key, _, _ := strings.Cut(part, "="); part != "" && plain(key) != name {
				kept = append(kept, part)
			}
		}
		r.Path = path
		if len(kept) > 0 {
			r.Path += "?" + strings.Join(kept, "&")
		}
	}
	r.Query = slices.DeleteFunc(r.Query, func(q model.Param) bool { return q.Name == name })
	r.Query = append(r.Query, model.Param{Name: name, Value: value})
}
