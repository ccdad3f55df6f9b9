package paging

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ferry/auth/call"
	"ferry/auth/wire"
	"ferry/model"
	"ferry/ui/jq"
)

// linked serves n pages of ten records, linked by header; odd changes what comes.
func linked(n int, odd func(page int, w http.ResponseWriter, r *http.Request) (done bool)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		page := param(r, "page", 1)
		if page < n {
			w.Header().Set("Link", fmt.Sprintf(`</items?page=%d>; rel=next`, page+1))
		}
		if odd != nil && odd(page, w, r) {
			return
		}
		fmt.Fprint(w, numbers((page-1)*10, 10))
	}
}

// CASES Transfers: the token expires mid-export: the Link renews it, and the reading does
// not notice. A Link that cannot renew ends the reading with its own error.
func TestATokenThatExpiresInTheMiddle(t *testing.T) {
	valid := atomic.Int64{}
	valid.Store(3) // requests for which a token is good
	s := source(t, "/items", linked(9, func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		if valid.Add(-1) < 0 {
			w.WriteHeader(401)
			return true
		}
		return false
	}))
	plain := s.Link
	s.Link = &renewing{plain, func() { valid.Store(3) }}
	k, st, err := read(t, s)
	if err != nil || ids(k.records) != count(90) || st.Retries != 0 {
		t.Fatalf("%d records, %+v, %v", len(k.records), st, err)
	}
	valid.Store(3)
	s.Link = plain
	k, _, err = read(t, s)
	wants(t, err, model.EUpstream, "page 4: the source answered 401 Unauthorized", "the 3 pages before it, with 30 records, are kept", "check the credentials")
	if ids(k.records) != count(30) {
		t.Errorf("%d records", len(k.records))
	}
}

// renewing is a Link that renews its token after a 401, as the real one does.
type renewing struct {
	model.Link
	renew func()
}

func (l *renewing) Do(ctx context.Context, r model.Request) (model.Response, error) {
	resp, err := l.Link.Do(ctx, r)
	if err == nil && resp.Status == 401 {
		l.renew()
		return l.Link.Do(ctx, r)
	}
	return resp, err
}

// CASES Transfers: 429 with Retry-After; 503s: right records, and the waits are told.
func TestThrottledAndFailing(t *testing.T) {
	for name, tc := range map[string]struct {
		status int
		header string
		waits  time.Duration // at least, once
		says   string
	}{
		"429 with Retry-After": {429, "7", 7 * time.Second, "the source asked to wait 7s (429)"},
		"503 with Retry-After": {503, "120", 2 * time.Minute, "the source asked to wait 2m0s (503)"},
		"a day":                {429, "86400", time.Hour, "asked to wait 1h0m0s"},
		"429":                  {429, "", 100 * time.Millisecond, "the source answered 429 Too Many Requests"},
		"503":                  {503, "", 100 * time.Millisecond, "503 Service Unavailable"},
		"500":                  {500, "", 100 * time.Millisecond, "500"},
		"502":                  {502, "", 100 * time.Millisecond, "502"},
		"504":                  {504, "", 100 * time.Millisecond, "504"},
		"408":                  {408, "", 100 * time.Millisecond, "408"},
		"425":                  {425, "", 100 * time.Millisecond, "425"},
	} {
		t.Run(name, func(t *testing.T) {
			left := atomic.Int64{}
			left.Store(3)
			s := source(t, "/items", linked(4, func(page int, w http.ResponseWriter, _ *http.Request) bool {
				if page == 3 && left.Add(-1) >= 0 {
					w.Header().Set("Retry-After", tc.header)
					w.WriteHeader(tc.status)
					return true
				}
				return false
			}))
			var longest time.Duration
			gate := s.Link
			s.Link = ungated{gate}
			s.wait = func(_ context.Context, d time.Duration) error {
				longest = max(longest, d)
				time.Sleep(3 * time.Millisecond) // let the reading run dry, so that it tells
				return nil
			}
			var told []string
			s.Waiting = func(why string) { told = append(told, why) }
			k, st, err := read(t, s)
			if err != nil || ids(k.records) != count(40) || st.Retries != 3 || st.Requests != 7 {
				t.Fatalf("%d records, %+v, %v", len(k.records), st, err)
			}
			if longest < tc.waits || longest > tc.waits+time.Hour/2 {
				t.Errorf("waited %v, want %v", longest, tc.waits)
			}
			if len(told) < 2 || !strings.Contains(strings.Join(told, "\n"), tc.says) || told[len(told)-1] != "" {
				t.Errorf("told %q", told)
			}
		})
	}
}

