package wire

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ferry/auth/wire/wiretest"
	"ferry/model"
)

// passed is an answer that came Through.
type passed struct {
	status int
	header http.Header
	body   string
}

// goThrough sends one request through p for c, and reads the answer.
func goThrough(t *testing.T, ctx context.Context, p *Pool, c *model.Client, url string) (passed, error) {
	t.Helper()
	rt, err := p.Through(c)
	if err != nil {
		t.Fatal(wiretest.Dump(err))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return passed{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return passed{resp.StatusCode, resp.Header, string(body)}, nil
}

// newPool is a pool that ends with the test.
func newPool(t *testing.T, l Limits) *Pool {
	t.Helper()
	p := NewPool(l)
	t.Cleanup(p.Close)
	return p
}

func exposed(base string) *model.Client {
	c := testClient(base)
	c.ID, c.Name = "01", "erp"
	return c
}

// Issue 6: redirects are not followed, nothing is decoded, and a base URL that names loopback
// is allowed.
func TestThroughFollowsAndDecodesNothing(t *testing.T) {
	zipped := gzipped(t, []byte("hello"))
	var asked []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path+" "+r.Header.Get("Accept-Encoding")+" "+r.Header.Get("User-Agent"))
		if r.URL.Path == "/gzip" {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, zipped)
			return
		}
		http.Redirect(w, r, "http://169.254.169.254/latest", http.StatusFound)
	}))
	defer s.Close()
	p, c := newPool(t, Limits{}), exposed(s.URL)
	got, err := goThrough(t, t.Context(), p, c, s.URL+"/go")
	if err != nil || got.status != 302 || got.header.Get("Location") != "http://169.254.169.254/latest" {
		t.Fatalf("%v %v", got, err)
	}
	if got, err := goThrough(t, t.Context(), p, c, s.URL+"/gzip"); err != nil || got.body != zipped {
		t.Errorf("%q, %v", got.body, err)
	}
	if len(asked) != 2 || strings.Contains(asked[1], "gzip gzip") {
		t.Errorf("asked %q", asked)
	}
}

