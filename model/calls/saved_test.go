package calls_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ferry/model"
	"ferry/model/audit"
	"ferry/model/clients"
)

func (b *bench) save(c *model.Client, call model.SavedCall) ([]string, error) {
	return b.Save(b.ctx, b.space, c, call)
}

func wantCode(t *testing.T, err error, code model.Code, field string) {
	t.Helper()
	if e := model.AsError(err); e == nil || e.Code != code || e.Field != field {
		t.Fatalf("got %v (%s, field %q), want %s of %q", err, model.CodeOf(err), model.AsError(err).Field, code, field)
	}
}

func TestSavedCallsAreKeptByName(t *testing.T) {
	b := newBench(t)
	c := b.client(nil)
	call := model.SavedCall{
		Name: "Orders", PathParams: []model.Param{{Name: "id", Value: "7"}}, Filter: ".[0]",
		Request: model.Request{Path: "/orders/{id}", Query: []model.Param{{Name: "size", Value: "5"}}, Headers: []model.Param{{Name: "X-Tenant", Value: "1"}}, Body: []byte("{}")},
	}
	if left, err := b.save(c, call); err != nil || left != nil {
		t.Fatal(left, err)
	}
	got, err := b.SavedByName(b.ctx, c, "orders")
	if err != nil {
		t.Fatal(err)
	}
	first := got.ID
	want := call
	want.Client, want.ID, want.Updated, want.Request.Method = c.ID, first, model.Stamp{At: start, By: got.Updated.By}, "GET"
	if d := cmp.Diff(want, got); d != "" || got.Updated.By == "" {
		t.Errorf("saved (want -, got +):\n%s", d)
	}
	call.Name, call.Request.Method, call.PathParams = "ORDERS", "post", nil
	if _, err := b.save(c, call); err != nil {
		t.Fatal(err)
	}
	all, err := b.Saved(b.ctx, c)
	if err != nil || len(all) != 1 || all[0].ID != first || all[0].Name != "ORDERS" || all[0].Request.Method != "POST" {
		t.Errorf("saved again: %+v, %v", all, err)
	}
	if err := b.Forget(b.ctx, b.space, c, "oRDers"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, b.Forget(b.ctx, b.space, c, "orders"), model.ENotFound, "name")
	_, err = b.SavedByName(b.ctx, c, "orders")
	wantCode(t, err, model.ENotFound, "name")
	entries, _, err := audit.New(b.store).List(b.ctx, b.space, "", 3)
	if err != nil {
		t.Fatal(err)
	}
	var log []string
	for _, e := range entries {
		log = append(log, fmt.Sprintf("%s %s %v", e.Action, e.Name, e.Changes))
	}
	if d := cmp.Diff([]string{"call.forget erp [{call ORDERS }]", "call.save erp [{call  ORDERS}]", "call.save erp [{call  Orders}]"}, log); d != "" {
		t.Error(d)
	}
}