// ungated hides Retry-After from the gate of the Caller: its clock cannot be held.
type ungated struct{ model.Link }

func (l ungated) Client() model.Client {
	return l.Link.Client()
}

func (l ungated) Do(ctx context.Context, r model.Request) (model.Response, error) {
	in := l.Link.(*link)
	fresh := in.client
	fresh.ID = model.ID(fmt.Sprint(unique.Add(1))) // a gate of its own
	return in.caller.Do(ctx, fresh, model.Token{}, r)
}

var unique atomic.Int64

// A 429 holds the requests of the whole client: those that are on their way ahead, or of
// another transfer, wait for the end of it and count as no attempt.
func TestHeldBackByTheGate(t *testing.T) {
	var refused atomic.Bool
	var early atomic.Int64
	until := atomic.Int64{}
	s := source(t, "/items?page=1", func(w http.ResponseWriter, r *http.Request) {
		page := param(r, "page", 1)
		if time.Now().UnixMilli() < until.Load() {
			early.Add(1)
		}
		if page == 3 && !refused.Swap(true) {
			until.Store(time.Now().Add(900 * time.Millisecond).UnixMilli())
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(429)
			return
		}
		fmt.Fprintf(w, `{"total":90,"items":%s}`, numbers((page-1)*10, 10))
	})
	caller := call.New(call.Options{Pool: wire.NewPool(wire.Limits{Total: 500 * time.Millisecond})})
	t.Cleanup(caller.Close)
	s.Link.(*link).caller, s.wait = caller, nil
	k, st, err := read(t, s)
	if err != nil || ids(k.records) != count(90) || st.Retries != 1 || early.Load() > 1 {
		t.Errorf("%d records, %+v, %d too early, %v", len(k.records), st, early.Load(), err)
	}
}

// A token endpoint that is down for a while is waited for; one that says no is not.
func TestTheTokenEndpointIsDown(t *testing.T) {
	s := source(t, "/items", linked(4, nil))
	down := &tokenless{Link: s.Link, g: &model.GrantError{Status: 503}}
	s.Link = down
	k, st, err := read(t, s)
	if err != nil || ids(k.records) != count(40) || st.Retries != 2 {
		t.Errorf("%d records, %+v, %v", len(k.records), st, err)
	}
	s.Link = &tokenless{Link: down.Link, g: &model.GrantError{Code: "invalid_client", Status: 401}}
	_, st, err = read(t, s)
	wants(t, err, model.EUpstream, "page 3: the token endpoint answered; the 2 pages before it")
	if st.Retries != 0 {
		t.Errorf("%+v", st)
	}
}

// tokenless is a Link that has no token for the third and fourth request.
type tokenless struct {
	model.Link
	g     *model.GrantError
	asked atomic.Int64
}

func (l *tokenless) Do(ctx context.Context, r model.Request) (model.Response, error) {
	if n := l.asked.Add(1); n == 3 || n == 4 {
		return model.Response{}, model.Errorf(model.EUpstream, "the token endpoint answered").WithCause(l.g)
	}
	return l.Link.Do(ctx, r)
}

// Once the attempts are over, the reading ends in words, and goes on from there later.
func TestTheLastAttemptFails(t *testing.T) {
	down := atomic.Bool{}
	down.Store(true)
	s := source(t, "/items", linked(4, func(page int, w http.ResponseWriter, _ *http.Request) bool {
		if page == 3 && down.Load() {
			w.WriteHeader(503)
			fmt.Fprint(w, "down for\nmaintenance \x1b[2J")
			return true
		}
		return false
	}))
	k, st, err := read(t, s)
	wants(t, err, model.EUpstream, "page 3: the source answered 503 Service Unavailable: down for maintenance", "(asked 8 times)", "the 2 pages before it, with 20 records, are kept", "resumed goes on from here")
	if strings.Contains(err.Error(), "\x1b") || st.Retries != 7 || ids(k.records) != count(20) {
		t.Errorf("%q %+v", err, st)
	}
	down.Store(false)
	if _, err := s.Each(t.Context(), k.last, k); err != nil || ids(k.records) != count(40) {
		t.Errorf("%d records, %v", len(k.records), err)
	}
}

