package apiusers

import (
	"context"
	"fmt"

	"ferry/model"
)

// SetState activates or disables a user. A disabled user gets no tokens, and those that
// it has are refused. Whoever may edit users may disable every one; EPermission for
// activating one that may do more than the actor.
func (s *Service) SetState(ctx context.Context, space model.Space, id model.ID, st model.State, confirm string) (model.APIUser, error) {
	ch := change{confirm: confirm, apply: func(_ model.Tx, u *model.APIUser) error {
		u.State = st
		return nil
	}}
	switch st {
	case model.Active:
		ch.action, ch.what = "user.enable", "activate"
	case model.Disabled:
		ch.action, ch.what, ch.disables = "user.disable", "disable", true
	default:
		return model.APIUser{}, model.Invalid([]model.FieldError{{Field: "state", Message: "active or disabled"}})
	}
	return s.change(ctx, space, id, ch)
}

// Delete removes a user with all its keys and its rules of the gateway, for ever. It always needs the username:
// EConfirm without it. Revision 0 means whatever is stored.
func (s *Service) Delete(ctx context.Context, space model.Space, id model.ID, revision uint64, confirm string) error {
	now := s.now()
	entryID := s.newID(now)
	err := s.store.Update(ctx, func(tx model.Tx) error {
		sp, u, err := s.stored(tx, space, id)
		if err != nil {
			return err
		}
		if err := mayChange(ctx, &u, "delete"); err != nil {
			return err
		}
		if err := seen(tx, &u, revision, now); err != nil {
			return err
		}
		if err := model.RequireName(sp.Protected, u.Username, confirm); err != nil {
			return err
		}
		if confirm != u.Username {
			return model.Errorf(model.EConfirm, "deleting %q is irreversible and needs its name", u.Username).
				WithField("confirm").WithNext("add --confirm %s", u.Username)
		}
		list, err := tx.Keys().OfUser(sp.ID, id)
		if err != nil {
			return err
		}
		for i := range list {
			if err := tx.Keys().Delete(sp.ID, list[i].ID); err != nil {
				return err
			}
		}
		if err := tx.Users().Delete(sp.ID, id); err != nil {
			return err
		}
		return tx.Audit().Append(entry(ctx, sp, entryID, now, "user.delete", &u, nil))
	})
	if err != nil {
		return err
	}
	// There may be one for each client: more than a transaction takes. What a kill leaves of
	// them stands for nothing.
	return model.ForgetRules(ctx, s.store, space.ID, func(r *model.GatewayRule) bool { return r.User == id })
}

// Dependents says in words what is lost with a user: "2 active API keys", "1 rule of the gateway".
func (s *Service) Dependents(ctx context.Context, space model.Space, id model.ID) ([]string, error) {
	now := s.now()
	var active, rules int
	err := s.store.View(ctx, func(tx model.Tx) error {
		if _, err := tx.Users().Get(space.ID, id); err != nil {
			return err
		}
		list, err := tx.Keys().OfUser(space.ID, id)
		active = 0
		for i := range list {
			if list[i].State(now) == model.KeyActive {
				active++
			}
		}
		if err != nil {
			return err
		}
		rules = 0
		return model.EachRule(tx, space.ID, func(r *model.GatewayRule) {
			if r.User == id {
				rules++
			}
		})
	})
	if err != nil {
		return nil, err
	}
	return append(counted(active, "1 active API key", "%d active API keys"),
		counted(rules, "1 rule of the gateway", "%d rules of the gateway")...), nil
}

// counted says how many there are; nothing when there are none.
func counted(n int, one, several string) []string {
	switch n {
	case 0:
		return nil
	case 1:
		return []string{one}
	}
	return []string{fmt.Sprintf(several, n)}
}
