package keys

import (
	"context"
	"time"

	"ferry/model"
)

// Rotation is how a key is replaced.
type Rotation struct {
	Overlap time.Duration // how long the old key stays valid, 0 to MaxOverlap
	Expires time.Time     // of the new key; zero: never
	Label   string        // of the new key; "" takes the old one's
}

// MaxOverlap is the longest overlap of a rotation.
const MaxOverlap = 90 * 24 * time.Hour

// Rotate makes a new key in place of an active one, which stays valid for the overlap,
// or until it expires anyway. Errors as Generate; EDisabled when the old key is not active.
func (s *Service) Rotate(ctx context.Context, space model.Space, id model.ID, r Rotation, confirm string) (fresh Issued, old model.APIKey, err error) {
	now := s.p.Now()
	if err := check(r.Label, r.Expires, now); err != nil {
		return Issued{}, old, err
	}
	if r.Overlap < 0 || r.Overlap > MaxOverlap {
		return Issued{}, old, model.Invalid([]model.FieldError{{Field: "overlap", Message: "between 0 and 90 days"}})
	}
	if fresh, err = s.fresh(ctx, now); err != nil {
		return Issued{}, old, err
	}
	entryID, end := s.p.NewID(now), exact(now.Add(r.Overlap))
	err = s.p.Store.Update(ctx, func(tx model.Tx) error {
		was, o, err := keyAndOwner(tx, space.ID, id)
		if err != nil {
			return err
		}
		if err := o.allow(ctx, tx, confirm); err != nil {
			return err
		}
		if st := was.State(now); st != model.KeyActive {
			return model.Errorf(model.EDisabled, "the key is %s: only an active one can be rotated", st).
				WithNext("make a new one: ferry key create %s", o.user.Username)
		}
		old, fresh.Username = was, o.user.Username
		if old.Expires.IsZero() || end.Before(old.Expires) {
			old.Expires = end
			old.Revision = was.Revision + 1
		}
		k := &fresh.Key
		k.Space, k.User, k.Replaces, k.Expires, k.Label = space.ID, old.User, old.ID, exact(r.Expires), r.Label
		if k.Label == "" {
			k.Label = old.Label
		}
		return replace(ctx, tx, &o, entryID, now, &was, &old, k)
	})
	if err != nil {
		return Issued{}, model.APIKey{}, err
	}
	return fresh, old, nil
}

// replace writes the old key with its new end and the one that follows it.
func replace(ctx context.Context, tx model.Tx, o *owner, entryID model.ID, now time.Time, was, old, fresh *model.APIKey) error {
	ending := model.ID("")
	if old.State(now) != model.KeyActive {
		ending = old.ID
	}
	if err := o.makeRoom(tx, now, ending); err != nil {
		return err
	}
	if err := tx.Keys().Put(*old); err != nil {
		return err
	}
	if err := tx.Keys().Put(*fresh); err != nil {
		return err
	}
	diff := append(changes(was, old),
		model.Change{Field: "new key", To: string(fresh.ID)},
		model.Change{Field: "new key expires_at", To: ExpiryText(fresh.Expires)})
	if fresh.Label != old.Label {
		diff = append(diff, model.Change{Field: "new key label", To: fresh.Label})
	}
	return tx.Audit().Append(o.entry(ctx, entryID, now, "key.rotate", old, diff))
}
