package paging

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"ferry/model"
)

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
