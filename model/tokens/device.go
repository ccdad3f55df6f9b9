package tokens

import (
	"context"

	"ferry/model"
)

// Login is what a person needs to allow a client of the device grant (RFC 8628 §3.3).
type Login struct {
	Device   model.DeviceCode
	tokenURL string
	send     model.ClientAuth
	issuer   string
}

// errNotYet stands where the device grant and introspection are being built.
var errNotYet = model.Errorf(model.EInternal, "not built yet")

// StartLogin asks for a code and a URL to show to a person. EInvalid when c does not use
// the device grant.
func (s *Service) StartLogin(ctx context.Context, space model.Space, c *model.Client) (Login, error) {
	return Login{}, errNotYet
}

// WaitLogin polls the token endpoint, no faster than it allows (RFC 8628 §3.5), until the
// person has decided, the code has expired, or ctx ends; the token is cached and its
// refresh token kept. EUpstream when the person refused or was too late.
func (s *Service) WaitLogin(ctx context.Context, space model.Space, c *model.Client, l Login) (Result, error) {
	return Result{}, errNotYet
}

// Introspect asks the authorization server about the cached token (RFC 7662) and returns
// its answer as JSON, sanitised. ENotFound without a token; EInvalid when the server has
// no introspection endpoint.
func (s *Service) Introspect(ctx context.Context, space model.Space, c *model.Client) (string, model.Exchange, error) {
	return "", model.Exchange{}, errNotYet
}

// Recent returns the last exchanges with the token endpoint, newest first.
func (s *Service) Recent(ctx context.Context, c *model.Client) ([]model.Exchange, error) {
	return nil, errNotYet
}
