package calls_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ferry/model"
	"ferry/model/audit"
	"ferry/model/calls"
	"ferry/model/clients"
	"ferry/model/tokens"
	"ferry/storage/storagetest"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// issuer issues token-1, token-2 … and is no other part of a token source.
type issuer struct {
	model.TokenSource
	n int
}

func (i *issuer) Fetch(_ context.Context, r model.TokenRequest) (model.Token, model.Exchange, error) {
	i.n++
	return model.Token{
		Access: model.NewSecret("token-" + string(rune('0'+i.n))), Fetched: start, Expires: start.Add(time.Hour), SentAs: r.Send,
	}, model.Exchange{}, nil
}

// api answers 200 to the tokens it accepts, 401 to others, and notes what it got.
type api struct {
	accepts string
	got     []string
	fail    error
}

func (a *api) Do(_ context.Context, _ model.Client, t model.Token, r model.Request) (model.Response, error) {
	a.got = append(a.got, r.Method+" "+r.Path+" "+t.Access.Reveal())
	if a.fail != nil {
		return model.Response{}, a.fail
	}
	if a.accepts != "" && t.Access.Reveal() != a.accepts {
		return model.Response{Status: 401}, nil
	}
	return model.Response{Status: 200, Size: 2, Body: []byte("ok")}, nil
}

type bench struct {
	*calls.Service
	t      *testing.T
	ctx    context.Context
	store  model.Store
	cl     *clients.Service
	issuer *issuer
	api    *api
	space  model.Space
}

func newBench(t *testing.T) *bench {
	t.Helper()
	store, space := storagetest.NewWithSpace(t)
	b := &bench{t: t, store: store, space: space, issuer: &issuer{}, api: &api{}}
	b.ctx = model.WithActor(t.Context(), model.Actor{User: "alice"})
	clock := func() time.Time { return start }
	b.cl = clients.New(b.store, clock, model.NewID)
	b.Service = calls.New(b.store, tokens.New(b.store, b.issuer, clock, model.NewID), b.api, clock, model.NewID)
	return b
}

func (b *bench) client(edit func(*clients.Draft)) *model.Client {
	b.t.Helper()
	d := clients.Draft{
		Name: "erp", BaseURL: "https://erp.example.com", Method: model.AuthOAuth2, TokenURL: "https://erp.example.com/t",
		ClientID: "hub", ClientSecret: clients.Set("s3cret"), Send: model.SendHeader,
	}
	if edit != nil {
		edit(&d)
	}
	saved, err := b.cl.Create(b.ctx, b.space, d, "")
	if err != nil {
		b.t.Fatal(err)
	}
	return &saved.Client
}

func (b *bench) call(c *model.Client, r model.Request) (model.Response, error) {
	return b.Do(b.ctx, b.space, c, r, "")
}

// A token that the API refuses although it is not expired is renewed exactly once.
func TestRefusedTokenIsRenewedOnce(t *testing.T) {
	b := newBench(t)
	c := b.client(nil)
	if _, err := b.call(c, model.Request{Path: "/a"}); err != nil {
		t.Fatal(err)
	}
	b.api.accepts = "token-2" // token-1 was revoked behind our back
	resp, err := b.call(c, model.Request{Method: "post", Path: "/b"})
	if err != nil || resp.Status != 200 || !resp.Retried {
		t.Fatalf("%+v, %v", resp, err)
	}
	b.api.accepts = "never"
	if resp, err = b.call(c, model.Request{Path: "/c"}); err != nil || resp.Status != 401 {
		t.Fatalf("%+v, %v", resp, err)
	}
	want := []string{
		"GET /a token-1", "POST /b token-1", "POST /b token-2", "GET /c token-2", "GET /c token-3",
	}
	if diff := cmp.Diff(want, b.api.got); diff != "" || b.issuer.n != 3 {
		t.Errorf("%d tokens, calls %s", b.issuer.n, diff)
	}
}

