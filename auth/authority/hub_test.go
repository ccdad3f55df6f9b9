package authority

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ferry/auth/access"
	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/keys"
	"ferry/model/serving"
	"ferry/storage/storagetest"
)

const origin = "https://hub.example.com"

// served is an authority on a real store, with a user in each of two spaces.
type served struct {
	*storagetest.Bench
	t       testing.TB
	hub     *Hub
	mux     *http.ServeMux
	dir     atomic.Pointer[serving.Directory]
	digests atomic.Int64 // computed so far
	entry   access.Entry // of the last request

	mu      sync.Mutex
	uses    []serving.Use
	failing error // of Revoke
}

// account is a user with a key.
type account struct {
	user  model.APIUser
	key   model.APIKey
	text  string
	space model.Space
}

var aliases = []string{"/plt/oauth2/token", "/realms/{space}/protocol/openid-connect/token"}

// serve makes an authority that signs with an algorithm.
func serve(t testing.TB, a model.Algorithm) *served {
	t.Helper()
	s := &served{Bench: storagetest.NewBench(t), t: t}
	if a != model.ES256 {
		s.must(s.Serving.Set(s.Ctx, "algorithm", string(a)))
	}
	if err := s.Serving.Upkeep(s.Ctx); err != nil {
		t.Fatal(err)
	}
	s.start()
	return s
}

func (s *served) must(_ any, err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// start makes the authority anew, as a restart of the server does.
func (s *served) start() {
	s.load()
	s.hub = NewHub(HubOptions{
		PublicURL: origin, Aliases: aliases, Directory: s.dir.Load, Now: s.Clock.Now,
		Digest: func(text string) [32]byte { s.digests.Add(1); return s.Store.KeyDigest(text) },
		Used:   func(u serving.Use) { s.mu.Lock(); s.uses = append(s.uses, u); s.mu.Unlock() },
		Revoke: func(ctx context.Context, t model.RevokedToken) error {
			if s.failing != nil {
				return s.failing
			}
			return s.Serving.RevokeToken(model.WithActor(ctx, s.Actor), t)
		},
	})
	s.mux = http.NewServeMux()
	s.hub.Register(s.mux)
}

// load makes the newest picture of the store the one that is served.
func (s *served) load() {
	s.t.Helper()
	d, err := s.Serving.Load(s.Ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	s.dir.Store(d)
}

// user makes a user with OAuth 2.0 and a key.
func (s *served) user(space model.Space, name string, permissions ...string) account {
	s.t.Helper()
	u, err := s.Users.Create(s.Ctx, space, apiusers.Draft{Username: name, OAuth: true, TTL: 5 * time.Minute, Permissions: permissions}, "")
	if err != nil {
		s.t.Fatal(err)
	}
	k, err := s.Keys.Generate(s.Ctx, space, u.ID, keys.Request{}, "")
	if err != nil {
		s.t.Fatal(err)
	}
	s.load()
	return account{u, k.Key, k.Text.Reveal(), space}
}

// change edits a user.
func (s *served) change(a account, edit func(*apiusers.Draft)) {
	s.t.Helper()
	u, err := s.Users.Get(s.Ctx, a.space, a.user.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	d, err := s.Users.DraftOf(s.Ctx, a.space, u)
	if err != nil {
		s.t.Fatal(err)
	}
	edit(&d)
	s.must(s.Users.Update(s.Ctx, a.space, u.ID, d, ""))
	s.load()
}

// ServeHTTP serves a request as the server does, with an access entry.
func (s *served) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.entry = access.Entry{Addr: access.PeerAddr(r)}
	s.mux.ServeHTTP(w, access.With(r, &s.entry))
}

// do sends r, checks that nothing secret is answered or noted, and returns the answer.
func (s *served) do(r *http.Request, canaries ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	seen := fmt.Sprintf("%v %s %+v", w.Header(), w.Body, s.entry)
	for _, c := range append(canaries, "ferry_k", "canary") {
		if c != "" && strings.Contains(seen, c) {
			s.t.Errorf("%s %s: %q is in %s", r.Method, r.URL.Path, c, seen)
		}
	}
	return w
}

// in is the form of a token request.
func (a account) in(pairs ...string) string {
	return grant + "&" + form(append([]string{"client_id", a.user.Username, "client_secret", a.text}, pairs...)...)
}

// basic is the header of a.
func (a account) basic() string { return basic(a.user.Username, a.text) }

// ask asks for a token at path.
func (s *served) ask(path, body string, headers ...string) reply {
	s.t.Helper()
	return send(s.t, s, request("POST", path, body, headers...))
}

// token gets a token at the endpoint of the user's space.
func (s *served) token(a account, pairs ...string) string {
	s.t.Helper()
	got := s.ask("/spaces/"+a.space.Name+tokenPath, a.in(pairs...))
	if got.status != 200 || got.Token == "" {
		s.t.Fatalf("no token for %s: %+v, %+v", a.user.Username, got, s.entry)
	}
	return got.Token
}

// verify presents a token.
func (s *served) verify(token string) (Access, *BearerError) {
	s.t.Helper()
	r := request("GET", "/restApi/clients", "", "Authorization: Bearer "+token)
	s.entry = access.Entry{Addr: access.PeerAddr(r)}
	a, fault := s.hub.Verify(access.With(r, &s.entry))
	if fault != nil && len(token) > 20 && strings.Contains(fmt.Sprintf("%+v %+v", fault, s.entry), token[:20]) {
		s.t.Errorf("the token is repeated: %+v", fault)
	}
	return a, fault
}

// accepted fails the test unless the token is, or is not, accepted.
func (s *served) accepted(token string, want bool) {
	s.t.Helper()
	_, fault := s.verify(token)
	if (fault == nil) != want {
		s.t.Errorf("accepted %t, want %t: %v (%s)", fault == nil, want, fault, s.entry.Reason)
	}
}

// post sends a form and returns the answer.
func (s *served) post(path string, pairs url.Values, headers ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	return s.do(request("POST", path, pairs.Encode(), headers...))
}

func (s *served) reason(want string) {
	s.t.Helper()
	if s.entry.Reason != want {
		s.t.Errorf("reason %q, want %q", s.entry.Reason, want)
	}
}

func sameSet(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}
