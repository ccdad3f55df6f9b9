package calls_test

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/clients"
)

func (b *linkBench) courier() model.Courier {
	b.t.Helper()
	ctx, cancel := context.WithCancel(b.t.Context())
	c, err := b.Courier(ctx, b.space, b.client.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(cancel)
	return c
}

func pass(t *testing.T, c model.Courier) model.Token {
	t.Helper()
	_, tok, err := c.Pass(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// Issue 6: at 64 connections, while tokens live 2 s: no request fails, none has a token that
// is over, and each token is replaced by one fetch.
func TestTokensOfTwoSecondsUnder64Goroutines(t *testing.T) {
	b := newLinkBench(t, 2*time.Second)
	c := b.courier()
	var stop atomic.Bool
	var passed atomic.Int64
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for !stop.Load() {
				now := b.clock.Now()
				_, tok, err := c.Pass(t.Context())
				if err != nil || !now.Before(tok.Expires) {
					t.Errorf("%v; the token ends %s, it is %s", err, tok.Expires, now)
					return
				}
				passed.Add(1)
			}
		})
	}
	began, before := b.clock.Now(), int64(0)
	for b.clock.Now().Sub(began) < 10*time.Second {
		b.clock.Pass(200 * time.Millisecond)
		// Time goes on only as fast as requests do.
		until(t, "requests pass", func() bool { return t.Failed() || passed.Load() >= before+64 })
		before = passed.Load()
	}
	stop.Store(true)
	wg.Wait()
	if n := b.source.Fetched(); n < 5 || n > 10/2+1 {
		t.Errorf("%d tokens in 10 s", n)
	}
	t.Logf("%d requests had %d tokens", passed.Load(), b.source.Fetched())
}

// The token that is due goes on while the next is fetched, and no longer than it lives.
func TestNobodyWaitsForARenewal(t *testing.T) {
	b := newLinkBench(t, 100*time.Second)
	c := b.courier()
	first := pass(t, c)
	b.clock.Pass(91 * time.Second)
	held := hold(b)
	if got := pass(t, c); !got.Access.Equal(first.Access) {
		t.Error("a request waited for another token")
	}
	b.clock.Pass(5 * time.Second) // half of its last 10 s is over
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, _, err := c.Pass(ctx); model.CodeOf(err) != model.ETimeout {
		t.Errorf("a token that is nearly over went on, or whoever hung up still waits: %v", err)
	}
	held()
	if got := pass(t, c); got.Access.Equal(first.Access) || b.source.Fetched() != 2 {
		t.Errorf("after %d fetches still the first token", b.source.Fetched())
	}
}

// Issue 6: no more than one fetch a life of a token that lives for seconds; of one that lives
// longer, not before a tenth of its life is left.
func TestNoTokenIsFetchedWhileAnotherIsGood(t *testing.T) {
	for life, at := range map[time.Duration]struct{ good, waits time.Duration }{
		2 * time.Second:  {1949 * time.Millisecond, 1990 * time.Millisecond},
		8 * time.Second:  {7790 * time.Millisecond, 7950 * time.Millisecond},
		20 * time.Second: {17900 * time.Millisecond, 19100 * time.Millisecond},
		time.Minute:      {53900 * time.Millisecond, 57100 * time.Millisecond},
	} {
		b := newLinkBench(t, life)
		c := b.courier()
		first := pass(t, c)
		b.clock.Pass(at.good)
		for range 10 {
			if got := pass(t, c); !got.Access.Equal(first.Access) {
				t.Errorf("%s: another token after %s", life, at.good)
			}
		}
		if n := b.source.Fetched(); n != 1 {
			t.Errorf("%s: %d were fetched by then", life, n)
		}
		b.clock.Pass(at.waits - at.good)
		if got := pass(t, c); got.Access.Equal(first.Access) || b.source.Fetched() != 2 {
			t.Errorf("%s: the first token after %s of it, %d were fetched", life, at.waits, b.source.Fetched())
		}
	}
}

// hold lets no token be fetched until the returned function is called.
func hold(b *linkBench) func() {
	b.t.Helper()
	unlock, err := b.store.Lock(b.t.Context(), "token-"+string(b.client.ID))
	if err != nil {
		b.t.Fatal(err)
	}
	return unlock
}