// Issue 4: a body that can be read once only is not sent twice; the token that was refused
// is dropped all the same, and the next call is answered after exactly one more fetch.
func TestABodyThatCannotBeRepeatedIsSentOnce(t *testing.T) {
	b := newBench(t)
	c := b.client(nil)
	if _, err := b.call(c, model.Request{Path: "/a"}); err != nil {
		t.Fatal(err)
	}
	b.api.accepts = "token-2" // token-1 was revoked behind our back
	resp, err := b.call(c, model.Request{Method: "POST", Path: "/b", Stream: strings.NewReader("once")})
	if err != nil || resp.Status != 401 || resp.Retried {
		t.Fatalf("%+v, %v", resp, err)
	}
	if resp, err = b.call(c, model.Request{Path: "/c"}); err != nil || resp.Status != 200 || resp.Retried {
		t.Fatalf("%+v, %v", resp, err)
	}
	want := []string{"GET /a token-1", "POST /b token-1", "GET /c token-2"}
	if diff := cmp.Diff(want, b.api.got); diff != "" || b.issuer.n != 2 {
		t.Errorf("%d tokens, calls %s", b.issuer.n, diff)
	}
}

// Renewing cannot help a request that brings its own Authorization, or a token that
// was fetched for this very call.
func TestNoUselessRenewal(t *testing.T) {
	b := newBench(t)
	c := b.client(nil)
	b.api.accepts = "never"
	_, _ = b.call(c, model.Request{Path: "/new-token"})
	_, _ = b.call(c, model.Request{Path: "/own", Headers: []model.Param{{Name: "authorization", Value: "Basic x"}}})
	if len(b.api.got) != 2 || b.issuer.n != 1 {
		t.Errorf("%d tokens, calls %v", b.issuer.n, b.api.got)
	}
}

func TestWithoutOAuthNoTokenIsFetched(t *testing.T) {
	b := newBench(t)
	c := b.client(func(d *clients.Draft) { d.Method = model.AuthNone })
	if _, err := b.call(c, model.Request{Path: "/a"}); err != nil || b.issuer.n != 0 {
		t.Errorf("%d tokens, %v", b.issuer.n, err)
	}
}

