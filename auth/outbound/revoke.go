package outbound

import (
	"context"
	"net/url"

	"ferry/model"
)

var revocationEndpoint = endpoint{what: "revocation endpoint", field: "revocation_url", flag: "--issuer URL"}

// Revoke makes one revocation request (RFC 7009 §2.1). An endpoint that does not know
// the token answers 200 all the same (§2.2). A refresh token is revoked by giving it as
// the access token. A refusal is a *model.GrantError inside EUpstream.
func (s *Source) Revoke(ctx context.Context, c model.Client, revocationURL string, send model.ClientAuth, t model.Token) (model.Exchange, error) {
	if !t.Access.IsSet() {
		return model.Exchange{}, model.Errorf(model.EIncomplete, "there is no token to revoke")
	}
	form := url.Values{"token": {t.Access.Reveal()}, "token_type_hint": {"access_token"}}
	if t.Access.Equal(t.Refresh) {
		form.Set("token_type_hint", "refresh_token")
	}
	p, err := s.post(ctx, &c, revocationEndpoint, revocationURL, send, form)
	if p == nil {
		return model.Exchange{}, err
	}
	if err == nil {
		err = p.refusedUnless2xx()
	}
	return p.exchange(), err
}
