package tokens

import (
	"context"
	"errors"
	"time"

	"ferry/model"
)

// Login is what a person needs to allow a client of the device grant (RFC 8628 §3.3).
type Login struct {
	Device   model.DeviceCode
	tokenURL string
	send     model.ClientAuth
	issuer   string
	began    time.Time
}

// How the token endpoint is polled (RFC 8628 §3.5), and how long a code lives whose end
// the server does not tell.
const (
	pollEvery  = 5 * time.Second
	slowDown   = 5 * time.Second
	pollAtMost = time.Minute // after failures of the network, each of which doubles the interval
	codeLife   = 10 * time.Minute
)

var errPerson = errors.New("a person must sign in")

// NeedsPerson reports whether err says that a person must sign in (StartLogin).
func NeedsPerson(err error) bool { return errors.Is(err, errPerson) }

func person(c *model.Client, why string, cause error) error {
	return model.Errorf(model.EPermission, "%q needs a person to sign in: %s", c.Name, why).
		WithNext("run it on a terminal: ferry token %s", c.Name).WithCause(errors.Join(errPerson, cause))
}

func whyAlone(st *model.TokenState) string {
	switch {
	case st.Failed != nil && st.Failed.Code == model.EPermission:
		return "its refresh token was refused"
	case st.Token.Access.IsSet():
		return "it has no refresh token"
	}
	return "nobody has signed in yet"
}

// StartLogin asks for a code and a URL to show to a person. EInvalid when c does not use
// the device grant, or no device authorization endpoint is known.
func (s *Service) StartLogin(ctx context.Context, space model.Space, c *model.Client) (Login, error) {
	if err := usable(c); err != nil {
		return Login{}, err
	}
	if c.Auth.Grant != model.GrantDevice {
		return Login{}, model.Errorf(model.EInvalid, "%q does not use the device grant, so nobody signs in for it", c.Name).
			WithField("grant").WithNext("ferry token %s", c.Name)
	}
	st, err := s.state(ctx, c)
	if err != nil {
		return Login{}, err
	}
	l, a := Login{began: s.now()}, asked{}
	a.err = s.authorizeDevice(ctx, c, st.WorkedAs, &l, &a)
	switch {
	case model.CodeOf(a.err) == model.EInterrupted:
		return Login{}, a.err
	case a.err != nil:
		_ = s.keep(ctx, space, c, "token.login", &a) // the failure itself is what counts
		return Login{}, a.err
	}
	return l, s.note(ctx, c, a.exchanges)
}

func (s *Service) authorizeDevice(ctx context.Context, c *model.Client, worked model.ClientAuth, l *Login, a *asked) error {
	meta, err := s.metadata(ctx, c, a)
	if err == nil && meta.DeviceURL == "" && c.Auth.Issuer != "" {
		meta, err = s.discover(ctx, c, a)
	}
	if err != nil {
		return err
	}
	if meta.DeviceURL == "" {
		return model.Errorf(model.EInvalid, "no device authorization endpoint is known for %q", c.Name).
			WithField("device_url").WithNext("give it: ferry client update %s --device-url URL", c.Name)
	}
	l.tokenURL, l.issuer = meta.TokenURL, meta.Issuer
	return inTurn(c, meta, worked, func(send model.ClientAuth) error {
		code, x, err := s.source.StartDevice(ctx, *c, meta.DeviceURL, send)
		l.Device, l.send, a.exchanges = code, send, append(a.exchanges, x)
		return err
	})
}

// note remembers exchanges that changed nothing else.
func (s *Service) note(ctx context.Context, c *model.Client, exchanges []model.Exchange) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepWithin)
	defer cancel()
	identity := Identity(c)
	return s.store.Update(ctx, func(tx model.Tx) error {
		live, err := tx.Clients().Get(c.Space, c.ID)
		if err != nil || Identity(&live) != identity {
			return err
		}
		_, err = s.change(tx, c.ID, identity, func(st *model.TokenState) { remember(st, exchanges) })
		return err
	})
}

// WaitLogin polls the token endpoint, no faster than it allows (RFC 8628 §3.5), until the
// person has decided, the code has expired, or ctx ends; the token is cached and its
// refresh token kept. EUpstream when the person refused or was too late. Somebody who
// signs in elsewhere meanwhile ends it too.
func (s *Service) WaitLogin(ctx context.Context, space model.Space, c *model.Client, l Login) (Result, error) {
	ends, interval := l.Device.Expires, l.Device.Interval
	if ends.IsZero() {
		ends = l.began.Add(codeLife)
	}
	if interval <= 0 {
		interval = pollEvery
	}
	for {
		left := ends.Sub(s.now())
		if err := s.wait(ctx, max(min(interval, left), 0)); err != nil {
			return Result{}, model.AsError(err)
		}
		if left <= interval { // the code ended during the wait
			a := asked{err: tooLate(c, nil)}
			_ = s.keep(ctx, space, c, "token.login", &a)
			return Result{}, a.err
		}
		if res, there, err := s.elsewhere(ctx, c, l); there || err != nil {
			return res, err
		}
		res, after, err := s.poll(ctx, space, c, l, interval)
		if after == 0 {
			return res, err
		}
		interval = after
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// elsewhere is the token of a person who signed in at another console or terminal since
// the login began.
func (s *Service) elsewhere(ctx context.Context, c *model.Client, l Login) (Result, bool, error) {
	st, err := s.state(ctx, c)
	if err != nil || st.Identity != Identity(c) || !st.Token.Fetched.After(l.began) || !st.Token.Fresh(s.now()) {
		return Result{}, false, err
	}
	return Result{Token: st.Token, Cached: true, Exchange: st.Exchange}, true, nil
}

// poll asks once. Until somebody has decided it returns how long to wait before the next
// time; 0 means that it is over. Polls that say nothing new are not remembered.
func (s *Service) poll(ctx context.Context, space model.Space, c *model.Client, l Login, interval time.Duration) (Result, time.Duration, error) {
	token, x, err := s.source.Fetch(ctx, model.TokenRequest{
		Client: *c, TokenURL: l.tokenURL, Send: l.send, Issuer: l.issuer, Device: l.Device.Code,
	})
	var g *model.GrantError
	switch code := model.CodeOf(err); {
	case err == nil, code == model.EInterrupted:
	case code == model.ETimeout, code == model.EUnreachable:
		return Result{}, max(interval, min(2*interval, pollAtMost)), nil
	case errors.As(err, &g):
		switch {
		case g.Code == "authorization_pending":
			return Result{}, interval, nil
		case g.Code == "slow_down":
			return Result{}, interval + slowDown, nil
		case g.Code == "access_denied":
			err = model.Errorf(model.EUpstream, "the request of %q was refused by the person", c.Name).
				WithNext("ask again: ferry token %s", c.Name).WithCause(err)
		case g.Code == "expired_token":
			err = tooLate(c, err)
		case g.Status == 429 || g.Status >= 500:
			return Result{}, max(interval, min(2*interval, pollAtMost)), nil
		}
	}
	res := Result{Token: token, Exchange: x}
	if model.CodeOf(err) == model.EInterrupted {
		return res, 0, err
	}
	a := asked{token: token, exchanges: []model.Exchange{x}, err: err}
	if kerr := s.keep(ctx, space, c, "token.login", &a); kerr != nil && err == nil {
		return res, 0, kerr
	}
	return res, 0, err
}

func tooLate(c *model.Client, cause error) error {
	return model.Errorf(model.EUpstream, "nobody allowed %q before its code expired", c.Name).
		WithNext("ask for a new code: ferry token %s", c.Name).WithCause(cause)
}
