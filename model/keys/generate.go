package keys

import (
	"context"
	"time"

	"ferry/model"
)

// Request is what a new key is asked with.
type Request struct {
	Label   string
	Expires time.Time // zero: never
}

// Issued is a new key with its text, which nothing can show again.
type Issued struct {
	Key      model.APIKey
	Username string
	Text     model.Secret
}

// Generate makes a key for a user. EInvalid for a label or an expiry that cannot be,
// EConflict when the user has MaxLiveKeys active keys, EPermission when the user may do
// more than the actor, EProtected in a protected space unless confirm is the username.
func (s *Service) Generate(ctx context.Context, space model.Space, user model.ID, r Request, confirm string) (Issued, error) {
	now := s.p.Now()
	if err := check(r.Label, r.Expires, now); err != nil {
		return Issued{}, err
	}
	out, err := s.fresh(ctx, now)
	if err != nil {
		return Issued{}, err
	}
	entryID := s.p.NewID(now)
	out.Key.Space, out.Key.User, out.Key.Label, out.Key.Expires = space.ID, user, r.Label, exact(r.Expires)
	err = s.p.Store.Update(ctx, func(tx model.Tx) error {
		o, err := ownerOf(tx, space.ID, user)
		if err != nil {
			return err
		}
		if err := o.allow(ctx, tx, confirm); err != nil {
			return err
		}
		if err := o.makeRoom(tx, now, ""); err != nil {
			return err
		}
		if err := tx.Keys().Put(out.Key); err != nil {
			return err
		}
		out.Username = o.user.Username
		return tx.Audit().Append(o.entry(ctx, entryID, now, "key.create", &out.Key, changes(nil, &out.Key)))
	})
	if err != nil {
		return Issued{}, err
	}
	return out, nil
}

// fresh makes a key that belongs to nobody yet. It runs before the transaction, whose
// closure may run again.
func (s *Service) fresh(ctx context.Context, now time.Time) (Issued, error) {
	k := model.APIKey{ID: s.p.NewID(now), Revision: 1, Created: model.Stamp{At: now, By: model.ActorFrom(ctx).Label()}}
	text := format(k.ID, s.random(32))
	if id, ok := Parse(text); !ok || id != k.ID {
		return Issued{}, model.Errorf(model.EInternal, "the new key would not be recognised, so it was not made")
	}
	k.Digest = s.p.Digest(text)
	return Issued{Key: k, Text: model.NewSecret(text)}, nil
}

// makeRoom sees to it that the user can have one more key: not more than MaxLiveKeys that
// are active, leaving out the one that ends in this transaction, and not more than MaxKeys
// in all. Of those that cannot be used any more the oldest go.
func (o *owner) makeRoom(tx model.Tx, now time.Time, ending model.ID) error {
	list, err := tx.Keys().OfUser(o.space.ID, o.user.ID)
	if err != nil {
		return err
	}
	live := 0
	for i := range list {
		if list[i].State(now) == model.KeyActive && list[i].ID != ending {
			live++
		}
	}
	if live >= model.MaxLiveKeys {
		return model.Errorf(model.EConflict, "%q has %d active keys, the most that there can be", o.user.Username, live).
			WithNext("revoke one that is not needed any more: ferry key revoke ID")
	}
	surplus := len(list) + 1 - model.MaxKeys
	for i := range list {
		if surplus <= 0 {
			return nil
		}
		if list[i].State(now) == model.KeyActive {
			continue
		}
		if err := tx.Keys().Delete(o.space.ID, list[i].ID); err != nil {
			return err
		}
		surplus--
	}
	return nil
}

// check says what is wrong with a label and an expiry.
func check(label string, expires, now time.Time) error {
	var problems []model.FieldError
	if msg := labelProblem(label); msg != "" {
		problems = append(problems, model.FieldError{Field: "label", Message: msg})
	}
	if msg := ExpiryProblem(expires, now); msg != "" {
		problems = append(problems, model.FieldError{Field: "expires_at", Message: msg})
	}
	return model.Invalid(problems)
}

func labelProblem(label string) string {
	if msg := SecretProblem(label); msg != "" {
		return msg
	}
	return model.LineProblem(label, model.MaxLabel)
}
