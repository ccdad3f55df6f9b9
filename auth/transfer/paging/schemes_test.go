package paging

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"ferry/model"
)

// A source of 25 records in pages of 10, the way each kind of API has them; all are found
// without a word from the person.
func TestEachKindOfSourceIsFoundOut(t *testing.T) {
	const all, size = 25, 10
	first := 0
	for name, tc := range map[string]struct {
		path   string
		read   model.Reading
		serve  func(w http.ResponseWriter, r *http.Request)
		scheme model.Paging
		items  string
		total  int64
		pages  int64
	}{
		"GitHub: Link": {path: "/items?per_page=10", scheme: model.PagingLink, items: "-", pages: 3, serve: func(w http.ResponseWriter, r *http.Request) {
			n := param(r, "page", 1)
			if n < 3 {
				w.Header().Set("Link", fmt.Sprintf(`<http://%s/items?per_page=10&page=1>; rel="first", <http://%s/items?per_page=10&page=%d>; REL="prefetch Next"; title="a, \"b\""`, r.Host, r.Host, n+1))
			}
			fmt.Fprint(w, slice((n-1)*size, n*size, all))
		}},
		"OData 4": {path: "/Products?$filter=x", scheme: model.PagingOData, items: "value", total: all, pages: 3, serve: func(w http.ResponseWriter, r *http.Request) {
			n := param(r, "$skiptoken", 0)
			next := ""
			if n+size < all {
				next = fmt.Sprintf(`,"@odata.nextLink":"Products?$filter=x&$skiptoken=%d"`, n+size)
			}
			fmt.Fprintf(w, `{"@odata.context":"$metadata#Products","@odata.count":25,"value":%s%s}`, slice(n, n+size, all), next)
		}},
		"OData 4, the first few": {path: "/Products?$top=25&$count=true", scheme: model.PagingNone, items: "value", total: all, pages: 1, serve: func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"@odata.context":"x","@odata.count":9000,"value":%s}`, slice(0, all, all))
		}},
		"OData 2": {path: "/Products", scheme: model.PagingOData, items: "d.results", total: all, pages: 3, serve: func(w http.ResponseWriter, r *http.Request) {
			n := param(r, "$skiptoken", 0)
			next := ""
			if n+size < all {
				next = fmt.Sprintf(`,"__next":"http://%s/Products?$skiptoken=%d"`, r.Host, n+size)
			}
			fmt.Fprintf(w, `{"d":{"results":%s,"__count":"25"%s}}`, slice(n, n+size, all), next)
		}},
		"OData 2, d is the list": {path: "/Products", scheme: model.PagingNone, items: "d", pages: 1, serve: func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"d":%s}`, slice(0, all, all))
		}},
		"HAL": {path: "/orders", scheme: model.PagingNext, items: "_embedded.orders", total: all, pages: 3, serve: func(w http.ResponseWriter, r *http.Request) {
			n := param(r, "page", 1)
			links := `"self":{"href":"/orders"}`
			if n < 3 {
				links += fmt.Sprintf(`,"next":{"href":"/orders?page=%d"}`, n+1)
			}
			fmt.Fprintf(w, `{"_links":{%s},"total":25,"_embedded":{"orders":%s}}`, links, slice((n-1)*size, n*size, all))
		}},
		"JSON:API": {path: "/articles", scheme: model.PagingNext, items: "data", pages: 3, serve: func(w http.ResponseWriter, r *http.Request) {
			n := param(r, "page[number]", 1)
			next := "null"
			if n < 3 {
				next = fmt.Sprintf(`"/articles?page%%5Bnumber%%5D=%d"`, n+1)
			}
			fmt.Fprintf(w, `{"data":%s,"included":[{"x":1}],"links":{"next":%s}}`, slice((n-1)*size, n*size, all), next)
		}},
		"links as a list": {path: "/items", scheme: model.PagingNext, items: "items", pages: 3, serve: func(w http.ResponseWriter, r *http.Request) {
			n := param(r, "offset", 0)
			links := `{"rel":"self","href":"/x"}`
			if n+size < all {
				links += fmt.Sprintf(`,{"rel":"next","href":"/items?offset=%d"}`, n+size)
			}
			fmt.Fprintf(w, `{"items":%s,"links":[%s]}`, slice(n, n+size, all), links)
		}},
		"Django: next, count": {path: "/items/", scheme: model.PagingNext, items: "results", total: all, pages: 3, serve: func(w http.ResponseWriter, r *http.Request) {
			n := param(r, "page", 1)
			next := "null"
			if n < 3 {
				next = fmt.Sprintf(`"http://%s/items/?page=%d"`, r.Host, n+1)
			}
			fmt.Fprintf(w, `{"count":25,"next":%s,"previous":null,"results":%s}`, next, slice((n-1)*size, n*size, all))
		}},
		"Laravel": {path: "/items", scheme: model.PagingNext, items: "data", total: all, pages: 3, serve: func(w http.ResponseWriter, r *http.Request) {
			n := param(r, "page", 1)
			next := "null"
			if n < 3 {
				next = fmt.Sprintf(`"/items?page=%d"`, n+1)
			}
			fmt.Fprintf(w, `{"current_page":%d,"data":%s,"last_page":3,"next_page_url":%s,"total":25}`, n, slice((n-1)*size, n*size, all), next)
		}},
		"json-server 1": {path: "/posts?_page=1", scheme: model.PagingPage, items: "data", total: all, pages: 3, serve: func(w http.ResponseWriter, r *http.Request) {
			n := param(r, "_page", 1)
			next := any(n + 1)
			if n == 3 {
				next = nil
			}
			b, _ := json.Marshal(map[string]any{"first": 1, "prev": nil, "next": next, "last": 3, "pages": 3, "items": all, "data": json.RawMessage(slice((n-1)*size, n*size, all))})
			_, _ = w.Write(b)
		}},
		"Spring": {path: "/items", scheme: model.PagingPage, items: "content", total: all, pages: 3, serve: func(w http.ResponseWriter, r *http.Request) {
			n := param(r, "page", 0)
			fmt.Fprintf(w, `{"content":%s,"pageable":{"pageNumber":%d,"pageSize":10},"totalPages":3,"totalElements":25,"last":%t,"number":%d,"size":10,"first":%t}`,
				slice(n*size, (n+1)*size, all), n, n == 2, n, n == 0)
		}},
		"Spring HATEOAS": {path: "/items", scheme: model.PagingNext, items: "_embedded.items", total: all, pages: 3, serve: func(w http.ResponseWriter, r *http.Request) {
			n := param(r, "page", 0)
			next := ""
			if n < 2 {
				next = fmt.Sprintf(`"next":{"href":"/items?page=%d"}`, n+1)
			}
			fmt.Fprintf(w, `{"_embedded":{"items":%s},"_links":{%s},"page":{"size":10,"totalElements":25,"totalPages":3,"number":%d}}`, slice(n*size, (n+1)*size, all), next, n)
		}},
		"page, total_pages": {path: "/items", scheme: model.PagingPage, items: "items", pages: 3, serve: func(w http.ResponseWriter, r *http.Request) {
			n := param(r, "page", 1)
			fmt.Fprintf(w, `{"page":%d,"per_page":10,"total_pages":3,"items":%s}`, n, slice((n-1)*size, n*size, all))
		}},
		"meta.pagination": {path: "/items", scheme: model.PagingPage, items: "data", total: all, pages: 3, serve: func(w http.ResponseWriter, r *http.Request) {
			n := param(r, "page", 1)
			fmt.Fprintf(w, `{"meta":{"pagination":{"page":%d,"pages":3,"limit":10,"total":25}},"data":%s}`, n, slice((n-1)*size, n*size, all))
		}},
		"offset, limit, total": {path: "/items?limit=10", scheme: model.PagingOffset, items: "items", total: all, pages: 3, serve: func(w http.ResponseWriter, r *http.Request) {
			n := param(r, "offset", 0)
			fmt.Fprintf(w, `{"offset":%d,"limit":10,"total":25,"items":%s}`, n, slice(n, n+size, all))
		}},
		"Jira: startAt": {path: "/search", scheme: model.PagingOffset, items: "issues", total: all, pages: 3, serve: func(w http.ResponseWriter, r *http.Request) {
			n := param(r, "startAt", 0)
			fmt.Fprintf(w, `{"startAt":%d,"maxResults":10,"total":25,"issues":%s}`, n, slice(n, n+size, all))
		}},
		"next_cursor, has_more": {path: "/items", scheme: model.PagingCursor, items: "results", pages: 3, serve: func(w http.ResponseWriter, r *http.Request) {
			n := param(r, "cursor", 0)
			fmt.Fprintf(w, `{"has_more":%t,"next_cursor":"%d","results":%s}`, n+size < all, n+size, slice(n, n+size, all))
		}},
		"Google: nextPageToken": {path: "/items?maxResults=10", scheme: model.PagingCursor, items: "items", pages: 3, serve: func(w http.ResponseWriter, r *http.Request) {
			n := param(r, "pageToken", 0)
			next := ""
			if n+size < all {
				next = fmt.Sprintf(`"nextPageToken":"%d",`, n+size)
			}
			fmt.Fprintf(w, `{"kind":"x",%s"items":%s}`, next, slice(n, n+size, all))
		}},
		"Slack: response_metadata": {path: "/list", scheme: model.PagingCursor, items: "members", pages: 3, serve: func(w http.ResponseWriter, r *http.Request) {
			n := param(r, "cursor", 0)
			next := ""
			if n+size < all {
				next = fmt.Sprint(n + size)
			}
			fmt.Fprintf(w, `{"ok":true,"members":%s,"response_metadata":{"next_cursor":"%s"}}`, slice(n, n+size, all), next)
		}},
		"HubSpot: paging.next.after": {path: "/list", scheme: model.PagingCursor, items: "results", pages: 3, serve: func(w http.ResponseWriter, r *http.Request) {
			n := param(r, "after", 0)
			next := ""
			if n+size < all {
				next = fmt.Sprintf(`,"paging":{"next":{"after":"%d"}}`, n+size)
			}
			fmt.Fprintf(w, `{"results":%s%s}`, slice(n, n+size, all), next)
		}},
		"Square: cursor": {path: "/list", scheme: model.PagingCursor, items: "objects", pages: 3, serve: func(w http.ResponseWriter, r *http.Request) {
			n := param(r, "cursor", 0)
			next := ""
			if n+size < all {
				next = fmt.Sprintf(`,"cursor":"%d"`, n+size)
			}
			fmt.Fprintf(w, `{"objects":%s%s}`, slice(n, n+size, all), next)
		}},
		"a cursor until nothing comes": {path: "/list", scheme: model.PagingCursor, items: "items", pages: 4, serve: func(w http.ResponseWriter, r *http.Request) {
			n := param(r, "cursor", 0)
			fmt.Fprintf(w, `{"items":%s,"cursor":"%d"}`, slice(n, n+size, all), min(n+size, all))
		}},
		"next_offset": {path: "/list", scheme: model.PagingCursor, items: "items", pages: 3, serve: func(w http.ResponseWriter, r *http.Request) {
			n := param(r, "offset", 0)
			next := "null"
			if n+size < all {
				next = fmt.Sprint(n + size)
			}
			fmt.Fprintf(w, `{"items":%s,"next_offset":%s}`, slice(n, n+size, all), next)
		}},
		"next: {page}": {path: "/list", scheme: model.PagingPage, items: "results", pages: 3, serve: func(w http.ResponseWriter, r *http.Request) {
			n := param(r, "page", 1)
			next := ""
			if n < 3 {
				next = fmt.Sprintf(`"next":{"page":%d,"limit":10},`, n+1)
			}
			fmt.Fprintf(w, `{%s"previous":{"page":%d},"pages":3,"results":%s}`, next, n-1, slice((n-1)*size, n*size, all))
		}},
		"a root array": {path: "/items", scheme: model.PagingNone, items: "-", pages: 1, serve: func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, slice(0, all, all))
		}},
		"X-Total-Count and the page in the path": {path: "/items?page=1&size=10", scheme: model.PagingPage, items: "-", total: all, pages: 3, serve: func(w http.ResponseWriter, r *http.Request) {
			n := param(r, "page", 1)
			w.Header().Set("X-Total-Count", "25")
			fmt.Fprint(w, slice((n-1)*size, n*size, all))
		}},
		"GitLab: X-Next-Page": {path: "/items", scheme: model.PagingPage, items: "-", total: all, pages: 3, serve: func(w http.ResponseWriter, r *http.Request) {
			n := param(r, "page", 1)
			if w.Header().Set("X-Total", "25"); n < 3 {
				w.Header().Set("X-Next-Page", fmt.Sprint(n+1))
			}
			fmt.Fprint(w, slice((n-1)*size, n*size, all))
		}},
		"data holds the items": {path: "/items", scheme: model.PagingPage, items: "data.rows", total: all, pages: 3, serve: func(w http.ResponseWriter, r *http.Request) {
			n := param(r, "page", 1)
			fmt.Fprintf(w, `{"success":true,"data":{"page":%d,"total":25,"rows":%s}}`, n, slice((n-1)*size, n*size, all))
		}},
		"the only list has a name of its own": {path: "/items", scheme: model.PagingNone, items: `orders\.v2`, pages: 1, serve: func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"tags":["a","b"],"orders.v2":%s,"errors":[]}`, slice(0, all, all))
		}},
		"set: page, counted from 1, without a word": {path: "/items", read: model.Reading{Paging: model.PagingPage}, scheme: model.PagingPage, items: "-", pages: 4, serve: func(w http.ResponseWriter, r *http.Request) {
			n := param(r, "page", 1)
			fmt.Fprint(w, slice((n-1)*size, n*size, all))
		}},
		"set: page, counted from 0, without a word": {path: "/items", read: model.Reading{Paging: model.PagingPage}, scheme: model.PagingPage, items: "-", pages: 4, serve: func(w http.ResponseWriter, r *http.Request) {
			n := param(r, "page", 0)
			fmt.Fprint(w, slice(n*size, (n+1)*size, all))
		}},
		"set: first page, names": {path: "/items?x=1", read: model.Reading{FirstPage: &first, PageParam: "p", SizeParam: "n", PageSize: 10}, scheme: model.PagingPage, items: "-", pages: 4, serve: func(w http.ResponseWriter, r *http.Request) {
			n, s := param(r, "p", -1), param(r, "n", -1)
			if n < 0 || s < 0 || r.URL.Query().Get("x") != "1" {
				w.WriteHeader(400)
			}
			fmt.Fprint(w, slice(n*s, (n+1)*s, all))
		}},
		"set: offset, smaller pages than asked for": {path: "/items", read: model.Reading{Paging: model.PagingOffset, PageSize: 100}, scheme: model.PagingOffset, items: "-", pages: 4, serve: func(w http.ResponseWriter, r *http.Request) {
			n := param(r, "offset", 0)
			fmt.Fprint(w, slice(n, n+min(param(r, "limit", 1), size), all))
		}},
		"set: cursor": {path: "/items", read: model.Reading{CursorParam: "from", CursorField: "state.at"}, scheme: model.PagingCursor, items: "list", pages: 3, serve: func(w http.ResponseWriter, r *http.Request) {
			n := param(r, "from", 0)
			at := "null"
			if n+size < all {
				at = fmt.Sprint(n + size)
			}
			fmt.Fprintf(w, `{"state":{"at":%s},"list":%s}`, at, slice(n, n+size, all))
		}},
		"set: items": {path: "/items", read: model.Reading{Items: ".a.b[]"}, scheme: model.PagingNone, items: "a.b", pages: 1, serve: func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"value":[{"no":1}],"a":{"b":%s}}`, slice(0, all, all))
		}},
		"set: none": {path: "/items", read: model.Reading{Paging: model.PagingNone}, scheme: model.PagingNone, items: "value", pages: 1, serve: func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"@odata.nextLink":"no","value":%s}`, slice(0, all, all))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := source(t, tc.path, tc.serve)
			s.Reading = tc.read
			k, st, err := read(t, s)
			if err != nil {
				t.Fatal(err, model.AsError(err).Next)
			}
			if got := ids(k.records); got != count(all) {
				t.Errorf("records %s", got)
			}
			if p := k.last; p.Paging != string(tc.scheme) || p.Items != tc.items || p.Total != tc.total || !p.Over || p.Records != all || p.Page != tc.pages {
				t.Errorf("%+v", p)
			}
			if st.Requests > tc.pages+2 || st.Retries != 0 || st.Bytes == 0 {
				t.Errorf("%+v", st)
			}
			if strings.Contains(strings.Join(k.begun, " "), "true") {
				t.Errorf("pages %v", k.begun)
			}
		})
	}
}
