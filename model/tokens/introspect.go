package tokens

import (
	"context"

	"ferry/model"
)

// Introspect asks the authorization server about the cached token (RFC 7662) and returns
// its answer as JSON, sanitised. ENotFound without a token; EInvalid when the server has
// no introspection endpoint.
func (s *Service) Introspect(ctx context.Context, _ model.Space, c *model.Client) (string, model.Exchange, error) {
	if err := usable(c); err != nil {
		return "", model.Exchange{}, err
	}
	p, err := s.Peek(ctx, c)
	if err != nil {
		return "", model.Exchange{}, err
	}
	if !p.Token.Access.IsSet() {
		return "", model.Exchange{}, noToken(c)
	}
	if c.Auth.Issuer == "" {
		return "", model.Exchange{}, model.Errorf(model.EInvalid, "no introspection endpoint is known for %q, because it names no issuer", c.Name).
			WithField("issuer").WithNext("name the issuer: ferry client update %s --issuer URL", c.Name)
	}
	meta, err := s.source.Discover(ctx, *c)
	if err != nil {
		return "", model.Exchange{}, err
	}
	if meta.Introspection == "" {
		return "", model.Exchange{}, model.Errorf(model.EInvalid, "the authorization server of %q offers no introspection", c.Name).
			WithField("issuer").WithNext("decode the token instead: ferry token %s --claims", c.Name)
	}
	return s.source.Introspect(ctx, *c, meta.Introspection, p.Token.SentAs, p.Token)
}