// CASES Transfers: other refusals stop at once.
func TestOtherRefusalsStopAtOnce(t *testing.T) {
	for status, next := range map[int]string{400: "look at the answer", 403: "check the credentials", 404: "check the path", 410: "check the path", 501: "look at"} {
		s := source(t, "/items", linked(4, func(page int, w http.ResponseWriter, _ *http.Request) bool {
			if page == 2 {
				w.WriteHeader(status)
			}
			return page == 2
		}))
		k, st, err := read(t, s)
		wants(t, err, model.EUpstream, fmt.Sprintf("page 2: the source answered %d", status), "the page before it, with 10 records, is kept", next)
		if ids(k.records) != count(10) || st.Retries != 0 {
			t.Errorf("%d: %d records, %+v", status, len(k.records), st)
		}
	}
}

// CASES Transfers: the next link loops, or leaves the origin or the base URL; a page repeats.
func TestPagesThatLeadAstray(t *testing.T) {
	other := source(t, "", func(http.ResponseWriter, *http.Request) { t.Error("the other origin was asked") }).Link.Client().BaseURL
	for name, tc := range map[string]struct {
		target string // of the link of page 3
		kept   int
		says   []string
	}{
		"loops at once":    {"/items?page=3", 30, []string{"page 4: its link leads back to the page right before it", "the 3 pages before it, with 30 records, are kept", "--paging page"}},
		"loops back":       {"/items?page=2", 30, []string{"page 4: its link leads back to the page 2 pages before it"}},
		"another origin":   {other + "/items?page=4", 30, []string{"page 4: the link to the following page leaves the origin http://127.0.0.1", "for " + other}},
		"another scheme":   {"ftp://127.0.0.1/items", 30, []string{"leaves the origin"}},
		"javascript":       {"javascript:alert(1)", 30, []string{"leaves the origin"}},
		"no URL":           {"/items?page=%zz&http://[::1", 30, nil},
		"user information": {"//user:pass@127.0.0.1:1/items", 30, []string{"leaves the origin"}},
		"above the base":   {"/admin/items", 30, []string{"leads to /admin/items, which is not below the base URL", "shorten the base URL"}},
		"hides dots":       {"/api/%2e%2e/admin", 30, []string{"cannot be followed"}},
		"a sibling":        {"/apix/items?page=4", 30, []string{"not below the base URL"}},
		"too long":         {"/items?" + strings.Repeat("x", maxLink), 30, []string{"longer than 16 KiB"}},
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
			if name != "loops at once" && name != "loops back" && err.Error() != text {
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

// CASES Bad input: malformed JSON in the middle of page 731 → stops with page, offset and
// what was kept.
func TestMalformedInTheMiddleOfPage731(t *testing.T) {
	for name, tc := range map[string]struct{ body, says string }{
		"a comma too few":     {`[{"id":1}{"id":2}]`, "page 731: the JSON is malformed at byte 9"},
		"a name twice":        {`[{"id":1},{"id":2,"id":3}]`, "page 731: the JSON is malformed at byte 18: duplicate"},
		"invalid UTF-8":       {"[{\"id\":\"a\xffb\"}]", "page 731: the JSON is malformed at byte 9: invalid UTF-8"},
		"something behind it": {`[{"id":1}] []`, "page 731: the JSON is malformed: there is more behind the end"},
		"cut off":             {`[{"id":1},{"id"`, "page 731: the JSON ends too early"},
		"an escape":           {`[{"id":"\q"}]`, "page 731: the JSON is malformed at byte"},
		"nothing":             {``, "page 731: the answer is empty"},
		"blanks":              {"\n  ", "page 731: the answer is empty"},
		"a BOM alone":         {"\ufeff", "page 731: the answer is empty"},
		"HTML":                {"\n<!DOCTYPE html><html>Sign in</html>", "page 731: the answer is HTML, not JSON"},
		"XML":                 {"<feed/>", "page 731: the answer is XML, not JSON"},
		"an error object":     {`{"error":{"message":"gone wrong"}}`, "page 731: it holds no list of records at -: {\"error\":{\"message\":\"gone wrong\"}}"},
		"a word":              {`"maintenance"`, "page 731: it holds no list of records"},
	} {
		t.Run(name, func(t *testing.T) {
			s := source(t, "/items", linked(1000, func(page int, w http.ResponseWriter, _ *http.Request) bool {
				if page == 731 {
					fmt.Fprint(w, tc.body)
				}
				return page == 731
			}))
			k := &taker{}
			_, err := s.Each(t.Context(), Position{Page: 728, Records: 7280, Next: "/items?page=729", Paging: "link", Items: "-"}, k)
			wants(t, err, model.EUpstream, tc.says, "the 730 pages before it, with 7300 records, are kept")
			if len(k.records) != 20 || k.last.Page != 730 || len(k.begun) != 2 {
				t.Errorf("%d records, %+v, pages %v", len(k.records), k.last, k.begun)
			}
		})
	}
}

// A page 1 that is no list says what there is instead.
func TestAFirstPageWithoutRecords(t *testing.T) {
	for body, says := range map[string]string{
		`{"id":1,"name":"x"}`:                     "page 1: it holds no list of records; it holds id, name; nothing was read before it",
		`{"error":"no such feed"}`:                `page 1: the source answered 200 with an error: {"error":"no such feed"}`,
		`{"errors":[{"message":"no"}],"total":5}`: "page 1: the source answered 200 with an error",
		`7`:                                   "page 1: it is no list and no object",
		`{"a":[{"x":1}],"b":[{"y":2}]}`:       "page 1: it holds more than one list (a, b)",
		`{"total":500,"items":[{"id":1}]}`:    "page 1: it holds 1 records and says that there are 500, and nothing in it leads to the following page",
		`{"has_more":true,"data":[{"id":1}]}`: "says that there are more",
		"{\"a\\u202e\":1}":                    "it holds a<U+202E>",
		`<html>`:                              "page 1: the answer is HTML",
	} {
		s := source(t, "/items", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) })
		_, _, err := read(t, s)
		wants(t, err, model.EUpstream, says)
		if e := model.AsError(err); e.Next == "" && !strings.Contains(body, "rror") && body[0] != '<' {
			t.Errorf("%s: no next step", body)
		}
	}
}

func TestEmptyFirstPages(t *testing.T) {
	for body, status := range map[string]int{
		`[]`: 200, `{"value":[]}`: 200, `{"items":null,"total":0}`: 200, `{}`: 200, ``: 204, `{"orders":[]}`: 200,
		`{"_links":{"self":{"href":"/x"}},"page":{"size":20,"totalElements":0,"totalPages":0,"number":0}}`: 200, "\ufeff []\n": 200,
	} {
		s := source(t, "/items", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status); fmt.Fprint(w, body) })
		k, st, err := read(t, s)
		if err != nil || len(k.records) != 0 || !k.last.Over || k.last.Page != 1 || st.Requests != 1 {
			t.Errorf("%s: %+v %+v %v", body, k.last, st, err)
		}
	}
}

