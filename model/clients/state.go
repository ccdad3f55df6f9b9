package clients

import (
	"context"
	"fmt"
	"strings"

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

// Rotation replaces secrets of a client; nil leaves one as it is.
type Rotation struct {
	ClientSecret *model.Secret
	Password     *model.Secret
	Headers      map[string]model.Secret // by header name
}

// Rotate replaces stored secrets and drops the cached token. EInvalid when the client
// has no such field, or a new secret is empty.
func (s *Service) Rotate(ctx context.Context, space model.Space, id model.ID, r Rotation, confirm string) (model.Client, error) {
	return s.change(ctx, space, id, change{action: "client.rotate-secret", confirm: confirm, apply: func(c *model.Client) error {
		p := &problems{}
		put := func(field string, to *model.Secret, v *model.Secret) {
			switch {
			case v == nil:
			case !v.IsSet():
				p.addf(field, "the new secret is empty")
			default:
				*to = *v
				checkSecret(p, field, *v)
			}
		}
		if !c.UsesOAuth() && (r.ClientSecret != nil || r.Password != nil) {
			p.addf("auth", "the client has no authentication, so it has no such secret")
			return model.Invalid(p.list)
		}
		put("client_secret", &c.Auth.ClientSecret, r.ClientSecret)
		put("password", &c.Auth.Password, r.Password)
		for name, v := range r.Headers {
			field := "headers." + name
			found := false
			for i := range c.Headers {
				if sameHeader(c.Headers[i].Name, name) {
					put(field, &c.Headers[i].Value, &v)
					found = true
				}
			}
			if !found {
				p.addf(field, "the client has no header %s", model.Printable(name))
			}
		}
		checkHeaders(p, c.Headers, func(name string) bool { return lacked(c, name) })
		return model.Invalid(p.list)
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

// Delete removes a client with its token, run-time state and history, for ever. It
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
	return s.store.Update(ctx, func(tx model.Tx) error {
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
		return tx.Audit().Append(entry(ctx, space, entryID, now, "client.delete", &c, nil))
	})
}

// Reveal returns a stored secret of a client and writes to the audit log that it was
// revealed. Field is "client_secret", "password" or "headers.NAME". ENotFound when it
// is not set.
func (s *Service) Reveal(ctx context.Context, space model.Space, id model.ID, field string) (model.Secret, error) {
	now := s.now()
	entryID := s.newID(now)
	var out model.Secret
	err := s.store.Update(ctx, func(tx model.Tx) error {
		c, err := tx.Clients().Get(space.ID, id)
		if err != nil {
			return err
		}
		switch name, isHeader := strings.CutPrefix(field, "headers."); {
		case isHeader:
			out = headerValue(c.Headers, name)
		case field == "client_secret":
			out = c.Auth.ClientSecret
		case field == "password":
			out = c.Auth.Password
		}
		if !out.IsSet() {
			return model.Errorf(model.ENotFound, "%q has no %s", c.Name, model.Printable(field)).WithField(field)
		}
		return tx.Audit().Append(entry(ctx, space, entryID, now, "secret.reveal", &c, []model.Change{{Field: field}}))
	})
	return out, err
}
