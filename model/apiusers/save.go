package apiusers

import (
	"context"
	"time"

	"ferry/model"
	"ferry/model/spaces"
)

// Create saves a new user: active, without OAuth 2.0 unless the draft says so. EInvalid
// with every field at fault, EExists when the username is taken anywhere in the store,
// EProtected when the space is protected and confirm is not its name, EPermission when
// the actor grants what it lacks.
func (s *Service) Create(ctx context.Context, space model.Space, d Draft, confirm string) (model.APIUser, error) {
	now := s.now()
	id, entryID := s.newID(now), s.newID(now)
	d.kept = time.Time{}
	var report Report
	read := d.parse(&report, now)
	if err := report.Err(); err != nil {
		return model.APIUser{}, err
	}
	var u model.APIUser
	err := s.store.Update(ctx, func(tx model.Tx) error {
		sp, err := spaces.Live(tx, space.ID)
		if err != nil {
			return err
		}
		u = model.APIUser{ID: id, Space: sp.ID, State: model.Active, Revision: 1, Created: model.Stamp{At: now, By: model.ActorFrom(ctx).Label()}}
		u.Updated = u.Created
		if err := d.apply(tx, &u, read); err != nil {
			return err
		}
		if err := granting(ctx, &u); err != nil {
			return err
		}
		if err := model.RequireName(sp.Protected, sp.Name, confirm); err != nil {
			return err
		}
		return save(ctx, tx, sp, entryID, now, "user.create", nil, &u)
	})
	if err != nil {
		return model.APIUser{}, taken(err, d.Username)
	}
	return u, nil
}

// Update saves an edit. EConflict when the draft's revision is not the stored one any
// more; EPermission when the actor grants what it lacks or the user may do more than it.
func (s *Service) Update(ctx context.Context, space model.Space, id model.ID, d Draft, confirm string) (model.APIUser, error) {
	now := s.now()
	u, err := s.change(ctx, space, id, change{
		action: "user.update", confirm: confirm, revision: d.Revision, what: "change",
		apply: func(tx model.Tx, u *model.APIUser) error {
			edit := d
			edit.kept = u.Expires
			var report Report
			read := edit.parse(&report, now)
			if err := report.Err(); err != nil {
				return err
			}
			if err := edit.apply(tx, u, read); err != nil {
				return err
			}
			return granting(ctx, u)
		},
	})
	return u, taken(err, d.Username)
}

// apply puts what the draft says into u. The clients of call permissions are found in tx.
func (d *Draft) apply(tx model.Tx, u *model.APIUser, read parsed) (err error) {
	u.Username, u.Description, u.OAuth = d.Username, d.Description, d.OAuth
	u.Networks, u.Expires = read.networks, d.Expires.Round(0).UTC()
	if d.TTL != 0 {
		u.TTL = d.TTL
	}
	if u.TTL == 0 {
		config, err := tx.Serving().Config()
		if err != nil {
			return err
		}
		if u.TTL = config.DefaultTTL; u.TTL == 0 {
			u.TTL = model.DefaultTTL
		}
	}
	u.Permissions, err = resolve(tx, u.Space, read.permissions)
	return err
}

// granting is the rule that nobody passes on what it lacks itself.
func granting(ctx context.Context, u *model.APIUser) error {
	return model.RequireAll(ctx, u.Permissions, "give the API user "+u.Username+" these permissions")
}

// change is one modification of a stored user.
type change struct {
	action   string
	confirm  string
	revision uint64 // the revision that was seen; 0 means whatever is stored
	what     string // what is done, for a refusal; "" when it only takes away and all may do it
	apply    func(model.Tx, *model.APIUser) error
}

// change loads, checks, applies, stamps and saves in one transaction, with its audit
// entry. A change that changes nothing is not saved and leaves no entry.
func (s *Service) change(ctx context.Context, space model.Space, id model.ID, ch change) (model.APIUser, error) {
	now := s.now()
	entryID := s.newID(now)
	var out model.APIUser
	err := s.store.Update(ctx, func(tx model.Tx) error {
		sp, stored, err := s.stored(ctx, tx, space, id, ch.revision, ch.what, now)
		if err != nil {
			return err
		}
		if err := model.RequireName(sp.Protected, stored.Username, ch.confirm); err != nil {
			return err
		}
		out = stored.Clone()
		if err := ch.apply(tx, &out); err != nil {
			return err
		}
		return save(ctx, tx, sp, entryID, now, ch.action, &stored, &out)
	})
	if err != nil {
		return model.APIUser{}, err
	}
	return out, nil
}

// stored reads a user that is to be changed, without the call permissions of clients
// that are gone: they are kept out of what is saved. EPermission when the user may do
// more than the actor, EConflict when the revision that was seen is not the stored one.
func (s *Service) stored(ctx context.Context, tx model.Tx, space model.Space, id model.ID, seen uint64, what string, now time.Time) (sp model.Space, u model.APIUser, err error) {
	if sp, err = spaces.Live(tx, space.ID); err != nil {
		return sp, u, err
	}
	if u, err = tx.Users().Get(sp.ID, id); err != nil {
		return sp, u, err
	}
	if u.Permissions, err = model.StandingOf(tx, &u); err != nil {
		return sp, u, err
	}
	if what != "" {
		if err = model.RequireAll(ctx, u.Permissions, what+" the API user "+u.Username); err != nil {
			return sp, u, err
		}
	}
	if seen != 0 && seen != u.Revision {
		err = model.Conflict(tx, model.Edited{ID: u.ID, Name: u.Username, Revision: u.Revision, Updated: u.Updated}, seen, now)
	}
	return sp, u, err
}

// save writes is in place of was, nil for a new user, with its audit entry, unless
// nothing has changed.
func save(ctx context.Context, tx model.Tx, sp model.Space, entryID model.ID, now time.Time, action string, was, is *model.APIUser) error {
	permissions := is.Permissions
	if was != nil {
		permissions = append(was.Clone().Permissions, permissions...)
	}
	names, err := model.CalleeNames(tx, sp.ID, permissions)
	if err != nil {
		return err
	}
	diff := changes(was, is, names)
	if was != nil {
		if len(diff) == 0 {
			return nil
		}
		is.Revision = was.Revision + 1
		is.Updated = model.Stamp{At: now, By: model.ActorFrom(ctx).Label()}
	}
	if err := tx.Users().Put(*is); err != nil {
		return err
	}
	return tx.Audit().Append(entry(ctx, sp, entryID, now, action, is, diff))
}

// taken explains a username that another user has, in whatever space.
func taken(err error, username string) error {
	if model.CodeOf(err) != model.EExists {
		return err
	}
	return model.Errorf(model.EExists, "the username %q is taken", username).
		WithField("username").WithNext("choose another: usernames are unique in the whole store")
}

func entry(ctx context.Context, sp model.Space, id model.ID, at time.Time, action string, u *model.APIUser, diff []model.Change) model.AuditEntry {
	return model.AuditEntry{
		ID: id, At: at, Actor: model.ActorFrom(ctx), Action: action, Space: sp.Name, In: sp.ID,
		Target: u.ID, Name: u.Username, Revision: u.Revision, Changes: diff,
	}
}