func TestASinglePageIsOneRecordWhenThatIsAskedFor(t *testing.T) {
	s := source(t, "/item/1", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "\ufeff{\"id\": 1,\n\"name\":\"x\"}\n") })
	s.Reading.Paging = model.PagingNone
	k, _, err := read(t, s)
	if err != nil || len(k.records) != 1 || k.records[0] != "{\"id\": 1,\n\"name\":\"x\"}" {
		t.Errorf("%q %v", k.records, err)
	}
}

// CASES Client side: a gzip-encoded answer, a BOM on every page.
func TestGzipAndBOM(t *testing.T) {
	s := source(t, "/items", linked(3, func(page int, w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		fmt.Fprint(z, "\ufeff"+numbers((page-1)*10, 10))
		_ = z.Close()
		return true
	}))
	if k, _, err := read(t, s); err != nil || ids(k.records) != count(30) {
		t.Errorf("%d records, %v", len(k.records), err)
	}
}

// CASES Client side: a page broken off mid-body is asked for again, and nothing of the
// broken one is handed over twice.
func TestAPageThatBreaksOff(t *testing.T) {
	for name, size := range map[string]int{"held": 10, "streamed": 6_000} {
		t.Run(name, func(t *testing.T) {
			var broke atomic.Int64
			text := strings.Repeat("x", 1000)
			s := source(t, "/items", func(w http.ResponseWriter, r *http.Request) {
				page := param(r, "page", 1)
				if page < 3 {
					w.Header().Set("Link", fmt.Sprintf(`</items?page=%d>; rel=next`, page+1))
				}
				var b bytes.Buffer
				for i := range size {
					fmt.Fprintf(&b, `%c{"id":%d,"text":"%s"}`, "[,"[min(i, 1)], (page-1)*size+i, text)
				}
				b.WriteString("]")
				if page == 2 && broke.Add(1) <= 2 {
					w.Header().Set("Content-Length", fmt.Sprint(b.Len()))
					_, _ = w.Write(b.Bytes()[:b.Len()*9/10])
					_ = http.NewResponseController(w).Flush()
					panic(http.ErrAbortHandler)
				}
				_, _ = w.Write(b.Bytes())
			})
			k, st, err := read(t, s)
			if err != nil || len(k.records) != 3*size || st.Retries != 2 {
				t.Fatalf("%d records, %+v, %v", len(k.records), st, err)
			}
			for i, rec := range k.records {
				if !strings.HasPrefix(rec, fmt.Sprintf(`{"id":%d,`, i)) {
					t.Fatalf("record %d is %s", i, rec)
				}
			}
			if again := strings.Count(strings.Join(k.begun, " "), "true"); name == "streamed" && again != 2 || name == "held" && again != 0 {
				t.Errorf("pages %v", k.begun)
			}
		})
	}
}

