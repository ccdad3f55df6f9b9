package serve

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/hub"
	"ferry/model/keys"
	"ferry/model/modeltest"
	"ferry/model/spaces"
	"ferry/storage"
	"ferry/storage/storagetest"
)

func TestMain(m *testing.M) {
	if os.Getenv(benchChild) != "" {
		os.Exit(serveForBench())
	}
	slog.SetDefault(slog.New(slog.NewTextHandler(logged, nil)))
	goleak.VerifyTestMain(m)
}

// logged is what the whole package logged while its tests ran.
var logged = &buffer{}

// buffer is a bytes.Buffer for several goroutines.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// kit is a store with an API user and its key, and a server on it.
type kit struct {
	*Server
	t    testing.TB
	hub  *hub.Hub // the server's
	desk *hub.Hub // another store handle on the same file, as another process has it
	path string
	log  *buffer
	http *http.Client

	mover  *modeltest.Mover // of the server's hub
	unlock model.Key

	user model.APIUser
	key  keys.Issued
}

// openHub opens the store in path, as each process does.
func openHub(t testing.TB, path string, key model.Key, mover *modeltest.Mover) *hub.Hub {
	t.Helper()
	st, err := storage.Open(context.Background(), path, key)
	if err != nil {
		t.Fatal(err)
	}
	h, err := hub.New(context.Background(), hub.Ports{
		Store: st, Digest: st.KeyDigest, Inspector: st, Now: time.Now, NewID: model.NewID, Actor: modeltest.Alice,
		Mover: mover, Files: &modeltest.Files{}, Source: &modeltest.Source{Clock: &modeltest.Clock{}}, Caller: &modeltest.Caller{},
	}, "")
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// newKit makes a store with one API user that may view API users and keys.
func newKit(t testing.TB) *kit {
	t.Helper()
	k := &kit{t: t, path: filepath.Join(storagetest.Dir(t), "ferry.db"), log: &buffer{}}
	at, id := time.Now(), model.NewID(time.Now())
	_, key := storagetest.NewAt(t, k.path, func(tx model.Tx) error { return spaces.First(tx, id, at, modeltest.Alice) })
	k.mover, k.unlock = &modeltest.Mover{}, key
	k.hub, k.desk = openHub(t, k.path, key, k.mover), openHub(t, k.path, key, &modeltest.Mover{})
	k.user = k.newUser("robot")
	k.key = k.newKey(k.user)
	return k
}

func (k *kit) ctx() context.Context { return k.desk.Context(context.Background()) }

func (k *kit) newUser(name string) model.APIUser {
	k.t.Helper()
	u, err := k.desk.Users.Create(k.ctx(), k.desk.Space, apiusers.Draft{
		Username: name, OAuth: true, TTL: 5 * time.Minute, Permissions: []string{"apiUsers:view", "keys:view"},
	}, "")
	if err != nil {
		k.t.Fatal(err)
	}
	return u
}

func (k *kit) newKey(u model.APIUser) keys.Issued {
	k.t.Helper()
	key, err := k.desk.Keys.Generate(k.ctx(), k.desk.Space, u.ID, keys.Request{Label: "test"}, "")
	if err != nil {
		k.t.Fatal(err)
	}
	return key
}

// options are those of a server on loopback with an admin socket.
func (k *kit) options() Options {
	return Options{
		Hub: k.hub, Digest: k.hub.Digest, Config: model.ServeConfig{Listen: "127.0.0.1:0"}, AdminSocket: Socket(k.path),
		AccessLog: k.log, Version: "test",
	}
}

// start starts the server with options changed by edit, which may be nil.
func (k *kit) start(edit func(*Options)) *kit {
	k.t.Helper()
	o := k.options()
	quick := defaults
	quick.drain = 20 * time.Millisecond // a test that stops under load says so
	o.limits = &quick
	if edit != nil {
		edit(&o)
	}
	s, err := Start(context.Background(), o)
	if err != nil {
		k.t.Fatal(err)
	}
	k.Server, k.http = s, k.client()
	k.t.Cleanup(func() {
		if err := s.Close(); err != nil {
			k.t.Error(err)
		}
	})
	return k
}

// client is an HTTP client that leaves nothing behind.
func (k *kit) client() *http.Client {
	t := &http.Transport{MaxIdleConnsPerHost: 100}
	k.t.Cleanup(t.CloseIdleConnections)
	return &http.Client{Transport: t, Timeout: 10 * time.Second}
}

// answer is a response read to its end.
type answer struct {
	*http.Response
	body string
}

// do sends one request; headers are "Name: value".
func (k *kit) do(method, path, body string, headers ...string) answer {
	k.t.Helper()
	a, err := k.try(k.http, method, k.URL()+path, body, headers...)
	if err != nil {
		k.t.Fatal(err)
	}
	return a
}

func (k *kit) try(c *http.Client, method, target, body string, headers ...string) (answer, error) {
	req, err := http.NewRequestWithContext(context.Background(), method, target, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Add(name, value)
	}
	resp, err := c.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	return answer{resp, string(got)}, err
}

const formType = "Content-Type: application/x-www-form-urlencoded"

func grant(key keys.Issued) string {
	return url.Values{
		"grant_type": {"client_credentials"}, "client_id": {key.Username}, "client_secret": {key.Text.Reveal()},
	}.Encode()
}

// ask makes one token request and returns its status and the token.
func (k *kit) ask(key keys.Issued) (int, string) {
	k.t.Helper()
	a := k.do(http.MethodPost, "/oauth2/token", grant(key), formType)
	return a.StatusCode, tokenIn(a.body)
}

func tokenIn(body string) string {
	var out struct {
		Token string `json:"access_token"`
	}
	_ = json.Unmarshal([]byte(body), &out) // no token is what an error answer has
	return out.Token
}

// token gets a token or fails.
func (k *kit) token() string {
	k.t.Helper()
	status, token := k.ask(k.key)
	if status != http.StatusOK || token == "" {
		k.t.Fatalf("no token: status %d", status)
	}
	return token
}

// call calls the API with a token and returns the status.
func (k *kit) call(token string) int {
	k.t.Helper()
	return k.do(http.MethodGet, "/restApi/apiUsers/", "", "Authorization: Bearer "+token).StatusCode
}

// onSocket asks the admin socket.
func (k *kit) onSocket(path string) answer {
	k.t.Helper()
	t := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", Socket(k.path))
	}}
	a, err := k.try(&http.Client{Transport: t, Timeout: 5 * time.Second}, http.MethodGet, "http://ferry"+path, "")
	if err != nil {
		k.t.Fatal(err)
	}
	return a
}

// until waits until ok says so, and returns how long that took.
func until(t testing.TB, within time.Duration, what string, ok func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	for !ok() {
		if time.Since(began) > within {
			t.Fatalf("not within %v: %s", within, what)
		}
		time.Sleep(2 * time.Millisecond)
	}
	return time.Since(began)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// keyIDOf returns the "kid" of a token, "" when it has none.
func keyIDOf(t testing.TB, token string) string {
	t.Helper()
	head, _, _ := strings.Cut(token, ".")
	text, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil {
		t.Error(err)
	}
	var h struct {
		KeyID string `json:"kid"`
	}
	if err := json.Unmarshal(text, &h); err != nil {
		t.Error(err)
	}
	return h.KeyID
}

// wrong is the kit's key with another end: well formed or not, it is not the secret.
func wrong(k *kit) keys.Issued {
	out := k.key
	out.Text = model.NewSecret(out.Text.Reveal()[:20] + "x")
	return out
}
