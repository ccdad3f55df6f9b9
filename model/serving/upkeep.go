package serving

import (
	"context"
	"time"

	"ferry/model"
)

// maxWrites is how many records one transaction changes here, well below its limit.
const maxWrites = 80

// forgetAfter is how long a revoked token is remembered beyond its expiry, so that a
// clock that is put forward and back again brings none back to life.
const forgetAfter = time.Hour

// Upkeep makes the first signing key, rotates one that is due, and drops keys and
// revoked tokens whose time is over. A server calls it at its start and every minute.
func (s *Service) Upkeep(ctx context.Context) error {
	d, err := s.due(ctx)
	if err != nil {
		return err
	}
	if d.fresh || len(d.drop) > 0 {
		if err := s.upkeepKeys(ctx, d.fresh); err != nil {
			return err
		}
	}
	return s.forget(ctx)
}

// due is what is to be done to the signing keys.
type due struct {
	fresh     bool
	drop      []model.ID
	algorithm model.Algorithm
}

// due looks without a lock: nearly always there is nothing to do.
func (s *Service) due(ctx context.Context) (due, error) {
	now := s.now()
	var d due
	err := s.store.View(ctx, func(tx model.Tx) (err error) {
		d, _, err = dueAt(tx, now)
		return err
	})
	return d, err
}

func dueAt(tx model.Tx, now time.Time) (due, []model.SigningKey, error) {
	stored, err := tx.Serving().Config()
	if err != nil {
		return due{}, nil, err
	}
	keys, err := tx.Serving().SigningKeys()
	if err != nil {
		return due{}, nil, err
	}
	c, use := withDefaults(stored), signer(keys, now)
	d := due{algorithm: c.Algorithm, fresh: use == nil}
	if use != nil && c.RotateEvery > 0 && waiting(keys, now) == nil {
		d.fresh = now.Sub(use.ActiveFrom) >= c.RotateEvery
	}
	for i := range keys {
		if k := &keys[i]; k != use && over(k, now) && len(d.drop) < maxWrites {
			d.drop = append(d.drop, k.ID)
		}
	}
	return d, keys, nil
}

// upkeepKeys makes and drops keys. Whether that is still due is looked at again inside
// the transaction: another server may have been first.
func (s *Service) upkeepKeys(ctx context.Context, wanted bool) error {
	var f fresh
	if wanted {
		unlock, err := s.store.Lock(ctx, lockName)
		if model.CodeOf(err) == model.EInterrupted {
			return err
		}
		if err == nil { // without it two keys are made, and one is thrown away
			defer unlock()
		}
		d, err := s.due(ctx)
		if err != nil {
			return err
		}
		if wanted = d.fresh; wanted {
			if f, err = s.newKey(ctx, d.algorithm, Lead); err != nil {
				return err
			}
		}
	}
	now := s.now()
	return s.store.Update(ctx, func(tx model.Tx) error {
		d, keys, err := dueAt(tx, now)
		if err != nil {
			return err
		}
		for _, id := range d.drop {
			if err := tx.Serving().DeleteSigningKey(id); err != nil {
				return err
			}
		}
		if !wanted || !d.fresh {
			return nil
		}
		return f.put(tx, keys)
	})
}

// forget drops revoked tokens that expired long enough ago.
func (s *Service) forget(ctx context.Context) error {
	now := s.now()
	var gone []string
	err := model.EachPage(ctx, s.store, func(tx model.Tx, after model.ID, limit int) ([]model.RevokedToken, error) {
		return tx.Serving().Revoked(string(after), limit)
	}, func(t *model.RevokedToken) model.ID { return model.ID(t.ID) }, func(page []model.RevokedToken) {
		for _, t := range page {
			if now.After(t.Expires.Add(forgetAfter)) {
				gone = append(gone, t.ID)
			}
		}
	})
	for len(gone) > 0 && err == nil {
		some := gone[:min(maxWrites, len(gone))]
		gone = gone[len(some):]
		err = s.store.Update(ctx, func(tx model.Tx) error {
			for _, id := range some {
				if err := tx.Serving().Forget(id); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return err
}

// RevokeToken remembers that a token was revoked, until it expires (RFC 7009).
func (s *Service) RevokeToken(ctx context.Context, t model.RevokedToken) error {
	if s.now().After(t.Expires.Add(forgetAfter)) {
		return nil
	}
	return s.store.Update(ctx, func(tx model.Tx) error { return tx.Serving().Revoke(t) })
}

// Use is what a server counted for one key since it last said so.
type Use struct {
	Space, Key model.ID
	At         time.Time
	Addr       string
	Tokens     uint64
}

// MaxUses is how many keys one transaction of Record takes.
const MaxUses = 40

// Record adds uses to what is stored, in transactions of MaxUses keys. A key that is
// gone meanwhile is passed over. After an error the transactions before it stay: who
// must know which were recorded hands over MaxUses at a time.
func (s *Service) Record(ctx context.Context, uses []Use) error {
	for len(uses) > 0 {
		some := uses[:min(MaxUses, len(uses))]
		uses = uses[len(some):]
		err := s.store.Update(ctx, func(tx model.Tx) error {
			for _, u := range some {
				if err := record(tx, u); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func record(tx model.Tx, u Use) error {
	if _, err := tx.Keys().Get(u.Space, u.Key); model.CodeOf(err) == model.ENotFound {
		return nil
	} else if err != nil {
		return err
	}
	use, err := tx.Keys().Use(u.Space, u.Key)
	if err != nil {
		return err
	}
	use.Key = u.Key
	use.Count += u.Tokens
	if u.At.After(use.At) { // two servers may tell in any order
		use.At, use.Addr = u.At, u.Addr
	}
	return tx.Keys().PutUse(u.Space, use)
}