// JSON that ends too early in a body that does not is asked for again too, a few times.
func TestATornPageIsAskedForAgain(t *testing.T) {
	torn := atomic.Int64{}
	s := source(t, "/items", linked(3, func(page int, w http.ResponseWriter, _ *http.Request) bool {
		if page == 2 && torn.Add(1) < maxTorn {
			fmt.Fprint(w, `[{"id":10},{"i`)
			return true
		}
		return false
	}))
	if k, st, err := read(t, s); err != nil || ids(k.records) != count(30) || st.Retries != maxTorn-1 {
		t.Errorf("%d records, %+v, %v", len(k.records), st, err)
	}
}

// CASES Client side: an endless page takes bounded memory, and can be ended.
func TestAnEndlessPage(t *testing.T) {
	for name, tc := range map[string]struct {
		begin string
		again func(i int) string
		says  string
	}{
		"of records":    {`[{"id":0}`, func(int) string { return strings.Repeat(`,{"id":1,"text":"`+strings.Repeat("x", 1000)+`"}`, 100) }, ""},
		"of one record": {`[{"id":0},"`, func(int) string { return strings.Repeat("x", 1<<16) }, "page 1: record 2 of it is longer than 16 MiB"},
		"of one value":  {`{"items":[],"x":"`, func(int) string { return strings.Repeat("x", 1<<16) }, "page 1: a value is longer than 16 MiB"},
		"of members": {`{"items":[],"a":{"b":1`, func(i int) string {
			var b []byte
			for k := range 10_000 {
				b = strconv.AppendInt(append(b, `,"`...), int64(i*10_000+k), 10)
				b = append(b, `":1`...)
			}
			return string(b)
		}, "page 1: the JSON is malformed: an object has more than 262144 members"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var sent atomic.Int64
			s := source(t, "/items", func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprint(w, tc.begin)
				for i := 0; r.Context().Err() == nil; i++ {
					n, err := w.Write([]byte(tc.again(i)))
					if err != nil {
						return
					}
					if sent.Add(int64(n)) > 48<<20 && tc.says == "" {
						cancel()
					}
				}
			})
			_, err := s.Each(ctx, Position{}, &counter{})
			if tc.says != "" {
				wants(t, err, model.EUpstream, tc.says)
			} else if model.CodeOf(err) != model.EInterrupted {
				t.Errorf("%v", err)
			}
		})
	}
}