func TestDisabledClientCallsNothing(t *testing.T) {
	b := newBench(t)
	c := b.client(nil)
	off, err := b.cl.SetState(b.ctx, b.space, c.ID, model.Disabled, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.call(&off, model.Request{Path: "/a"}); model.CodeOf(err) != model.EDisabled || len(b.api.got) != 0 {
		t.Errorf("%v, calls %v", err, b.api.got)
	}
}

// On a protected client, and in a protected space, methods that are not safe need the name.
func TestProtectedNeedsItsNameToChangeData(t *testing.T) {
	b := newBench(t)
	c := b.client(func(d *clients.Draft) { d.Protected = true })
	for _, method := range []string{"GET", "HEAD", "OPTIONS", ""} {
		if _, err := b.call(c, model.Request{Method: method, Path: "/a"}); err != nil {
			t.Errorf("%s: %v", method, err)
		}
	}
	made := len(b.api.got)
	for _, method := range []string{"POST", "put", "PATCH", "DELETE", "PURGE"} {
		if _, err := b.call(c, model.Request{Method: method, Path: "/a"}); model.CodeOf(err) != model.EProtected {
			t.Errorf("%s: %v", method, err)
		}
	}
	if len(b.api.got) != made {
		t.Error("a refused call was made")
	}
	if _, err := b.Do(b.ctx, b.space, c, model.Request{Method: "POST", Path: "/a"}, "erp"); err != nil {
		t.Error(err)
	}
	open := b.client(func(d *clients.Draft) { d.Name = "open" })
	b.space.Protected = true
	if _, err := b.call(open, model.Request{Method: "POST", Path: "/a"}); model.CodeOf(err) != model.EProtected {
		t.Errorf("in a protected space: %v", err)
	}
}

// What was done to the space since the console was opened counts.
func TestTheSpaceIsTakenAsItIsStored(t *testing.T) {
	b := newBench(t)
	c := b.client(nil)
	for _, is := range []struct {
		change func(*model.Space)
		post   model.Code
	}{
		{func(sp *model.Space) { sp.Protected = true }, model.EProtected},
		{func(sp *model.Space) { sp.Deleting = true }, model.EDisabled},
	} {
		sp := b.space
		is.change(&sp)
		if err := b.store.Update(b.ctx, func(tx model.Tx) error { return tx.Spaces().Put(sp) }); err != nil {
			t.Fatal(err)
		}
		if _, err := b.call(c, model.Request{Method: "POST", Path: "/a"}); model.CodeOf(err) != is.post {
			t.Errorf("POST in %+v: %v", sp, err)
		}
		if _, err := b.call(c, model.Request{Path: "/a"}); err != nil {
			t.Errorf("GET in %+v: %v", sp, err)
		}
	}
}

func TestCallIsRemembered(t *testing.T) {
	b := newBench(t)
	c := b.client(nil)
	secret := []model.Param{{Name: "X-API-Key", Value: "k3y"}, {Name: "X-Tenant", Value: "1"}}
	_, _ = b.call(c, model.Request{Path: "/a", Headers: secret, Body: []byte("body")})
	_, _ = b.call(c, model.Request{Method: "DELETE", Path: "/b?id=1"})
	b.api.fail = model.Errorf(model.EUnreachable, "connection refused")
	_, _ = b.call(c, model.Request{Path: "/c"})
	b.api.fail = model.Errorf(model.EInvalid, "no such path")
	_, _ = b.call(c, model.Request{Path: "no call was made"})

	got, err := b.History(b.ctx, c)
	if err != nil || len(got) != 3 {
		t.Fatalf("%d entries, %v", len(got), err)
	}
	if got[0].Code != model.EUnreachable || got[1].Method != "DELETE" || got[2].Status != 200 {
		t.Errorf("history %+v", got)
	}
	if diff := cmp.Diff([]model.Param{{Name: "X-Tenant", Value: "1"}}, got[2].Headers); diff != "" {
		t.Error(diff)
	}
	rows, err := b.cl.List(b.ctx, b.space, nil)
	if err != nil || rows[0].Runtime.LastCode != model.EUnreachable || !rows[0].Runtime.LastCallAt.Equal(start) {
		t.Errorf("%+v, %v", rows, err)
	}
	entries, _, err := audit.New(b.store).List(b.ctx, b.space, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	var actions []string
	for _, e := range entries {
		if actions = append(actions, e.Action); e.In != b.space.ID {
			t.Errorf("%s is in space %q", e.Action, e.In)
		}
	}
	if diff := cmp.Diff("call.delete token.fetch client.create", strings.Join(actions, " ")); diff != "" {
		t.Error(diff)
	}
}

// An API that takes its key in the query leaves it in no record.
func TestSecretsInAQueryAreNotRemembered(t *testing.T) {
	b := newBench(t)
	c := b.client(func(d *clients.Draft) { d.Method = model.AuthNone })
	for path, want := range map[string]string{
		"/a?api_key=k3y&page=2": "/a?page=2", "/a?api%5Fkey=k3y": "/a", "/a?access_token=k3y&x&y=": "/a?x&y=", "/a?page=1": "/a?page=1", "/a": "/a",
	} {
		query := []model.Param{{Name: "X-Api-Key", Value: "k3y"}, {Name: "size", Value: "5"}}
		if _, err := b.call(c, model.Request{Path: path, Query: query}); err != nil {
			t.Fatal(err)
		}
		got, err := b.History(b.ctx, c)
		if err != nil || got[0].Path != want || len(got[0].Query) != 1 || got[0].Query[0].Name != "size" {
			t.Errorf("%s is remembered as %s %v, %v", path, got[0].Path, got[0].Query, err)
		}
	}
}

func TestHistoryIsBounded(t *testing.T) {
	b := newBench(t)
	c := b.client(func(d *clients.Draft) { d.Method = model.AuthNone })
	for range model.MaxHistory + 5 {
		_, _ = b.call(c, model.Request{Path: "/a"})
	}
	if got, err := b.History(b.ctx, c); err != nil || len(got) != model.MaxHistory {
		t.Errorf("%d entries, %v", len(got), err)
	}
}
