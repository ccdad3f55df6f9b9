package tokens

import (
	"context"
	"time"

	"ferry/model"
)

// Revoked says what Revoke did.
type Revoked struct {
	Upstream bool           // the authorization server revoked it (RFC 7009)
	Exchange model.Exchange // the last revocation request, when one was made
}

// Revoke forgets the cached token with its refresh token and, where discovery names a
// revocation endpoint, has the server revoke both. ENotFound when there is none. When
// the server cannot be asked, they are forgotten all the same and the error says so.
func (s *Service) Revoke(ctx context.Context, space model.Space, c *model.Client) (Revoked, error) {
	p, err := s.Peek(ctx, c)
	if err != nil {
		return Revoked{}, err
	}
	if !p.Token.Access.IsSet() && !p.Refresh {
		return Revoked{}, noToken(c)
	}
	out, upstreamErr := s.revokeUpstream(ctx, c, p.Token)
	entry := s.entry(ctx, space, c, s.now(), "token.revoke")
	err = s.store.Update(context.WithoutCancel(ctx), func(tx model.Tx) error { return forget(tx, c, entry, p.Token) })
	if err != nil {
		return out, err
	}
	return out, upstreamErr
}

// revokeUpstream revokes the refresh token first, because that may end the access token
// too (RFC 7009 §2.1) and never the other way round. It goes as any token does: a server
// looks beyond the hint.
func (s *Service) revokeUpstream(ctx context.Context, c *model.Client, t model.Token) (Revoked, error) {
	if c.Auth.Issuer == "" {
		return Revoked{}, nil
	}
	meta, err := s.source.Discover(ctx, *c)
	if err != nil || meta.RevocationURL == "" {
		return Revoked{}, err
	}
	var out Revoked
	for _, secret := range []model.Secret{t.Refresh, t.Access} {
		if !secret.IsSet() {
			continue
		}
		one := t
		one.Access = secret
		if out.Exchange, err = s.source.Revoke(ctx, *c, meta.RevocationURL, t.SentAs, one); err != nil {
			return out, err
		}
	}
	out.Upstream = true
	return out, nil
}

func forget(tx model.Tx, c *model.Client, entry model.AuditEntry, t model.Token) error {
	st, err := tx.Tokens().Get(c.ID)
	if err != nil {
		return err
	}
	if st.Token.Access.Equal(t.Access) && st.Token.Refresh.Equal(t.Refresh) {
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
