package storage

import (
	"errors"

	"ferry/model"
	"ferry/storage/internal/par"
	"ferry/storage/kv"
)

// repos is one transaction as typed repositories.
type repos struct{ kv kv.Tx }

func (r repos) Spaces() model.SpaceRepo       { return spaces{r.kv} }
func (r repos) Clients() model.ClientRepo     { return clients{r.kv} }
func (r repos) Runtimes() model.RuntimeRepo   { return runtimes{r.kv} }
func (r repos) Tokens() model.TokenRepo       { return tokens{r.kv} }
func (r repos) History() model.HistoryRepo    { return history{r.kv} }
func (r repos) Audit() model.AuditRepo        { return audit{r.kv} }
func (r repos) Users() model.UserRepo         { return users{r.kv} }
func (r repos) Keys() model.KeyRepo           { return apiKeys{r.kv} }
func (r repos) Saved() model.SavedRepo        { return saved{r.kv} }
func (r repos) Serving() model.ServingRepo    { return serving{r.kv} }
func (r repos) Transfers() model.TransferRepo { return transfers{r.kv} }
func (r repos) Rules() model.RuleRepo         { return rules{r.kv} }

// get reads one record into a T. kv.ErrNotFound when there is none.
func get[T any](tx kv.Tx, key []byte) (record T, err error) {
	b, err := tx.Get(key)
	if err != nil {
		return record, err
	}
	return record, decode(key, b, &record)
}

func put(tx kv.Tx, key []byte, record any) error {
	b, err := encode(record)
	if err != nil {
		return err
	}
	return tx.Put(key, b)
}

// page reads the records of a kind, and turns each into what it stands for.
func page[R, M any](tx kv.Tx, r kv.Range, to func(R) M) ([]M, error) {
	items, err := tx.Scan(r)
	if err != nil {
		return nil, err
	}
	out := make([]M, len(items))
	err = par.Each(len(items), func(i int) error {
		var record R
		if err := decode(items[i].Key, items[i].Value, &record); err != nil {
			return err
		}
		out[i] = to(record)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// after is the range of a kind beyond an id; "" is the beginning.
func after(prefix string, id model.ID, limit int) kv.Range {
	r := kv.Range{Prefix: []byte(prefix), Limit: limit}
	if id != "" {
		r.From = []byte(prefix + string(id))
	}
	return r
}

// found turns a missing record into the zero one.
func found[T any](record T, err error) (T, error) {
	if errors.Is(err, kv.ErrNotFound) {
		var zero T
		return zero, nil
	}
	return record, err
}

// claim makes an index key point to id. taken is true when it points to another.
func claim(tx kv.Tx, index []byte, id model.ID) (taken bool, err error) {
	switch owner, err := tx.Get(index); {
	case errors.Is(err, kv.ErrNotFound):
		return false, tx.Put(index, []byte(id))
	case err != nil:
		return false, err
	default:
		return string(owner) != string(id), nil
	}
}
