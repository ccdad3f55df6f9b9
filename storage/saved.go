package storage

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"ferry/model"
	"ferry/storage/kv"
)

// saved implements model.SavedRepo.
type saved struct{ tx kv.Tx }

func (r saved) List(client model.ID) ([]model.SavedCall, error) {
	prefix, err := key(kindSaved, client)
	if err != nil {
		return nil, err
	}
	out, err := page(r.tx, after(string(prefix)+"/", "", model.MaxSaved), savedRecord.model)
	slices.SortFunc(out, func(a, b model.SavedCall) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	return out, err
}

func (r saved) Put(c model.SavedCall) error {
	k, err := key(kindSaved, c.Client, c.ID)
	if err != nil {
		return err
	}
	index := savedName(c.Client, c.Name)
	taken, err := claim(r.tx, index, c.ID)
	if err != nil {
		return err
	}
	if taken {
		return model.Errorf(model.EExists, "there is already a saved call named %s", model.Printable(c.Name)).
			WithField("name").WithNext("choose another name")
	}
	old, err := get[savedRecord](r.tx, k)
	switch {
	case errors.Is(err, kv.ErrNotFound):
	case err != nil:
		return err
	case !bytes.Equal(savedName(c.Client, old.Name), index):
		if err := r.tx.Delete(savedName(c.Client, old.Name)); err != nil {
			return err
		}
	}
	q := c.Request
	return put(r.tx, k, savedRecord{
		ID: string(c.ID), Client: string(c.Client), Name: c.Name, Method: q.Method, Path: q.Path,
		Query: paramRecords(q.Query), Headers: paramRecords(q.Headers), Body: q.Body,
		PathParams: paramRecords(c.PathParams), Filter: c.Filter, UpdatedAt: at(c.Updated.At), UpdatedBy: c.Updated.By,
	})
}

func (r saved) Delete(client, id model.ID) error {
	k, err := key(kindSaved, client, id)
	if err != nil {
		return err
	}
	old, err := get[savedRecord](r.tx, k)
	if errors.Is(err, kv.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := r.tx.Delete(savedName(client, old.Name)); err != nil {
		return err
	}
	return r.tx.Delete(k)
}

type savedRecord struct {
	ID         string        `cbor:"1,keyasint"`
	Client     string        `cbor:"2,keyasint"`
	Name       string        `cbor:"3,keyasint"`
	Method     string        `cbor:"4,keyasint,omitempty"`
	Path       string        `cbor:"5,keyasint,omitempty"`
	Query      []paramRecord `cbor:"6,keyasint,omitempty"`
	Headers    []paramRecord `cbor:"7,keyasint,omitempty"`
	Body       []byte        `cbor:"8,keyasint,omitempty"`
	PathParams []paramRecord `cbor:"9,keyasint,omitempty"`
	Filter     string        `cbor:"10,keyasint,omitempty"`
	UpdatedAt  instant       `cbor:"11,keyasint,omitempty"`
	UpdatedBy  string        `cbor:"12,keyasint,omitempty"`
}

func (r savedRecord) model() model.SavedCall {
	return model.SavedCall{
		ID: model.ID(r.ID), Client: model.ID(r.Client), Name: r.Name,
		Request: model.Request{
			Method: r.Method, Path: r.Path, Query: params(r.Query), Headers: params(r.Headers), Body: r.Body,
		},
		PathParams: params(r.PathParams), Filter: r.Filter,
		Updated: model.Stamp{At: r.UpdatedAt.time(), By: r.UpdatedBy},
	}
}
