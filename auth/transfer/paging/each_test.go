package paging

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

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
	// What leads on does not matter then.
	s := source(t, "/items", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"total":50,"items":%s}`, numbers(0, 10))
	})
	s.Reading.Limit = 5
	if k, _, err := read(t, s); err != nil || ids(k.records) != count(5) || k.last.Total != 5 {
		t.Errorf("%+v %v", k.last, err)
	}
	s = source(t, "/items", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `{"total":9000,"items":%s}`, long(6000)) })
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
}

// Stop is heard even while the reading waits, whatever it waits for.
func TestStopWhileItWaits(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"for a source that is down": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) },
		"after a break in a stream": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "9999")
			fmt.Fprint(w, numbers(0, 100)[:900])
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		},
	} {
		s := source(t, "/items", answer)
		stop := make(chan struct{})
		s.Stop, s.held = stop, 100
		s.wait = func(ctx context.Context, _ time.Duration) error {
			<-ctx.Done()
			return ctx.Err()
		}
		told := false
		s.Waiting = func(why string) {
			if why != "" && !told {
				told = true
				close(stop)
			}
		}
		if _, err := s.Each(t.Context(), Position{}, &taker{}); !errors.Is(err, model.ErrStopped) || !told {
			t.Errorf("%s: %v, told %t", name, err, told)
		}
	}
}
