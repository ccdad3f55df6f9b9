package paging

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ferry/auth/call"
	"ferry/auth/wire"
	"ferry/model"
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
	if err != nil || ids(k.records) != count(90) || st.Retries != 1 || early.Load() > 2 { // two are on their way at once
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
