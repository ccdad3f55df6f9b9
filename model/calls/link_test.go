package calls_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/calls"
	"ferry/model/clients"
	"ferry/model/modeltest"
	"ferry/model/tokens"
	"ferry/storage/storagetest"
)

// guarded is an API that accepts the tokens of its source while they live, and notes what
// it was asked.
type guarded struct {
	clock   *modeltest.Clock
	life    time.Duration
	mu      sync.Mutex
	born    map[string]time.Time
	revoked map[string]bool
	got     []string
	status  int
}

func (g *guarded) Do(_ context.Context, c model.Client, t model.Token, r model.Request) (model.Response, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	access, now := t.Access.Reveal(), g.clock.Now()
	g.got = append(g.got, r.Method+" "+c.BaseURL+r.Path+" "+access)
	if _, known := g.born[access]; !known {
		g.born[access] = now
	}
	if c.UsesOAuth() && (g.revoked[access] || now.Sub(g.born[access]) >= g.life) {
		return model.Response{Status: 401}, nil
	}
	return model.Response{Status: max(g.status, 200)}, nil
}

func (g *guarded) revoke(access string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.revoked[access] = true
}

func (g *guarded) calls() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]string(nil), g.got...)
}

// counted is a store that counts its transactions.
type counted struct {
	model.Store
	views, updates atomic.Int64
}

func (c *counted) View(ctx context.Context, fn func(model.Tx) error) error {
	c.views.Add(1)
	return c.Store.View(ctx, fn)
}

func (c *counted) Update(ctx context.Context, fn func(model.Tx) error) error {
	c.updates.Add(1)
	return c.Store.Update(ctx, fn)
}

type linkBench struct {
	*calls.Service
	t      *testing.T
	store  *counted
	space  model.Space
	clock  *modeltest.Clock
	source *modeltest.Source
	api    *guarded
	cl     *clients.Service
	client *model.Client
}

func newLinkBench(t *testing.T, life time.Duration) *linkBench {
	t.Helper()
	store, space := storagetest.NewWithSpace(t)
	b := &linkBench{t: t, store: &counted{Store: store}, space: space, clock: &modeltest.Clock{}}
	b.source = &modeltest.Source{Clock: b.clock, Life: life}
	b.api = &guarded{clock: b.clock, life: life, born: map[string]time.Time{}, revoked: map[string]bool{}}
	b.cl = clients.New(b.store, b.clock.Now, model.NewID)
	tok := tokens.New(b.store, b.source, b.clock.Now, model.NewID)
	b.Service = calls.New(b.store, tok, b.api, b.clock.Now, model.NewID)
	saved, err := b.cl.Create(t.Context(), space, modeltest.OAuth("erp", "https://erp.example.com"), "")
	if err != nil {
		t.Fatal(err)
	}
	b.client = &saved.Client
	return b
}

func (b *linkBench) link(changes bool) model.Link {
	b.t.Helper()
	l, err := b.Link(b.t.Context(), b.space, b.client, changes, "", false)
	if err != nil {
		b.t.Fatal(err)
	}
	b.closing(l)
	return l
}

// closing lets a link write what it has to before the store is gone.
func (b *linkBench) closing(l model.Link) { b.t.Cleanup(func() { _ = l.(io.Closer).Close() }) }

