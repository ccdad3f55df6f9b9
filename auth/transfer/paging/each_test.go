package paging

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ferry/model"
)

// A source that did not change is not read (RFC 9110 §13.1).
func TestModified(t *testing.T) {
	s := source(t, "/items", linked(3, func(page int, w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("ETag", fmt.Sprintf(`"v%d"`, page))
		w.Header().Set("Last-Modified", "Sun, 01 Mar 2026 12:00:00 GMT")
		if page > 1 && r.Header.Get("If-None-Match") != "" {
			t.Error("a condition on page", page)
		}
		if r.Header.Get("If-None-Match") == `"v1"` && r.Header.Get("If-Modified-Since") != "" {
			w.WriteHeader(304)
			return true
		}
		return false
	}))
	k, st, err := read(t, s)
	if err != nil || len(k.records) != 30 || st.NotModified || st.Validators != (Validators{`"v1"`, "Sun, 01 Mar 2026 12:00:00 GMT"}) {
		t.Fatalf("%+v %v", st, err)
	}
	s.Modified = &Validators{ETag: `"old"`, LastModified: st.Validators.LastModified}
	if k, st, err = read(t, s); err != nil || len(k.records) != 30 || st.NotModified {
		t.Errorf("changed: %+v %v", st, err)
	}
	v := st.Validators
	s.Modified = &v
	if k, st, err = read(t, s); err != nil || len(k.begun) != 0 || !st.NotModified || st.Requests != 1 {
		t.Errorf("not changed: %v %+v %v", k.begun, st, err)
	}
	// Going on in the middle is no question of change.
	k = &taker{}
	if st, err = s.Each(t.Context(), Position{Page: 1, Records: 10, Next: "/items?page=2", Paging: "link", Items: "-"}, k); err != nil || len(k.records) != 20 || st.NotModified {
		t.Errorf("resumed: %+v %v", st, err)
	}
}

func TestLimit(t *testing.T) {
	for limit, want := range map[int64]struct{ pages, requests int64 }{1: {1, 2}, 10: {1, 2}, 11: {2, 2}, 25: {3, 4}, 30: {3, 4}, 100: {4, 4}} {
		s := source(t, "/items", linked(4, nil))
		s.Reading.Limit = limit
		k, st, err := read(t, s)
		n := min(limit, 40)
		if err != nil || ids(k.records) != count(int(n)) || !k.last.Over || k.last.Records != n || k.last.Page != want.pages || st.Requests > want.requests {
			t.Errorf("%d: %d records, %+v, %+v, %v", limit, len(k.records), k.last, st, err)
		}
	}
	s := source(t, "/items", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, long(6000)) })
	s.Reading.Limit = 5000 // of a page that streams
	k, _, err := read(t, s)
	if err != nil || len(k.records) != 5000 || !k.last.Over || k.last.Records != 5000 {
		t.Errorf("%d records, %+v, %v", len(k.records), k.last, err)
	}
}

func TestStop(t *testing.T) {
	k := &stopper{at: 2, stop: make(chan struct{})}
	s := source(t, "/items", linked(9, nil))
	s.Stop = k.stop
	_, err := s.Each(t.Context(), Position{}, k)
	if !errors.Is(err, model.ErrStopped) || len(k.records) != 20 || k.last.Page != 2 || k.last.Over {
		t.Fatalf("%d records, %+v, %v", len(k.records), k.last, err)
	}
	// Even while it waits for a source that is down.
	stop := make(chan struct{})
	s = source(t, "/items", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
	s.Stop, s.wait = stop, nil
	s.Waiting = func(why string) {
		if why != "" && s.Stop != nil {
			close(stop)
			s.Waiting = nil
		}
	}
	began := time.Now()
	if _, err := s.Each(t.Context(), Position{}, &taker{}); !errors.Is(err, model.ErrStopped) || time.Since(began) > 5*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}

// While the visitor works on a page, those that follow are on their way; never more than a
// few.
func TestPrefetch(t *testing.T) {
	for how, scheme := range map[string]model.Paging{"link": "", "page": model.PagingPage, "odata": ""} {
		t.Run(how, func(t *testing.T) {
			var asked atomic.Int64
			s := source(t, "/items", func(w http.ResponseWriter, r *http.Request) {
				page := param(r, "page", 1)
				for was := asked.Load(); int64(page) > was && !asked.CompareAndSwap(was, int64(page)); was = asked.Load() {
				}
				body := slice((page-1)*10, page*10, 95)
				switch {
				case how == "link" && page < 10:
					w.Header().Set("Link", fmt.Sprintf("</items?page=%d>; rel=next", page+1))
				case how == "odata" && page < 10:
					body = fmt.Sprintf(`{"value":%s,"@odata.nextLink":"/items?page=%d"}`, body, page+1)
				case how == "odata":
					body = fmt.Sprintf(`{"value":%s}`, body)
				}
				fmt.Fprint(w, body)
			})
			s.Reading.Paging = scheme
			one := 1
			if scheme != "" {
				s.Reading.FirstPage = &one
			}
			k := &ahead{asked: &asked, t: t}
			if st, err := s.Each(t.Context(), Position{}, k); err != nil || ids(k.records) != count(95) || st.Requests > 14 {
				t.Errorf("%d records, %+v, %v", len(k.records), st, err)
			}
		})
	}
}

// ahead is a Visitor that waits until the next page was asked for.
type ahead struct {
	taker
	asked *atomic.Int64
	t     *testing.T
}

func (a *ahead) Begin(n int64, again bool) error {
	for deadline := time.Now().Add(5 * time.Second); n < 10 && a.asked.Load() <= n; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			a.t.Errorf("page %d is not asked for while page %d is worked on", n+1, n)
			break
		}
	}
	time.Sleep(2 * time.Millisecond)
	if got := a.asked.Load(); got > n+4 {
		a.t.Errorf("page %d was asked for while page %d is worked on", got, n)
	}
	return a.taker.Begin(n, again)
}

// A source that gives fewer records than are asked for is guessed wrongly ahead a few times
// at most.
func TestWrongGuessesEnd(t *testing.T) {
	s := source(t, "/items", func(w http.ResponseWriter, r *http.Request) {
		n := param(r, "offset", 0)
		fmt.Fprint(w, slice(n, n+5+n%7, 400))
	})
	s.Reading.Paging = model.PagingOffset
	k, st, err := read(t, s)
	if err != nil || ids(k.records) != count(400) || st.Requests > k.last.Page+maxMisses+1 {
		t.Errorf("%d records, %d pages, %+v, %v", len(k.records), k.last.Page, st, err)
	}
}

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
				if n := fails.Add(-1); n >= 0 && n%2 == 1 {
					w.WriteHeader(503)
					return
				}
				serve(w, r, now.Load().pages, now.Load().from)
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
				fails.Store(rapid.Int64Range(0, 6).Draw(rt, "fails"))
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
