package storage

import (
	"bytes"
	"errors"

	"ferry/model"
	"ferry/storage/kv"
)

// clients implements model.ClientRepo.
type clients struct{ tx kv.Tx }

func (r clients) Get(space, id model.ID) (model.Client, error) {
	k, err := key(kindClient, space, id)
	if err != nil {
		return model.Client{}, noClient(string(id))
	}
	c, err := get[clientRecord](r.tx, k)
	if errors.Is(err, kv.ErrNotFound) {
		return model.Client{}, noClient(string(id))
	}
	return c.model(), err
}

func (r clients) ByName(space model.ID, name string) (model.Client, error) {
	id, err := r.tx.Get(clientName(space, name))
	if errors.Is(err, kv.ErrNotFound) || errors.Is(err, kv.ErrKey) {
		return model.Client{}, noClient(name)
	}
	if err != nil {
		return model.Client{}, err
	}
	return r.Get(space, model.ID(id))
}

func (r clients) Page(space, from model.ID, limit int) ([]model.Client, error) {
	prefix, err := key(kindClient, space)
	if err != nil {
		return nil, err
	}
	return page(r.tx, after(string(prefix)+"/", from, limit), clientRecord.model)
}

func (r clients) Put(c model.Client) error {
	k, err := key(kindClient, c.Space, c.ID)
	if err != nil {
		return err
	}
	index := clientName(c.Space, c.Name)
	taken, err := claim(r.tx, index, c.ID)
	if err != nil {
		return err
	}
	if taken {
		return model.Errorf(model.EExists, "there is already a client named %s in this space", model.Printable(c.Name)).
			WithField("name").WithNext("choose another name")
	}
	if err := r.forget(k, index); err != nil {
		return err
	}
	return put(r.tx, k, recordOf(c))
}

// forget frees the name that the record under k had, unless it keeps it.
func (r clients) forget(k, keep []byte) error {
	old, err := get[clientRecord](r.tx, k)
	if errors.Is(err, kv.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	index := clientName(model.ID(old.Space), old.Name)
	if bytes.Equal(index, keep) {
		return nil
	}
	return r.tx.Delete(index)
}

func (r clients) Delete(space, id model.ID) error {
	c, err := r.Get(space, id)
	if err != nil {
		return err
	}
	k, err := key(kindClient, space, id)
	if err != nil {
		return err
	}
	if err := r.tx.Delete(clientName(space, c.Name)); err != nil {
		return err
	}
	return r.tx.Delete(k)
}

func noClient(name string) error {
	return model.Errorf(model.ENotFound, "there is no client %s", model.Printable(name)).
		WithNext("see which there are with: ferry client list")
}
