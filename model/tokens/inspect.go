package tokens

import (
	"context"

	"ferry/model"
)

// Panel is what is known of a client's token without asking anybody.
type Panel struct {
	Token    model.Token      // the zero token when there is none
	Exchange model.Exchange   // the last one, failed ones too; Method is "" when there was none
	Failed   *model.Failure   // the last fetch failed
	Rejected bool             // the credentials were rejected and are not sent again
	Refresh  bool             // a refresh token is kept: no person is needed
	Recent   []model.Exchange // the last ones, newest first, Exchange among them
}

// Peek returns what is cached for c as it is now configured.
func (s *Service) Peek(ctx context.Context, c *model.Client) (Panel, error) {
	st, err := s.state(ctx, c)
	if err != nil || st.Identity != Identity(c) {
		return Panel{}, err
	}
	return Panel{
		Token: st.Token, Exchange: st.Exchange, Failed: st.Failed, Rejected: st.Rejected,
		Refresh: st.Token.Refresh.IsSet(), Recent: st.Recent,
	}, nil
}

// Recent returns the last exchanges with the token endpoint, newest first.
func (s *Service) Recent(ctx context.Context, c *model.Client) ([]model.Exchange, error) {
	p, err := s.Peek(ctx, c)
	return p.Recent, err
}

// Claims decodes a token. Where the client names an issuer, the signature is verified
// against the issuer's keys, which takes requests.
func (s *Service) Claims(ctx context.Context, c *model.Client, t model.Token) model.Claims {
	jwks, unknown := "", ""
	if c.Auth.Issuer != "" {
		meta, err := s.source.Discover(ctx, *c)
		switch jwks = meta.JWKSURL; {
		case err != nil:
			jwks, unknown = "", "the issuer's keys are not known: "+model.AsError(err).Message
		case jwks == "":
			unknown = "the issuer's metadata names no keys (jwks_uri)"
		}
	}
	claims := s.source.Decode(ctx, *c, jwks, t)
	if claims.Verdict == model.VerdictUnverified && unknown != "" {
		claims.Detail = unknown
	}
	return claims
}

// Reveal returns the cached token and writes to the audit log that it was shown.
// ENotFound when there is none.
func (s *Service) Reveal(ctx context.Context, space model.Space, c *model.Client) (model.Token, error) {
	entry := s.entry(ctx, space, c, s.now(), "token.reveal")
	identity := Identity(c)
	var t model.Token
	err := s.store.Update(ctx, func(tx model.Tx) error {
		st, err := tx.Tokens().Get(c.ID)
		if err != nil {
			return err
		}
		if st.Identity != identity || !st.Token.Access.IsSet() {
			return noToken(c)
		}
		t = st.Token
		return tx.Audit().Append(entry)
	})
	return t, err
}

func noToken(c *model.Client) error {
	return model.Errorf(model.ENotFound, "%q has no access token", c.Name).WithNext("fetch one: ferry token %s", c.Name)
}

// Drop forgets the cached token of c if it still is t: an API refused it, and a newer
// one that somebody fetched meanwhile is kept. Its refresh token stays.
func (s *Service) Drop(ctx context.Context, c *model.Client, t model.Token) error {
	return s.store.Update(ctx, func(tx model.Tx) error {
		st, err := tx.Tokens().Get(c.ID)
		if err != nil || !st.Token.Access.Equal(t.Access) {
			return err
		}
		st.Token = withoutAccess(st.Token)
		return tx.Tokens().Put(st)
	})
}