func (b *linkBench) edit(change func(*clients.Draft)) {
	b.t.Helper()
	var stored model.Client
	err := b.store.View(b.t.Context(), func(tx model.Tx) (err error) {
		stored, err = tx.Clients().Get(b.space.ID, b.client.ID)
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	d := clients.DraftOf(stored)
	change(&d)
	if _, err := b.cl.Update(b.t.Context(), b.space, b.client.ID, d, stored.Name); err != nil {
		b.t.Fatal(err)
	}
}

// until asks again until the link has noticed what was changed in the store.
func until(t *testing.T, what string, ask func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ask(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 10 s", what)
		}
	}
}

func get(t *testing.T, l model.Link) model.Response {
	t.Helper()
	resp, err := l.Do(t.Context(), model.Request{Path: "/products"})
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// Issue 5: a token that lives 5 s during a 60 s export: 0 failed pages; and a request costs
// no transaction.
func TestATokenOfFiveSecondsLastsThroughALongRun(t *testing.T) {
	b := newLinkBench(t, 5*time.Second)
	l := b.link(false)
	get(t, l)
	b.clock.Pass(time.Millisecond)
	get(t, l) // what the token's fetch changed has been read by now
	until(t, "the store is quiet", func() bool {
		before := b.store.views.Load()
		get(t, l)
		return b.store.views.Load() == before
	})
	views, updates, fetched := b.store.views.Load(), b.store.updates.Load(), b.source.Fetched()
	for range 200 {
		get(t, l)
	}
	if v, u := b.store.views.Load()-views, b.store.updates.Load()-updates; v > 2 || u > 0 {
		t.Errorf("200 requests cost %d views and %d updates", v, u)
	}
	for range 600 {
		b.clock.Pass(100 * time.Millisecond)
		if resp := get(t, l); resp.Status != 200 || resp.Retried {
			t.Fatalf("after %d tokens: %d, retried %t", b.source.Fetched(), resp.Status, resp.Retried)
		}
	}
	if n := b.source.Fetched() - fetched; n < 20 || n > 26 { // one for each 2.5 s of 60 s
		t.Errorf("%d tokens in 60 s", n)
	}
}

// Many requests that are refused at once make one fetch.
func TestConcurrentRefusalsMakeOneFetch(t *testing.T) {
	b := newLinkBench(t, time.Hour)
	l := b.link(false)
	get(t, l)
	for round := 1; round <= 5; round++ {
		b.api.revoke(fmt.Sprintf("token-%d", round))
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				if resp, err := l.Do(t.Context(), model.Request{Path: "/x"}); err != nil || resp.Status != 200 {
					t.Errorf("%d, %v", resp.Status, err)
				}
			})
		}
		wg.Wait()
		if n := b.source.Fetched(); n != round+1 {
			t.Fatalf("round %d: %d tokens were fetched", round, n)
		}
	}
}

// A token endpoint that is down fails the requests of the moment with its cause, by which
// the engine knows that it may try again; those that come together ask it once.
func TestRequestsThatWaitForATokenHearWhyThereIsNone(t *testing.T) {
	b := newLinkBench(t, time.Hour)
	l := b.link(false)
	down := model.Errorf(model.EUpstream, "the token endpoint answers 503").WithCause(&model.GrantError{Status: 503})
	b.source.Fail(down)
	ask := func() {
		t.Helper()
		_, err := l.Do(t.Context(), model.Request{Path: "/x"})
		if grant := (*model.GrantError)(nil); !errors.As(err, &grant) || grant.Status != 503 {
			t.Errorf("%v, without its cause", err)
		}
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(ask)
	}
	wg.Wait()
	if n := b.source.Fetched(); n != 1 {
		t.Errorf("the endpoint was asked %d times", n)
	}

	// What another process heard a moment ago is asked for again.
	b.clock.Pass(2 * time.Second)
	_, err := tokens.New(b.store, b.source, b.clock.Now, model.NewID).Get(t.Context(), b.space, b.client, false)
	if model.CodeOf(err) != model.EUpstream || b.source.Fetched() != 2 {
		t.Fatalf("%v after %d fetches", err, b.source.Fetched())
	}
	l = b.link(false)
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		for { // time goes on while the link waits
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
				b.clock.Pass(100 * time.Millisecond)
			}
		}
	}()
	ask()
	if n := b.source.Fetched(); n != 3 {
		t.Errorf("the endpoint was asked %d times", n)
	}
	b.source.Fail(nil)
	until(t, "the endpoint is up again", func() bool {
		resp, err := l.Do(t.Context(), model.Request{Path: "/x"})
		return err == nil && resp.Status == 200
	})
}

