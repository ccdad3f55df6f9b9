package storage

import (
	"errors"

	"ferry/model"
	"ferry/storage/kv"
)

// apiKeys implements model.KeyRepo.
type apiKeys struct{ tx kv.Tx }

func (r apiKeys) Get(space, id model.ID) (model.APIKey, error) {
	k, err := key(kindKey, space, id)
	if err != nil {
		return model.APIKey{}, noKey()
	}
	rec, err := get[keyRecord](r.tx, k)
	if errors.Is(err, kv.ErrNotFound) {
		return model.APIKey{}, noKey()
	}
	if err != nil {
		return model.APIKey{}, err
	}
	return rec.model(), nil
}

// Put writes the key, and beside it that its user has it.
func (r apiKeys) Put(m model.APIKey) error {
	k, err := key(kindKey, m.Space, m.ID)
	if err != nil {
		return err
	}
	of, err := key(kindKeyOf, m.Space, m.User, m.ID)
	if err != nil {
		return err
	}
	if _, err := r.tx.Get(of); errors.Is(err, kv.ErrNotFound) {
		err = r.tx.Put(of, nil)
		if err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	return put(r.tx, k, keyRecordOf(m))
}

func (r apiKeys) Delete(space, id model.ID) error {
	m, err := r.Get(space, id)
	if err != nil {
		return err
	}
	k, err := key(kindKey, space, id)
	if err != nil {
		return err
	}
	of, err := key(kindKeyOf, space, m.User, id)
	if err != nil {
		return err
	}
	use, err := key(kindUse, space, id)
	if err != nil {
		return err
	}
	for _, k := range [][]byte{k, of, use} {
		if err := r.tx.Delete(k); err != nil {
			return err
		}
	}
	return nil
}

func (r apiKeys) Page(space, from model.ID, limit int) ([]model.APIKey, error) {
	prefix, err := key(kindKey, space)
	if err != nil {
		return nil, err
	}
	return page(r.tx, after(string(prefix)+"/", from, limit), keyRecord.model)
}

func (r apiKeys) OfUser(space, user model.ID) ([]model.APIKey, error) {
	prefix, err := key(kindKeyOf, space, user)
	if err != nil {
		return nil, err
	}
	prefix = append(prefix, '/')
	items, err := r.tx.Scan(kv.Range{Prefix: prefix, Limit: model.MaxKeys, KeysOnly: true})
	if err != nil {
		return nil, err
	}
	out := make([]model.APIKey, len(items))
	for i, item := range items {
		if out[i], err = r.Get(space, model.ID(item.Key[len(prefix):])); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (r apiKeys) Use(space, id model.ID) (model.KeyUse, error) {
	k, err := key(kindUse, space, id)
	if err != nil {
		return model.KeyUse{}, err
	}
	rec, err := found(get[useRecord](r.tx, k))
	return rec.model(), err
}

func (r apiKeys) PutUse(space model.ID, u model.KeyUse) error {
	k, err := key(kindUse, space, u.Key)
	if err != nil {
		return err
	}
	return put(r.tx, k, useRecord{Key: string(u.Key), At: at(u.At), Addr: u.Addr, Count: u.Count})
}

func (r apiKeys) Uses(space, from model.ID, limit int) ([]model.KeyUse, error) {
	prefix, err := key(kindUse, space)
	if err != nil {
		return nil, err
	}
	return page(r.tx, after(string(prefix)+"/", from, limit), useRecord.model)
}

func noKey() error {
	return model.Errorf(model.ENotFound, "there is no such API key").
		WithNext("see which there are with: ferry key list")
}

// keyRecord is an API key as it is stored: never its text.
type keyRecord struct {
	ID        string  `cbor:"1,keyasint"`
	Space     string  `cbor:"2,keyasint"`
	User      string  `cbor:"3,keyasint"`
	Label     string  `cbor:"4,keyasint,omitempty"`
	Digest    []byte  `cbor:"5,keyasint"`
	Expires   instant `cbor:"6,keyasint,omitempty"`
	RevokedAt instant `cbor:"7,keyasint,omitempty"`
	RevokedBy string  `cbor:"8,keyasint,omitempty"`
	Replaces  string  `cbor:"9,keyasint,omitempty"`
	Revision  uint64  `cbor:"10,keyasint,omitempty"`
	CreatedAt instant `cbor:"11,keyasint,omitempty"`
	CreatedBy string  `cbor:"12,keyasint,omitempty"`
}

func keyRecordOf(m model.APIKey) keyRecord {
	return keyRecord{
		ID: string(m.ID), Space: string(m.Space), User: string(m.User), Label: m.Label, Digest: m.Digest[:],
		Expires: at(m.Expires), RevokedAt: at(m.Revoked.At), RevokedBy: m.Revoked.By, Replaces: string(m.Replaces),
		Revision: m.Revision, CreatedAt: at(m.Created.At), CreatedBy: m.Created.By,
	}
}

func (r keyRecord) model() model.APIKey {
	m := model.APIKey{
		ID: model.ID(r.ID), Space: model.ID(r.Space), User: model.ID(r.User), Label: r.Label, Expires: r.Expires.time(),
		Revoked:  model.Stamp{At: r.RevokedAt.time(), By: r.RevokedBy},
		Replaces: model.ID(r.Replaces), Revision: r.Revision,
		Created: model.Stamp{At: r.CreatedAt.time(), By: r.CreatedBy},
	}
	copy(m.Digest[:], r.Digest)
	return m
}

type useRecord struct {
	Key   string  `cbor:"1,keyasint,omitempty"`
	At    instant `cbor:"2,keyasint,omitempty"`
	Addr  string  `cbor:"3,keyasint,omitempty"`
	Count uint64  `cbor:"4,keyasint,omitempty"`
}

func (r useRecord) model() model.KeyUse {
	return model.KeyUse{Key: model.ID(r.Key), At: r.At.time(), Addr: r.Addr, Count: r.Count}
}
