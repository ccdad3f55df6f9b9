package paging

import (
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// facts are what a page says beside its records. A number that it does not give is -1.
type facts struct {
	link   string // a URL of the next page
	odata  string // @odata.nextLink, __next
	number string // of the next page
	opaque string // what stands in place of a link, and does not look like one
	noNext bool   // it says that there is no next page
	cursor string // for the next page
	weak   string // a cursor that may be the one of this page
	named  string // the member that held the cursor
	linked string // the member that held the link
	more   tristate

	page, pages, offset, total, count int64
	pageName, offsetName              string   // the members that held page and offset
	counts                            bool     // total is a count of OData
	names                             []string // members of the root, for a person
	failed                            bool     // a member of the root names an error
	strange                           bool     // the root holds what is not about paging
}

type tristate int8

const (
	unknown tristate = iota
	no
	yes
)

func newFacts() facts {
	return facts{page: -1, pages: -1, offset: -1, total: -1, count: -1}
}

// kind is what a member of an envelope is about.
type kind uint8

const (
	kindNone kind = iota
	kindNext
	kindOData
	kindNextPage
	kindCursor
	kindWeak
	kindMore
	kindLast
	kindPage
	kindPages
	kindOffset
	kindTotal
	kindODataCount
	kindCount
	kindOther // about paging or the answer, and of no use here
)

// kinds tells members by their names, in lower case and without "_", "-" and "@".
var kinds = map[string]kind{
	"next": kindNext, "nextlink": kindOData, "odata.nextlink": kindOData, "nexturl": kindNext, "nexthref": kindNext,
	"nextpageurl": kindNext, "nextpagelink": kindNext, "nextpage": kindNextPage, "nextpagenumber": kindNextPage,
	"nextcursor": kindCursor, "nextpagetoken": kindCursor, "nexttoken": kindCursor, "nextpagecursor": kindCursor,
	"continuationtoken": kindCursor, "nextcontinuationtoken": kindCursor, "endcursor": kindCursor, "nextmarker": kindCursor,
	"nextoffset": kindCursor, "nextpagestart": kindCursor, "nextstart": kindCursor, "cursor": kindWeak, "bookmark": kindWeak,
	"hasmore": kindMore, "hasnext": kindMore, "hasnextpage": kindMore, "moreavailable": kindMore, "hasmoreitems": kindMore,
	"last": kindLast, "islast": kindLast, "islastpage": kindLast,
	"page": kindPage, "number": kindPage, "currentpage": kindPage, "pagenumber": kindPage, "pageindex": kindPage,
	"pages": kindPages, "totalpages": kindPages, "pagecount": kindPages, "lastpage": kindPages,
	"offset": kindOffset, "skip": kindOffset, "startat": kindOffset, "start": kindOffset, "startindex": kindOffset,
	"size": kindOther, "limit": kindOther, "perpage": kindOther, "pagesize": kindOther, "maxresults": kindOther, "itemsperpage": kindOther,
	"total": kindTotal, "totalelements": kindTotal, "totalcount": kindTotal, "totalitems": kindTotal, "totalrecords": kindTotal,
	"totalresults": kindTotal, "totalsize": kindTotal, "odata.count": kindODataCount, "items": kindTotal,
	"count": kindCount,
	"first": kindOther, "prev": kindOther, "previous": kindOther, "self": kindOther, "kind": kindOther, "etag": kindOther,
	"object": kindOther, "empty": kindOther, "numberofelements": kindOther, "success": kindOther, "previouspage": kindOther,
}

var plainer = strings.NewReplacer("_", "", "-", "", "@", "")

// kindOf tells what a member is about. d.__next and d.__count are those of OData 2.
func kindOf(name string) kind {
	switch name {
	case "__next":
		return kindOData
	case "__count":
		return kindODataCount
	}
	return kinds[strings.ToLower(plainer.Replace(name))]
}

// containers are members that hold what a page says of itself, in lower case.
var containers = map[string]bool{
	"meta": true, "paging": true, "pagination": true, "page": true, "pageinfo": true, "page_info": true, "pageable": true, "links": true, "_links": true,
	"_meta": true, "metadata": true, "_metadata": true, "response_metadata": true, "cursor": true, "cursors": true, "d": true, "next": true,
	"paginginfo": true, "paging_info": true, "result_info": true, "page_context": true,
}

// scalar takes a member that is no object and no array; where is the member that holds
// it, "" for the root.
func (f *facts) scalar(where, name string, v jsontext.Value) {
	k := kindOf(name)
	switch {
	case where == "next" && name == "href":
		k = kindNext
	case where == "cursors" && name == "after", where == "next" && name == "after", where == "cursor" && name == "next":
		k = kindCursor
	case where == "next" && k == kindPage:
		k = kindNextPage
	case where == "" && name == "error" && v.Kind() != 'n' && v.Kind() != 'f':
		f.failed = true
	}
	switch v.Kind() {
	case '"':
		f.text(k, name, unquote(v))
	case '0':
		f.figure(k, name, v)
	case 't', 'f':
		f.flag(k, v.Kind() == 't')
	case 'n':
		if k == kindNext || k == kindNextPage {
			f.noNext = true
		}
	}
}

func unquote(v jsontext.Value) string {
	b, err := jsontext.AppendUnquote(nil, v)
	if err != nil {
		return ""
	}
	return string(b)
}

func (f *facts) text(k kind, name, s string) {
	digits := s != "" && len(s) < 19 && strings.Trim(s, "0123456789") == ""
	switch {
	case s == "":
		f.noNext = f.noNext || k == kindNext || k == kindNextPage
	case (k == kindNext || k == kindNextPage) && digits:
		f.number = s
	case k == kindNext || k == kindNextPage:
		f.next(name, s)
	case k == kindOData:
		f.odata, f.linked = s, name
	case k == kindCursor && f.cursor == "":
		f.cursor, f.named = s, name
	case k == kindWeak && f.cursor == "":
		f.weak, f.named = s, name
	case digits: // numbers in quotes: @odata.count of older services, __count
		f.figure(k, name, jsontext.Value(s))
	}
}

// next takes a link, or what stands in its place and is none.
func (f *facts) next(name, s string) {
	switch {
	case strings.ContainsAny(s, "/?:"):
		if f.link == "" {
			f.link, f.linked = s, name
		}
	case f.cursor == "":
		f.cursor, f.named, f.opaque = s, name, s
	}
}

func (f *facts) figure(k kind, name string, v jsontext.Value) {
	if k == kindCursor {
		if f.cursor == "" {
			f.cursor, f.named = string(v), name
		}
		return
	}
	n, err := strconv.ParseInt(string(v), 10, 64)
	if err != nil || n < 0 {
		return
	}
	switch k {
	case kindNext, kindNextPage:
		f.number = string(v)
	case kindPage:
		set(&f.page, n)
		f.pageName = name
	case kindPages, kindLast:
		set(&f.pages, n)
	case kindOffset:
		set(&f.offset, n)
		f.offsetName = name
	case kindTotal:
		set(&f.total, n)
	case kindODataCount: // of all that match, whatever $top takes of it
		set(&f.total, n)
		f.counts = true
	case kindCount:
		set(&f.count, n)
	}
}

// set keeps the first figure of its kind: the outer ones come first where it matters.
func set(to *int64, n int64) {
	if *to < 0 {
		*to = n
	}
}

func (f *facts) flag(k kind, v bool) {
	switch {
	case k == kindMore && v, k == kindLast && !v:
		f.more = yes
	case k == kindMore, k == kindLast:
		f.more = no
	case k == kindNext && !v:
		f.noNext = true
	}
}
