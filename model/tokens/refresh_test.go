package tokens_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ferry/model"
	"ferry/model/clients"
	"ferry/model/tokens"
)

func TestARefreshTokenIsUsedAndRotated(t *testing.T) {
	b, c, _ := newDevice(t)
	b.says()
	first, err := b.login(c)
	if err != nil {
		t.Fatal(err)
	}
	b.pass(9*time.Minute + 5*time.Second) // in the last minute of ten
	second := b.get(c, false)
	last := func() model.TokenRequest { return b.src.requests[len(b.src.requests)-1] }
	if second.Cached || !last().Refresh.Equal(first.Token.Refresh) || last().Device.IsSet() {
		t.Fatalf("asked with %+v", last())
	}
	third := b.get(c, true)
	if !last().Refresh.Equal(second.Token.Refresh) || third.Token.Refresh.Equal(second.Token.Refresh) {
		t.Error("the rotated refresh token was not used")
	}
	b.src.answer = func(n int, _ model.TokenRequest) (model.Token, error) { return b.token(n, time.Minute), nil }
	if got := b.get(c, true); !got.Token.Refresh.Equal(third.Token.Refresh) {
		t.Error("a refresh token that the server did not replace was lost")
	}
	b.src.answer = func(int, model.TokenRequest) (model.Token, error) {
		return model.Token{}, model.Errorf(model.EUnreachable, "down")
	}
	b.pass(2 * time.Minute)
	if _, err := b.Get(b.ctx, b.space, c, false); model.CodeOf(err) != model.EUnreachable {
		t.Errorf("server down: %v", err)
	}
	b.says()
	b.pass(2 * time.Second)
	if got := b.get(c, false); !last().Refresh.Equal(third.Token.Refresh) || got.Cached {
		t.Error("the refresh token was lost with a server that was down")
	}
}

func TestARefusedRefreshTokenIsForgottenAndAPersonIsNeeded(t *testing.T) {
	b, c, _ := newDevice(t)
	b.says()
	if _, err := b.login(c); err != nil {
		t.Fatal(err)
	}
	b.pass(11 * time.Minute)
	b.says("invalid_grant")
	before := len(b.src.requests)
	for range 3 {
		_, err := b.Get(b.ctx, b.space, c, false)
		if model.CodeOf(err) != model.EPermission || !tokens.NeedsPerson(err) || !strings.Contains(model.AsError(err).Next, "ferry token erp") {
			t.Fatalf("got %v", err)
		}
	}
	if n := len(b.src.requests) - before; n != 1 {
		t.Errorf("%d requests with a refused refresh token", n)
	}
	if p, err := b.Peek(b.ctx, c); err != nil || p.Refresh || p.Rejected || p.Failed == nil {
		t.Errorf("kept: %+v, %v", p, err)
	}
	if _, err := b.login(c); err != nil {
		t.Fatal(err)
	}
	b.get(c, false)
}

func TestDropKeepsTheRefreshTokenAndRevokeForgetsIt(t *testing.T) {
	b, c, _ := newDevice(t)
	b.says()
	res, err := b.login(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Drop(b.ctx, c, res.Token); err != nil {
		t.Fatal(err)
	}
	if p, err := b.Peek(b.ctx, c); err != nil || !p.Refresh || p.Token.Access.IsSet() {
		t.Fatalf("dropped: %+v, %v", p, err)
	}
	b.get(c, false)
	if _, err := b.Revoke(b.ctx, b.space, c); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Get(b.ctx, b.space, c, false); !tokens.NeedsPerson(err) {
		t.Errorf("revoked: %v", err)
	}
	if _, err := b.Revoke(b.ctx, b.space, c); model.CodeOf(err) != model.ENotFound {
		t.Errorf("revoked twice: %v", err)
	}
	// With an issuer the server revokes both, the refresh token first.
	b.src.meta = model.Metadata{TokenURL: "https://i/t", RevocationURL: "https://i/r", DeviceURL: "https://i/d"}
	c = b.client(func(d *clients.Draft) {
		device(d)
		d.Name, d.DeviceURL, d.TokenURL, d.Issuer, d.Device = "found", "", "", "https://i", true
	})
	if res, err = b.login(c); err != nil {
		t.Fatal(err)
	}
	done, err := b.Revoke(b.ctx, b.space, c)
	if diff := cmp.Diff([]string{res.Token.Refresh.Reveal(), res.Token.Access.Reveal()}, b.src.revoked); err != nil || !done.Upstream || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

// A refresh token that the server rotates is spent once, however many need a token.
func TestConcurrentNeedSpendsARefreshTokenOnce(t *testing.T) {
	b, c, _ := newDevice(t)
	b.says()
	if _, err := b.login(c); err != nil {
		t.Fatal(err)
	}
	b.pass(11 * time.Minute)
	before := len(b.src.requests)
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			if _, err := b.Get(b.ctx, b.space, c, false); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := len(b.src.requests) - before; n != 1 {
		t.Errorf("%d requests", n)
	}
}

// A refresh that is under way is not cut off with whoever asked for it: its answer may
// hold the only refresh token that is still good.
func TestACancelledRefreshIsStillKept(t *testing.T) {
	b, c, _ := newDevice(t)
	b.says()
	if _, err := b.login(c); err != nil {
		t.Fatal(err)
	}
	b.pass(11 * time.Minute)
	ctx, cancel := context.WithCancel(b.ctx)
	b.src.during = func(inner context.Context) {
		cancel()
		if inner.Err() != nil {
			t.Error("the request ended with its caller")
		}
	}
	if _, err := b.Get(ctx, b.space, c, false); err != nil {
		t.Errorf("got %v", err)
	}
	if got := b.get(c, false); !got.Cached {
		t.Error("what the server issued was lost")
	}
}
