package paging

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"ferry/model"
)

// CASES Transfers: the next link loops, or leaves the origin or the base URL; a page repeats.
func TestPagesThatLeadAstray(t *testing.T) {
	other := source(t, "", func(http.ResponseWriter, *http.Request) { t.Error("the other origin was asked") }).Link.Client().BaseURL
	for name, tc := range map[string]struct {
		target string // of the link of page 3
		kept   int
		says   []string
	}{
		"loops at once":     {"/items?page=3", 30, []string{"page 4: its link leads back to the page right before it", "the 3 pages before it, with 30 records, are kept", "--paging page"}},
		"loops back":        {"/items?page=2", 30, []string{"page 4: its link leads back to the page 2 pages before it"}},
		"to the first page": {"/items", 30, []string{"page 4: its link leads back to the page 3 pages before it"}},
		"another origin":    {other + "/items?page=4", 30, []string{"page 4: the link to the following page leaves the origin http://127.0.0.1", "for " + other}},
		"another scheme":    {"ftp://127.0.0.1/items", 30, []string{"leaves the origin"}},
		"javascript":        {"javascript:alert(1)", 30, []string{"leaves the origin"}},
		"no URL":            {"/items?page=%zz&http://[::1", 30, nil},
		"user information":  {"//user:pass@127.0.0.1:1/items", 30, []string{"leaves the origin"}},
		"above the base":    {"/admin/items", 30, []string{"leads to /admin/items, which is not below the base URL", "shorten the base URL"}},
		"hides dots":        {"/api/%2e%2e/admin", 30, []string{"cannot be followed"}},
		"a sibling":         {"/apix/items?page=4", 30, []string{"not below the base URL"}},
		"too long":          {"/items?" + strings.Repeat("x", maxLink), 30, []string{"longer than 16 KiB"}},
	} {
		t.Run(name, func(t *testing.T) {
			base := "/api"
			s := source(t, "/items", func(w http.ResponseWriter, r *http.Request) {
				if !strings.HasPrefix(r.URL.Path, base+"/items") {
					t.Errorf("asked for %s", r.URL)
				}
				page := param(r, "page", 1)
				next := fmt.Sprintf("%s/items?page=%d", base, page+1)
				if page == 3 {
					if next = tc.target; strings.HasPrefix(next, "/items") {
						next = base + next
					}
				}
				fmt.Fprintf(w, `{"next":%q,"items":%s}`, next, numbers((page-1)*10, 10))
			})
			s.Link.(*link).client.BaseURL += base
			k, st, err := read(t, s)
			wants(t, err, model.EUpstream, append(tc.says, "page 4:")...)
			if ids(k.records) != count(tc.kept) || st.Requests > 5 {
				t.Errorf("%d records, %+v", len(k.records), st)
			}
			// Going on from there fails for the same reason, and asks for nothing twice.
			text := err.Error()
			_, err = s.Each(t.Context(), k.last, k)
			wants(t, err, model.EUpstream)
			if name != "loops at once" && name != "loops back" && name != "to the first page" && err.Error() != text {
				t.Errorf("resumed: %v", err)
			}
			if len(k.records) != tc.kept {
				t.Errorf("resumed: %d records", len(k.records))
			}
		})
	}
}

// CASES Transfers: a page repeats, because the source does not know the parameter or stays
// on its last page: a stop, and no record twice.
func TestAPageThatRepeats(t *testing.T) {
	for name, tc := range map[string]struct {
		read  model.Reading
		serve func(w http.ResponseWriter, r *http.Request)
		kept  int
		says  string
	}{
		"the parameter is not known": {model.Reading{Paging: model.PagingPage, PageParam: "p"}, func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, numbers(0, 10))
		}, 10, "page 2: it holds the same records as the page right before it"},
		"the last page for ever": {model.Reading{Paging: model.PagingPage}, func(w http.ResponseWriter, r *http.Request) {
			n := min(param(r, "page", 1), 3)
			fmt.Fprint(w, numbers((n-1)*10, 10))
		}, 30, "page 4: it holds the same records as the page right before it; the 3 pages before it, with 30 records, are kept"},
		"round and round under new links": {model.Reading{}, func(w http.ResponseWriter, r *http.Request) {
			n := param(r, "n", 0)
			w.Header().Set("Link", fmt.Sprintf(`</items?n=%d>; rel=next`, n+1))
			fmt.Fprint(w, numbers(n%5*10, 10))
		}, 50, "page 6: it holds the same records as the page 5 pages before it"},
		"the cursor stays": {model.Reading{}, func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, `{"next_cursor":"abc","items":%s}`, numbers(len(r.URL.RawQuery), 10))
		}, 20, "page 3: its link leads back to the page right before it"},
	} {
		t.Run(name, func(t *testing.T) {
			s := source(t, "/items", tc.serve)
			s.Reading = tc.read
			k, _, err := read(t, s)
			wants(t, err, model.EUpstream, tc.says)
			if len(k.records) != tc.kept {
				t.Errorf("%d records", len(k.records))
			}
		})
	}
}

// A loop that is longer than what is remembered page by page is noticed all the same, in a
// resumed reading too.
func TestALongLoopIsNoticed(t *testing.T) {
	s := source(t, "/items", func(w http.ResponseWriter, r *http.Request) {
		n := param(r, "n", 0)
		w.Header().Set("Link", fmt.Sprintf(`</items?n=%d>; rel=next`, n+1))
		fmt.Fprint(w, numbers(n%100*10, 10))
	})
	p, asked := Position{}, 0
	for {
		k := &stopper{at: p.Page + 7, stop: make(chan struct{})}
		s.Stop = k.stop
		st, err := s.Each(t.Context(), p, k)
		asked += int(st.Requests)
		if p = k.last; errors.Is(err, model.ErrStopped) && asked < 2000 {
			continue
		}
		wants(t, err, model.EUpstream, "it holds the same records as the page 100 pages before it")
		break
	}
	if p.Page < 100 || p.Page > 300 {
		t.Errorf("noticed after %d pages", p.Page)
	}
}

// stopper closes stop after a page.
type stopper struct {
	taker
	at   int64
	stop chan struct{}
}

func (k *stopper) End(p Position) error {
	if p.Page == k.at {
		close(k.stop)
	}
	return k.taker.End(p)
}

func (c *counter) End(Position) error { c.pages++; return nil }

// CASES Client side: pages without end and without a record are ended.
func TestEmptyPagesWithoutEnd(t *testing.T) {
	s := source(t, "/items", func(w http.ResponseWriter, r *http.Request) {
		n := param(r, "cursor", 0)
		body := "[]"
		if n == 3 {
			body = numbers(0, 1) // a filter of the source may find something now and then
		}
		fmt.Fprintf(w, `{"next_cursor":%d,"items":%s}`, n+1, body)
	})
	k, st, err := read(t, s)
	wants(t, err, model.EUpstream, "the last 1001 pages hold no record, and there is always one more")
	if ids(k.records) != "0" || st.Requests > 1010 {
		t.Errorf("%d records, %+v", len(k.records), st)
	}
}
