package serving

import (
	"cmp"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"slices"
	"time"

	"ferry/model"
)

// Lead is how long a new signing key is published before it is used, so that whoever
// keeps a copy of the JWKS has it by then.
const Lead = 10 * time.Minute

// MaxLead is the longest lead of a rotation.
const MaxLead = 24 * time.Hour

// lockName keeps several servers from making a key each at the same moment. What counts
// is the look in the transaction that stores one.
const lockName = "signing-key"

// signer returns the key that signs at now, nil when there is none at all.
func signer(keys []model.SigningKey, now time.Time) *model.SigningKey {
	var use, oldest *model.SigningKey
	for i := range keys {
		k := &keys[i]
		if oldest == nil || earlier(k, oldest) {
			oldest = k
		}
		if !k.ActiveFrom.After(now) && (use == nil || earlier(use, k)) {
			use = k
		}
	}
	return cmp.Or(use, oldest)
}

func earlier(a, b *model.SigningKey) bool {
	if n := a.ActiveFrom.Compare(b.ActiveFrom); n != 0 {
		return n < 0
	}
	return a.ID < b.ID
}

// waiting returns the key that is published and not used yet, nil when there is none.
func waiting(keys []model.SigningKey, now time.Time) *model.SigningKey {
	use := signer(keys, now)
	for i := range keys {
		if k := &keys[i]; k != use && k.ActiveFrom.After(now) {
			return k
		}
	}
	return nil
}

// over reports whether the last token that k signed has expired.
func over(k *model.SigningKey, now time.Time) bool {
	return !k.KeepUntil.IsZero() && !now.Before(k.KeepUntil)
}

