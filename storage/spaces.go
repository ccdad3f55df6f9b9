package storage

import (
	"bytes"
	"errors"

	"ferry/model"
	"ferry/storage/kv"
)

// spaces implements model.SpaceRepo.
type spaces struct{ tx kv.Tx }

func (r spaces) ByName(name string) (model.Space, error) {
	id, err := r.tx.Get(spaceName(name))
	if errors.Is(err, kv.ErrNotFound) || errors.Is(err, kv.ErrKey) {
		return model.Space{}, noSpace(name)
	}
	if err != nil {
		return model.Space{}, err
	}
	k, err := key(kindSpace, model.ID(id))
	if err != nil {
		return model.Space{}, unreadable([]byte("index of space"))
	}
	s, err := get[spaceRecord](r.tx, k)
	if errors.Is(err, kv.ErrNotFound) {
		return model.Space{}, noSpace(name)
	}
	return s.model(), err
}

func (r spaces) Get(id model.ID) (model.Space, error) {
	k, err := key(kindSpace, id)
	if err != nil {
		return model.Space{}, noSpace(string(id))
	}
	s, err := get[spaceRecord](r.tx, k)
	if errors.Is(err, kv.ErrNotFound) {
		return model.Space{}, noSpace(string(id))
	}
	return s.model(), err
}

func (r spaces) Delete(id model.ID) error {
	s, err := r.Get(id)
	if err != nil {
		return err
	}
	k, err := key(kindSpace, id)
	if err != nil {
		return err
	}
	if err := r.tx.Delete(spaceName(s.Name)); err != nil {
		return err
	}
	return r.tx.Delete(k)
}

func (r spaces) Put(s model.Space) error {
	k, err := key(kindSpace, s.ID)
	if err != nil {
		return err
	}
	index := spaceName(s.Name)
	taken, err := claim(r.tx, index, s.ID)
	if err != nil {
		return err
	}
	if taken {
		return model.Errorf(model.EExists, "there is already a space named %s", model.Printable(s.Name)).
			WithField("name").WithNext("choose another name")
	}
	if old, err := get[spaceRecord](r.tx, k); err == nil && !bytes.Equal(spaceName(old.Name), index) {
		if err := r.tx.Delete(spaceName(old.Name)); err != nil {
			return err
		}
	} else if err != nil && !errors.Is(err, kv.ErrNotFound) {
		return err
	}
	return put(r.tx, k, spaceRecord{
		ID: string(s.ID), Name: s.Name, Protected: s.Protected, Revision: s.Revision,
		CreatedAt: at(s.Created.At), CreatedBy: s.Created.By, UpdatedAt: at(s.Updated.At), UpdatedBy: s.Updated.By,
		Deleting: s.Deleting,
	})
}

func (r spaces) Page(from model.ID, limit int) ([]model.Space, error) {
	return page(r.tx, after(kindSpace, from, limit), spaceRecord.model)
}

func noSpace(name string) error {
	return model.Errorf(model.ENotFound, "there is no space %s", model.Printable(name)).
		WithNext("check the name given with --space")
}

type spaceRecord struct {
	ID        string  `cbor:"1,keyasint"`
	Name      string  `cbor:"2,keyasint"`
	Protected bool    `cbor:"3,keyasint,omitempty"`
	Revision  uint64  `cbor:"4,keyasint,omitempty"`
	CreatedAt instant `cbor:"5,keyasint,omitempty"`
	CreatedBy string  `cbor:"6,keyasint,omitempty"`
	UpdatedAt instant `cbor:"7,keyasint,omitempty"`
	UpdatedBy string  `cbor:"8,keyasint,omitempty"`
	Deleting  bool    `cbor:"9,keyasint,omitempty"`
}

func (r spaceRecord) model() model.Space {
	return model.Space{
		ID: model.ID(r.ID), Name: r.Name, Protected: r.Protected, Revision: r.Revision,
		Created:  model.Stamp{At: r.CreatedAt.time(), By: r.CreatedBy},
		Updated:  model.Stamp{At: r.UpdatedAt.time(), By: r.UpdatedBy},
		Deleting: r.Deleting,
	}
}
