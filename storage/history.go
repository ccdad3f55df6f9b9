package storage

import (
	"time"

	"ferry/model"
	"ferry/storage/kv"
)

// history implements model.HistoryRepo. Ids sort by time, so the newest is the last.
type history struct{ tx kv.Tx }

func (r history) Append(e model.HistoryEntry) error {
	k, err := key(kindHistory, e.Client, e.ID)
	if err != nil {
		return err
	}
	err = put(r.tx, k, historyRecord{
		ID: string(e.ID), Client: string(e.Client), At: at(e.At), Method: e.Method, Path: e.Path,
		Query: paramRecords(e.Query), Headers: paramRecords(e.Headers), Status: e.Status, Code: string(e.Code),
		Duration: int64(e.Duration), Size: e.Size, Body: e.Body,
	})
	if err != nil {
		return err
	}
	kept, err := r.tx.Scan(r.entries(e.Client, model.MaxHistory+kv.MaxWrites/2, true))
	if err != nil {
		return err
	}
	for _, item := range kept[min(len(kept), model.MaxHistory):] {
		if err := r.tx.Delete(item.Key); err != nil {
			return err
		}
	}
	return nil
}

func (r history) List(client model.ID) ([]model.HistoryEntry, error) {
	if _, err := key(kindHistory, client); err != nil {
		return nil, err
	}
	return page(r.tx, r.entries(client, model.MaxHistory, false), historyRecord.model)
}

func (r history) DeleteSome(client model.ID, limit int) (left int, err error) {
	if _, err := key(kindHistory, client); err != nil {
		return 0, err
	}
	items, err := r.tx.Scan(r.entries(client, kv.MaxScan, true))
	if err != nil {
		return 0, err
	}
	n := min(limit, len(items))
	for _, item := range items[:n] {
		if err := r.tx.Delete(item.Key); err != nil {
			return 0, err
		}
	}
	return len(items) - n, nil
}

// entries is the range of a client's entries, newest first.
func (history) entries(client model.ID, limit int, keysOnly bool) kv.Range {
	return kv.Range{
		Prefix: []byte(kindHistory + string(client) + "/"), Limit: limit, Reverse: true, KeysOnly: keysOnly,
	}
}

type historyRecord struct {
	ID       string        `cbor:"1,keyasint"`
	Client   string        `cbor:"2,keyasint"`
	At       instant       `cbor:"3,keyasint,omitempty"`
	Method   string        `cbor:"4,keyasint,omitempty"`
	Path     string        `cbor:"5,keyasint,omitempty"`
	Query    []paramRecord `cbor:"6,keyasint,omitempty"`
	Headers  []paramRecord `cbor:"7,keyasint,omitempty"`
	Status   int           `cbor:"8,keyasint,omitempty"`
	Code     string        `cbor:"9,keyasint,omitempty"`
	Duration int64         `cbor:"10,keyasint,omitempty"` // nanoseconds
	Size     int64         `cbor:"11,keyasint,omitempty"`
	Body     []byte        `cbor:"12,keyasint,omitempty"`
}

func (r historyRecord) model() model.HistoryEntry {
	return model.HistoryEntry{
		ID: model.ID(r.ID), Client: model.ID(r.Client), At: r.At.time(), Method: r.Method, Path: r.Path,
		Query: params(r.Query), Headers: params(r.Headers), Status: r.Status, Code: model.Code(r.Code),
		Duration: time.Duration(r.Duration), Size: r.Size, Body: r.Body,
	}
}

// paramRecord is a name and a value: a form or query parameter, or a header line.
type paramRecord struct {
	Name  string `cbor:"1,keyasint"`
	Value string `cbor:"2,keyasint,omitempty"`
}

func paramRecords(ps []model.Param) (out []paramRecord) {
	for _, p := range ps {
		out = append(out, paramRecord(p))
	}
	return out
}

func params(rs []paramRecord) (out []model.Param) {
	for _, r := range rs {
		out = append(out, model.Param(r))
	}
	return out
}
