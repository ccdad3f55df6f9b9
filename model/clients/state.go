package clients

import (
	"context"
	"fmt"

	"ferry/model"
	"ferry/model/spaces"
)

// SetState activates or disables a client. A disabled client neither fetches tokens
// nor makes calls. EProtected unless confirm is the name of a protected client.
func (s *Service) SetState(ctx context.Context, space model.Space, id model.ID, st model.State, confirm string) (model.Client, error) {
	action := "client.enable"
	if st == model.Disabled {
		action = "client.disable"
	}
	return s.change(ctx, space, id, change{action: action, confirm: confirm, apply: func(c *model.Client) error {
		c.State = st
		return nil
	}})
}

// SetProtected marks a client as protected or takes the mark off; taking it off
// needs the name.
func (s *Service) SetProtected(ctx context.Context, space model.Space, id model.ID, on bool, confirm string) (model.Client, error) {
	action := "client.unprotect"
	if on {
		action = "client.protect"
	}
	return s.change(ctx, space, id, change{action: action, confirm: confirm, apply: func(c *model.Client) error {
		c.Protected = on
		return nil
	}})
}

// Duplicate saves a copy of a client under name, or under NAME-copy, NAME-copy-2 …
// when name is "". The copy holds the same secrets, has no run-time state, and is not
// protected unless its space is.
func (s *Service) Duplicate(ctx context.Context, space model.Space, id model.ID, name, confirm string) (model.Client, error) {
	now := s.now()
	newID, entryID := s.newID(now), s.newID(now)
	var c model.Client
	err := s.store.Update(ctx, func(tx model.Tx) error {
		space, err := spaces.Live(tx, space.ID)
		if err != nil {
			return err
		}
		if err := model.RequireName(space.Protected, space.Name, confirm); err != nil {
			return err
		}
		stored, err := tx.Clients().Get(space.ID, id)
		if err != nil {
			return err
		}
		c = stored.Clone()
		c.ID, c.Revision, c.Protected = newID, 1, false
		c.Created = model.Stamp{At: now, By: model.ActorFrom(ctx).Label()}
		c.Updated = c.Created
		if c.Name = name; name == "" {
			if c.Name, err = freeName(tx, space.ID, stored.Name); err != nil {
				return err
			}
		}
		if msg := model.NameProblem(c.Name); msg != "" {
			return model.Invalid([]model.FieldError{{Field: "name", Message: msg}})
		}
		if err := tx.Clients().Put(c); err != nil {
			return err
		}
		diff := append([]model.Change{{Field: "copy of", To: stored.Name}}, changes(nil, &c)...)
		return tx.Audit().Append(entry(ctx, space, entryID, now, "client.duplicate", &c, diff))
	})
	return c, taken(err, space, c.Name)
}

func freeName(tx model.Tx, space model.ID, name string) (string, error) {
	for n := 1; n <= 100; n++ {
		suffix := "-copy"
		if n > 1 {
			suffix = fmt.Sprintf("-copy-%d", n)
		}
		try := name[:min(len(name), MaxName-len(suffix))] + suffix
		_, err := tx.Clients().ByName(space, try)
		if model.CodeOf(err) == model.ENotFound {
			return try, nil
		}
		if err != nil {
			return "", err
		}
	}
	return "", model.Errorf(model.EExists, "there are a hundred copies of %q already", name).WithField("name")
}

// Delete removes a client with its token, run-time state, history, saved calls and the rules of the gateway
// for it, for ever. It
// always needs the name: EConfirm without it, EProtected when the client is protected.
// API users keep the permission to call it, which permits nothing any more: ids are
// never used twice.
func (s *Service) Delete(ctx context.Context, space model.Space, id model.ID, confirm string) error {
	return s.DeleteIfRevision(ctx, space, id, 0, confirm)
}

// DeleteIfRevision is Delete of the revision that was seen: EConflict when another is
// stored by now. Revision 0 means whatever is stored.
func (s *Service) DeleteIfRevision(ctx context.Context, space model.Space, id model.ID, revision uint64, confirm string) error {
	now := s.now()
	entryID := s.newID(now)
	err := s.store.Update(ctx, func(tx model.Tx) error {
		space, err := spaces.Live(tx, space.ID)
		if err != nil {
			return err
		}
		c, err := tx.Clients().Get(space.ID, id)
		if err != nil {
			return err
		}
		if err := seen(tx, &c, revision, now); err != nil {
			return err
		}
		if err := confirmed(space, &c, confirm); err != nil {
			return err
		}
		if confirm != c.Name {
			return model.Errorf(model.EConfirm, "deleting %q is irreversible and needs its name", c.Name).
				WithField("confirm").WithNext("add --confirm %s", c.Name)
		}
		if err := tx.Clients().Delete(space.ID, id); err != nil {
			return err
		}
		if err := tx.Tokens().Delete(id); err != nil {
			return err
		}
		if err := tx.Runtimes().Delete(space.ID, id); err != nil {
			return err
		}
		if _, err := tx.History().DeleteSome(id, model.MaxHistory); err != nil {
			return err
		}
		if err := forgetCalls(tx, id); err != nil {
			return err
		}
		return tx.Audit().Append(entry(ctx, space, entryID, now, "client.delete", &c, nil))
	})
	if err != nil {
		return err
	}
	// There may be one for each API user: more than a transaction takes. What a kill leaves of
	// them stands for nothing.
	return model.ForgetRules(ctx, s.store, space.ID, func(r *model.GatewayRule) bool { return r.Client == id })
}

// forgetCalls removes the saved calls of a client: two writes each, so that all of them
// and a full history stay below what a transaction takes.
func forgetCalls(tx model.Tx, id model.ID) error {
	saved, err := tx.Saved().List(id)
	if err != nil {
		return err
	}
	for _, call := range saved {
		if err := tx.Saved().Delete(id, call.ID); err != nil {
			return err
		}
	}
	return nil
}
