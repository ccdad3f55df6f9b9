package paging

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"ferry/model"
)

// schemes serve a split of records, each in its own way.
var splits = map[string]func(w http.ResponseWriter, r *http.Request, pages []string, from []int){
	"link": func(w http.ResponseWriter, r *http.Request, pages []string, _ []int) {
		n := min(param(r, "n", 0), len(pages)-1)
		if n+1 < len(pages) {
			w.Header().Set("Link", fmt.Sprintf("<?n=%d>; rel=next", n+1))
		}
		fmt.Fprint(w, pages[n])
	},
	"odata": func(w http.ResponseWriter, r *http.Request, pages []string, _ []int) {
		n := min(param(r, "n", 0), len(pages)-1)
		next := ""
		if n+1 < len(pages) {
			next = fmt.Sprintf(`"@odata.nextLink":"items?n=%d",`, n+1)
		}
		fmt.Fprintf(w, `{%s"value":%s}`, next, pages[n])
	},
	"next": func(w http.ResponseWriter, r *http.Request, pages []string, _ []int) {
		n := min(param(r, "n", 0), len(pages)-1)
		next := "null"
		if n+1 < len(pages) {
			next = fmt.Sprintf(`{"href":"/items?n=%d"}`, n+1)
		}
		fmt.Fprintf(w, `{"_embedded":{"things":%s},"_links":{"next":%s}}`, pages[n], next)
	},
	"number": func(w http.ResponseWriter, r *http.Request, pages []string, _ []int) {
		n := min(param(r, "_page", 1), len(pages))
		next := "null"
		if n < len(pages) {
			next = fmt.Sprint(n + 1)
		}
		fmt.Fprintf(w, `{"next":%s,"data":%s}`, next, pages[n-1])
	},
	"page": func(w http.ResponseWriter, r *http.Request, pages []string, _ []int) {
		n := param(r, "page", 0)
		page := "[]"
		if n < len(pages) {
			page = pages[n]
		}
		fmt.Fprintf(w, `{"number":%d,"totalPages":%d,"content":%s}`, n, len(pages), page)
	},
	"offset": func(w http.ResponseWriter, r *http.Request, pages []string, from []int) {
		n, page := param(r, "offset", 0), "[]"
		for i, at := range from {
			if at == n && page == "[]" {
				page = pages[i]
			}
		}
		fmt.Fprintf(w, `{"items":%s,"offset":%d,"total":%d}`, page, n, len(strings.Split(strings.Join(pages, ""), `"id"`))-1)
	},
	"cursor": func(w http.ResponseWriter, r *http.Request, pages []string, _ []int) {
		n := min(param(r, "cursor", 0), len(pages)-1) // one more may be asked for ahead
		more := n+1 < len(pages)
		fmt.Fprintf(w, `{"meta":{"has_more":%t,"next_cursor":%d},"results":%s}`, more, n+1, pages[n])
	},
}

// Any split of records in pages of any scheme gives exactly the records, stopped and gone
// on with anywhere, with whatever fails on the way.
func TestAnySplitGivesExactlyTheRecords(t *testing.T) {
	for how, serve := range splits {
		t.Run(how, func(t *testing.T) {
			type split struct {
				pages []string
				from  []int
			}
			var now atomic.Pointer[split] // what was fetched ahead may come when it is over
			var fails atomic.Int64
			s := source(t, "/items?_page=1", func(w http.ResponseWriter, r *http.Request) {
				switch fails.Add(-1) {
				case 1, 3:
					w.WriteHeader(503)
				case 5, 7: // breaks off in the middle
					whole := httptest.NewRecorder()
					serve(whole, r, now.Load().pages, now.Load().from)
					w.Header().Set("Content-Length", fmt.Sprint(whole.Body.Len()))
					_, _ = w.Write(whole.Body.Bytes()[:whole.Body.Len()*2/3])
					_ = http.NewResponseController(w).Flush()
					panic(http.ErrAbortHandler)
				default:
					serve(w, r, now.Load().pages, now.Load().from)
				}
			})
			if how != "number" {
				s.Endpoint.Path = "/items"
			}
			s.Link = ungated{s.Link}
			rapid.Check(t, func(rt *rapid.T) {
				low := 0
				if how == "page" || how == "offset" {
					low = 1 // an empty page is their end
				}
				sizes := rapid.SliceOfN(rapid.IntRange(low, 7), 1, 12).Draw(rt, "sizes")
				var s1 split
				at := 0
				for _, n := range sizes {
					s1.pages, s1.from = append(s1.pages, numbers(at, n)), append(s1.from, at)
					at += n
				}
				now.Store(&s1)
				s.held = rapid.SampledFrom([]int{0, 80, 200}).Draw(rt, "held")
				fails.Store(rapid.Int64Range(0, 10).Draw(rt, "fails"))
				stops := rapid.SliceOfN(rapid.Int64Range(1, 12), 0, 3).Draw(rt, "stops")
				k := &stopper{}
				p := Position{}
				for {
					k.at, k.stop = 0, make(chan struct{})
					if len(stops) > 0 {
						k.at, stops = p.Page+stops[0], stops[1:]
					}
					s.Stop = k.stop
					_, err := s.Each(t.Context(), p, k)
					if err == nil {
						break
					}
					if !errors.Is(err, model.ErrStopped) {
						rt.Fatal(err)
					}
					text, err := json.Marshal(k.last)
					if err != nil {
						rt.Fatal(err)
					}
					p = Position{}
					if err := json.Unmarshal(text, &p); err != nil || p != k.last {
						rt.Fatal(err, p)
					}
				}
				if got := ids(k.records); got != count(at) || !k.last.Over || k.last.Records != int64(at) {
					rt.Fatalf("records %s of %d, %+v", got, at, k.last)
				}
				if st, err := s.Each(t.Context(), k.last, k); err != nil || st.Requests != 0 {
					rt.Fatal("the end is not the end", st, err)
				}
			})
		})
	}
}

func TestSeenSurvives(t *testing.T) {
	var s seen
	if got := parseSeen(s.String()); got.count != 0 || len(got.last) != 0 {
		t.Errorf("%+v", got)
	}
	for i := range 100 {
		s.take(fmt.Sprint(i), uint64(i)+1)
		if again := parseSeen(s.String()); fmt.Sprint(again) != fmt.Sprint(s) || again.String() != s.String() {
			t.Fatalf("%v, want %v", again, s)
		}
	}
	if len(s.String()) > 1024 {
		t.Errorf("%d bytes", len(s.String()))
	}
	for _, bad := range []string{"x", "AAAA", strings.Repeat("A", 10_000)} {
		if got := parseSeen(bad); got.count != 0 {
			t.Errorf("%q: %+v", bad, got)
		}
	}
	for place, ago := range map[string]int{"99": 1, "68": 32, "63": 37} {
		if n, was := s.place(place); !was || n != ago {
			t.Errorf("%s: %d %t", place, n, was)
		}
	}
	if _, was := s.place("5"); was {
		t.Error("a page that is forgotten is known")
	}
}