// What may be sent once only is not sent twice; the next request has a new token.
func TestALinkSendsAStreamOnce(t *testing.T) {
	b := newLinkBench(t, time.Hour)
	l := b.link(true)
	get(t, l)
	b.api.revoke("token-1")
	resp, err := l.Do(t.Context(), model.Request{Method: "post", Path: "/x", Stream: strings.NewReader("once")})
	if err != nil || resp.Status != 401 || resp.Retried {
		t.Fatalf("%d, retried %t, %v", resp.Status, resp.Retried, err)
	}
	if resp := get(t, l); resp.Status != 200 || resp.Retried {
		t.Errorf("%d, retried %t", resp.Status, resp.Retried)
	}
}

// Issue 5: disabling a client stops its transfers at the next record, cleanly; enabling it
// lets them go on.
func TestDisablingAClientStopsItsLink(t *testing.T) {
	b := newLinkBench(t, time.Hour)
	l := b.link(false)
	get(t, l)
	code := func() model.Code {
		_, err := l.Do(t.Context(), model.Request{Path: "/x"})
		return model.CodeOf(err)
	}
	set := func(st model.State) {
		if _, err := b.cl.SetState(t.Context(), b.space, b.client.ID, st, ""); err != nil {
			t.Fatal(err)
		}
	}
	set(model.Disabled)
	until(t, "disabled", func() bool { return code() == model.EDisabled })
	if got := code(); got != model.EDisabled {
		t.Errorf("the next request: %q", got)
	}
	set(model.Active)
	until(t, "active again", func() bool { return code() == "" })
	if err := b.cl.Delete(t.Context(), b.space, b.client.ID, "erp"); err != nil {
		t.Fatal(err)
	}
	until(t, "gone", func() bool { return code() == model.ENotFound })
	_, err := l.Do(t.Context(), model.Request{Path: "/x"})
	if !strings.Contains(err.Error(), "the client erp is gone") {
		t.Errorf("%v", err)
	}
	if l.Client().Name != "erp" {
		t.Error("the link forgot the name of its client")
	}
}

func TestADeletedSpaceStopsItsLinks(t *testing.T) {
	b := newLinkBench(t, time.Hour)
	l := b.link(false)
	err := b.store.Update(t.Context(), func(tx model.Tx) error {
		sp, err := tx.Spaces().Get(b.space.ID)
		if err != nil {
			return err
		}
		sp.Deleting = true
		return tx.Spaces().Put(sp)
	})
	if err != nil {
		t.Fatal(err)
	}
	until(t, "deleted", func() bool {
		_, err := l.Do(t.Context(), model.Request{Path: "/x"})
		return model.CodeOf(err) == model.EDisabled
	})
}

// An edit counts from the next request on: where it goes, and which token it has.
func TestAnEditOfTheBaseURLCountsFromTheNextRequest(t *testing.T) {
	b := newLinkBench(t, time.Hour)
	l := b.link(false)
	get(t, l)
	b.edit(func(d *clients.Draft) {
		d.BaseURL, d.TokenURL = "https://new.example.com", "https://new.example.com/oauth2/token"
		d.ClientSecret = clients.Set("another")
	})
	until(t, "edited", func() bool {
		get(t, l)
		all := b.api.calls()
		return strings.HasPrefix(all[len(all)-1], "GET https://new.example.com/products ")
	})
	for _, call := range b.api.calls() {
		old, first := strings.Contains(call, "//erp."), strings.HasSuffix(call, " token-1")
		if old != first {
			t.Errorf("the token of the one went to the other: %s", call)
		}
	}
	if l.Client().BaseURL != "https://new.example.com" {
		t.Errorf("the link's client is %s", l.Client().BaseURL)
	}
	b.edit(func(d *clients.Draft) { d.BaseURL = "https://third.example.com" }) // clears the secret
	until(t, "incomplete", func() bool {
		_, err := l.Do(t.Context(), model.Request{Path: "/x"})
		return model.CodeOf(err) == model.EIncomplete
	})
}

