//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ferry/model"
	"ferry/ui/uitest/place"
)

// erp is an API with a token endpoint whose tokens live for a time and are refused after it.
type erp struct {
	t    *testing.T
	life time.Duration
	slow time.Duration // how long an answer takes

	addr    string
	mu      sync.Mutex
	server  *http.Server
	tokens  map[string]time.Time // when they expire
	fetches []time.Time
	expired atomic.Int64 // requests with a token that had expired
	foreign atomic.Int64 // requests with a header that is not for it
}

const erpSecret = "upstream-s3cret-canary"

func startERP(t *testing.T, life, slow time.Duration) *erp {
	t.Helper()
	e := &erp{t: t, life: life, slow: slow, addr: "127.0.0.1:0", tokens: map[string]time.Time{}}
	e.start()
	t.Cleanup(e.kill)
	return e
}

// start listens, where it listened before when it did.
func (e *erp) start() {
	l, err := net.Listen("tcp", e.addr)
	if err != nil {
		e.t.Fatal(err)
	}
	e.addr = l.Addr().String()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", e.token)
	mux.HandleFunc("/api/", e.api)
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: place.Patience}
	e.mu.Lock()
	e.server = srv
	e.mu.Unlock()
	go func() { _ = srv.Serve(l) }()
}

// kill cuts every connection.
func (e *erp) kill() {
	e.mu.Lock()
	defer e.mu.Unlock()
	_ = e.server.Close()
}

func (e *erp) url() string { return "http://" + e.addr }

func (e *erp) token(w http.ResponseWriter, r *http.Request) {
	if id, secret, _ := r.BasicAuth(); id != "hub" || secret != erpSecret {
		http.Error(w, `{"error":"invalid_client"}`, http.StatusUnauthorized)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	token := fmt.Sprintf("upstream-token-canary-%d", len(e.fetches))
	e.fetches, e.tokens[token] = append(e.fetches, now), now.Add(e.life)
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer","expires_in":%g}`, token, e.life.Seconds())
}

func (e *erp) api(w http.ResponseWriter, r *http.Request) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	e.mu.Lock()
	expires, known := e.tokens[token]
	e.mu.Unlock()
	if !known || r.Header.Get("Cookie") != "" || r.Header.Get("X-Forwarded-For") != "" {
		e.foreign.Add(1)
	}
	if time.Now().After(expires) {
		e.expired.Add(1)
		http.Error(w, `{"error":"expired"}`, http.StatusUnauthorized)
		return
	}
	time.Sleep(e.slow) // what an ERP takes
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Set-Cookie", "session=upstream-cookie-canary")
	fmt.Fprintf(w, `{"path":%q}`, r.URL.Path)
}

// behind makes the client "erp" and a user that may call it, and serves.
func (e *erp) behind(p *site, flags ...string) (s *served, token string) {
	p.T.Helper()
	p.WithStore()
	secret := filepath.Join(p.Dir, "secret")
	if err := os.WriteFile(secret, []byte(erpSecret), 0o600); err != nil {
		p.T.Fatal(err)
	}
	p.Must(append([]string{
		"client", "create", "erp", "--auth", "oauth2", "--base-url", e.url() + "/api", "--token-url", e.url() + "/token",
		"--client-id", "hub", "--client-secret-file", secret, "--send", "header",
	}, flags...)...)
	p.Must("user", "create", "page", "--oauth2=true", "--ttl", "5", "--permit", "call:erp")
	key := strings.TrimSpace(p.Must("key", "create", "page"))
	s = p.serveAgain()
	return s, s.tokenBy("-d", "grant_type=client_credentials", "-d", "client_id=page", "-d", "client_secret="+key, s.url+"/oauth2/token")
}

// outcome is what came of one request under load.
type outcome struct {
	at, done time.Time
	status   int // 0: no answer
	code     string
}

// press sends requests on conns connections until more says no.
func (s *served) press(token string, conns int, more func() bool) []outcome {
	transport := &http.Transport{MaxIdleConnsPerHost: conns, MaxConnsPerHost: conns}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: place.Patience}
	var mu sync.Mutex
	var all []outcome
	var group sync.WaitGroup
	for range conns {
		group.Go(func() {
			var own []outcome
			for more() {
				o := one(client, s.url+"/gw/erp/orders/17", token)
				own = append(own, o)
				if o.status != http.StatusOK {
					time.Sleep(20 * time.Millisecond) // refused at once: not a storm
				}
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, own...)
		})
	}
	group.Wait()
	return all
}

