package tokens

import (
	"context"
	"time"

	"ferry/model"
)

// Panel is what is known of a client's token without asking anybody.
type Panel struct {
	Token    model.Token    // the zero token when there is none
	Exchange model.Exchange // the last one, failed ones too; Method is "" when there was none
	Failed   *model.Failure // the last fetch failed
	Rejected bool           // the credentials were rejected and are not sent again
}

// Peek returns what is cached for c as it is now configured.
func (s *Service) Peek(ctx context.Context, c *model.Client) (Panel, error) {
	st, err := s.state(ctx, c)
	if err != nil || st.Identity != Identity(c) {
		return Panel{}, err
	}
	return Panel{Token: st.Token, Exchange: st.Exchange, Failed: st.Failed, Rejected: st.Rejected}, nil
}

// Claims decodes a token. Where the client names an issuer, the signature is verified
// against the issuer's keys, which takes requests.
func (s *Service) Claims(ctx context.Context, c *model.Client, t model.Token) model.Claims {
	jwks := ""
	if c.Auth.Issuer != "" {
		if meta, err := s.source.Discover(ctx, *c); err == nil {
			jwks = meta.JWKSURL
		}
	}
	return s.source.Decode(ctx, *c, jwks, t)
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
// one that somebody fetched meanwhile is kept.
func (s *Service) Drop(ctx context.Context, c *model.Client, t model.Token) error {
	return s.store.Update(ctx, func(tx model.Tx) error {
		st, err := tx.Tokens().Get(c.ID)
		if err != nil || !st.Token.Access.Equal(t.Access) {
			return err
		}
		st.Token = model.Token{}
		return tx.Tokens().Put(st)
	})
}

// Revoked says what Revoke did.
type Revoked struct {
	Upstream bool           // the authorization server revoked it (RFC 7009)
	Exchange model.Exchange // the revocation request, when one was made
}

// Revoke forgets the cached token and, where discovery names a revocation endpoint,
// has the server revoke it. ENotFound when there is none. When the server cannot be
// asked, the token is forgotten all the same and the error says so.
func (s *Service) Revoke(ctx context.Context, space model.Space, c *model.Client) (Revoked, error) {
	p, err := s.Peek(ctx, c)
	if err != nil {
		return Revoked{}, err
	}
	if !p.Token.Access.IsSet() {
		return Revoked{}, noToken(c)
	}
	out, upstreamErr := s.revokeUpstream(ctx, c, p.Token)
	now := s.now()
	entry := s.entry(ctx, space, c, now, "token.revoke")
	err = s.store.Update(context.WithoutCancel(ctx), func(tx model.Tx) error { return forget(tx, c, entry, p.Token) })
	if err != nil {
		return out, err
	}
	return out, upstreamErr
}

func (s *Service) revokeUpstream(ctx context.Context, c *model.Client, t model.Token) (Revoked, error) {
	if c.Auth.Issuer == "" {
		return Revoked{}, nil
	}
	meta, err := s.source.Discover(ctx, *c)
	if err != nil || meta.RevocationURL == "" {
		return Revoked{}, err
	}
	exchange, err := s.source.Revoke(ctx, *c, meta.RevocationURL, t.SentAs, t)
	return Revoked{Upstream: err == nil, Exchange: exchange}, err
}

func forget(tx model.Tx, c *model.Client, entry model.AuditEntry, t model.Token) error {
	st, err := tx.Tokens().Get(c.ID)
	if err != nil {
		return err
	}
	if st.Token.Access.Equal(t.Access) {
		st.Token = model.Token{}
		if err := tx.Tokens().Put(st); err != nil {
			return err
		}
		run, err := tx.Runtimes().Get(c.Space, c.ID)
		if err != nil {
			return err
		}
		run.Client, run.TokenFetched, run.TokenExpires = c.ID, time.Time{}, time.Time{}
		if err := tx.Runtimes().Put(c.Space, run); err != nil {
			return err
		}
	}
	return tx.Audit().Append(entry)
}
