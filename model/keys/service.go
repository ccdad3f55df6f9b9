package keys

import (
	"context"
	"time"

	"ferry/model"
	"ferry/model/spaces"
)

// Service is the use-cases on API keys.
type Service struct{ p Ports }

// Ports is what the use-cases stand on.
type Ports struct {
	Store  model.Store
	Digest model.KeyDigest
	Now    model.Clock
	NewID  model.IDs
	Random func(n int) []byte // nil: the system's secure random bytes
}

// New returns the use-cases on p.
func New(p Ports) *Service { return &Service{p: p} }

// owner is where a key belongs, as it is stored now.
type owner struct {
	space model.Space
	user  model.APIUser
}

// ownerOf reads the space and the user of a key that is made.
func ownerOf(tx model.Tx, space, user model.ID) (o owner, err error) {
	if o.space, err = spaces.Live(tx, space); err != nil {
		return o, err
	}
	o.user, err = tx.Users().Get(space, user)
	return o, err
}

// keyAndOwner reads a key that is to be changed, and where it belongs.
func keyAndOwner(tx model.Tx, space, id model.ID) (k model.APIKey, o owner, err error) {
	if o.space, err = spaces.Live(tx, space); err != nil {
		return k, o, err
	}
	if k, err = tx.Keys().Get(space, id); err != nil {
		return k, o, err
	}
	o.user, err = tx.Users().Get(space, k.User)
	return k, o, err
}

// allow is who may make a key of the user, or change one: nobody who lacks what the user
// may do, and in a protected space only by giving the username.
func (o *owner) allow(ctx context.Context, tx model.Tx, confirm string) error {
	permits, err := model.StandingOf(tx, &o.user)
	if err != nil {
		return err
	}
	if err := model.RequireAllOf(ctx, o.user.ID, permits, "make or change keys of the API user "+o.user.Username); err != nil {
		return err
	}
	return o.confirmed(confirm)
}

func (o *owner) confirmed(confirm string) error {
	return model.RequireName(o.space.Protected, o.user.Username, confirm)
}

// entry is the audit entry of what was done to k. A key is called after its user and its label.
func (o *owner) entry(ctx context.Context, id model.ID, at time.Time, action string, k *model.APIKey, diff []model.Change) model.AuditEntry {
	return model.AuditEntry{
		ID: id, At: at, Actor: model.ActorFrom(ctx), Action: action, Space: o.space.Name, In: o.space.ID,
		Target: k.ID, Name: nameOf(o.user.Username, k), Revision: k.Revision, Changes: diff,
	}
}

func nameOf(username string, k *model.APIKey) string {
	if k.Label == "" {
		return username
	}
	return username + "/" + k.Label
}

// changes lists the fields in which two keys differ, was nil for a new one. Neither the
// text nor the digest is among them.
func changes(was, is *model.APIKey) []model.Change {
	fresh := was == nil
	if fresh {
		was = &model.APIKey{}
	}
	var out []model.Change
	if was.Label != is.Label {
		out = append(out, model.Change{Field: "label", From: was.Label, To: is.Label})
	}
	switch {
	case was.Expires.Equal(is.Expires):
	case fresh:
		out = append(out, model.Change{Field: "expires_at", To: ExpiryText(is.Expires)})
	default:
		out = append(out, model.Change{Field: "expires_at", From: ExpiryText(was.Expires), To: ExpiryText(is.Expires)})
	}
	if was.Revoked.At.IsZero() && !is.Revoked.At.IsZero() {
		out = append(out, model.Change{Field: "state", To: string(model.KeyRevoked)})
	}
	return out
}
