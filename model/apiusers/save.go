package apiusers

import (
	"context"
	"time"

	"ferry/model"
	"ferry/model/spaces"
)

// Create saves a new user: active and without OAuth 2.0 unless the draft says otherwise. EInvalid
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
		diff, err := changesIn(tx, nil, &u)
		if err != nil {
			return err
		}
		return save(ctx, tx, sp, entryID, now, "user.create", &u, diff)
	})
	if err != nil {
		return model.APIUser{}, taken(err, d.Username)
	}
	return u, nil
}

// Update saves an edit. EConflict when the draft's revision is not the stored one any
// more; EPermission when the actor grants what it lacks or the user may do more than it.
// An edit that does nothing but disable a user is allowed all the same, as SetState is.
func (s *Service) Update(ctx context.Context, space model.Space, id model.ID, d Draft, confirm string) (model.APIUser, error) {
	now := s.now()
	u, err := s.change(ctx, space, id, change{
		action: "user.update", confirm: confirm, revision: d.Revision, what: "change", disables: d.State == model.Disabled,
		apply: func(tx model.Tx, u *model.APIUser) error {
			edit := d
			edit.kept = u.Expires
			var report Report
			read := edit.parse(&report, now)
			if err := report.Err(); err != nil {
				return err
			}
			return edit.apply(tx, u, read)
		},
	})
	return u, taken(err, d.Username)
}

// apply puts what the draft says into u. The clients of call permissions are found in tx.
func (d *Draft) apply(tx model.Tx, u *model.APIUser, read parsed) (err error) {
	u.Username, u.Description, u.OAuth, u.BearerKeys = d.Username, d.Description, d.OAuth, d.BearerKeys
	u.Networks, u.Expires = read.networks, d.Expires.Round(0).UTC()
	if d.State != "" {
		u.State = d.State
	}
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
	return model.RequireAllOf(ctx, u.ID, u.Permissions, "give the API user "+u.Username+" these permissions")
}

// change is one modification of a stored user.
type change struct {
	action   string
	confirm  string
	revision uint64 // the revision that was seen; 0 means whatever is stored
	what     string // what is done, for a refusal
	disables bool   // it may turn out to disable the user and nothing more, which all may do
	apply    func(model.Tx, *model.APIUser) error
}

// change loads, checks, applies, stamps and saves in one transaction, with its audit
// entry. A change that changes nothing is not saved and leaves no entry.
func (s *Service) change(ctx context.Context, space model.Space, id model.ID, ch change) (model.APIUser, error) {
	now := s.now()
	entryID := s.newID(now)
	var out model.APIUser
	err := s.store.Update(ctx, func(tx model.Tx) error {
		sp, stored, err := s.stored(tx, space, id)
		if err != nil {
			return err
		}
		lacks := mayChange(ctx, &stored, ch.what)
		if lacks != nil && !ch.disables {
			return lacks
		}
		if err := seen(tx, &stored, ch.revision, now); err != nil {
			return err
		}
		if err := model.RequireName(sp.Protected, stored.Username, ch.confirm); err != nil {
			return err
		}
		out = stored.Clone()
		if err := ch.apply(tx, &out); err != nil {
			return err
		}
		diff, err := changesIn(tx, &stored, &out)
		if err != nil || len(diff) == 0 {
			return err
		}
		if !onlyDisables(diff, &out) {
			if lacks != nil {
				return lacks
			}
			if err := granting(ctx, &out); err != nil {
				return err
			}
		}
		out.Revision = stored.Revision + 1
		out.Updated = model.Stamp{At: now, By: model.ActorFrom(ctx).Label()}
		return save(ctx, tx, sp, entryID, now, ch.action, &out, diff)
	})
	if err != nil {
		return model.APIUser{}, err
	}
	return out, nil
}

// stored reads a user that is to be changed, without the call permissions of clients
// that are gone: they are kept out of what is saved.
func (s *Service) stored(tx model.Tx, space model.Space, id model.ID) (sp model.Space, u model.APIUser, err error) {
	if sp, err = spaces.Live(tx, space.ID); err != nil {
		return sp, u, err
	}
	if u, err = tx.Users().Get(sp.ID, id); err != nil {
		return sp, u, err
	}
	u.Permissions, err = model.StandingOf(tx, &u)
	return sp, u, err
}

// mayChange is EPermission when the user may do more than the actor. What is what would
// be done to it.
func mayChange(ctx context.Context, u *model.APIUser, what string) error {
	return model.RequireAllOf(ctx, u.ID, u.Permissions, what+" the API user "+u.Username)
}

// seen is EConflict when revision, unless 0, is not the stored one any more.
func seen(tx model.Tx, u *model.APIUser, revision uint64, now time.Time) error {
	if revision == 0 || revision == u.Revision {
		return nil
	}
	return model.Conflict(tx, model.Edited{ID: u.ID, Name: u.Username, Revision: u.Revision, Updated: u.Updated}, revision, now)
}

// onlyDisables reports whether a change takes the user out of use and does nothing else.
func onlyDisables(diff []model.Change, u *model.APIUser) bool {
	return len(diff) == 1 && diff[0].Field == fieldState && u.State == model.Disabled
}

// changesIn lists what differs between two users, was nil for a new one.
func changesIn(tx model.Tx, was, is *model.APIUser) ([]model.Change, error) {
	permissions := is.Permissions
	if was != nil {
		permissions = append(was.Clone().Permissions, permissions...)
	}
	names, err := model.CalleeNames(tx, is.Space, permissions)
	if err != nil {
		return nil, err
	}
	return changes(was, is, names), nil
}

// save writes a user with its audit entry.
func save(ctx context.Context, tx model.Tx, sp model.Space, entryID model.ID, now time.Time, action string, u *model.APIUser, diff []model.Change) error {
	if err := tx.Users().Put(*u); err != nil {
		return err
	}
	return tx.Audit().Append(entry(ctx, sp, entryID, now, action, u, diff))
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
