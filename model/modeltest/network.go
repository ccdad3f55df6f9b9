package modeltest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"ferry/model"
)

// Source is a model.TokenSource that issues tokens of ten minutes, or fails with Err.
type Source struct {
	Clock *Clock
	Life  time.Duration // 0 means ten minutes

	mu      sync.Mutex
	err     error
	fetched int
}

// Fail makes every later fetch fail with err; nil makes them work again.
func (s *Source) Fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

// Fetched is how many token requests were made.
func (s *Source) Fetched() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fetched
}

// Discover implements model.TokenSource.
func (s *Source) Discover(_ context.Context, c model.Client) (model.Metadata, error) {
	return model.Metadata{Issuer: c.Auth.Issuer, TokenURL: c.Auth.Issuer + "/token"}, nil
}

// Fetch implements model.TokenSource.
func (s *Source) Fetch(_ context.Context, r model.TokenRequest) (model.Token, model.Exchange, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fetched++
	now, life := s.Clock.Now(), s.Life
	if life == 0 {
		life = 10 * time.Minute
	}
	x := model.Exchange{At: now, Method: "POST", URL: r.TokenURL, Status: 200}
	if s.err != nil {
		x.Status = 401
		return model.Token{}, x, s.err
	}
	return model.Token{
		Access: model.NewSecret(fmt.Sprintf("token-%d", s.fetched)), Type: "Bearer", Fetched: now, Expires: now.Add(life), SentAs: r.Send,
	}, x, nil
}

// Revoke implements model.TokenSource.
func (s *Source) Revoke(context.Context, model.Client, string, model.ClientAuth, model.Token) (model.Exchange, error) {
	return model.Exchange{At: s.Clock.Now(), Method: "POST", Status: 200}, nil
}

// StartDevice implements model.TokenSource.
func (s *Source) StartDevice(context.Context, model.Client, string, model.ClientAuth) (model.DeviceCode, model.Exchange, error) {
	now := s.Clock.Now()
	return model.DeviceCode{
		Code: model.NewSecret("device-1"), UserCode: "WDJB-MJHT", URL: "https://sign.in.example.com/device", Expires: now.Add(10 * time.Minute), Interval: 5 * time.Second,
	}, model.Exchange{At: now, Method: "POST", Status: 200}, nil
}

// Introspect implements model.TokenSource.
func (s *Source) Introspect(context.Context, model.Client, string, model.ClientAuth, model.Token) (string, model.Exchange, error) {
	return "{\n  \"active\": true\n}", model.Exchange{At: s.Clock.Now(), Method: "POST", Status: 200}, nil
}

// Decode implements model.TokenSource.
func (s *Source) Decode(context.Context, model.Client, string, model.Token) model.Claims {
	return model.Claims{Opaque: true, Verdict: model.VerdictOpaque}
}

// Caller is a model.Caller that answers every request with Answer.
type Caller struct {
	mu     sync.Mutex
	Answer model.Response
	calls  []model.Request
}

// Do implements model.Caller.
func (c *Caller) Do(_ context.Context, _ model.Client, _ model.Token, r model.Request) (model.Response, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls = append(c.calls, r)
	if c.Answer.Status == 0 {
		return model.Response{Status: 200, Proto: "HTTP/1.1", Body: []byte("{}"), Size: 2}, nil
	}
	return c.Answer, nil
}

// Calls are the requests that were made.
func (c *Caller) Calls() []model.Request {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]model.Request(nil), c.calls...)
}
