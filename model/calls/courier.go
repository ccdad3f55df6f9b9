package calls

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"ferry/model"
	"ferry/model/tokens"
)

// Courier returns a model.Courier for a client until ctx ends: for the gateway, which makes
// requests of others with a client's credentials. The rule about protected clients is not
// asked here: whoever was given the permission to call one was given it on purpose.
//
// ENotFound. A client that may not be used is no error here: each Pass says so until it may.
// The client of a Pass is shared: nobody changes what its slices hold. The courier is an
// io.Closer that writes the last call at once, for whoever closes the store after it.
func (s *Service) Courier(ctx context.Context, space model.Space, client model.ID) (model.Courier, error) {
	watching, stop := context.WithCancel(ctx)
	l, err := s.watched(watching, space.ID, client)
	if err == nil {
		err = s.store.View(ctx, func(tx model.Tx) error {
			c, err := tx.Clients().Get(space.ID, client)
			l.name = c.Name
			return err
		})
	}
	if err != nil {
		stop()
		return nil, err
	}
	context.AfterFunc(ctx, func() {
		stop()
		_ = l.Close()
	})
	return &courier{l: l, ctx: ctx}, nil
}

// courier is a model.Courier over what a link knows. A token is passed on for longer than
// model.Token.RenewAt says, which is made for those who use one for a while: here each request
// takes what is there, and only has to reach the API in time. A token that is due goes on while
// one request for the next is under way, so that nobody waits for it; see carry.
type courier struct {
	l   *link
	ctx context.Context // of fetches: whoever needs a token first may hang up

	carried atomic.Pointer[carried]

	mu      sync.Mutex
	flight  *flight
	refused model.Secret // the last token that the API did not take
	again   time.Time    // after a renewal that failed, not before
}

// carried is a token with the identity of the client that it is of. It does not change.
type carried struct {
	token    model.Token
	identity string
	due      time.Time // when another is fetched; zero, as until, where only Fresh tells
	until    time.Time // passed on until then
}

// flight is one fetch of a token. What it came to may be read when done is closed.
type flight struct {
	done     chan struct{}
	identity string
	got      *carried
	err      error
}

// Pass implements model.Courier.
func (c *courier) Pass(ctx context.Context) (model.Client, model.Token, error) {
	for {
		is, err := c.l.current(ctx)
		if err != nil {
			return model.Client{}, model.Token{}, err
		}
		if !is.client.UsesOAuth() {
			return is.client, model.Token{}, nil
		}
		now := c.l.s.now()
		has := c.carried.Load()
		if has.fresh(now, is.identity) {
			return is.client, has.token, nil
		}
		if has.valid(now, is.identity) {
			c.renew(is, now)
			return is.client, has.token, nil
		}
		f := c.fetch(is)
		select {
		case <-f.done:
		case <-ctx.Done():
			return model.Client{}, model.Token{}, model.AsError(ctx.Err())
		}
		// A fetch of before an edit says nothing about the client as it is now.
		if f.identity == is.identity {
			if f.err != nil {
				return model.Client{}, model.Token{}, f.err
			}
			return is.client, f.got.token, nil
		}
	}
}

func (t *carried) fresh(now time.Time, identity string) bool {
	switch {
	case t == nil || t.identity != identity:
		return false
	case t.token.Fresh(now):
		return true
	}
	return !now.Before(t.token.RenewAt()) && now.Before(t.due) && now.Before(t.until)
}

func (t *carried) valid(now time.Time, identity string) bool {
	return t != nil && t.identity == identity && !now.Before(t.due) && now.Before(t.until)
}

// rest is how long a token that is passed on no more still lives, for the little while before
// it is due.
func (t *carried) rest(now time.Time, identity string) time.Duration {
	if t == nil || t.identity != identity || now.Before(t.until) {
		return 0
	}
	return max(0, t.due.Sub(now))
}

// carry says how long a token may be passed on: it is due when a tenth of its life is left, a
// minute at most, and goes on for half of that. Where a tenth is so short that a renewal which
// fails could not be tried again, there is nothing to win by asking early: the token is due at
// its end, so that there is never more than one fetch a life, and whoever comes in the last
// fortieth of it, which a request may need to reach the API, waits for the next.
func carry(t model.Token, identity string) *carried {
	out := &carried{token: t, identity: identity}
	life := t.Life()
	if life <= 0 {
		return out
	}
	early := min(life/10, time.Minute)
	out.due, out.until = t.Expires.Add(-early), t.Expires.Add(-early/2)
	if early < renewPause {
		out.due, out.until = t.Expires, t.Expires.Add(-life/40)
	}
	return out
}

// renewPause is how long a renewal that failed is not tried again while there is a valid token.
const renewPause = time.Second

// renew fetches another token in the background.
func (c *courier) renew(is *standing, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.flight == nil && !now.Before(c.again) {
		c.start(is)
	}
}

// fetch returns the fetch that is under way, or a new one.
func (c *courier) fetch(is *standing) *flight {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.flight == nil {
		if has := c.carried.Load(); has.fresh(c.l.s.now(), is.identity) { // it ended just now
			f := &flight{done: make(chan struct{}), identity: is.identity, got: has}
			close(f.done)
			return f
		}
		c.start(is)
	}
	return c.flight
}

// start begins a fetch; c.mu is held.
func (c *courier) start(is *standing) {
	f := &flight{done: make(chan struct{}), identity: is.identity}
	c.flight = f
	rest := c.carried.Load().rest(c.l.s.now(), is.identity)
	go func() {
		defer close(f.done)
		res, err := c.ask(is, rest)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.flight = nil
		if f.err = err; err != nil {
			c.again = c.l.s.now().Add(renewPause)
			return
		}
		f.got = carry(res.Token, is.identity)
		c.carried.Store(f.got)
	}()
}

// ask asks the link, after a rest, for a token that was not refused. One may be refused between
// being found and being carried.
func (c *courier) ask(is *standing, rest time.Duration) (tokens.Result, error) {
	if rest > 0 {
		if err := pause(c.ctx, rest); err != nil {
			return tokens.Result{}, model.AsError(err)
		}
	}
	from := linked{c.l, is}
	res, err := from.token(c.ctx)
	if err != nil || !c.wasRefused(res.Token) {
		return res, err
	}
	if err := from.drop(c.ctx, res.Token); err != nil {
		return res, err
	}
	return from.token(c.ctx)
}

func (c *courier) wasRefused(t model.Token) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.refused.IsSet() && c.refused.Equal(t.Access)
}

// Refused implements model.Courier. Of many requests that are refused at once the first drops
// the token; for the others there is another by then, or none.
func (c *courier) Refused(ctx context.Context, t model.Token) error {
	if !t.Access.IsSet() {
		return nil
	}
	c.mu.Lock()
	c.refused = t.Access
	if has := c.carried.Load(); has != nil && has.token.Access.Equal(t.Access) {
		c.carried.Store(nil)
	}
	c.mu.Unlock()
	is, err := c.l.current(ctx)
	if err != nil {
		return err
	}
	return linked{c.l, is}.drop(ctx, t)
}

// Close implements io.Closer. Passes go on until the context ends.
func (c *courier) Close() error { return c.l.Close() }

// Note implements model.Courier.
func (c *courier) Note(at time.Time, status int, code model.Code) {
	if c.ctx.Err() != nil || !c.l.due(model.Runtime{LastCallAt: at, LastStatus: status, LastCode: code}) {
		return
	}
	select {
	case c.l.noted <- struct{}{}:
		go func() {
			c.l.write(c.ctx)
			<-c.l.noted
		}()
	default: // somebody writes it
	}
}
