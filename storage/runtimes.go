package storage

import (
	"ferry/model"
	"ferry/storage/kv"
)

// runtimes implements model.RuntimeRepo.
type runtimes struct{ tx kv.Tx }

func (r runtimes) Get(space, client model.ID) (model.Runtime, error) {
	k, err := key(kindRuntime, space, client)
	if err != nil {
		return model.Runtime{}, err
	}
	rec, err := found(get[runtimeRecord](r.tx, k))
	return rec.model(), err
}

func (r runtimes) Put(space model.ID, m model.Runtime) error {
	k, err := key(kindRuntime, space, m.Client)
	if err != nil {
		return err
	}
	return put(r.tx, k, runtimeRecord{
		Client: string(m.Client), CallAt: at(m.LastCallAt), Status: m.LastStatus, Code: string(m.LastCode),
		Fetched: at(m.TokenFetched), Expires: at(m.TokenExpires), Failed: m.TokenFailed,
		Filter: m.Filter,
	})
}

func (r runtimes) Delete(space, client model.ID) error {
	k, err := key(kindRuntime, space, client)
	if err != nil {
		return err
	}
	return r.tx.Delete(k)
}

func (r runtimes) Page(space, from model.ID, limit int) ([]model.Runtime, error) {
	prefix, err := key(kindRuntime, space)
	if err != nil {
		return nil, err
	}
	return page(r.tx, after(string(prefix)+"/", from, limit), runtimeRecord.model)
}

type runtimeRecord struct {
	Client  string  `cbor:"1,keyasint,omitempty"`
	CallAt  instant `cbor:"2,keyasint,omitempty"`
	Status  int     `cbor:"3,keyasint,omitempty"`
	Code    string  `cbor:"4,keyasint,omitempty"`
	Fetched instant `cbor:"5,keyasint,omitempty"`
	Expires instant `cbor:"6,keyasint,omitempty"`
	Failed  bool    `cbor:"7,keyasint,omitempty"`
	Filter  string  `cbor:"8,keyasint,omitempty"`
}

func (r runtimeRecord) model() model.Runtime {
	return model.Runtime{
		Client: model.ID(r.Client), LastCallAt: r.CallAt.time(), LastStatus: r.Status, LastCode: model.Code(r.Code),
		TokenFetched: r.Fetched.time(), TokenExpires: r.Expires.time(), TokenFailed: r.Failed,
		Filter: r.Filter,
	}
}
