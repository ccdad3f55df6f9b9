package tokens

import (
	"context"
	"errors"
	"slices"
	"time"

	"ferry/model"
)

// asked is what asking the authorization server came to.
type asked struct {
	token     model.Token
	exchanges []model.Exchange // oldest first
	spent     model.Secret     // the refresh token that was refused
	err       error
}

func (a *asked) last() model.Exchange {
	if len(a.exchanges) == 0 {
		return model.Exchange{}
	}
	return a.exchanges[len(a.exchanges)-1]
}

// fetch asks the token endpoint: once, or twice when the way to send credentials is
// *auto*, nothing is known about the endpoint, and it answers invalid_client to the
// header. A 503 or a time-out is never asked a second time. For the device grant it
// uses the refresh token of st, which must be there.
func (s *Service) fetch(ctx context.Context, c *model.Client, st *model.TokenState) (a asked) {
	req := model.TokenRequest{Client: *c}
	if c.Auth.Grant == model.GrantDevice {
		req.Refresh = st.Token.Refresh
	}
	if req.Refresh.IsSet() {
		var cancel context.CancelFunc
		ctx, cancel = lingering(ctx)
		defer cancel()
	}
	meta, err := s.metadata(ctx, c, &a)
	if err != nil {
		a.err = err
		return a
	}
	req.TokenURL, req.Issuer = meta.TokenURL, meta.Issuer
	a.err = inTurn(c, meta, st.WorkedAs, func(send model.ClientAuth) error {
		req.Send = send
		token, exchange, err := s.source.Fetch(ctx, req)
		a.token, a.exchanges = token, append(a.exchanges, exchange)
		return err
	})
	if !req.Refresh.IsSet() {
		return a
	}
	var refusal *model.GrantError
	switch {
	case a.err == nil && !a.token.Refresh.IsSet():
		a.token.Refresh = req.Refresh // it stays valid (RFC 6749 §6)
	case errors.As(a.err, &refusal) && refusal.Code == "invalid_grant":
		a.spent = req.Refresh
		a.err = person(c, "its refresh token was refused", a.err)
	}
	return a
}

// metadata is where c asks: what it says itself, and the rest from its issuer. A failure
// to discover is an exchange like others.
func (s *Service) metadata(ctx context.Context, c *model.Client, a *asked) (model.Metadata, error) {
	own := model.Metadata{Issuer: c.Auth.Issuer, TokenURL: c.Auth.TokenURL, DeviceURL: c.Auth.DeviceURL}
	if own.TokenURL != "" {
		return own, nil
	}
	return s.discover(ctx, c, a)
}

func (s *Service) discover(ctx context.Context, c *model.Client, a *asked) (model.Metadata, error) {
	at := s.now()
	meta, err := s.source.Discover(ctx, *c)
	if err != nil {
		e := model.AsError(err)
		a.exchanges = append(a.exchanges, model.Exchange{
			At: at, Method: "GET", URL: model.Printable(c.Auth.Issuer), Failure: "discovery: " + e.Message, Timing: model.Timing{Total: s.now().Sub(at)},
		})
		return model.Metadata{}, err
	}
	if c.Auth.TokenURL != "" {
		meta.TokenURL = c.Auth.TokenURL
	}
	if c.Auth.DeviceURL != "" {
		meta.DeviceURL = c.Auth.DeviceURL
	}
	return meta, nil
}

// lingerFor is how long a request that spends a refresh token outlives whoever asked for
// it: a server that rotates refresh tokens may have issued the next one already, and
// losing that would need a person.
const lingerFor = 3 * time.Second

func lingering(ctx context.Context) (context.Context, context.CancelFunc) {
	out, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(lingerFor, cancel) })
	return out, func() { stop(); cancel() }
}

// inTurn runs try with the way in which c sends its credentials. *auto* is decided here:
// the header is followed by the body once, when nothing was known and the answer is
// invalid_client.
func inTurn(c *model.Client, meta model.Metadata, worked model.ClientAuth, try func(model.ClientAuth) error) error {
	if c.Auth.Send != model.SendAuto {
		return try(c.Auth.Send)
	}
	send, known := chooseSend(c, meta, worked)
	err := try(send)
	var refusal *model.GrantError
	if known || !errors.As(err, &refusal) || refusal.Code != "invalid_client" || !c.Auth.ClientSecret.IsSet() {
		return err
	}
	return try(model.SendBody)
}

// chooseSend decides how *auto* sends credentials, and whether that is known: with the
// material that the client has, as the metadata says, else as it worked last, else in
// the header. Metadata without the member means the header (RFC 8414 §2).
func chooseSend(c *model.Client, meta model.Metadata, worked model.ClientAuth) (send model.ClientAuth, known bool) {
	a := &c.Auth
	takes := func(method string) bool { return slices.Contains(meta.AuthMethods, method) }
	secret, certificate := a.ClientSecret.IsSet(), c.TLS.CertPEM != "" && c.TLS.KeyPEM.IsSet()
	switch {
	case a.Assertion.Key.IsSet() && (takes("private_key_jwt") || meta.AuthMethods == nil || !secret):
		return model.SendKey, true
	case certificate && (takes("tls_client_auth") || takes("self_signed_tls_client_auth")):
		return model.SendTLS, true
	case !secret && certificate && a.Grant != model.GrantPassword:
		return model.SendTLS, true
	case !secret && a.Grant == model.GrantDevice:
		return model.SendNone, true
	case takes("client_secret_basic"):
		return model.SendHeader, true
	case takes("client_secret_post"):
		return model.SendBody, true
	case worked == model.SendHeader, worked == model.SendBody:
		return worked, true
	}
	return model.SendHeader, false
}

// Try fetches a token for a client that is not saved, caching and remembering nothing.
// EPermission for the device grant, which takes a person.
func (s *Service) Try(ctx context.Context, c *model.Client) (Result, error) {
	if err := usable(c); err != nil {
		return Result{}, err
	}
	if c.Auth.Grant == model.GrantDevice {
		return Result{}, person(c, "nobody has signed in yet", nil)
	}
	a := s.fetch(ctx, c, &model.TokenState{})
	return Result{Token: a.token, Exchange: a.last()}, a.err
}
