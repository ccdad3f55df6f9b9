package tokens

import (
	"context"

	"ferry/model"
)

// Offers returns what the metadata of the issuer of c says that it supports. C need not
// be saved nor complete; no secret of it is sent but a proxy's own. EInvalid without an
// issuer, or when the metadata is of another one; EUpstream, EUnreachable, ETimeout.
func (s *Service) Offers(ctx context.Context, c *model.Client) (model.Metadata, error) {
	if c.Auth.Issuer == "" {
		return model.Metadata{}, model.Errorf(model.EInvalid, "there is no issuer to ask").WithField("issuer")
	}
	return s.source.Discover(ctx, *c)
}