// Requests go to the origin of the base URL only.
func TestThroughKeepsToTheOriginOfTheBaseURL(t *testing.T) {
	var hits atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer s.Close()
	p, c := newPool(t, Limits{}), exposed("http://localhost:1/api")
	for _, url := range []string{s.URL, "https://localhost:1/", "http://localhost:2/", "http://example.com/"} {
		_, err := goThrough(t, t.Context(), p, c, url)
		if FaultOf(err) != FaultGuard || hits.Load() > 0 {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// HTTP/2 where it is offered, on one connection.
func TestThroughSpeaksHTTP2(t *testing.T) {
	url, c := over2(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) })
	c.ID = "01"
	p := newPool(t, Limits{})
	if got, err := goThrough(t, t.Context(), p, c, url); err != nil || got.body != "HTTP/2.0" {
		t.Errorf("%q, %v", got.body, wiretest.Dump(err))
	}
}

// The pool hands out one way a client and one transport for equal settings; an edit makes
// another, whatever is not used goes, and what is still held works on.
func TestThroughsAreSharedAndDropped(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer s.Close()
	p, c := newPool(t, Limits{}), exposed(s.URL)
	of := func(c *model.Client) *through {
		rt, err := p.Through(c)
		if err != nil {
			t.Fatal(err)
		}
		return rt.(*through)
	}
	a := of(c)
	if of(c) != a {
		t.Error("the same client has two ways")
	}
	twin := *c
	twin.ID = "02"
	if of(&twin) == a || of(&twin).at.Load().pooled != a.at.Load().pooled {
		t.Error("equal settings of two clients have two transports, or their gates are one")
	}
	edited := *c
	edited.TLS.Insecure, edited.Transport.Connect = true, time.Second
	if b := of(&edited); b == a || b.at.Load().pooled == a.at.Load().pooled {
		t.Error("an edit changed nothing")
	}
	other := *c
	other.ID, other.BaseURL = "03", "http://localhost:1"
	if of(&other).at.Load().pooled == a.at.Load().pooled {
		t.Error("two that name different guarded addresses share a transport")
	}
	rec, req := &Call{Client: c}, httptest.NewRequest(http.MethodGet, s.URL, nil)
	rec.Request = req
	own, err := p.settings(rec)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := p.transport(own); err != nil || plain == a.at.Load().Transport {
		t.Errorf("calls of ferry's own share the tuned transport: %v", err)
	}

	p.mu.Lock()
	for _, tr := range p.transports {
		tr.used.Store(time.Now().Add(-2 * keepTransport).UnixNano())
	}
	for _, th := range p.throughs {
		th.used.Store(time.Now().Add(-2 * keepTransport).UnixNano())
	}
	p.room(time.Now())
	left := len(p.transports) + len(p.throughs)
	p.mu.Unlock()
	if left != 0 || !a.at.Load().gone.Load() {
		t.Errorf("%d are kept that nobody uses", left)
	}
	req = req.WithContext(t.Context())
	req.RequestURI = ""
	resp, err := a.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if a.at.Load().gone.Load() || len(p.transports) != 1 {
		t.Error("a way that is used again has no transport of the pool's")
	}
}

// A 503 with Retry-After holds the client's next requests back at once, with the time.
func TestThroughHoldsBackWhatTheOtherSideAskedFor(t *testing.T) {
	var hits atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		hits.Add(1)
		w.Header().Set("Retry-After", "30")
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer s.Close()
	p, c := newPool(t, Limits{}), exposed(s.URL)
	if got, err := goThrough(t, t.Context(), p, c, s.URL); err != nil || got.status != 503 {
		t.Fatal(err)
	}
	began := time.Now()
	_, err := goThrough(t, t.Context(), p, c, s.URL)
	until, held := HeldUntil(err)
	if wait := until.Sub(began); !held || FaultOf(err) != FaultHeld || wait < 25*time.Second || wait > 31*time.Second {
		t.Errorf("held %t for %s: %v", held, wait, err)
	}
	if hits.Load() != 1 || time.Since(began) > time.Second {
		t.Errorf("%d requests arrived, after %s", hits.Load(), time.Since(began))
	}
}

// One caller may provoke a 429: what comes with it holds the others back for a minute at most.
func TestThroughHoldsNobodyBackForLong(t *testing.T) {
	for _, asked := range []string{"3600", "86400", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", asked)
			w.WriteHeader(http.StatusTooManyRequests)
		}))
		defer s.Close()
		p, c := newPool(t, Limits{}), exposed(s.URL)
		if got, err := goThrough(t, t.Context(), p, c, s.URL); err != nil || got.status != 429 {
			t.Fatal(err)
		}
		_, err := goThrough(t, t.Context(), p, c, s.URL)
		until, held := HeldUntil(err)
		if wait := time.Until(until); !held || wait < 50*time.Second || wait > time.Minute {
			t.Errorf("Retry-After: %s: held %t for %s: %v", asked, held, wait, err)
		}
	}
}

// The client's own rate limit lets short bursts wait, and refuses what would wait longer.
func TestThroughKeepsTheRateLimit(t *testing.T) {
	var hits atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer s.Close()
	p, c := newPool(t, Limits{}), exposed(s.URL)
	c.Transport.RateLimit = 20
	var wg sync.WaitGroup
	var refused atomic.Int64
	began := time.Now()
	for range 100 {
		wg.Go(func() {
			_, err := goThrough(t, t.Context(), p, c, s.URL)
			if until, held := HeldUntil(err); held {
				refused.Add(1)
				if d := until.Sub(began); FaultOf(err) != FaultHeld || d < maxQueue || d > 10*time.Second {
					t.Errorf("held for %s: %v", d, err)
				}
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if took := time.Since(began); took > 3*maxQueue || hits.Load()+refused.Load() != 100 || hits.Load() < 15 || hits.Load() > 45 {
		t.Errorf("%d passed and %d were refused in %s", hits.Load(), refused.Load(), took)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := goThrough(t, gone, p, c, s.URL); FaultOf(err) != FaultCancelled || model.CodeOf(err) != model.EInterrupted {
		t.Errorf("hung up: %v", err)
	}
}

// A stream of any length passes; only its first byte has a limit.
func TestThroughHasNoTotalTime(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for range 10 {
			_, _ = io.WriteString(w, "x")
			_ = http.NewResponseController(w).Flush()
			time.Sleep(20 * time.Millisecond) // a slow stream, longer than the limit below
		}
	}))
	defer s.Close()
	l := Limits{Total: 50 * time.Millisecond}
	if got, err := goThrough(t, t.Context(), newPool(t, l), exposed(s.URL), s.URL); err != nil || got.body != "xxxxxxxxxx" {
		t.Errorf("%q, %v", got.body, err)
	}
}