// One answer that is far longer than what is held takes bounded memory.
func TestALongPageTakesBoundedMemory(t *testing.T) {
	piece := strings.Repeat(`,{"id":1,"text":"`+strings.Repeat("x", 1000)+`"}`, 100)
	s := source(t, "/items", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"total":64001,"items":[{"id":0}`)
		for range 640 {
			fmt.Fprint(w, piece)
		}
		fmt.Fprint(w, `]}`)
	})
	k := &weigher{}
	if _, err := s.Each(t.Context(), Position{}, k); err != nil || k.records != 64_001 || k.pages != 1 {
		t.Fatalf("%d records, %v", k.records, err)
	}
	if k.most > 40<<20 {
		t.Errorf("%d MiB of heap for a page of 64 MiB", k.most>>20)
	}
}

// weigher looks at the heap now and then.
type weigher struct {
	counter
	most uint64
}

func (k *weigher) Record(rec []byte) error {
	if k.records%4000 == 0 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		k.most = max(k.most, m.HeapInuse)
	}
	return k.counter.Record(rec)
}

// counter is a Visitor that keeps nothing.
type counter struct{ records, pages int }

func (c *counter) Begin(int64, bool) error { return nil }
func (c *counter) Record([]byte) error     { c.records++; return nil }
func (c *counter) End(Position) error      { c.pages++; return nil }

// A disk that is full is the visitor's error, and is returned as it is.
func TestTheVisitorsErrorEndsTheReading(t *testing.T) {
	full := model.Errorf(model.ENoSpace, "the disk is full")
	for _, size := range []int{10, 6_000} {
		s := source(t, "/items", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, long(size)) })
		if _, err := s.Each(t.Context(), Position{}, &failing{err: full}); !errors.Is(err, full) {
			t.Errorf("%v", err)
		}
	}
}

type failing struct {
	counter
	err error
}

func (f *failing) Record([]byte) error {
	if f.records++; f.records > 5 {
		return f.err
	}
	return nil
}

// A filter that finds the records; one that is a plain place needs no jq.
func TestItemsByJQ(t *testing.T) {
	compile := func(expr string) (model.Filter, error) {
		f, err := jq.Compile(expr)
		if err != nil {
			return nil, err
		}
		return f.Lines(), nil
	}
	for expr, want := range map[string]string{
		`.rows[] | {id: .n}`:                        count(30),
		`[.rows[] | {id: .n}]`:                      count(30),
		`.rows[] | select(.n % 10 == 3) | {id: .n}`: "3 13 23",
		`.rows[] | select(.n > 100)`:                "",
		`.rows | map({id: .n})`:                     count(30),
		`.rows[] | select(.n==5) | "5"`:             "5",
	} {
		s := source(t, "/items", func(w http.ResponseWriter, r *http.Request) {
			page := param(r, "page", 1)
			fmt.Fprintf(w, `{"page":%d,"total":30,"rows":%s}`, page, strings.ReplaceAll(slice((page-1)*10, page*10, 30), "id", "n"))
		})
		s.Reading.Items, s.Compile = expr, compile
		if k, _, err := read(t, s); err != nil || ids(k.records) != want || k.last.Page != 3 {
			t.Errorf("%s: %s, %+v, %v", expr, ids(k.records), k.last, err)
		}
	}
	s := source(t, "/items", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"rows":5}`) })
	s.Compile = compile
	s.Reading.Items = ".rows | map(.x)"
	_, _, err := read(t, s)
	wants(t, err, model.EInvalid, "page 1: the filter does not fit")
	s.Reading.Items = ".rows"
	_, _, err = read(t, s)
	wants(t, err, model.EUpstream, "page 1: it holds no list of records at rows")
	s = source(t, "/items", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "["+strings.Repeat(" ", maxFiltered)+"]") })
	s.Compile, s.Reading.Items = compile, ".[] | .x"
	_, _, err = read(t, s)
	wants(t, err, model.EUpstream, "page 1: it is longer than 32 MiB, and a filter needs the whole page")
}