// Issue 5: protected clients ask, also those that become protected while a transfer runs.
func TestAProtectedClientAsksALink(t *testing.T) {
	b := newLinkBench(t, time.Hour)
	post := func(l model.Link) model.Code {
		_, err := l.Do(t.Context(), model.Request{Method: "POST", Path: "/x"})
		return model.CodeOf(err)
	}
	l := b.link(true)
	named, err := b.Link(t.Context(), b.space, b.client, true, "erp", false)
	if err != nil {
		t.Fatal(err)
	}
	b.closing(named)
	if post(l) != "" {
		t.Fatal("a client that is not protected asks")
	}
	if _, err := b.cl.SetProtected(t.Context(), b.space, b.client.ID, true, ""); err != nil {
		t.Fatal(err)
	}
	until(t, "protected", func() bool { return post(l) == model.EProtected })
	if get(t, l).Status != 200 || post(named) != "" {
		t.Error("reading asks, or somebody who gave the name")
	}
	for _, tt := range []struct {
		changes   bool
		confirm   string
		confirmed bool
		want      model.Code
	}{{true, "", false, model.EProtected}, {true, "erb", false, model.EProtected}, {true, "erp", false, ""}, {true, "", true, ""}, {false, "", false, ""}} {
		l, err := b.Link(t.Context(), b.space, b.client, tt.changes, tt.confirm, tt.confirmed)
		if model.CodeOf(err) != tt.want {
			t.Errorf("%+v: %v", tt, err)
		}
		if err == nil {
			b.closing(l)
		}
		if err == nil && (post(l) == "") != tt.changes {
			t.Errorf("%+v: a request that may change data: %q", tt, post(l))
		}
	}
}

// Lists show the last call of a transfer too: at once, every 10 s, and at the end.
func TestTheLastCallOfALinkIsShown(t *testing.T) {
	b := newLinkBench(t, time.Hour)
	run := func() (r model.Runtime) {
		t.Helper()
		err := b.store.View(t.Context(), func(tx model.Tx) (err error) {
			r, err = tx.Runtimes().Get(b.space.ID, b.client.ID)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	ctx, cancel := context.WithCancel(t.Context())
	l, err := b.Link(ctx, b.space, b.client, false, "", false)
	if err != nil {
		t.Fatal(err)
	}
	get(t, l)
	if run().LastStatus != 200 {
		t.Errorf("after the first call: %+v", run())
	}
	b.api.status = 503
	b.clock.Pass(9 * time.Second)
	get(t, l)
	if run().LastStatus != 200 {
		t.Error("written before 10 s are over")
	}
	b.clock.Pass(time.Second)
	get(t, l)
	if got := run(); got.LastStatus != 503 || !got.LastCallAt.Equal(b.clock.Now()) || got.TokenFetched.IsZero() {
		t.Errorf("after 10 s: %+v", got)
	}
	b.api.status = 404
	get(t, l)
	b.clock.Pass(time.Second)
	get(t, l)
	if err := l.(io.Closer).Close(); err != nil || run().LastStatus != 404 {
		t.Errorf("closed: %+v, %v", run(), err)
	}
	b.api.status = 418
	b.clock.Pass(time.Second)
	get(t, l)
	cancel()
	until(t, "the end", func() bool { return run().LastStatus == 418 })
	if _, err := l.Do(t.Context(), model.Request{}); model.CodeOf(err) != model.EInterrupted {
		t.Errorf("after the end: %v", err)
	}
	if h, err := b.History(t.Context(), b.client); err != nil || len(h) > 0 {
		t.Errorf("%d calls are in the history, %v", len(h), err)
	}
}
