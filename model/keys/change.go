package keys

import (
	"context"

	"ferry/model"
)

// Revoke ends a key at once, for ever; to revoke a revoked key changes nothing. Revision
// 0 means whatever is stored. Whoever may change keys may revoke every one.
func (s *Service) Revoke(ctx context.Context, space model.Space, id model.ID, revision uint64, confirm string) (model.APIKey, error) {
	now, by := s.p.Now(), model.ActorFrom(ctx).Label()
	return s.change(ctx, space, id, change{
		action: "key.revoke", revision: revision, confirm: confirm, lessens: true,
		apply: func(k *model.APIKey) {
			if k.Revoked.At.IsZero() {
				k.Revoked = model.Stamp{At: exact(now), By: by}
			}
		},
	})
}

// Relabel gives a key another label. Revision 0 means whatever is stored.
func (s *Service) Relabel(ctx context.Context, space model.Space, id model.ID, label string, revision uint64, confirm string) (model.APIKey, error) {
	if msg := labelProblem(label); msg != "" {
		return model.APIKey{}, model.Invalid([]model.FieldError{{Field: "label", Message: msg}})
	}
	return s.change(ctx, space, id, change{
		action: "key.relabel", revision: revision, confirm: confirm,
		apply: func(k *model.APIKey) { k.Label = label },
	})
}

// change is one modification of a stored key.
type change struct {
	action   string
	revision uint64 // the revision that was seen; 0 means whatever is stored
	confirm  string
	lessens  bool // it only takes away, so the actor need not hold what the user may do
	apply    func(*model.APIKey)
}

// change loads, checks, applies and saves in one transaction, with its audit entry. A
// change that changes nothing is not saved and leaves no entry.
func (s *Service) change(ctx context.Context, space model.Space, id model.ID, ch change) (model.APIKey, error) {
	now := s.p.Now()
	entryID := s.p.NewID(now)
	var out model.APIKey
	err := s.p.Store.Update(ctx, func(tx model.Tx) error {
		was, o, err := keyAndOwner(tx, space.ID, id)
		if err != nil {
			return err
		}
		if ch.lessens {
			err = o.confirmed(ch.confirm)
		} else {
			err = o.allow(ctx, tx, ch.confirm)
		}
		if err != nil {
			return err
		}
		if ch.revision != 0 && ch.revision != was.Revision {
			return model.Conflict(tx, model.Edited{ID: was.ID, Name: nameOf(o.user.Username, &was), Revision: was.Revision}, ch.revision, now)
		}
		out = was
		ch.apply(&out)
		diff := changes(&was, &out)
		if len(diff) == 0 {
			return nil
		}
		out.Revision = was.Revision + 1
		if err := tx.Keys().Put(out); err != nil {
			return err
		}
		return tx.Audit().Append(o.entry(ctx, entryID, now, ch.action, &out, diff))
	})
	if err != nil {
		return model.APIKey{}, err
	}
	return out, nil
}