// A token endpoint that is down while a token is valid fails nobody, and is asked once a
// second; when the token is over, the requests hear why.
func TestARenewalThatFailsIsTriedAgain(t *testing.T) {
	b := newLinkBench(t, 100*time.Second)
	c := b.courier()
	pass(t, c)
	b.source.Fail(model.Errorf(model.EUnreachable, "connection refused"))
	b.clock.Pass(91 * time.Second)
	until(t, "the endpoint was asked", func() bool { pass(t, c); return b.source.Fetched() == 2 })
	for range 100 {
		pass(t, c)
	}
	if n := b.source.Fetched(); n != 2 {
		t.Errorf("the endpoint was asked %d times in a second", n)
	}
	until(t, "the endpoint was asked again", func() bool {
		b.clock.Pass(20 * time.Millisecond)
		pass(t, c)
		return b.source.Fetched() == 3
	})
	b.clock.Pass(4 * time.Second)
	if _, _, err := c.Pass(t.Context()); model.CodeOf(err) != model.EUnreachable {
		t.Errorf("without a valid token: %v", err)
	}
	b.source.Fail(nil)
	until(t, "the endpoint is up again", func() bool {
		b.clock.Pass(20 * time.Millisecond)
		_, _, err := c.Pass(t.Context())
		return err == nil
	})
}

// Somebody who hangs up takes the token away from nobody.
func TestWhoHangsUpEndsNoFetch(t *testing.T) {
	b := newLinkBench(t, time.Hour)
	c := b.courier()
	held := hold(b)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { _, _, err := c.Pass(ctx); ended <- err }()
	got := make(chan error)
	go func() { _, _, err := c.Pass(t.Context()); got <- err }()
	cancel()
	if err := <-ended; model.CodeOf(err) != model.EInterrupted {
		t.Errorf("hung up: %v", err)
	}
	held()
	if err := <-got; err != nil || b.source.Fetched() != 1 {
		t.Errorf("the other one: %v after %d fetches", err, b.source.Fetched())
	}
}

// Many requests that are refused at once make one fetch, and the token is not passed again.
func TestRefusedTokensAreReplacedOnce(t *testing.T) {
	b := newLinkBench(t, time.Hour)
	c := b.courier()
	for round := 1; round <= 20; round++ {
		old := pass(t, c)
		var wg sync.WaitGroup
		for range 32 {
			wg.Go(func() {
				if err := c.Refused(t.Context(), old); err != nil {
					t.Error(err)
				}
				_, tok, err := c.Pass(t.Context())
				if err != nil || tok.Access.Equal(old.Access) {
					t.Errorf("%v; the refused token again: %t", err, tok.Access.Equal(old.Access))
				}
			})
		}
		wg.Wait()
		if n := b.source.Fetched(); n != round+1 {
			t.Fatalf("round %d: %d tokens were fetched", round, n)
		}
	}
	if err := c.Refused(t.Context(), model.Token{}); err != nil {
		t.Error(err)
	}
}

