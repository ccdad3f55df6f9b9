package outbound

import (
	"context"

	"ferry/model"
)

var errNotYet = model.Errorf(model.EInternal, "not built yet")

// Introspect implements model.TokenSource (RFC 7662 §2.1).
func (s *Source) Introspect(context.Context, model.Client, string, model.ClientAuth, model.Token) (string, model.Exchange, error) {
	return "", model.Exchange{}, errNotYet
}
