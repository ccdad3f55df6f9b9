// Package modeltest is what tests of every room share: a fixed clock, fixed ids, hand
// fakes of the ports and a builder of clients. Tests and test helpers import it, nothing
// else does.
//
// It imports model and its use-cases only.
package modeltest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"
	"time"

	"ferry/model"
	"ferry/model/clients"
	"ferry/model/hub"
	"ferry/model/spaces"
)

// Start is what a Clock shows at first.
var Start = time.Date(2026, 3, 4, 9, 30, 0, 0, time.UTC)

// Clock is a clock that a test sets. The zero Clock shows Start.
type Clock struct {
	mu     sync.Mutex
	passed time.Duration
}

// Now is a model.Clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Start.Add(c.passed)
}

// Pass lets time pass.
func (c *Clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.passed += d
}

// IDs makes ids in order: 26 digits. The zero IDs begins at 1.
type IDs struct {
	mu   sync.Mutex
	last int
}

// New is a model.IDs.
func (i *IDs) New(time.Time) model.ID {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.last++
	return model.ID(fmt.Sprintf("%026d", i.last))
}

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

// Alice is who works in a Door's hub.
var Alice = model.Actor{UID: 1000, User: "alice", Slot: "test"}

// Door is a hub.Door on a store that is there already. It is open, unless Passphrase
// asks for one or Fault keeps it shut.
type Door struct {
	Store  model.Store
	Clock  *Clock
	IDs    *IDs
	Source *Source
	Caller *Caller
	Server Server
	Mover  Mover
	Files  Files
	Dir    string // for the journals of transfers; "" keeps none

	Missing    bool   // there is no store until Create is called
	Passphrase string // what opens it; "" when a key file does
	Fault      error  // what Status, FindKey and Open fail with
	Wait       chan struct{}

	mu      sync.Mutex
	created model.Key
	opened  int
}

// NewDoor returns an open door to store, with a fake network behind it.
func NewDoor(store model.Store) *Door {
	clock := &Clock{}
	return &Door{Store: store, Clock: clock, IDs: &IDs{last: 100}, Source: &Source{Clock: clock}, Caller: &Caller{}}
}

// FirstSpace writes the default space, as a new store has it.
func FirstSpace(tx model.Tx) error {
	return spaces.First(tx, "00000000000000000000000001", Start, Alice)
}

// SetFault sets or takes away what the door fails with.
func (d *Door) SetFault(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.Fault = err
}

// Opened is how often somebody tried to open the door.
func (d *Door) Opened() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.opened
}

// Created is the key that the store was made for.
func (d *Door) Created() model.Key {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.created
}

// Status implements hub.Door.
func (d *Door) Status(context.Context) (model.VaultStatus, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.Fault != nil {
		return model.VaultStatus{}, d.Fault
	}
	if d.Missing {
		return model.VaultStatus{}, model.Errorf(model.ENotFound, "there is no store")
	}
	return model.VaultStatus{Path: d.path("ferry.db"), Slots: []model.Slot{{Kind: model.SlotPassphrase}}}, nil
}

func (d *Door) path(name string) string { return "/home/alice/" + name }

// IdentityPath implements hub.Door.
func (d *Door) IdentityPath() string { return d.path(".config/ferry/identity") }

// FindKey implements hub.Door.
func (d *Door) FindKey(context.Context) (model.Key, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.Fault != nil:
		return model.Key{}, d.Fault
	case d.Missing, d.Passphrase != "":
		return model.Key{}, model.Errorf(model.ELocked, "no key was found")
	}
	return model.Key{Identity: model.NewSecret("AGE-SECRET-KEY-1TEST")}, nil
}

// NewIdentity implements hub.Door.
func (d *Door) NewIdentity(context.Context, string) (model.Key, error) {
	return model.Key{Identity: model.NewSecret("AGE-SECRET-KEY-1TEST"), From: d.IdentityPath()}, nil
}

// Create implements hub.Door.
func (d *Door) Create(_ context.Context, key model.Key) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.Missing, d.created, d.Passphrase = false, key, key.Passphrase.Reveal()
	return nil
}

// Open implements hub.Door.
func (d *Door) Open(ctx context.Context, key model.Key) (*hub.Hub, error) {
	d.mu.Lock()
	d.opened++
	fault, missing, want, wait := d.Fault, d.Missing, d.Passphrase, d.Wait
	d.mu.Unlock()
	if wait != nil {
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	switch {
	case fault != nil:
		return nil, fault
	case missing:
		return nil, model.Errorf(model.ENotFound, "there is no store")
	case want != key.Passphrase.Reveal():
		return nil, model.Errorf(model.ELocked, "this key does not open the store")
	}
	return hub.New(ctx, hub.Ports{
		Store: d.Store, Source: d.Source, Caller: d.Caller, Now: d.Clock.Now, NewID: d.IDs.New, Actor: Alice,
		Digest: Digest, Random: new(Random).Bytes, Server: &d.Server,
		Mover: &d.Mover, Files: &d.Files, Dir: d.Dir,
		Close: func() error { return nil },
	}, "")
}

// Digest is a model.KeyDigest without a pepper.
func Digest(text string) [32]byte { return sha256.Sum256([]byte(text)) }

// Random makes bytes that differ from each other and are the same in every run.
type Random struct {
	mu   sync.Mutex
	next byte
}

// Bytes returns n bytes.
func (r *Random) Bytes(n int) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next++
	return bytes.Repeat([]byte{r.next}, n)
}

// Server is a model.ServerProbe that a test sets. The zero Server does not run.
type Server struct {
	mu      sync.Mutex
	running bool
	status  model.ServerStatus
	tail    []model.ServedRequest
}

// Run makes the server answer s; nil stops it.
func (p *Server) Run(s *model.ServerStatus) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running = s != nil; p.running {
		p.status = *s
	}
}

// Status implements model.ServerProbe.
func (p *Server) Status(context.Context) (model.ServerStatus, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.running {
		return model.ServerStatus{}, model.Errorf(model.ENotFound, "no server runs on this store").WithNext("start one with: ferry serve")
	}
	return p.status, nil
}

// Serve makes requests that a tail tells of, after which it ends.
func (p *Server) Serve(requests ...model.ServedRequest) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tail = requests
}

// Tail implements model.ServerProbe.
func (p *Server) Tail(ctx context.Context, f model.TailFilter, each func(model.ServedRequest) error) error {
	if _, err := p.Status(ctx); err != nil {
		return err
	}
	p.mu.Lock()
	tail := p.tail
	p.mu.Unlock()
	for i := range tail {
		r := &tail[i]
		if f.Client != "" && !strings.EqualFold(f.Client, r.Upstream) || f.Class != 0 && r.Status/100 != f.Class {
			continue
		}
		if err := each(*r); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// OAuth returns the draft of a client with OAuth 2.0 and a secret.
func OAuth(name, baseURL string) clients.Draft {
	return clients.Draft{
		Name: name, BaseURL: baseURL, Method: model.AuthOAuth2, TokenURL: baseURL + "/oauth2/token",
		ClientID: "hub", ClientSecret: clients.Set("s3cret-" + name),
	}
}

// NoAuth returns the draft of a client without authentication.
func NoAuth(name, baseURL string) clients.Draft { return clients.Draft{Name: name, BaseURL: baseURL} }
