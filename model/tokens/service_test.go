package tokens_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ferry/model"
	"ferry/model/clients"
	"ferry/model/tokens"
)

func TestTokenIsCachedAndRenewedEarly(t *testing.T) {
	b := newBench(t, 10*time.Minute)
	c := b.client(nil)
	first := b.get(c, false)
	b.pass(8 * time.Minute)
	if again := b.get(c, false); !again.Cached || !again.Token.Access.Equal(first.Token.Access) {
		t.Error("a fresh token was not used again")
	}
	b.pass(65 * time.Second)
	if renewed := b.get(c, false); renewed.Cached {
		t.Error("a token in its last minute was not renewed")
	}
	if n := len(b.sent()); n != 2 {
		t.Errorf("%d requests", n)
	}
}

// CASES: tokens that live 8 s, called 10 times → no storm of fetches.
func TestShortLivedTokensMakeNoStorm(t *testing.T) {
	b := newBench(t, 8*time.Second)
	c := b.client(nil)
	for range 10 {
		b.get(c, false)
		b.pass(time.Second)
	}
	if n := len(b.sent()); n != 3 { // at 0, 4 and 8 s
		t.Errorf("%d requests in 10 s", n)
	}
}

func TestConcurrentNeedMakesOneFetch(t *testing.T) {
	b := newBench(t, time.Minute)
	c := b.client(nil)
	b.src.hold = make(chan struct{})
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			if _, err := b.Get(b.ctx, b.space, c, false); err != nil {
				t.Error(err)
			}
		})
	}
	close(b.src.hold)
	wg.Wait()
	if n := len(b.sent()); n != 1 {
		t.Errorf("%d requests", n)
	}
}

// A failure is shared by those who wait for the same fetch, and forgotten soon.
func TestFailureIsSharedForAMoment(t *testing.T) {
	b := newBench(t, time.Minute)
	c := b.client(nil)
	b.src.answer = func(int, model.TokenRequest) (model.Token, error) {
		return model.Token{}, model.Errorf(model.EUpstream, "the token endpoint answered 503")
	}
	for range 5 {
		if _, err := b.Get(b.ctx, b.space, c, false); model.CodeOf(err) != model.EUpstream {
			t.Fatalf("got %v", err)
		}
	}
	if n := len(b.sent()); n != 1 {
		t.Errorf("%d requests at once", n)
	}
	b.pass(1100 * time.Millisecond)
	_, _ = b.Get(b.ctx, b.space, c, false)
	if n := len(b.sent()); n != 2 {
		t.Errorf("%d requests after a second", n)
	}
}

// CASES: wrong secret → exactly one attempt; at most two on a first-time auto.
func TestRejectedSecretIsNotSentAgain(t *testing.T) {
	for name, tc := range map[string]struct {
		edit func(*clients.Draft)
		want []model.ClientAuth
	}{
		"header": {nil, []model.ClientAuth{model.SendHeader}},
		"auto":   {auto, []model.ClientAuth{model.SendHeader, model.SendBody}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, time.Minute)
			c := b.client(tc.edit)
			b.src.answer = func(int, model.TokenRequest) (model.Token, error) { return model.Token{}, refuse("invalid_client") }
			for i := range 4 {
				_, err := b.Get(b.ctx, b.space, c, false)
				want := model.ERejected
				if i == 0 {
					want = model.EUpstream
				}
				if got := model.CodeOf(err); got != want {
					t.Errorf("attempt %d: %v (%s)", i, err, got)
				}
				b.pass(time.Minute)
			}
			if diff := cmp.Diff(tc.want, b.sent()); diff != "" {
				t.Errorf("requests: %s", diff)
			}
			_, err := b.Get(b.ctx, b.space, c, true) // --fresh sends it once more
			if model.CodeOf(err) != model.EUpstream {
				t.Errorf("fresh: %v", err)
			}
			secret := model.NewSecret("another")
			edited, err := b.clients.Rotate(b.ctx, b.space, c.ID, clients.Rotation{ClientSecret: &secret}, "")
			if err != nil {
				t.Fatal(err)
			}
			before := len(b.sent())
			if _, err := b.Get(b.ctx, b.space, &edited, false); model.CodeOf(err) != model.EUpstream || len(b.sent()) == before {
				t.Errorf("the new secret was not tried: %v", err)
			}
		})
	}
}

func TestAutoRemembersWhatWorked(t *testing.T) {
	b := newBench(t, time.Minute)
	c := b.client(auto)
	b.src.answer = func(n int, r model.TokenRequest) (model.Token, error) {
		if r.Send == model.SendHeader {
			return model.Token{}, refuse("invalid_client")
		}
		return b.token(n, time.Minute), nil
	}
	for range 3 {
		b.get(c, true)
		b.pass(time.Second)
	}
	want := []model.ClientAuth{model.SendHeader, model.SendBody, model.SendBody, model.SendBody}
	if diff := cmp.Diff(want, b.sent()); diff != "" {
		t.Error(diff)
	}
}

// x/oauth2 asks a second time whatever the failure is; ferry only on invalid_client.
func TestAutoAsksOnceOnAnyOtherFailure(t *testing.T) {
	for _, err := range []error{
		model.Errorf(model.EUpstream, "503"), model.Errorf(model.ETimeout, "timed out"), refuse("invalid_scope"), refuse("invalid_grant"),
	} {
		b := newBench(t, time.Minute)
		c := b.client(auto)
		b.src.answer = func(int, model.TokenRequest) (model.Token, error) { return model.Token{}, err }
		_, _ = b.Get(b.ctx, b.space, c, false)
		if n := len(b.sent()); n != 1 {
			t.Errorf("%v: %d requests", err, n)
		}
	}
}