func TestSavedCallsAreBounded(t *testing.T) {
	b := newBench(t)
	c := b.client(nil)
	for i := range model.MaxSaved {
		if _, err := b.save(c, model.SavedCall{Name: fmt.Sprint("call-", i)}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := b.save(c, model.SavedCall{Name: "one-more"})
	wantCode(t, err, model.EConflict, "")
	if _, err := b.save(c, model.SavedCall{Name: "CALL-3"}); err != nil {
		t.Errorf("over one that is there: %v", err)
	}
	for range model.MaxHistory {
		if _, err := b.call(c, model.Request{}); err != nil {
			t.Fatal(err)
		}
	}
	// All of them and a full history go with the client, in one transaction.
	if err := b.cl.Delete(b.ctx, b.space, c.ID, c.Name); err != nil {
		t.Fatal(err)
	}
	if all, err := b.Saved(b.ctx, c); err != nil || len(all) != 0 {
		t.Errorf("%d are left, %v", len(all), err)
	}
	_, err = b.save(c, model.SavedCall{Name: "late"})
	wantCode(t, err, model.ENotFound, "")
}

func TestWhatCannotBeSaved(t *testing.T) {
	b := newBench(t)
	c := b.client(nil)
	for _, tc := range []struct {
		call  model.SavedCall
		field string
	}{
		{model.SavedCall{}, "name"},
		{model.SavedCall{Name: "a b"}, "name"},
		{model.SavedCall{Name: "-x"}, "name"},
		{model.SavedCall{Name: "\x1b[2J"}, "name"},
		{model.SavedCall{Name: "a", PathParams: []model.Param{{Name: "id", Value: "1"}}}, "path"},
		{model.SavedCall{Name: "a", Request: model.Request{Body: make([]byte, model.MaxKeptBody+1)}}, "body"},
	} {
		_, err := b.save(c, tc.call)
		wantCode(t, err, model.EInvalid, tc.field)
	}
	if all, err := b.Saved(b.ctx, c); err != nil || len(all) != 0 {
		t.Errorf("%v, %v", all, err)
	}
}

func TestSecretsAreLeftOutOfASavedCall(t *testing.T) {
	b := newBench(t)
	c := b.client(nil)
	left, err := b.save(c, model.SavedCall{
		Name: "a", PathParams: []model.Param{{Name: "access_token", Value: "CANARY-1"}, {Name: "id", Value: "1"}},
		Request: model.Request{
			Path:    "/{id}/{access_token}?api_key=CANARY-2&page=1",
			Query:   []model.Param{{Name: "token", Value: "CANARY-3"}, {Name: "q", Value: "x"}},
			Headers: []model.Param{{Name: "Authorization", Value: "Bearer CANARY-4"}, {Name: "X-Tenant", Value: "1"}},
			Body:    []byte(`{"user":{"password":"CANARY-5"}}`),
		},
	})
	want := []string{"parameter token", "header Authorization", "path parameter access_token", "a parameter in the path", "the body"}
	if err != nil || cmp.Diff(want, left) != "" {
		t.Errorf("left out %q, %v", left, err)
	}
	got, err := b.SavedByName(b.ctx, c, "a")
	if err != nil || strings.Contains(fmt.Sprintf("%+v %s", got, got.Request.Body), "CANARY") {
		t.Errorf("%+v, %v", got, err)
	}
	if got.Request.Path != "/{id}/{access_token}?page=1" || len(got.Request.Query) != 1 || len(got.Request.Headers) != 1 || len(got.PathParams) != 1 {
		t.Errorf("too much was left out: %+v", got)
	}
}

func TestHistoryKeepsBodiesWhereTheClientAllowsIt(t *testing.T) {
	b := newBench(t)
	c := b.client(func(d *clients.Draft) { d.Method = model.AuthNone })
	body := func(text string) string {
		t.Helper()
		if _, err := b.call(c, model.Request{Method: "POST", Path: "/a", Body: []byte(text)}); err != nil {
			t.Fatal(err)
		}
		got, err := b.History(b.ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		return string(got[0].Body)
	}
	if got := body("plain"); got != "" {
		t.Errorf("kept %q without leave", got)
	}
	live := c.Clone()
	live.KeepBodies = true
	if err := b.store.Update(b.ctx, func(tx model.Tx) error { return tx.Clients().Put(live) }); err != nil {
		t.Fatal(err)
	}
	// What is stored counts, not what the console read some time ago.
	for _, text := range []string{`{"sku":"A-1"}`, "a=1&b=2", "<order id=\"1\"/>", "\x00\xff", strings.Repeat("x", model.MaxKeptBody), "tokenize this", ""} {
		if got := body(text); got != text {
			t.Errorf("of %.40q it keeps %.40q", text, got)
		}
	}
	for _, text := range []string{
		strings.Repeat("x", model.MaxKeptBody+1),
		"user=a&password=p", "a=1&client%5Fsecret=p", `{"a":[{"accessToken":"p"}]}`, `{"password":"p"`, "<a><ns:Password>p</ns:Password></a>",
		"--b\r\nContent-Disposition: form-data; name=\"api_key\"\r\n\r\np", "password: p", `<a secret='p'/>`, `user[password]=p`,
	} {
		if got := body(text); got != "" {
			t.Errorf("it keeps %.40q", got)
		}
	}
}

// The client's own secrets are not kept under any name.
func TestABodyWithASecretOfTheClientIsNotKept(t *testing.T) {
	b := newBench(t)
	c := b.client(func(d *clients.Draft) { d.ClientSecret, d.KeepBodies = clients.Set("CANARY/+1"), true })
	for _, text := range []string{"x CANARY/+1 y", "x=CANARY%2F%2B1"} {
		left, err := b.save(c, model.SavedCall{Name: "a", Request: model.Request{Body: []byte(text)}})
		got, _ := b.SavedByName(b.ctx, c, "a")
		if err != nil || len(left) != 1 || bytes.Contains(got.Request.Body, []byte("CANARY")) {
			t.Errorf("%s: left %q, kept %q, %v", text, left, got.Request.Body, err)
		}
	}
}

func TestTheFilterOfAClientIsRemembered(t *testing.T) {
	b := newBench(t)
	c := b.client(func(d *clients.Draft) { d.Method = model.AuthNone })
	for _, expr := range []string{".a", ".a", ""} {
		if err := b.SetFilter(b.ctx, c, expr); err != nil {
			t.Fatal(err)
		}
		_, _ = b.call(c, model.Request{})
		if got, err := b.Filter(b.ctx, c); err != nil || got != expr {
			t.Errorf("%q, %v; want %q", got, err, expr)
		}
	}
	other := model.Client{ID: "gone", Space: c.Space}
	if err := b.SetFilter(b.ctx, &other, ".a"); model.CodeOf(err) != model.ENotFound {
		t.Errorf("of a client that is gone: %v", err)
	}
}
