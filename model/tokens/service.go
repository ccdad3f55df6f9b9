// Package tokens holds every rule about outbound access tokens: when a cached one may
// be used, who fetches a new one, how credentials are sent, and which failures are
// remembered.
//
// It imports model only; the wire is behind model.TokenSource.
package tokens

import (
	"context"
	"errors"
	"time"

	"ferry/model"
	"ferry/model/clients"
)

// Service is the use-cases on access tokens.
type Service struct {
	store  model.Store
	source model.TokenSource
	now    model.Clock
	newID  model.IDs
}

// New returns the use-cases on store and source.
func New(store model.Store, source model.TokenSource, now model.Clock, newID model.IDs) *Service {
	return &Service{store: store, source: source, now: now, newID: newID}
}

// Result is a token and how it came about.
type Result struct {
	Token    model.Token
	Cached   bool           // no request was made
	Exchange model.Exchange // the last exchange with the token endpoint, masked; also beside an error
}

// failureLife is how long a failed fetch answers for those who waited for it or come
// right after it, so that a failing endpoint is asked about once a second.
const failureLife = time.Second

// Get returns a valid token of c: the cached one while it is fresh, else a new one.
// Concurrent callers, in this process and others, share one fetch. With fresh, a new
// token is fetched whatever is cached, and a secret that was rejected is sent again.
//
// EDisabled, EIncomplete, EInvalid (no OAuth 2.0), ERejected, EUpstream, EUnreachable,
// ETimeout, EInterrupted.
func (s *Service) Get(ctx context.Context, space model.Space, c *model.Client, fresh bool) (Result, error) {
	if err := usable(c); err != nil {
		return Result{}, err
	}
	began, identity := s.now(), Identity(c)
	if st, err := s.state(ctx, c); err != nil {
		return Result{}, err
	} else if res, done, err := s.fromCache(c, st, identity, fresh, began); done {
		return res, err
	}
	unlock, err := s.store.Lock(ctx, "token-"+string(c.ID))
	if model.CodeOf(err) == model.EInterrupted {
		return Result{}, err
	}
	if err == nil { // without the lock there may be two fetches, which does no harm
		defer unlock()
	}
	st, err := s.state(ctx, c)
	if err != nil {
		return Result{}, err
	}
	if res, done, err := s.fromCache(c, st, identity, fresh, began); done {
		return res, err
	}
	return s.fetchAndKeep(ctx, space, c, st, identity)
}

func usable(c *model.Client) error {
	if !c.UsesOAuth() {
		return model.Errorf(model.EInvalid, "%q has no authentication, so it has no token", c.Name).
			WithField("auth").WithNext("ferry client update %s --auth oauth2 …", c.Name)
	}
	return clients.RequireUsable(c)
}

func (s *Service) state(ctx context.Context, c *model.Client) (st model.TokenState, err error) {
	err = s.store.View(ctx, func(tx model.Tx) (err error) {
		st, err = tx.Tokens().Get(c.ID)
		return err
	})
	return st, err
}

// fromCache answers from the cached state where that is allowed. A fresh demand takes
// only what another caller fetched after it was made.
func (s *Service) fromCache(c *model.Client, st model.TokenState, identity string, fresh bool, began time.Time) (Result, bool, error) {
	if st.Identity != identity {
		return Result{}, false, nil
	}
	now := s.now()
	res := Result{Token: st.Token, Cached: true, Exchange: st.Exchange}
	switch {
	case st.Failed != nil && now.Before(st.Failed.Until) && (!fresh || st.Exchange.At.After(began)):
		res.Token = model.Token{}
		return res, true, &model.Error{Code: st.Failed.Code, Message: st.Failed.Message, Next: st.Failed.Next}
	case fresh:
		return res, st.Token.Access.IsSet() && st.Token.Fetched.After(began), nil
	case st.Token.Fresh(now):
		return res, true, nil
	case st.Rejected:
		res.Token = model.Token{}
		return res, true, rejected(c, st)
	}
	return Result{}, false, nil
}

func rejected(c *model.Client, st model.TokenState) error {
	reason := "it was rejected before"
	if st.Failed != nil {
		reason = st.Failed.Message
	}
	return model.Errorf(model.ERejected, "the credentials of %q are not sent again: %s", c.Name, reason).
		WithNext("give the right secret (ferry client update %s --client-secret-file FILE), or send this one once more with --fresh", c.Name)
}

// fetchAndKeep fetches a token and stores the outcome, good or bad, with its audit
// entry. What was fetched is stored even when the caller is gone by then.
func (s *Service) fetchAndKeep(ctx context.Context, space model.Space, c *model.Client, st model.TokenState, identity string) (Result, error) {
	if st.Identity != identity {
		st = model.TokenState{WorkedAs: st.WorkedAs, Identity: identity, Client: c.ID}
	}
	token, exchange, err := s.fetch(ctx, c, st.WorkedAs)
	if model.CodeOf(err) == model.EInterrupted {
		return Result{Exchange: exchange}, err
	}
	now := s.now()
	st.Exchange, st.Failed, st.Rejected = exchange, nil, false
	if err != nil {
		e := model.AsError(err)
		st.Failed = &model.Failure{Code: e.Code, Message: e.Message, Next: e.Next, Until: now.Add(failureLife)}
		st.Rejected = isRejection(err)
		if st.Rejected || !st.Token.Fresh(now) {
			st.Token = model.Token{}
		}
	} else {
		st.Token, st.WorkedAs = token, token.SentAs
	}
	keepCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if kerr := s.keep(keepCtx, space, c, st, err); kerr != nil && err == nil {
		return Result{Token: token, Exchange: exchange}, kerr
	}
	return Result{Token: token, Exchange: exchange}, err
}

// isRejection reports whether the endpoint refused the credentials themselves.
func isRejection(err error) bool {
	var g *model.GrantError
	return errors.As(err, &g) && (g.Code == "invalid_client" || g.Code == "invalid_grant" || g.Code == "unauthorized_client")
}

// keep stores the state, what lists show of it, and who did it, in one transaction. A
// client that was deleted meanwhile leaves nothing behind.
func (s *Service) keep(ctx context.Context, space model.Space, c *model.Client, st model.TokenState, failed error) error {
	now := s.now()
	entry := s.entry(ctx, space, c, now, "token.fetch")
	if failed != nil {
		entry.Changes = []model.Change{{Field: "failed", To: string(model.CodeOf(failed))}}
	}
	return s.store.Update(ctx, func(tx model.Tx) error {
		if _, err := tx.Clients().Get(c.Space, c.ID); err != nil {
			return err
		}
		if err := tx.Tokens().Put(st); err != nil {
			return err
		}
		run, err := tx.Runtimes().Get(c.Space, c.ID)
		if err != nil {
			return err
		}
		run.Client, run.TokenFailed = c.ID, failed != nil
		run.TokenFetched, run.TokenExpires = st.Token.Fetched, st.Token.Expires
		if err := tx.Runtimes().Put(c.Space, run); err != nil {
			return err
		}
		return tx.Audit().Append(entry)
	})
}

func (s *Service) entry(ctx context.Context, space model.Space, c *model.Client, at time.Time, action string) model.AuditEntry {
	return model.AuditEntry{
		ID: s.newID(at), At: at, Actor: model.ActorFrom(ctx), Action: action,
		Space: space.Name, In: space.ID, Target: c.ID, Name: c.Name,
	}
}
