package resource

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ferry/auth/authority"
	"ferry/auth/problem"
	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/clients"
	"ferry/model/hub"
	"ferry/model/keys"
	"ferry/model/modeltest"
	"ferry/model/serving"
	"ferry/model/spaces"
	"ferry/model/transfers"
	"ferry/storage"
	"ferry/storage/storagetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// canary is in every secret that a test stores.
const canary = "c4n4ry-"

// kit is a served API on a real store. Access tokens are usernames, with the scopes that
// they were narrowed to behind a colon; what a user may do is read from the store anew.
type kit struct {
	t      testing.TB
	path   string    // of the store's file
	opens  model.Key // the vault
	store  *storage.Store
	hub    *hub.Hub
	api    *API
	before func() // what happens before each transaction of hub that writes; nil: nothing
	mover  *modeltest.Mover
	files  *modeltest.Files
	url    string
	http   *http.Client

	mu   sync.Mutex
	seen []byte // every answer, to look for secrets in
}

func newKit(t testing.TB) *kit {
	t.Helper()
	k := &kit{t: t, path: filepath.Join(storagetest.Dir(t), "ferry.db"), mover: &modeltest.Mover{}, files: &modeltest.Files{}}
	now := time.Now()
	k.store, k.opens = storagetest.NewAt(t, k.path, func(tx model.Tx) error {
		return spaces.First(tx, model.NewID(now), now, modeltest.Alice)
	})
	k.hub = k.open(meddled{k.store, k})
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	k.url, k.http = server.URL, server.Client()
	k.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	k.api = New(Options{Hub: k.hub, Verify: k.verify, PublicURL: server.URL, Version: "1.2.3"})
	k.api.Register(mux)
	return k
}

// meddled is a store for which something happens right before each transaction that writes.
type meddled struct {
	*storage.Store
	k *kit
}

// Update implements model.Store.
func (m meddled) Update(ctx context.Context, fn func(model.Tx) error) error {
	if m.k.before != nil {
		m.k.before()
	}
	return m.Store.Update(ctx, fn)
}

// open makes the use-cases on a store.
func (k *kit) open(store model.Store) *hub.Hub {
	k.t.Helper()
	h, err := hub.New(context.Background(), hub.Ports{
		Store: store, Digest: modeltest.Digest, Inspector: k.store, Now: time.Now, NewID: model.NewID,
		Actor: modeltest.Alice, Close: func() error { return nil },
		Mover: k.mover, Files: k.files, Source: &modeltest.Source{Clock: &modeltest.Clock{}}, Caller: &modeltest.Caller{},
	}, "")
	if err != nil {
		k.t.Fatal(err)
	}
	return h
}

// elsewhere is a console on the same file: nothing in memory is shared with the API.
func (k *kit) elsewhere() *hub.Hub {
	k.t.Helper()
	store, err := storage.Open(context.Background(), k.path, k.opens)
	if err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() { _ = store.Close() })
	return k.open(store)
}

// verify is what the authority does, without cryptography.
func (k *kit) verify(r *http.Request) (authority.Access, *authority.BearerError) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return authority.Access{}, &authority.BearerError{Status: http.StatusUnauthorized, Description: "an access token is required"}
	}
	name, narrowed, isNarrow := strings.Cut(token, ";")
	var user serving.User
	err := k.store.View(r.Context(), func(tx model.Tx) (err error) {
		if user.APIUser, err = tx.Users().ByName(name); err != nil {
			return err
		}
		sp, err := tx.Spaces().Get(user.APIUser.Space)
		user.Space = &sp
		return err
	})
	if err != nil || user.State != model.Active {
		return authority.Access{}, &authority.BearerError{Status: http.StatusUnauthorized, Code: "invalid_token", Description: "no"}
	}
	list := slices.DeleteFunc(slices.Clone(user.Permissions), func(p model.Permission) bool {
		return isNarrow && !slices.Contains(strings.Split(narrowed, " "), string(p))
	})
	return authority.Access{User: &user, Space: user.Space, Permits: model.NewPermits(list...), ID: "t"}, nil
}

// ctx is the context of the operator.
func (k *kit) ctx() context.Context { return k.hub.Context(context.Background()) }

// space makes a space.
func (k *kit) space(name string) model.Space {
	k.t.Helper()
	sp, err := k.hub.Spaces.Create(k.ctx(), name, false)
	if err != nil {
		k.t.Fatal(err)
	}
	return sp
}

// user makes an API user; its username is its access token.
func (k *kit) user(space model.Space, name string, permits ...string) model.APIUser {
	k.t.Helper()
	u, err := k.hub.Users.Create(k.ctx(), space, apiusers.Draft{Username: name, OAuth: true, Permissions: permits}, "")
	if err != nil {
		k.t.Fatal(err)
	}
	return u
}