// newPrivate makes a private key: PKCS #8, DER.
func newPrivate(a model.Algorithm) (model.Secret, error) {
	var key crypto.PrivateKey
	var err error
	switch a {
	case model.ES256:
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case model.EdDSA:
		_, key, err = ed25519.GenerateKey(rand.Reader)
	case model.RS256:
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	default:
		return model.Secret{}, model.Errorf(model.EInvalid, "ES256, EdDSA or RS256, not %q", model.Printable(string(a))).
			WithField("algorithm").WithNext("ferry serve config set algorithm ES256")
	}
	if err != nil {
		return model.Secret{}, model.Errorf(model.EInternal, "a signing key could not be made").WithCause(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return model.Secret{}, model.Errorf(model.EInternal, "a signing key could not be encoded").WithCause(err)
	}
	return model.NewSecret(string(der)), nil
}

// fresh is a signing key made outside of a transaction, with the id of its audit entry.
type fresh struct {
	key   model.SigningKey
	entry model.AuditEntry
}

// newKey makes the key that is active after lead.
func (s *Service) newKey(ctx context.Context, a model.Algorithm, lead time.Duration) (fresh, error) {
	private, err := newPrivate(a)
	if err != nil {
		return fresh{}, err
	}
	now, actor := s.now(), model.ActorFrom(ctx)
	f := fresh{key: model.SigningKey{
		ID: s.newID(now), Algorithm: a, Private: private,
		Created: model.Stamp{At: now, By: actor.Label()}, ActiveFrom: now.Add(lead),
	}}
	f.entry = model.AuditEntry{ID: s.newID(now), At: now, Actor: actor, Target: f.key.ID, Name: string(f.key.ID)}
	return f, nil
}

// put stores the key as the one that follows keys. The first is active at once; one that
// follows gives the key in use the time that its last token needs.
func (f *fresh) put(tx model.Tx, keys []model.SigningKey) error {
	key, entry := f.key, f.entry
	entry.Action = "signing.rotate"
	if use := signer(keys, key.Created.At); use != nil {
		was := *use
		was.KeepUntil = key.ActiveFrom.Add(model.MaxTTL + model.ClockSkew)
		if err := tx.Serving().PutSigningKey(was); err != nil {
			return err
		}
	} else {
		entry.Action, key.ActiveFrom = "signing.create", key.Created.At
	}
	entry.Changes = []model.Change{
		{Field: "algorithm", To: string(key.Algorithm)},
		{Field: "active_from", To: key.ActiveFrom.UTC().Format(time.RFC3339)},
	}
	if err := tx.Serving().PutSigningKey(key); err != nil {
		return err
	}
	return audited(tx, entry)
}

// Rotate makes the next signing key: published now, used after lead (0 to 24 h), while the
// one before is kept until the last token it signed has expired. EConflict when a key
// waits for its time already; EPermission for an API user.
func (s *Service) Rotate(ctx context.Context, lead time.Duration) (SigningKeyView, error) {
	if err := operator(ctx, "rotate the signing key"); err != nil {
		return SigningKeyView{}, err
	}
	if lead < 0 || lead > MaxLead {
		return SigningKeyView{}, model.Errorf(model.EInvalid, "a signing key is published up to 24 h before it is used").
			WithField("lead").WithNext("give a span from 0 to 24h")
	}
	c, err := s.Config(ctx)
	if err != nil {
		return SigningKeyView{}, err
	}
	f, err := s.newKey(ctx, c.Algorithm, lead)
	if err != nil {
		return SigningKeyView{}, err
	}
	var view SigningKeyView
	err = s.store.Update(ctx, func(tx model.Tx) error {
		keys, err := tx.Serving().SigningKeys()
		if err != nil {
			return err
		}
		if next := waiting(keys, f.key.Created.At); next != nil {
			return model.Errorf(model.EConflict, "the signing key %s waits for its time already: %s", next.ID,
				next.ActiveFrom.UTC().Format(time.RFC3339)).WithNext("rotate again after that")
		}
		if err := f.put(tx, keys); err != nil {
			return err
		}
		if keys, err = tx.Serving().SigningKeys(); err != nil {
			return err
		}
		views := viewsOf(keys, f.key.Created.At)
		view = views[slices.IndexFunc(views, func(v SigningKeyView) bool { return v.ID == f.key.ID })]
		return nil
	})
	return view, err
}

// SigningKeyView is a signing key without its private part.
type SigningKeyView struct {
	ID         model.ID        `json:"id"` // the "kid"
	Algorithm  model.Algorithm `json:"algorithm"`
	State      string          `json:"state"` // next, active, retired
	CreatedAt  time.Time       `json:"created_at"`
	CreatedBy  string          `json:"created_by"`
	ActiveFrom time.Time       `json:"active_from"`
	KeepUntil  *time.Time      `json:"keep_until"` // null while no other follows
}

// SigningKeys returns the signing keys, oldest first.
func (s *Service) SigningKeys(ctx context.Context) ([]SigningKeyView, error) {
	now := s.now()
	var out []SigningKeyView
	err := s.store.View(ctx, func(tx model.Tx) error {
		keys, err := tx.Serving().SigningKeys()
		out = viewsOf(keys, now)
		return err
	})
	return out, err
}

func viewsOf(keys []model.SigningKey, now time.Time) []SigningKeyView {
	out := make([]SigningKeyView, len(keys))
	use := signer(keys, now)
	for i := range keys {
		k := &keys[i]
		out[i] = SigningKeyView{
			ID: k.ID, Algorithm: k.Algorithm, State: "retired",
			CreatedAt: k.Created.At.UTC(), CreatedBy: k.Created.By, ActiveFrom: k.ActiveFrom.UTC(), KeepUntil: model.OrNull(k.KeepUntil),
		}
		switch {
		case k == use:
			out[i].State = "active"
		case k.ActiveFrom.After(now):
			out[i].State = "next"
		}
	}
	return out
}

// handOver is how near its time a waiting key may be replaced: servers that have not
// read the store since could sign with it already.
const handOver = time.Minute

// replace makes f the next key in place of one that waits, so that the algorithm is the
// one that was set last. When the key in use has it, that one goes on.
func (f *fresh) replace(tx model.Tx) error {
	now := f.key.Created.At
	keys, err := tx.Serving().SigningKeys()
	if err != nil {
		return err
	}
	use := signer(keys, now)
	if use == nil {
		return nil // Upkeep makes the first
	}
	if next := waiting(keys, now); next != nil {
		if next.Algorithm == f.key.Algorithm {
			return nil
		}
		if next.ActiveFrom.Sub(now) < handOver {
			return model.Errorf(model.EConflict, "another signing key becomes active within a minute").
				WithField("algorithm").WithNext("set the algorithm again after that")
		}
		if err := tx.Serving().DeleteSigningKey(next.ID); err != nil {
			return err
		}
		use.KeepUntil = time.Time{}
		if err := tx.Serving().PutSigningKey(*use); err != nil {
			return err
		}
		keys = slices.DeleteFunc(keys, func(k model.SigningKey) bool { return k.ID == next.ID })
	}
	if u := signer(keys, now); u.Algorithm == f.key.Algorithm {
		return nil
	}
	return f.put(tx, keys)
}
