package tokens_test

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/audit"
	"ferry/model/clients"
	"ferry/model/tokens"
	"ferry/storage/storagetest"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// source is a token endpoint made of a function; it notes how each request was sent.
type source struct {
	mu     sync.Mutex
	sent   []model.ClientAuth
	answer func(n int, r model.TokenRequest) (model.Token, error)
	meta   model.Metadata
	noMeta error         // what discovery fails with
	hold   chan struct{} // when not nil, Fetch waits for it

	decoded func(jwks string) model.Claims
	during  func(context.Context) // when not nil, is told of each Fetch

	requests []model.TokenRequest
	revoked  []string
	device   model.DeviceCode
	refused  error // what StartDevice fails with
}

func (s *source) Fetch(ctx context.Context, r model.TokenRequest) (model.Token, model.Exchange, error) {
	if s.during != nil {
		s.during(ctx)
	}
	if s.hold != nil {
		<-s.hold
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent, s.requests = append(s.sent, r.Send), append(s.requests, r)
	tok, err := s.answer(len(s.sent), r)
	if err == nil {
		tok.SentAs = r.Send
	}
	x := model.Exchange{At: tok.Fetched, Method: "POST", URL: r.TokenURL, Status: 200, RequestBody: strconv.Itoa(len(s.sent))}
	if err != nil {
		x.Status = 400
	}
	return tok, x, err
}

func (s *source) Discover(context.Context, model.Client) (model.Metadata, error) {
	return s.meta, s.noMeta
}

func (s *source) Revoke(_ context.Context, _ model.Client, _ string, _ model.ClientAuth, t model.Token) (model.Exchange, error) {
	s.revoked = append(s.revoked, t.Access.Reveal())
	return model.Exchange{Status: 200}, nil
}

func (s *source) Decode(_ context.Context, _ model.Client, jwks string, _ model.Token) model.Claims {
	if s.decoded != nil {
		return s.decoded(jwks)
	}
	return model.Claims{Opaque: true}
}

func refuse(code string) error {
	g := &model.GrantError{Code: code, Status: 401}
	return model.Errorf(model.EUpstream, "the token endpoint answered 401 %s", code).WithCause(g)
}

type bench struct {
	*tokens.Service
	t       *testing.T
	ctx     context.Context
	clients *clients.Service
	audit   *audit.Service
	src     *source
	space   model.Space
	now     atomic.Int64 // Unix nanoseconds
}

func (b *bench) clock() time.Time { return time.Unix(0, b.now.Load()).UTC() }

func (b *bench) pass(d time.Duration) { b.now.Add(int64(d)) }

func (b *bench) sent() []model.ClientAuth { return b.src.sent }

// newBench returns the use-case on a real store; the endpoint issues tokens of life.
func newBench(t *testing.T, life time.Duration) *bench {
	t.Helper()
	b := &bench{t: t, src: &source{}}
	b.now.Store(start.UnixNano())
	b.src.answer = func(n int, _ model.TokenRequest) (model.Token, error) { return b.token(n, life), nil }
	store, space := storagetest.NewWithSpace(t)
	b.space = space
	b.ctx = model.WithActor(t.Context(), model.Actor{User: "alice"})
	b.Service = tokens.New(store, b.src, b.clock, model.NewID)
	b.clients = clients.New(store, b.clock, model.NewID)
	b.audit = audit.New(store)
	return b
}

func (b *bench) token(n int, life time.Duration) model.Token {
	tok := model.Token{Access: model.NewSecret("token-" + string(rune('0'+n))), Type: "Bearer", Fetched: b.clock()}
	if life > 0 {
		tok.Expires = tok.Fetched.Add(life)
	}
	return tok
}

func (b *bench) client(edit func(*clients.Draft)) *model.Client {
	b.t.Helper()
	d := clients.Draft{
		Name: "erp", BaseURL: "https://erp.example.com", Method: model.AuthOAuth2, TokenURL: "https://erp.example.com/token",
		ClientID: "hub", ClientSecret: clients.Set("s3cret"), Send: model.SendHeader,
	}
	if edit != nil {
		edit(&d)
	}
	saved, err := b.clients.Create(b.ctx, b.space, d, "")
	if err != nil {
		b.t.Fatal(err)
	}
	return &saved.Client
}

func (b *bench) get(c *model.Client, fresh bool) tokens.Result {
	b.t.Helper()
	res, err := b.Get(b.ctx, b.space, c, fresh)
	if err != nil {
		b.t.Fatal(err)
	}
	return res
}

func auto(d *clients.Draft) { d.Send = model.SendAuto }

// StartDevice implements model.TokenSource.
func (s *source) StartDevice(_ context.Context, _ model.Client, _ string, send model.ClientAuth) (model.DeviceCode, model.Exchange, error) {
	s.sent = append(s.sent, send)
	return s.device, model.Exchange{Method: "POST", URL: "device", Status: 200}, s.refused
}

// Introspect implements model.TokenSource.
func (s *source) Introspect(_ context.Context, _ model.Client, url string, send model.ClientAuth, t model.Token) (string, model.Exchange, error) {
	return `{"active":true,"as":"` + string(send) + `","of":"` + t.Access.Reveal() + `"}`, model.Exchange{URL: url}, nil
}