// client makes an API client with a secret.
func (k *kit) client(space model.Space, name string) model.Client {
	k.t.Helper()
	d := modeltest.OAuth(name, "https://"+name+".example.com")
	d.ClientSecret = clients.Set(canary + name)
	d.Headers = []clients.HeaderDraft{{Name: "X-API-Key", Secret: true, Value: clients.Set(canary + "header")}}
	saved, err := k.hub.Clients.Create(k.ctx(), space, d, "")
	if err != nil {
		k.t.Fatal(err)
	}
	return saved.Client
}

// sync makes a sync from one client to another, with a webhook.
func (k *kit) sync(space model.Space, name, source, target string) model.Transfer {
	k.t.Helper()
	s, err := k.hub.Transfers.CreateSync(k.ctx(), space, transfers.Draft{
		Kind: model.KindSync, Name: name, Source: transfers.Side{Client: source, Path: "/products"},
		Target: transfers.Side{Client: target, Path: "/products/{sku}"}, Sync: model.Syncing{Key: "sku", Webhook: true},
	}, target)
	if err != nil {
		k.t.Fatal(err)
	}
	return s.Transfer
}

// key generates a key for a user.
func (k *kit) key(space model.Space, u model.APIUser, label string) keys.Issued {
	k.t.Helper()
	i, err := k.hub.Keys.Generate(k.ctx(), space, u.ID, keys.Request{Label: label}, "")
	if err != nil {
		k.t.Fatal(err)
	}
	return i
}

// all are every permission but those of calls.
func all() []string {
	var out []string
	for _, p := range model.Permissions() {
		out = append(out, string(p))
	}
	return out
}

// sequence counts the changes of the store.
func (k *kit) sequence() uint64 {
	k.t.Helper()
	info, err := k.store.Info(context.Background())
	if err != nil {
		k.t.Fatal(err)
	}
	return info.Sequence
}

// answer is a response read to its end.
type answer struct {
	*http.Response
	body []byte
}

// do sends one request as token; headers are "Name: value". A body makes it JSON unless
// a header says otherwise.
func (k *kit) do(token, method, path, body string, headers ...string) answer {
	k.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = k.url + path
	}
	req, err := http.NewRequestWithContext(context.Background(), method, path, strings.NewReader(body))
	if err != nil {
		k.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	resp, err := k.http.Do(req)
	if err != nil {
		k.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		k.t.Fatal(err)
	}
	k.mu.Lock()
	k.seen = append(k.seen, raw...)
	k.mu.Unlock()
	return answer{resp, raw}
}

func (k *kit) get(token, path string, headers ...string) answer {
	k.t.Helper()
	return k.do(token, http.MethodGet, path, "", headers...)
}

// want fails unless the answer has the status; an error must be a problem.
func (a answer) want(t testing.TB, status int) answer {
	t.Helper()
	if a.StatusCode != status {
		t.Fatalf("%s %s: status %d, want %d: %s", a.Request.Method, a.Request.URL, a.StatusCode, status, a.body)
	}
	if status >= 400 && a.Request.Method != http.MethodHead && !strings.Contains(a.Request.URL.Path, "/odata/") {
		if p := a.problem(t); p.Status != status || p.Detail == "" || p.Title == "" {
			t.Fatalf("not a problem: %s", a.body)
		}
		if strings.Contains(string(a.body), "--") || strings.Contains(string(a.body), "ferry client") || strings.Contains(string(a.body), "with: ferry") {
			t.Errorf("a caller is told of a command line: %s", a.body)
		}
	}
	return a
}

func (a answer) into(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		t.Fatalf("%v in %s", err, bytes.TrimSpace(a.body))
	}
}

// member returns one member of the answer's object.
func (a answer) member(t testing.TB, name string) any {
	t.Helper()
	var o map[string]any
	a.into(t, &o)
	return o[name]
}

func (a answer) problem(t testing.TB) (p problem.Problem) {
	t.Helper()
	if got := a.Header.Get("Content-Type"); got != problem.MediaType {
		t.Fatalf("%s %s: content type %s: %s", a.Request.Method, a.Request.URL, got, a.body)
	}
	a.into(t, &p)
	return p
}

// names returns one member of each item of a list, joined.
func (a answer) names(t testing.TB, member string) string {
	t.Helper()
	var list struct {
		Items []map[string]any `json:"items"`
		Value []map[string]any `json:"value"`
	}
	a.into(t, &list)
	var out []string
	for _, item := range append(list.Items, list.Value...) {
		s, _ := item[member].(string)
		out = append(out, s)
	}
	return strings.Join(out, " ")
}
