package tokens

import (
	"context"
	"errors"
	"time"

	"ferry/model"
)

// keepWithin bounds storing what was fetched, which happens even when the caller is gone.
const keepWithin = 10 * time.Second

// keep stores what asking came to, what lists show of it, and who did it, in one
// transaction: a rotated refresh token with its access token. A client that was deleted
// meanwhile leaves nothing behind, and one that was edited keeps what is its own now.
func (s *Service) keep(ctx context.Context, space model.Space, c *model.Client, action string, a *asked) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepWithin)
	defer cancel()
	now, identity := s.now(), Identity(c)
	entry := s.entry(ctx, space, c, now, action)
	if a.err != nil {
		entry.Changes = []model.Change{{Field: "failed", To: string(model.CodeOf(a.err))}}
	}
	return s.store.Update(ctx, func(tx model.Tx) error {
		live, err := tx.Clients().Get(c.Space, c.ID)
		if err != nil {
			return err
		}
		if Identity(&live) != identity {
			return tx.Audit().Append(entry)
		}
		st, err := s.change(tx, c.ID, identity, func(st *model.TokenState) { a.into(st, c, now) })
		if err != nil {
			return err
		}
		run, err := tx.Runtimes().Get(c.Space, c.ID)
		if err != nil {
			return err
		}
		run.Client, run.TokenFailed = c.ID, a.err != nil
		run.TokenFetched, run.TokenExpires = st.Token.Fetched, st.Token.Expires
		if err := tx.Runtimes().Put(c.Space, run); err != nil {
			return err
		}
		return tx.Audit().Append(entry)
	})
}

// change edits the state of one client as it is stored now. A state of another identity
// counts for nothing, except what worked.
func (s *Service) change(tx model.Tx, id model.ID, identity string, edit func(*model.TokenState)) (model.TokenState, error) {
	st, err := tx.Tokens().Get(id)
	if err != nil {
		return st, err
	}
	if st.Identity != identity {
		st = model.TokenState{WorkedAs: st.WorkedAs, Identity: identity}
	}
	st.Client = id
	edit(&st)
	return st, tx.Tokens().Put(st)
}

// into writes what asking came to into st.
func (a *asked) into(st *model.TokenState, c *model.Client, now time.Time) {
	remember(st, a.exchanges)
	st.Failed, st.Rejected = nil, false
	if a.err == nil {
		st.Token, st.WorkedAs = a.token, a.token.SentAs
		return
	}
	e := model.AsError(a.err)
	st.Failed = &model.Failure{Code: e.Code, Message: e.Message, Next: e.Next, Until: now.Add(failureLife)}
	st.Rejected = isRejection(c, a.err)
	if a.spent.IsSet() && st.Token.Refresh.Equal(a.spent) {
		st.Token.Refresh = model.Secret{}
	}
	if st.Rejected || !st.Token.Fresh(now) {
		st.Token = withoutAccess(st.Token)
	}
}

// remember puts exchanges, oldest first, before those that are known.
func remember(st *model.TokenState, exchanges []model.Exchange) {
	for _, x := range exchanges {
		st.Exchange = x
		st.Recent = append([]model.Exchange{x}, st.Recent[:min(len(st.Recent), model.MaxRecent-1)]...)
	}
}

// withoutAccess is what is left of t when its access token is of no use: the refresh
// token of the device grant.
func withoutAccess(t model.Token) model.Token {
	if !t.Refresh.IsSet() {
		return model.Token{}
	}
	return model.Token{Refresh: t.Refresh, SentAs: t.SentAs}
}

// isRejection reports whether the endpoint refused the credentials themselves. With the
// device grant, invalid_grant is about a device code or a refresh token.
func isRejection(c *model.Client, err error) bool {
	var g *model.GrantError
	if !errors.As(err, &g) {
		return false
	}
	return g.Code == "invalid_client" || g.Code == "unauthorized_client" || g.Code == "invalid_grant" && c.Auth.Grant != model.GrantDevice
}

func (s *Service) entry(ctx context.Context, space model.Space, c *model.Client, at time.Time, action string) model.AuditEntry {
	return model.AuditEntry{
		ID: s.newID(at), At: at, Actor: model.ActorFrom(ctx), Action: action,
		Space: space.Name, In: space.ID, Target: c.ID, Name: c.Name,
	}
}
