package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ferry/auth/access"
	"ferry/auth/authority"
	"ferry/auth/wire"
	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/clients"
	"ferry/model/hub"
	"ferry/model/keys"
	"ferry/model/modeltest"
	"ferry/model/serving"
	"ferry/model/spaces"
	"ferry/storage"
	"ferry/storage/storagetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// source issues tokens of upstreams, each one another.
type source struct {
	*modeltest.Source
	life    atomic.Int64
	fetched atomic.Int64
	fault   atomic.Pointer[model.Error]
	real    model.TokenSource // instead of made-up tokens
}

// Fetch implements model.TokenSource.
func (s *source) Fetch(ctx context.Context, r model.TokenRequest) (model.Token, model.Exchange, error) {
	if s.real != nil {
		return s.real.Fetch(ctx, r)
	}
	n, now := s.fetched.Add(1), time.Now()
	x := model.Exchange{At: now, Method: "POST", URL: r.TokenURL, Status: 200}
	if e := s.fault.Load(); e != nil {
		return model.Token{}, x, e
	}
	return model.Token{
		Access: model.NewSecret(fmt.Sprintf("upstream-t0ken-%d", n)), Type: "Bearer", Fetched: now,
		Expires: now.Add(time.Duration(s.life.Load())), SentAs: r.Send,
	}, x, nil
}

// gated is a store that nobody uses any more when a test is over: what is noted of a client is
// written beside the requests.
type gated struct {
	*storage.Store
	mu   sync.RWMutex
	over bool
}

func (g *gated) use(do func() error) error {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.over {
		return context.Canceled
	}
	return do()
}

// Update implements model.Store.
func (g *gated) Update(ctx context.Context, fn func(model.Tx) error) error {
	return g.use(func() error { return g.Store.Update(ctx, fn) })
}

// View implements model.Store.
func (g *gated) View(ctx context.Context, fn func(model.Tx) error) error {
	return g.use(func() error { return g.Store.View(ctx, fn) })
}

func (g *gated) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.over = true
}

// kit is a gateway on a real store, behind a real authority.
type kit struct {
	t      testing.TB
	hub    *hub.Hub
	store  model.Store
	source *source
	auth   *authority.Hub
	dir    atomic.Pointer[serving.Directory]
	gw     *Gateway
	server *httptest.Server
	http   *http.Client
	pool   *wire.Pool
	skew   atomic.Int64 // of the gateway's clock

	authSkew atomic.Int64 // of the authority's

	user  model.APIUser
	token string // of user, in space default

	mu      sync.Mutex
	entries []access.Entry
	ids     atomic.Int64
}

