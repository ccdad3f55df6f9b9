package screentest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/modeltest"
	"ferry/model/spaces"
	"ferry/ui/runner"
	"ferry/ui/screen"
	"ferry/ui/theme"
)

// Start is what the clock of a fixture shows at first.
var Start = modeltest.Start

// Fixture is a hub on a store, with fakes for the network and the clock.
type Fixture struct {
	Env    screen.Env
	Hub    *hub.Hub
	Source *Source
	Caller *Caller
	Server modeltest.Server
	Mover  modeltest.Mover
	Files  modeltest.Files
	modeltest.Clock

	mu  sync.Mutex
	ids int
}

// First writes what a new store starts with.
func First(tx model.Tx) error {
	return spaces.First(tx, "00000000000000000000000001", Start, model.Actor{User: "alice"})
}

// New returns a fixture on a store that First was written to.
func New(t testing.TB, store model.Store) *Fixture {
	t.Helper()
	f := &Fixture{Source: &Source{}, Caller: &Caller{}}
	f.Source.now = f.Now
	ctx := context.Background()
	actor := model.Actor{UID: 1000, User: "alice", Slot: "test"}
	h, err := hub.New(ctx, hub.Ports{
		Store: store, Source: f.Source, Caller: f.Caller, Now: f.Now, Actor: actor,
		NewID: func(time.Time) model.ID { return f.id() }, Close: func() error { return nil },
		Digest: modeltest.Digest, Random: new(modeltest.Random).Bytes, Server: &f.Server, Mover: &f.Mover, Files: &f.Files,
	}, "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(h.Context(ctx))
	t.Cleanup(cancel)
	f.Hub = h
	run := runner.New(ctx, func(fn func()) { go fn() })
	t.Cleanup(func() { run.Close(5 * time.Second) })
	f.Env = screen.Env{Ctx: ctx, Hub: h, Styles: theme.New(true), Runner: run}
	return f
}

func (f *Fixture) id() model.ID {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ids++
	return model.ID(fmt.Sprintf("%026d", 100+f.ids))
}

// As returns the fixture's context with somebody else acting.
func (f *Fixture) As(user string) context.Context {
	return model.WithActor(f.Env.Ctx, model.Actor{UID: 1001, User: user})
}

// Source is a token endpoint made by hand.
type Source struct {
	mu       sync.Mutex
	now      model.Clock
	Requests []model.TokenRequest
	// Answer makes the answer; nil gives a token that lives ten minutes.
	Answer  func(ctx context.Context, n int, r model.TokenRequest) (model.Token, model.Exchange, error)
	Decoded model.Claims
	Meta    model.Metadata
	Device  *model.DeviceCode // what StartDevice gives; nil for one that is polled every 5 s
	Said    string            // what Introspect gives, JSON
}

// Fetch implements model.TokenSource.
func (s *Source) Fetch(ctx context.Context, r model.TokenRequest) (model.Token, model.Exchange, error) {
	s.mu.Lock()
	s.Requests = append(s.Requests, r)
	n := len(s.Requests)
	s.mu.Unlock()
	if s.Answer != nil {
		return s.Answer(ctx, n, r)
	}
	now := s.now()
	t := model.Token{
		Access: model.NewSecret(fmt.Sprintf("tok-%d-canary", n)), Type: "Bearer", Scope: "read write",
		Fetched: now, Expires: now.Add(10 * time.Minute), SentAs: r.Send,
	}
	if r.Device.IsSet() || r.Refresh.IsSet() {
		t.Refresh = model.NewSecret(fmt.Sprintf("refresh-%d-canary", n))
	}
	return t, Exchange(now, r.TokenURL, 200), nil
}

// Exchange is a recorded exchange with a token endpoint.
func Exchange(at time.Time, url string, status int) model.Exchange {
	return model.Exchange{
		At: at, Method: "POST", URL: url, Status: status,
		RequestHeaders:  []model.Param{{Name: "Authorization", Value: "Basic " + model.Mask}, {Name: "Content-Type", Value: "application/x-www-form-urlencoded"}},
		RequestBody:     "grant_type=client_credentials&scope=read",
		ResponseHeaders: []model.Param{{Name: "Content-Type", Value: "application/json"}},
		ResponseBody:    `{"access_token":"` + model.Mask + `","token_type":"Bearer","expires_in":600}`,
		Timing: model.Timing{
			DNS: 2 * time.Millisecond, Connect: 3 * time.Millisecond, TLS: 12 * time.Millisecond,
			Wait: 41 * time.Millisecond, Body: time.Millisecond, Total: 59 * time.Millisecond,
		},
	}
}

// Count returns how many tokens were asked for.
func (s *Source) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.Requests)
}

