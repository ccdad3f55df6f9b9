// Package calls holds every rule about test calls: who may make one, how a refused
// token is renewed, and what is remembered of a call.
//
// It imports model only; the wire is behind model.Caller.
package calls

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"ferry/model"
	"ferry/model/clients"
	"ferry/model/spaces"
	"ferry/model/tokens"
)

// Service is the use-cases on calls.
type Service struct {
	store  model.Store
	tokens *tokens.Service
	caller model.Caller
	now    model.Clock
	newID  model.IDs
}

// New returns the use-cases on store, tokens and caller.
func New(store model.Store, tok *tokens.Service, caller model.Caller, now model.Clock, newID model.IDs) *Service {
	return &Service{store: store, tokens: tok, caller: caller, now: now, newID: newID}
}

// Do makes one authorised call. When the answer to a cached token is 401, the token is
// dropped and the call repeated once with a new one. Confirm is the client's name
// where a protected client's data would be changed.
//
// EDisabled (the client, or for a call that may change data its space), EIncomplete,
// EProtected, EInvalid, whatever fetching a token may return, EUnreachable, ETimeout,
// EInterrupted, EUpstream. An HTTP error status is no error.
func (s *Service) Do(ctx context.Context, space model.Space, c *model.Client, r model.Request, confirm string) (model.Response, error) {
	if err := clients.RequireUsable(c); err != nil {
		return model.Response{}, err
	}
	r.Method = strings.ToUpper(r.Method)
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	if !r.Safe() {
		if err := s.mayChange(ctx, space, c, confirm); err != nil {
			return model.Response{}, err
		}
	}
	began := s.now()
	resp, err := s.do(ctx, space, c, r)
	if code := model.CodeOf(err); code != model.EInvalid {
		s.remember(ctx, space, c, r, began, resp, err)
	}
	return resp, err
}

// mayChange is the rule of a call that may change data. The space is looked at as it is
// stored now too: a console may be open since before it was protected.
func (s *Service) mayChange(ctx context.Context, space model.Space, c *model.Client, confirm string) error {
	var live model.Space
	err := s.store.View(ctx, func(tx model.Tx) (err error) {
		live, err = spaces.Live(tx, space.ID)
		return err
	})
	if err != nil {
		return err
	}
	return model.RequireName(live.Protected || space.Protected || c.Protected, c.Name, confirm)
}

func (s *Service) do(ctx context.Context, space model.Space, c *model.Client, r model.Request) (model.Response, error) {
	return s.authorised(ctx, c, r, stored{s.tokens, space, c})
}

// bearer is where a call has its token from.
type bearer interface {
	token(ctx context.Context) (tokens.Result, error)
	drop(ctx context.Context, t model.Token) error
}

// stored is the token that the store keeps for a client.
type stored struct {
	tokens *tokens.Service
	space  model.Space
	client *model.Client
}

func (b stored) token(ctx context.Context) (tokens.Result, error) {
	return b.tokens.Get(ctx, b.space, b.client, false)
}

func (b stored) drop(ctx context.Context, t model.Token) error {
	return b.tokens.Drop(ctx, b.client, t)
}

// authorised makes a call with a token of its client, and once more with a renewed one
// when the token was not new and the answer is 401.
func (s *Service) authorised(ctx context.Context, c *model.Client, r model.Request, from bearer) (model.Response, error) {
	if !c.UsesOAuth() {
		return s.caller.Do(ctx, *c, model.Token{}, r)
	}
	tok, err := from.token(ctx)
	if err != nil {
		return model.Response{Exchange: tok.Exchange}, err
	}
	resp, err := s.caller.Do(ctx, *c, tok.Token, r)
	if err != nil || resp.Status != http.StatusUnauthorized || !tok.Cached || carriesOwn(r) {
		return resp, err
	}
	if err := from.drop(ctx, tok.Token); err != nil || r.Stream != nil {
		return resp, err // what can be sent once only is not sent again: the next call has a new token
	}
	if tok, err = from.token(ctx); err != nil {
		return resp, err
	}
	resp, err = s.caller.Do(ctx, *c, tok.Token, r)
	resp.Retried = true
	return resp, err
}