func newKit(t testing.TB) *kit {
	t.Helper()
	k := &kit{t: t, source: &source{Source: &modeltest.Source{Clock: &modeltest.Clock{}}}}
	k.source.life.Store(int64(10 * time.Minute))
	now := time.Now()
	store, _ := storagetest.NewAt(t, filepath.Join(storagetest.Dir(t), "ferry.db"), func(tx model.Tx) error {
		return spaces.First(tx, model.NewID(now), now, modeltest.Alice)
	})
	gate := &gated{Store: store}
	k.store = gate
	var err error
	k.hub, err = hub.New(context.Background(), hub.Ports{
		Store: gate, Digest: store.KeyDigest, Inspector: store, Now: k.now, NewID: model.NewID, Actor: modeltest.Alice,
		Mover: &modeltest.Mover{}, Files: &modeltest.Files{}, Source: k.source, Caller: &modeltest.Caller{},
	}, "")
	k.check(err)
	k.check(k.hub.Serving.Upkeep(k.ctx()))
	k.pool = wire.NewPool(wire.Limits{FirstByte: 2 * time.Second})
	k.load()
	ctx, stop := context.WithCancel(context.Background())
	mux := http.NewServeMux()
	k.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := &access.Entry{ID: fmt.Sprintf("req-%d", k.ids.Add(1)), Addr: access.PeerAddr(r)}
		w.Header().Set("X-Request-Id", e.ID)
		defer func() {
			k.mu.Lock()
			k.entries = append(k.entries, *e)
			k.mu.Unlock()
		}()
		if r = access.With(r, e); Owns(r.URL.EscapedPath()) {
			k.gw.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	k.server.Config.ReadTimeout, k.server.Config.WriteTimeout = 30*time.Second, 60*time.Second
	k.server.Config.ErrorLog = quiet
	k.server.EnableHTTP2 = true
	k.server.Start()
	k.auth = authority.NewHub(authority.HubOptions{PublicURL: k.server.URL, Directory: k.dir.Load, Digest: store.KeyDigest, Now: k.authNow, Used: func(serving.Use) {}})
	k.auth.Register(mux)
	k.gw = New(Options{Ctx: ctx, Hub: k.hub, Directory: k.dir.Load, Verify: k.auth.VerifyCaller, Holds: k.auth.Holds, Pool: k.pool, PublicURL: k.server.URL})
	k.http = &http.Client{
		Transport:     &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Timeout: 20 * time.Second,
	}
	t.Cleanup(func() {
		k.http.CloseIdleConnections()
		k.server.CloseClientConnections()
		k.server.Close()
		stop()
		k.pool.Close()
		gate.shut()
	})
	return k
}

func (k *kit) now() time.Time { return time.Now().Add(time.Duration(k.skew.Load())) }

func (k *kit) authNow() time.Time { return time.Now().Add(time.Duration(k.authSkew.Load())) }

// pass lets time pass for the gateway.
func (k *kit) pass(d time.Duration) { k.skew.Add(int64(d)) }

func (k *kit) check(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
}

func (k *kit) ctx() context.Context {
	return model.WithActor(context.Background(), modeltest.Alice)
}

// load makes the gateway see the store as it is.
func (k *kit) load() {
	k.t.Helper()
	d, err := k.hub.Serving.Load(k.ctx())
	k.check(err)
	k.dir.Store(d)
	if k.gw != nil {
		k.gw.Sweep()
	}
}

// client adds a client, and gives user the permission to call it.
func (k *kit) client(name, baseURL string, edit func(*model.Client)) model.Client {
	k.t.Helper()
	return k.clientOf(modeltest.OAuth(name, baseURL), edit)
}

func (k *kit) clientOf(d clients.Draft, edit func(*model.Client)) model.Client {
	k.t.Helper()
	saved, err := k.hub.Clients.Create(k.ctx(), k.hub.Space, d, "")
	k.check(err)
	c := k.edit(saved.Client.ID, edit)
	if k.user.ID == "" {
		k.user = k.newUser("robot", "call:"+d.Name)
		k.token = k.issue(k.user, k.hub.Space)
	} else {
		k.permit("call:" + d.Name)
	}
	return c
}

// edit changes a stored client.
func (k *kit) edit(id model.ID, change func(*model.Client)) model.Client {
	k.t.Helper()
	var c model.Client
	k.check(k.store.Update(k.ctx(), func(tx model.Tx) (err error) {
		if c, err = tx.Clients().Get(k.hub.Space.ID, id); err != nil || change == nil {
			return err
		}
		change(&c)
		c.Revision++
		return tx.Clients().Put(c)
	}))
	k.load()
	return c
}

func (k *kit) newUser(name string, permits ...string) model.APIUser {
	k.t.Helper()
	u, err := k.hub.Users.Create(k.ctx(), k.hub.Space, apiusers.Draft{Username: name, OAuth: true, TTL: 50 * time.Minute, Permissions: permits}, "")
	k.check(err)
	return u
}

func (k *kit) permit(permit string) {
	k.t.Helper()
	u, err := k.hub.Users.Get(k.ctx(), k.hub.Space, k.user.ID)
	k.check(err)
	c, err := k.hub.Clients.ByName(k.ctx(), k.hub.Space, strings.TrimPrefix(permit, "call:"))
	k.check(err)
	k.check(k.store.Update(k.ctx(), func(tx model.Tx) error {
		u.Permissions = append(u.Permissions, model.CallPermission(c.ID))
		return tx.Users().Put(u)
	}))
	k.token = k.issue(k.user, k.hub.Space)
}

// issue gets an access token from the authority.
func (k *kit) issue(u model.APIUser, space model.Space) string {
	k.t.Helper()
	key, err := k.hub.Keys.Generate(k.ctx(), space, u.ID, keys.Request{Label: "test"}, "")
	k.check(err)
	k.load()
	path := "/oauth2/token"
	if space.Name != model.DefaultSpace {
		path = "/spaces/" + space.Name + path
	}
	req, _ := http.NewRequest(http.MethodPost, k.server.URL+path, strings.NewReader("grant_type=client_credentials"))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(url.QueryEscape(u.Username), key.Text.Reveal())
	resp, err := k.http.Do(req)
	k.check(err)
	defer resp.Body.Close()
	var out struct {
		Access string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil || out.Access == "" {
		k.t.Fatalf("no token: %d %v", resp.StatusCode, err)
	}
	return out.Access
}

// ruleOf gives user a rule for the one client that there is.
func (k *kit) ruleOf(r model.GatewayRule) {
	k.t.Helper()
	list, err := k.hub.Clients.List(k.ctx(), k.hub.Space, nil)
	k.check(err)
	if len(list) != 1 {
		k.t.Fatalf("%d clients", len(list))
	}
	r.Space, r.User, r.Client, r.Revision = k.hub.Space.ID, k.user.ID, list[0].ID, 1
	k.check(k.store.Update(k.ctx(), func(tx model.Tx) error { return tx.Rules().Put(r) }))
	k.load()
}

// answered is an answer, read to its end.
type answered struct {
	*http.Response
	body string
	err  error // of reading the body
}

// ask sends a request with the token, changed by edit.
func (k *kit) ask(method, path string, body io.Reader, edit ...func(*http.Request)) answered {
	k.t.Helper()
	req, err := http.NewRequest(method, k.server.URL+path, body)
	k.check(err)
	req.Header.Set("Authorization", "Bearer "+k.token)
	for _, e := range edit {
		e(req)
	}
	resp, err := k.http.Do(req)
	k.check(err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return answered{resp, string(text), err}
}

// want checks an answer of the gateway's own.
func (k *kit) want(a answered, status int, reason string) {
	k.t.Helper()
	var p struct {
		Status    int    `json:"status"`
		Reason    string `json:"reason"`
		RequestID string `json:"request_id"`
	}
	if err := json.Unmarshal([]byte(a.body), &p); err != nil {
		k.t.Fatalf("%d %q: %v", a.StatusCode, a.body, err)
	}
	if a.StatusCode != status || p.Status != status || p.Reason != reason || p.RequestID == "" || p.RequestID != a.Header.Get("X-Request-Id") {
		k.t.Errorf("got %d %s, want %d %s", a.StatusCode, a.body, status, reason)
	}
	if got := k.last(); got.Reason != reason || got.Route != routeName {
		k.t.Errorf("the log has %+v, want %s", got, reason)
	}
}

// last is what was written down of the last request. It is written after the answer.
func (k *kit) last() access.Entry {
	k.t.Helper()
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		k.mu.Lock()
		n := len(k.entries)
		var e access.Entry
		if n > 0 {
			e = k.entries[n-1]
		}
		k.mu.Unlock()
		if int64(n) == k.ids.Load() && n > 0 {
			return e
		}
		if time.Now().After(deadline) {
			k.t.Fatal("the request was not written down")
		}
	}
}

// eventually waits for a condition.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: it did not happen", what)
		}
	}
}

func noAuth(name, baseURL string) clients.Draft { return modeltest.NoAuth(name, baseURL) }
