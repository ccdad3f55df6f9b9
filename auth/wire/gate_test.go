package wire

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ferry/auth/wire/wiretest"
	"ferry/model"
)

func limited(rate float64) *model.Client {
	c := testClient("https://api.example")
	c.ID, c.Transport.RateLimit = "01", rate
	return c
}

// 200 calls at once under 10 a second: they leave 100 ms apart, whatever they call.
func Test200CallsUnderARateLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var (
			gs    gates
			mu    sync.Mutex
			left  []time.Duration
			wg    sync.WaitGroup
			begin = time.Now()
		)
		for i := range 200 {
			wg.Go(func() {
				origin := []string{"https://api.example:443", "https://login.example:443"}[i%2]
				if _, _, err := gs.wait(t.Context(), limited(10), origin); err != nil {
					t.Error(err)
				}
				mu.Lock()
				left = append(left, time.Since(begin))
				mu.Unlock()
			})
		}
		wg.Wait()
		slices.Sort(left)
		for i, at := range left {
			if want := time.Duration(i) * 100 * time.Millisecond; at != want {
				t.Fatalf("call %d left after %s, want %s", i, at, want)
			}
		}
		// Another client has a rate of its own.
		other := limited(10)
		other.ID = "02"
		if d, _, err := gs.wait(t.Context(), other, "https://api.example:443"); d != 0 || err != nil {
			t.Errorf("another client waited %s, %v", d, err)
		}
	})
}

func TestATurnTooLateIsRefusedAtOnceAndTakesNobodysTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var gs gates
		c := limited(0.1)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if _, _, err := gs.wait(ctx, c, "o"); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		for range 100 {
			var late *turnError
			if _, _, err := gs.wait(ctx, c, "o"); !errors.As(err, &late) || late.asked || late.wait != 10*time.Second {
				t.Fatalf("%v", err)
			}
		}
		if time.Since(begin) != 0 {
			t.Error("it waited first")
		}
		if d, _, err := gs.wait(t.Context(), c, "o"); d != 10*time.Second || err != nil {
			t.Errorf("%s, %v", d, err)
		}
	})
}

func TestCancelWhileWaitingGivesTheTurnBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var gs gates
		c := limited(1)
		_, _, _ = gs.wait(t.Context(), c, "o")
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(300*time.Millisecond, cancel)
		if d, _, err := gs.wait(ctx, c, "o"); d != 300*time.Millisecond || !errors.Is(err, context.Canceled) {
			t.Errorf("%s, %v", d, err)
		}
		if d, _, err := gs.wait(t.Context(), c, "o"); d != 700*time.Millisecond || err != nil {
			t.Errorf("the next waited %s, %v", d, err)
		}
	})
}

func TestWhatTheOtherSideAskedForHoldsForItsOrigin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var gs gates
		c := limited(0)
		gs.hold(c, "api", 3*time.Second)
		gs.hold(c, "api", time.Second) // the longer one stays
		if d, _, _ := gs.wait(t.Context(), c, "login"); d != 0 {
			t.Errorf("another origin waited %s", d)
		}
		// While one waits, the other side asks for more.
		time.AfterFunc(time.Second, func() { gs.hold(c, "api", 4*time.Second) })
		d, note, err := gs.wait(t.Context(), c, "api")
		if d != 5*time.Second || note != "waited 5s because the other side asked for it" || err != nil {
			t.Errorf("%s %q %v", d, note, err)
		}
		// A day is a mistake: it is asked again after an hour.
		gs.hold(c, "api", 24*time.Hour)
		if d, _, _ := gs.wait(t.Context(), c, "api"); d != time.Hour {
			t.Errorf("waited %s", d)
		}
	})
}

func TestGatesAreBounded(t *testing.T) {
	var gs gates
	for i := range 3 * maxGates {
		c := limited(1000)
		c.ID = model.ID(fmt.Sprint(i))
		if _, _, err := gs.wait(t.Context(), c, "o"); err != nil {
			t.Fatal(err)
		}
		if i%maxGates == maxGates-1 {
			time.Sleep(2 * time.Millisecond) // the turns of 1,000 a second are over
		}
	}
	if len(gs.all) > maxGates {
		t.Errorf("%d are remembered", len(gs.all))
	}
}

// A 429 of the API: the next call waits as long as it asked for and then works; a call
// that has no time for it fails at once, says until when, and sends nothing.
func TestRetryAfterIsHonoured(t *testing.T) {
	for _, status := range []int{429, 503} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			var count atomic.Int64
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if count.Add(1) == 1 {
					w.Header().Set("Retry-After", "2")
					w.WriteHeader(status)
				}
			}))
			defer srv.Close()
			p := NewPool(Limits{})
			defer p.Close()
			c := testClient(srv.URL)
			a, _, err := getFrom(t, t.Context(), p, c, srv.URL, nil)
			if err != nil || a.Status != status {
				t.Fatalf("%d %v", a.Status, err)
			}
			short := *c
			short.Timeout = 100 * time.Millisecond
			_, rec, err := getFrom(t, t.Context(), p, &short, srv.URL, nil)
			failure{model.EUpstream, "was not called: the other side asked not to be called until 20", "before anything was sent"}.check(t, rec, err)
			if until, held := HeldUntil(err); !held || time.Until(until) <= 0 {
				t.Errorf("held until %v, %t", until, held)
			}
			if count.Load() != 1 {
				t.Errorf("%d requests", count.Load())
			}
			a, rec, err = getFrom(t, t.Context(), p, c, srv.URL, nil)
			x := rec.Exchange(NewRedactor(nil))
			if tm := x.Timing; err != nil || a.Status != 200 || tm.Queue <= 0 || tm.Queue+tm.Wait+tm.Body > tm.Total {
				t.Errorf("%d %+v %v", a.Status, tm, err)
			}
			if len(x.Notes) != 1 || !strings.Contains(x.Notes[0], "because the other side asked for it") {
				t.Errorf("notes %q", x.Notes)
			}
		})
	}
}