// Issue 6: a disabled client is refused at the next request; so are one that is deleted, and
// one whose secret an edit has cleared; an edit of the URL never has the token of before.
func TestACourierSeesTheClientAsItIsStored(t *testing.T) {
	b := newLinkBench(t, time.Hour)
	c := b.courier()
	pass(t, c)
	code := func() model.Code {
		got, tok, err := c.Pass(t.Context())
		if err == nil && (got.BaseURL == "https://erp.example.com") != (tok.Access.Reveal() == "token-1") {
			t.Errorf("%s has the token %s", got.BaseURL, tok.Access.Reveal())
		}
		return model.CodeOf(err)
	}
	set := func(st model.State) {
		if _, err := b.cl.SetState(t.Context(), b.space, b.client.ID, st, ""); err != nil {
			t.Fatal(err)
		}
	}
	set(model.Disabled)
	began := time.Now()
	until(t, "disabled", func() bool { return code() == model.EDisabled })
	if took := time.Since(began); took > 3*time.Second { // the watch polls each second at worst
		t.Errorf("disabled only after %s", took)
	}
	set(model.Active)
	until(t, "active", func() bool { return code() == "" })
	b.edit(func(d *clients.Draft) {
		d.BaseURL, d.TokenURL = "https://new.example.com", "https://new.example.com/oauth2/token"
		d.ClientSecret = clients.Set("another")
	})
	until(t, "edited", func() bool {
		got, _, err := c.Pass(t.Context())
		return err == nil && got.BaseURL == "https://new.example.com"
	})
	if code() != "" || b.source.Fetched() != 2 {
		t.Errorf("%q after %d tokens", code(), b.source.Fetched())
	}
	b.edit(func(d *clients.Draft) { d.BaseURL = "https://third.example.com" })
	until(t, "incomplete", func() bool { _, _, err := c.Pass(t.Context()); return model.CodeOf(err) == model.EIncomplete })
	b.edit(func(d *clients.Draft) { d.Method = model.AuthNone })
	until(t, "no authentication", func() bool {
		_, tok, err := c.Pass(t.Context())
		return err == nil && !tok.Access.IsSet()
	})
	if err := b.cl.Delete(t.Context(), b.space, b.client.ID, "erp"); err != nil {
		t.Fatal(err)
	}
	until(t, "gone", func() bool { _, _, err := c.Pass(t.Context()); return model.CodeOf(err) == model.ENotFound })
}

// A request costs no transaction unless something changed.
func TestACourierLeavesTheStoreAlone(t *testing.T) {
	b := newLinkBench(t, time.Hour)
	c := b.courier()
	until(t, "the store is quiet", func() bool {
		before := b.store.views.Load()
		for range 50 {
			pass(t, c)
		}
		return b.store.views.Load() == before
	})
	views, updates := b.store.views.Load(), b.store.updates.Load()
	for range 10_000 {
		pass(t, c)
	}
	if v, u := b.store.views.Load()-views, b.store.updates.Load()-updates; v > 2 || u > 0 {
		t.Errorf("10,000 requests cost %d views and %d updates", v, u)
	}
}

// A courier may be made before its client may be used, but not for one that is not there; it
// ends with its context, and the last call is written then at the latest.
func TestACouriersLife(t *testing.T) {
	b := newLinkBench(t, time.Hour)
	if _, err := b.cl.SetState(t.Context(), b.space, b.client.ID, model.Disabled, ""); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	c, err := b.Courier(ctx, b.space, b.client.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Pass(t.Context()); model.CodeOf(err) != model.EDisabled {
		t.Errorf("disabled: %v", err)
	}
	if _, err := b.Courier(t.Context(), b.space, model.NewID(time.Now())); model.CodeOf(err) != model.ENotFound {
		t.Errorf("no such client: %v", err)
	}
	status := func() (n int) {
		t.Helper()
		err := b.store.View(t.Context(), func(tx model.Tx) error {
			run, err := tx.Runtimes().Get(b.space.ID, b.client.ID)
			n = run.LastStatus
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	c.Note(b.clock.Now(), 200, "")
	until(t, "the first call is shown", func() bool { return status() == 200 })
	b.clock.Pass(time.Second)
	c.Note(b.clock.Now(), 502, model.EUnreachable)
	if status() != 200 {
		t.Error("written before 10 s are over")
	}
	if err := c.(io.Closer).Close(); err != nil || status() != 502 {
		t.Errorf("closed: %d, %v", status(), err)
	}
	b.clock.Pass(time.Second)
	c.Note(b.clock.Now(), 404, "")
	cancel()
	until(t, "the last call is shown", func() bool { return status() == 404 })
	if _, _, err := c.Pass(t.Context()); model.CodeOf(err) != model.EInterrupted {
		t.Errorf("after the end: %v", err)
	}
}

func TestACourierHearsWhyThereIsNoToken(t *testing.T) {
	b := newLinkBench(t, time.Hour)
	c := b.courier()
	b.source.Fail(model.Errorf(model.EUpstream, "503").WithCause(&model.GrantError{Status: 503}))
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			_, _, err := c.Pass(t.Context())
			if grant := (*model.GrantError)(nil); !errors.As(err, &grant) {
				t.Errorf("%v, without its cause", err)
			}
		})
	}
	wg.Wait()
	if n := b.source.Fetched(); n != 1 {
		t.Errorf("the endpoint was asked %d times", n)
	}
}