func one(client *http.Client, url, token string) (o outcome) {
	o.at = time.Now()
	defer func() { o.done = time.Now() }()
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, http.NoBody)
	if err != nil {
		return o
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Cookie", "caller-cookie-canary=1")
	r.Header.Set("X-Forwarded-For", "192.0.2.1")
	answer, err := client.Do(r)
	if err != nil {
		return o
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.Header.Get("Set-Cookie") != "" {
		return o
	}
	var problem struct{ Code string }
	_ = json.Unmarshal(body, &problem) // not every answer is one
	o.status, o.code = answer.StatusCode, problem.Code
	return o
}

// Issue 6: 10,000 requests at 64 connections while the upstream's token expires every 2 s: none
// fails, and no token is fetched while another lives.
func TestGatewayWhileTokensExpire(t *testing.T) {
	const total, life = 10_000, 2 * time.Second
	e := startERP(t, life, 60*time.Millisecond)
	s, token := e.behind(newSite(t))
	var sent atomic.Int64
	began := time.Now()
	all := s.press(token, 64, func() bool { return sent.Add(1) <= total })
	took := time.Since(began)
	failed := map[string]int{}
	var times []time.Duration
	for _, o := range all {
		if o.status != http.StatusOK {
			failed[fmt.Sprintf("%d %s", o.status, o.code)]++
		}
		times = append(times, o.done.Sub(o.at))
	}
	slices.Sort(times)
	e.mu.Lock()
	fetches := slices.Clone(e.fetches)
	e.mu.Unlock()
	t.Logf("%d requests at 64 connections in %.1f s (%.0f/s, p50 %v, p99 %v), %d failed; the token lived %v: %d fetched, %d answers of 401 inside",
		len(all), took.Seconds(), float64(len(all))/took.Seconds(), times[len(times)/2].Round(time.Millisecond),
		times[len(times)*99/100].Round(time.Millisecond), len(failed), life, len(fetches), e.expired.Load())
	if len(all) != total || len(failed) > 0 {
		t.Errorf("%d requests, failed: %v", len(all), failed)
	}
	if e.foreign.Load() > 0 {
		t.Errorf("%d requests held what is not the upstream's", e.foreign.Load())
	}
	for i := 1; i < len(fetches); i++ {
		if gap := fetches[i].Sub(fetches[i-1]); gap < life-100*time.Millisecond {
			t.Errorf("a token was fetched %v after another", gap)
		}
	}
	if n := len(fetches); n < int(took/life) || n > int(took/life)+1 {
		t.Errorf("%d fetches in %v", n, took)
	}
}

// Issue 6: the upstream is killed and comes back under load: what is under way fails, then the
// breaker answers at once, and closes when the upstream is there again.
func TestGatewayWhileTheUpstreamIsKilled(t *testing.T) {
	const conns = 64
	e := startERP(t, time.Hour, 20*time.Millisecond)
	p := newSite(t)
	s, token := e.behind(p)
	var stop atomic.Bool
	var all []outcome
	done := make(chan struct{})
	go func() {
		defer close(done)
		all = s.press(token, conns, func() bool { return !stop.Load() })
	}()
	breaker := func() model.BreakerState {
		var st model.ServerStatus
		if err := json.Unmarshal([]byte(p.Must("serve", "status", "--output", "json")), &st); err != nil {
			t.Fatal(err)
		}
		for _, c := range st.Gateway {
			if c.Client == "erp" {
				return c.Breaker
			}
		}
		return ""
	}
	time.Sleep(2 * time.Second) // of load
	if b := breaker(); b != model.BreakerClosed {
		t.Errorf("the breaker before: %q", b)
	}
	killed := time.Now()
	e.kill()
	opened := place.Poll(func() bool { return breaker() == model.BreakerOpen })
	openAfter := time.Since(killed)
	time.Sleep(time.Second) // of an open breaker
	restarted := time.Now()
	e.start()
	closed := place.PollFor(30*time.Second, func() bool { return breaker() == model.BreakerClosed })
	again := time.Now()
	time.Sleep(time.Second) // of load
	stop.Store(true)
	<-done

	counts := map[string]int{}
	var before, after, inFlight int
	for _, o := range all {
		switch {
		case o.done.Before(killed):
			counts["before"]++
			if o.status != http.StatusOK {
				before++
			}
		case o.at.After(again):
			counts["after"]++
			if o.status != http.StatusOK {
				after++
			}
		case o.status == http.StatusOK:
			counts["meanwhile 200"]++
		case o.status == http.StatusServiceUnavailable && o.code == "breaker_open":
			counts["answered at once"]++
		default:
			inFlight++
			counts[fmt.Sprintf("failed: %d %s", o.status, o.code)]++
		}
	}
	t.Logf("%d connections: %v; the breaker opened within %v, closed %v after the upstream was back",
		conns, counts, openAfter.Round(time.Millisecond), again.Sub(restarted).Round(time.Millisecond))
	if !opened || !closed {
		t.Errorf("the breaker opened: %v, closed: %v", opened, closed)
	}
	if before > 0 || after > 0 {
		t.Errorf("%d failed before, %d after", before, after)
	}
	// Each connection had one request under way; a probe may fail, too.
	if inFlight > conns+5 {
		t.Errorf("%d failed, of %d under way", inFlight, conns)
	}
}
