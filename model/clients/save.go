package clients

import (
	"context"
	"time"

	"ferry/model"
	"ferry/model/spaces"
)

// Saved is a client as it was saved, with what the person should know.
type Saved struct {
	Client   model.Client
	Warnings []model.FieldError
}

// Create saves a new client. EInvalid with every field at fault, EExists when the
// name is taken, EProtected when the space is protected and confirm is not its name,
// EDisabled when the space is being deleted.
func (s *Service) Create(ctx context.Context, space model.Space, d Draft, confirm string) (Saved, error) {
	report := Check(d, nil)
	if err := report.Err(); err != nil {
		return Saved{}, err
	}
	now := s.now()
	c := d.build(nil)
	c.ID, c.Space, c.Revision = s.newID(now), space.ID, 1
	c.Created = model.Stamp{At: now, By: model.ActorFrom(ctx).Label()}
	c.Updated = c.Created
	entryID, diff := s.newID(now), changes(nil, &c)
	err := s.store.Update(ctx, func(tx model.Tx) error {
		space, err := spaces.Live(tx, space.ID)
		if err != nil {
			return err
		}
		if err := model.RequireName(space.Protected, space.Name, confirm); err != nil {
			return err
		}
		if err := tx.Clients().Put(c); err != nil {
			return err
		}
		return tx.Audit().Append(entry(ctx, space, entryID, now, "client.create", &c, diff))
	})
	return Saved{c, report.Warnings}, taken(err, space, c.Name)
}

// Update saves an edit of the client with id. EConflict when the draft's revision is
// not the stored one any more: the message says who changed what meanwhile, and
// nothing is overwritten.
func (s *Service) Update(ctx context.Context, space model.Space, id model.ID, d Draft, confirm string) (Saved, error) {
	var warn []model.FieldError
	c, err := s.change(ctx, space, id, change{
		action: "client.update", confirm: confirm, revision: d.Revision,
		apply: func(c *model.Client) error {
			report := Check(d, c)
			warn = report.Warnings
			if err := report.Err(); err != nil {
				return err
			}
			*c = d.build(c)
			return nil
		},
	})
	return Saved{c, warn}, taken(err, space, d.Name)
}

// Preview returns the client that Create or Update would save, without saving it:
// for a test of the connection before that.
func (s *Service) Preview(ctx context.Context, space model.Space, id model.ID, d Draft) (model.Client, error) {
	var stored *model.Client
	if id != "" {
		c, err := s.Get(ctx, space, id)
		if err != nil {
			return c, err
		}
		stored = &c
	}
	if err := Check(d, stored).Err(); err != nil {
		return model.Client{}, err
	}
	c := d.build(stored)
	c.Space, c.State = space.ID, model.Active
	return c, nil
}

// change is one modification of a stored client.
type change struct {
	action   string
	confirm  string
	revision uint64 // the revision that was seen; 0 means whatever is stored
	apply    func(*model.Client) error
}

// change loads, checks, applies, stamps and saves in one transaction, with its audit
// entry. A change that changes nothing is not saved and leaves no entry. The space is
// taken as it is stored now: it may have been protected since the caller read it.
func (s *Service) change(ctx context.Context, space model.Space, id model.ID, ch change) (model.Client, error) {
	now := s.now()
	entryID := s.newID(now)
	var out model.Client
	err := s.store.Update(ctx, func(tx model.Tx) error {
		space, err := spaces.Live(tx, space.ID)
		if err != nil {
			return err
		}
		stored, err := tx.Clients().Get(space.ID, id)
		if err != nil {
			return err
		}
		if err := seen(tx, &stored, ch.revision, now); err != nil {
			return err
		}
		if err := confirmed(space, &stored, ch.confirm); err != nil {
			return err
		}
		out = stored.Clone()
		if err := ch.apply(&out); err != nil {
			return err
		}
		diff := changes(&stored, &out)
		if len(diff) == 0 {
			return nil
		}
		out.Revision = stored.Revision + 1
		out.Updated = model.Stamp{At: now, By: model.ActorFrom(ctx).Label()}
		if err := tx.Clients().Put(out); err != nil {
			return err
		}
		if err := forgetToken(tx, &stored, &out); err != nil {
			return err
		}
		if err := forgetBodies(tx, &stored, &out); err != nil {
			return err
		}
		return tx.Audit().Append(entry(ctx, space, entryID, now, ch.action, &out, diff))
	})
	return out, err
}

// seen is EConflict when revision, unless 0, is not the stored one any more.
func seen(tx model.Tx, c *model.Client, revision uint64, now time.Time) error {
	if revision == 0 || revision == c.Revision {
		return nil
	}
	return model.Conflict(tx, model.Edited{ID: c.ID, Name: c.Name, Revision: c.Revision, Updated: c.Updated}, revision, now)
}

// confirmed requires the client's name when it, or its space, is protected.
func confirmed(space model.Space, c *model.Client, confirm string) error {
	return model.RequireName(space.Protected || c.Protected, c.Name, confirm)
}

// forgetToken drops the cached token when the client now points elsewhere.
func forgetToken(tx model.Tx, was, is *model.Client) error {
	d := DraftOf(*is)
	if !d.Moves(was) && is.Auth.Method == was.Auth.Method {
		return nil
	}
	return tx.Tokens().Delete(is.ID)
}

// forgetBodies drops the bodies that the history has kept when the client allows that no
// longer; the calls themselves stay, under their ids.
func forgetBodies(tx model.Tx, was, is *model.Client) error {
	if !was.KeepBodies || is.KeepBodies {
		return nil
	}
	calls, err := tx.History().List(is.ID)
	if err != nil {
		return err
	}
	for _, call := range calls {
		if len(call.Body) == 0 {
			continue
		}
		call.Body = nil
		if err := tx.History().Append(call); err != nil {
			return err
		}
	}
	return nil
}

// taken explains a name that another client has.
func taken(err error, space model.Space, name string) error {
	if model.CodeOf(err) != model.EExists {
		return err
	}
	return model.Errorf(model.EExists, "the name %q is taken in space %s", name, space.Name).
		WithField("name").WithNext("choose another name, or edit that client")
}

func entry(ctx context.Context, space model.Space, id model.ID, at time.Time, action string, c *model.Client, diff []model.Change) model.AuditEntry {
	return model.AuditEntry{
		ID: id, At: at, Actor: model.ActorFrom(ctx), Action: action, Space: space.Name, In: space.ID,
		Target: c.ID, Name: c.Name, Revision: c.Revision, Changes: diff,
	}
}