// carriesOwn reports whether the request brings its own Authorization, so that a
// renewed token would change nothing.
func carriesOwn(r model.Request) bool {
	for _, h := range r.Headers {
		if strings.EqualFold(h.Name, "Authorization") {
			return true
		}
	}
	return false
}

// remember writes the call to the client's history and run-time state, and to the
// audit log when it may have changed data. A call that was made stays made when that
// fails, so the failure is only logged.
func (s *Service) remember(ctx context.Context, space model.Space, c *model.Client, r model.Request, began time.Time, resp model.Response, failed error) {
	now := s.now()
	path, _, _ := strings.Cut(r.Path, "?")
	h := model.HistoryEntry{
		ID: s.newID(now), Client: c.ID, At: began, Method: r.Method, Path: plainPath(r.Path), Query: plain(r.Query),
		Headers: plain(r.Headers), Status: resp.Status, Code: model.CodeOf(failed),
		Duration: now.Sub(began), Size: resp.Size,
	}
	entry := model.AuditEntry{
		ID: s.newID(now), At: now, Actor: model.ActorFrom(ctx), Action: "call." + strings.ToLower(r.Method),
		Space: space.Name, In: space.ID, Target: c.ID, Name: c.Name, Changes: []model.Change{{Field: "path", To: path}},
	}
	keepCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	err := s.store.Update(keepCtx, func(tx model.Tx) error {
		live, err := tx.Clients().Get(c.Space, c.ID)
		if err != nil {
			return err
		}
		h.Body = keptBody(&live, r.Body)
		run, err := tx.Runtimes().Get(c.Space, c.ID)
		if err != nil {
			return err
		}
		run.Client, run.LastCallAt, run.LastStatus, run.LastCode = c.ID, now, resp.Status, h.Code
		if err := tx.Runtimes().Put(c.Space, run); err != nil {
			return err
		}
		if err := tx.History().Append(h); err != nil {
			return err
		}
		if r.Safe() {
			return nil
		}
		return tx.Audit().Append(entry)
	})
	if err != nil {
		slog.WarnContext(ctx, "call not remembered", "client", c.ID, "err", err)
	}
}

// plain returns the headers or query parameters that may be remembered: those whose
// name does not say that they carry a credential.
func plain(ps []model.Param) []model.Param {
	var out []model.Param
	for _, p := range ps {
		if !clients.SecretByName(p.Name) {
			out = append(out, p)
		}
	}
	return out
}

// plainPath returns a path without the query parameters that may not be remembered.
func plainPath(path string) string {
	path, query, has := strings.Cut(path, "?")
	if !has {
		return path
	}
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if decoded, err := url.QueryUnescape(name); err == nil {
			name = decoded
		}
		if !clients.SecretByName(name) {
			kept = append(kept, pair)
		}
	}
	if len(kept) == 0 {
		return path
	}
	return path + "?" + strings.Join(kept, "&")
}

// History returns the remembered calls of a client, newest first.
func (s *Service) History(ctx context.Context, c *model.Client) ([]model.HistoryEntry, error) {
	var out []model.HistoryEntry
	err := s.store.View(ctx, func(tx model.Tx) (err error) {
		out, err = tx.History().List(c.ID)
		return err
	})
	return out, err
}

// Probe is the outcome of testing a connection.
type Probe struct {
	Token    tokens.Result  // when the client uses OAuth 2.0
	Response model.Response // of a GET of the base URL; Status 0 when it was not reached
}

// Test tries a client that may not be saved yet: a token where it uses OAuth 2.0, then
// a GET of its base URL. Nothing is stored. Any HTTP status counts as reached.
func (s *Service) Test(ctx context.Context, c *model.Client) (Probe, error) {
	var p Probe
	if err := clients.RequireUsable(c); err != nil {
		return p, err
	}
	if c.UsesOAuth() {
		var err error
		if p.Token, err = s.tokens.Try(ctx, c); err != nil {
			return p, err
		}
	}
	var err error
	p.Response, err = s.caller.Do(ctx, *c, p.Token.Token, model.Request{Method: http.MethodGet})
	return p, err
}