func TestNothingIsSentBeforeItsTurn(t *testing.T) {
	var count atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { count.Add(1) }))
	defer srv.Close()
	p := NewPool(Limits{})
	defer p.Close()
	c := testClient(srv.URL)
	c.Transport.RateLimit, c.Timeout = 0.1, 5*time.Second
	if _, _, err := getFrom(t, t.Context(), p, c, srv.URL, nil); err != nil {
		t.Fatal(err)
	}
	_, rec, err := getFrom(t, t.Context(), p, c, srv.URL, nil)
	failure{model.ETimeout, "at 0.1 requests a second it is not its turn until 20", "before anything was sent"}.check(t, rec, err)
	if !strings.Contains(model.AsError(err).Next, "--rate-limit N") || count.Load() != 1 {
		t.Errorf("%d requests; %s", count.Load(), wiretest.Dump(err))
	}
	c.Timeout = time.Minute
	ctx, cancel := contextSoon(t)
	defer cancel()
	_, rec, err = getFrom(t, ctx, p, c, srv.URL, nil)
	failure{model.EInterrupted, "interrupted", "before anything was sent"}.check(t, rec, err)
	if count.Load() != 1 {
		t.Errorf("%d requests", count.Load())
	}
}

func TestRetryAfterHeaders(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	at := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	for name, tc := range map[string]struct {
		status int
		header []string
		want   time.Duration
	}{
		"seconds":                     {429, []string{"Retry-After", "7"}, 7 * time.Second},
		"503":                         {503, []string{"Retry-After", "7"}, 7 * time.Second},
		"a date":                      {429, []string{"Retry-After", at(90 * time.Second)}, 90 * time.Second},
		"a date by the server's":      {429, []string{"Date", at(time.Hour), "Retry-After", at(time.Hour + time.Minute)}, time.Minute},
		"a date that is over":         {429, []string{"Retry-After", at(-time.Minute)}, -time.Minute},
		"not of a 200":                {200, []string{"Retry-After", "7"}, 0},
		"not of a 302":                {302, []string{"Retry-After", "7"}, 0},
		"nothing":                     {429, nil, 0},
		"negative":                    {429, []string{"Retry-After", "-7"}, 0},
		"no number":                   {429, []string{"Retry-After", "soon"}, 0},
		"NaN":                         {429, []string{"Retry-After", "NaN"}, 0},
		"huge":                        {429, []string{"Retry-After", "99999999999999999999"}, 1e9 * time.Second},
		"RateLimit":                   {429, []string{"RateLimit", `"default";r=0;t=30`}, 30 * time.Second},
		"RateLimit of two":            {429, []string{"RateLimit", `"burst";r=0;t=2, "daily";r=0;t=40`}, 40 * time.Second},
		"RateLimit with some left":    {429, []string{"RateLimit", `"burst";r=0;t=2, "daily";r=5;t=40`}, 2 * time.Second},
		"the window of a policy":      {429, []string{"RateLimit", `"default";r=0`, "RateLimit-Policy", `"default";q=100;w=60`}, time.Minute},
		"an older draft":              {429, []string{"RateLimit", `limit=100, remaining=0, reset=50`}, 50 * time.Second},
		"draft fields":                {429, []string{"RateLimit-Remaining", "0", "RateLimit-Reset", "12"}, 12 * time.Second},
		"X-RateLimit seconds":         {429, []string{"X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "12"}, 12 * time.Second},
		"X-RateLimit since 1970":      {429, []string{"X-RateLimit-Remaining", "0", "X-RateLimit-Reset", fmt.Sprint(now.Unix() + 12)}, 12 * time.Second},
		"X-RateLimit ms since 1970":   {429, []string{"X-RateLimit-Reset", fmt.Sprint(now.UnixMilli() + 12_500)}, 12500 * time.Millisecond},
		"X-Rate-Limit":                {429, []string{"X-Rate-Limit-Reset", "3"}, 3 * time.Second},
		"X-RateLimit, another limit":  {429, []string{"X-RateLimit-Remaining", "37", "X-RateLimit-Reset", "3000"}, 0},
		"Retry-After goes before":     {429, []string{"X-RateLimit-Reset", "3000", "Retry-After", "1"}, time.Second},
		"garbage everywhere":          {429, []string{"RateLimit", `;;=,"\x00`, "RateLimit-Policy", "w", "X-RateLimit-Reset", "x"}, 0},
		"long garbage costs nothing":  {429, []string{"RateLimit", strings.Repeat(",", 60_000)}, 0},
		"X-RateLimit time that is up": {429, []string{"X-RateLimit-Reset", fmt.Sprint(now.Unix() - 12)}, 0},
	} {
		h := http.Header{}
		for i := 0; i+1 < len(tc.header); i += 2 {
			h.Set(tc.header[i], tc.header[i+1])
		}
		if got := retryAfter(tc.status, h, now); got != tc.want && (got > 0 || tc.want > 0) {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	f.Add("7", `"default";r=0;t=30`, "12")
	f.Fuzz(func(t *testing.T, after, limit, reset string) {
		h := http.Header{"Retry-After": {after}, "Ratelimit": {limit}, "Ratelimit-Policy": {limit}, "X-Ratelimit-Reset": {reset}}
		if d := retryAfter(429, h, time.Now()); d < 0 {
			t.Errorf("%s", d)
		}
	})
}