// Discover implements model.TokenSource.
func (s *Source) Discover(context.Context, model.Client) (model.Metadata, error) { return s.Meta, nil }

// Revoke implements model.TokenSource.
func (s *Source) Revoke(context.Context, model.Client, string, model.ClientAuth, model.Token) (model.Exchange, error) {
	return model.Exchange{Method: "POST", Status: 200}, nil
}

// StartDevice implements model.TokenSource.
func (s *Source) StartDevice(context.Context, model.Client, string, model.ClientAuth) (model.DeviceCode, model.Exchange, error) {
	now := s.now()
	if s.Device != nil {
		return *s.Device, Exchange(now, "https://erp.example.com/oauth2/device", 200), nil
	}
	return model.DeviceCode{
		Code: model.NewSecret("device-1"), UserCode: "WDJB-MJHT", URL: "https://sign.in.example.com/device", Expires: now.Add(10 * time.Minute), Interval: 5 * time.Second,
	}, model.Exchange{At: now, Method: "POST", Status: 200}, nil
}

// Introspect implements model.TokenSource.
func (s *Source) Introspect(context.Context, model.Client, string, model.ClientAuth, model.Token) (string, model.Exchange, error) {
	if s.Said != "" {
		return s.Said, Exchange(s.now(), "https://erp.example.com/oauth2/introspect", 200), nil
	}
	return "{\n  \"active\": true\n}", model.Exchange{At: s.now(), Method: "POST", Status: 200}, nil
}

// Decode implements model.TokenSource.
func (s *Source) Decode(context.Context, model.Client, string, model.Token) model.Claims {
	if s.Decoded.Verdict == "" {
		return model.Claims{Opaque: true, Verdict: model.VerdictOpaque, Detail: "not a JWT"}
	}
	return s.Decoded
}

// Caller is an API made by hand.
type Caller struct {
	mu       sync.Mutex
	Requests []model.Request
	Clients  []model.Client
	Answer   func(ctx context.Context, n int, c model.Client, r model.Request) (model.Response, error)
}

// Do implements model.Caller.
func (c *Caller) Do(ctx context.Context, client model.Client, _ model.Token, r model.Request) (model.Response, error) {
	c.mu.Lock()
	c.Requests, c.Clients = append(c.Requests, r), append(c.Clients, client)
	n := len(c.Requests)
	c.mu.Unlock()
	if c.Answer != nil {
		return c.Answer(ctx, n, client, r)
	}
	return JSON(200, `{"ok":true}`), nil
}

// Last returns the newest request and the client it was made for.
func (c *Caller) Last() (model.Client, model.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(c.Requests) - 1
	return c.Clients[n], c.Requests[n]
}

// Count returns how many calls were made.
func (c *Caller) Count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.Requests)
}

// JSON is a response with a JSON body.
func JSON(status int, body string) model.Response {
	return model.Response{
		Status: status, Proto: "HTTP/1.1", Body: []byte(body), Size: int64(len(body)),
		Headers: []model.Param{{Name: "Content-Type", Value: "application/json"}, {Name: "Date", Value: "Wed, 04 Mar 2026 09:30:00 GMT"}},
		Exchange: model.Exchange{
			Method: "GET", Status: status,
			Timing: model.Timing{Connect: time.Millisecond, Wait: 20 * time.Millisecond, Body: 3 * time.Millisecond, Total: 24 * time.Millisecond},
		},
	}
}
