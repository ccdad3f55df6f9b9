package spaces

import (
	"context"
	"strconv"
	"time"

	"ferry/model"
)

// Create makes a space. EInvalid for a name that cannot be, EExists for one that is taken.
func (s *Service) Create(ctx context.Context, name string, protected bool) (model.Space, error) {
	if err := checkName(name); err != nil {
		return model.Space{}, err
	}
	now := s.now()
	stamp := model.Stamp{At: now, By: model.ActorFrom(ctx).Label()}
	sp := model.Space{ID: s.newID(now), Name: name, Protected: protected, Revision: 1, Created: stamp, Updated: stamp}
	e := s.entry(ctx, now, "space.create", sp)
	e.Changes = changes(model.Space{}, sp)
	err := s.store.Update(ctx, func(tx model.Tx) error {
		if err := tx.Spaces().Put(sp); err != nil {
			return err
		}
		return tx.Audit().Append(e)
	})
	return sp, err
}

func checkName(name string) error {
	msg := model.NameProblem(name)
	if msg == "" {
		return nil
	}
	return model.AsError(model.Invalid([]model.FieldError{{Field: "name", Message: msg}})).WithNext("choose a name such as billing-eu")
}

// Edit is what changes in a space; nil leaves a field as it is.
type Edit struct {
	Name      *string
	Protected *bool
	Revision  uint64 // the revision that was edited; 0: whatever is stored
}

// Update renames or protects a space. The issuer and token URL of a renamed space change,
// so access tokens issued before are refused. EInvalid for renaming the default space,
// EProtected when the space is protected and confirm is not its name, EConflict for
// another revision, EDisabled when it is being deleted.
func (s *Service) Update(ctx context.Context, id model.ID, e Edit, confirm string) (model.Space, error) {
	if e.Name != nil {
		if err := checkName(*e.Name); err != nil {
			return model.Space{}, err
		}
	}
	now := s.now()
	entry := s.entry(ctx, now, "", model.Space{})
	var sp model.Space
	err := s.store.Update(ctx, func(tx model.Tx) error {
		was, err := Live(tx, id)
		if err != nil {
			return err
		}
		sp = was
		if err := sameRevision(tx, was, e.Revision, now); err != nil {
			return err
		}
		if e.Name != nil {
			sp.Name = *e.Name
		}
		if e.Protected != nil {
			sp.Protected = *e.Protected
		}
		diff := changes(was, sp)
		if len(diff) == 0 {
			return nil
		}
		if was.Name == model.DefaultSpace && sp.Name != was.Name {
			return stays("renamed", "name")
		}
		if err := model.RequireName(was.Protected, was.Name, confirm); err != nil {
			return err
		}
		sp.Revision, sp.Updated = was.Revision+1, model.Stamp{At: now, By: model.ActorFrom(ctx).Label()}
		if err := tx.Spaces().Put(sp); err != nil {
			return err
		}
		entry.Action, entry.Changes = action(was, sp), diff
		return tx.Audit().Append(about(entry, sp))
	})
	return sp, err
}

// stays refuses what cannot be done to the default space.
func stays(what, field string) error {
	return model.Errorf(model.EInvalid, "the space %s cannot be %s: every store has it", model.DefaultSpace, what).
		WithField(field).WithNext("make another space with: ferry space create NAME")
}

func sameRevision(tx model.Tx, sp model.Space, seen uint64, now time.Time) error {
	if seen == 0 || seen == sp.Revision {
		return nil
	}
	return model.Conflict(tx, model.Edited{ID: sp.ID, Name: sp.Name, Revision: sp.Revision, Updated: sp.Updated}, seen, now)
}

// action names a change in the audit log; one that renames and protects is a renaming,
// and its changes say the rest.
func action(was, is model.Space) string {
	switch {
	case was.Name != is.Name:
		return "space.rename"
	case is.Protected:
		return "space.protect"
	}
	return "space.unprotect"
}

func changes(was, is model.Space) []model.Change {
	var out []model.Change
	if was.Name != is.Name {
		out = append(out, model.Change{Field: "name", From: was.Name, To: is.Name})
	}
	if was.Protected != is.Protected {
		out = append(out, model.Change{Field: "protected", From: strconv.FormatBool(was.Protected), To: strconv.FormatBool(is.Protected)})
	}
	return out
}