func TestAutoAsksTheMetadataFirst(t *testing.T) {
	b := newBench(t, time.Minute)
	b.src.meta = model.Metadata{TokenURL: "https://found.example.com/t", AuthMethods: []string{"client_secret_post"}}
	c := b.client(func(d *clients.Draft) { auto(d); d.TokenURL, d.Issuer = "", "https://found.example.com" })
	res := b.get(c, false)
	if diff := cmp.Diff([]model.ClientAuth{model.SendBody}, b.sent()); diff != "" || res.Exchange.URL != b.src.meta.TokenURL {
		t.Errorf("%s asked %s", diff, res.Exchange.URL)
	}
}

func TestDisabledClientFetchesNothing(t *testing.T) {
	b := newBench(t, time.Minute)
	c := b.client(nil)
	b.get(c, false)
	off, err := b.clients.SetState(b.ctx, b.space, c.ID, model.Disabled, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Get(b.ctx, b.space, &off, false); model.CodeOf(err) != model.EDisabled {
		t.Errorf("got %v", err)
	}
}

// A token is never used for a client that was configured otherwise when it was issued.
func TestEveryPartOfTheIdentityCounts(t *testing.T) {
	base := model.Client{ID: "1", BaseURL: "https://a", Auth: model.Auth{
		Method: model.AuthOAuth2, Grant: model.GrantClientCredentials, TokenURL: "https://a/t", ClientID: "i", ClientSecret: model.NewSecret("s"),
	}}
	seen := map[string]string{tokens.Identity(&base): "base"}
	for name, edit := range map[string]func(*model.Client){
		"client": func(c *model.Client) { c.ID = "2" }, "url": func(c *model.Client) { c.Auth.TokenURL = "https://b/t" },
		"issuer": func(c *model.Client) { c.Auth.Issuer = "https://i" }, "grant": func(c *model.Client) { c.Auth.Grant = model.GrantPassword },
		"scope": func(c *model.Client) { c.Auth.Scopes = []string{"x"} }, "two scopes": func(c *model.Client) { c.Auth.Scopes = []string{"x", ""} },
		"audience": func(c *model.Client) { c.Auth.Audience = "x" }, "id": func(c *model.Client) { c.Auth.ClientID = "is" },
		"parameter":       func(c *model.Client) { c.Auth.Params = []model.Param{{Name: "x", Value: ""}} },
		"parameter value": func(c *model.Client) { c.Auth.Params = []model.Param{{Name: "", Value: "x"}} },
		"secret":          func(c *model.Client) { c.Auth.ClientSecret = model.NewSecret("t") }, "username": func(c *model.Client) { c.Auth.Username = "u" },
		"password": func(c *model.Client) { c.Auth.Password = model.NewSecret("p") }, "base origin": func(c *model.Client) { c.BaseURL = "https://b" },
		"CA": func(c *model.Client) { c.TLS.CAPEM = "x" }, "send": func(c *model.Client) { c.Auth.Send = model.SendBody },
	} {
		c := base.Clone()
		edit(&c)
		id := tokens.Identity(&c)
		if other, taken := seen[id]; taken {
			t.Errorf("%s and %s have one identity", name, other)
		}
		seen[id] = name
	}
}

func TestDropKeepsANewerToken(t *testing.T) {
	b := newBench(t, time.Minute)
	c := b.client(nil)
	old := b.get(c, false).Token
	newer := b.get(c, true).Token
	if err := b.Drop(b.ctx, c, old); err != nil {
		t.Fatal(err)
	}
	if got := b.get(c, false); !got.Cached || !got.Token.Access.Equal(newer.Access) {
		t.Error("the newer token was dropped")
	}
	if err := b.Drop(b.ctx, c, newer); err != nil {
		t.Fatal(err)
	}
	if got := b.get(c, false); got.Cached {
		t.Error("a dropped token was used")
	}
}

func TestRevealAndRevoke(t *testing.T) {
	b := newBench(t, time.Minute)
	c := b.client(nil)
	if _, err := b.Reveal(b.ctx, b.space, c); model.CodeOf(err) != model.ENotFound {
		t.Errorf("without a token: %v", err)
	}
	tok := b.get(c, false).Token
	if got, err := b.Reveal(b.ctx, b.space, c); err != nil || !got.Access.Equal(tok.Access) {
		t.Errorf("%v", err)
	}
	if _, err := b.Revoke(b.ctx, b.space, c); err != nil {
		t.Fatal(err)
	}
	if p, err := b.Peek(b.ctx, c); err != nil || p.Token.Access.IsSet() {
		t.Errorf("still there: %v", err)
	}
}

// CASES: clock steps of ±5 min → no negative lifetimes.
func TestClockSteps(t *testing.T) {
	b := newBench(t, 10*time.Minute)
	c := b.client(nil)
	b.get(c, false)
	b.pass(-5 * time.Minute)
	if b.get(c, false).Cached {
		t.Error("a token from the future was used")
	}
	b.pass(5 * time.Minute)
	if !b.get(c, false).Cached {
		t.Error("a token fetched five minutes ago was not used")
	}
}
