// Package tokens holds every rule about outbound access tokens: when a cached one may
// be used, who fetches a new one, how credentials are sent, and which failures are
// remembered.
//
// It imports model only; the wire is behind model.TokenSource.
package tokens

import (
	"context"
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
	wait   func(context.Context, time.Duration) error // between polls of the device grant
}

// New returns the use-cases on store and source.
func New(store model.Store, source model.TokenSource, now model.Clock, newID model.IDs) *Service {
	return &Service{store: store, source: source, now: now, newID: newID, wait: pause}
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
// ETimeout, EInterrupted; EPermission when the device grant needs a person (NeedsPerson).
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
		st = model.TokenState{}
	}
	now := s.now()
	res := Result{Token: st.Token, Cached: true, Exchange: st.Exchange}
	without := Result{Cached: true, Exchange: st.Exchange}
	alone := c.Auth.Grant == model.GrantDevice && !st.Token.Refresh.IsSet()
	switch {
	case !alone && st.Failed != nil && now.Before(st.Failed.Until) && (!fresh || st.Exchange.At.After(began)):
		return without, true, &model.Error{Code: st.Failed.Code, Message: st.Failed.Message, Next: st.Failed.Next}
	case fresh && st.Token.Access.IsSet() && st.Token.Fetched.After(began):
		return res, true, nil
	case !fresh && st.Token.Fresh(now):
		return res, true, nil
	case alone:
		return without, true, person(c, whyAlone(&st), nil)
	case !fresh && st.Rejected:
		return without, true, rejected(c, st)
	}
	return Result{}, false, nil
}

func rejected(c *model.Client, st model.TokenState) error {
	reason := "it was rejected before"
	if st.Failed != nil {
		reason = st.Failed.Message
	}
	return model.Errorf(model.ERejected, "the credentials of %q are not sent again: %s", c.Name, reason).
		WithNext("give the right secret (ferry client update %s %s), or send this one once more with --fresh", c.Name, credentialFlag(c))
}

// credentialFlag is the flag that replaces what c authenticates with.
func credentialFlag(c *model.Client) string {
	switch c.Auth.Send {
	case model.SendKey:
		return "--key-file FILE"
	case model.SendTLS:
		return "--cert-file FILE --cert-key-file FILE"
	}
	return "--client-secret-file FILE"
}

// fetchAndKeep fetches a token and stores the outcome, good or bad, with its audit
// entry. What was fetched is stored even when the caller is gone by then.
func (s *Service) fetchAndKeep(ctx context.Context, space model.Space, c *model.Client, st model.TokenState, identity string) (Result, error) {
	if st.Identity != identity {
		st = model.TokenState{WorkedAs: st.WorkedAs}
	}
	a := s.fetch(ctx, c, &st)
	res := Result{Token: a.token, Exchange: a.last()}
	if model.CodeOf(a.err) == model.EInterrupted {
		return res, a.err
	}
	if err := s.keep(ctx, space, c, "token.fetch", &a); err != nil && a.err == nil {
		return res, err
	}
	return res, a.err
}
