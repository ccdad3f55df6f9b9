package storage

import (
	"context"
	"fmt"

	"ferry/model"
	"ferry/storage/kv"
	"ferry/storage/seal"
)

// kinds are the kinds of record, as Info counts them and Check reads them.
var kinds = []struct {
	name, prefix string
	read         func(key, value []byte) (index []byte, id model.ID, err error)
}{
	{"spaces", kindSpace, func(k, v []byte) ([]byte, model.ID, error) {
		var r spaceRecord
		err := decode(k, v, &r)
		return spaceName(r.Name), model.ID(r.ID), err
	}},
	{"clients", kindClient, func(k, v []byte) ([]byte, model.ID, error) {
		var r clientRecord
		err := decode(k, v, &r)
		return clientName(model.ID(r.Space), r.Name), model.ID(r.ID), err
	}},
	{"runtimes", kindRuntime, readAs[runtimeRecord]},
	{"tokens", kindToken, readAs[tokenRecord]},
	{"history", kindHistory, readAs[historyRecord]},
	{"audit", kindAudit, readAs[auditRecord]},
	{"api_users", kindUser, func(k, v []byte) ([]byte, model.ID, error) {
		var r userRecord
		err := decode(k, v, &r)
		return username(r.Username), model.ID(r.place()), err
	}},
	{"api_keys", kindKey, func(k, v []byte) ([]byte, model.ID, error) {
		var r keyRecord
		if err := decode(k, v, &r); err != nil {
			return nil, "", err
		}
		of, err := key(kindKeyOf, model.ID(r.Space), model.ID(r.User), model.ID(r.ID))
		return of, "", err // the entry is there, and empty
	}},
	{"key_uses", kindUse, readAs[useRecord]},
	{"serving", kindConfig, readAs[configRecord]},
	{"signing_keys", kindSigning, readAs[signingRecord]},
	{"revoked_tokens", kindRevoked, readAs[revokedRecord]},
	{"saved_calls", kindSaved, func(k, v []byte) ([]byte, model.ID, error) {
		var r savedRecord
		err := decode(k, v, &r)
		return savedName(model.ID(r.Client), r.Name), model.ID(r.ID), err
	}},
	{"transfers", kindTransfer, func(k, v []byte) ([]byte, model.ID, error) {
		var r transferRecord
		if err := decode(k, v, &r); err != nil || r.Name == "" {
			return nil, "", err // an export or an import has no name to find it by
		}
		return transferName(model.ID(r.Space), r.Name), model.ID(r.ID), nil
	}},
	{"transfer_states", kindTransferState, readAs[stateRecord]},
	{"transfer_runs", kindTransferRun, readAs[runRecord]},
	{"transfer_faults", kindTransferFault, readAs[faultsRecord]},
	{"sync_shards", kindSyncShard, readAs[shardRecord]},
	{"gateway_rules", kindRule, readAs[ruleRecord]},
}

func readAs[T any](k, v []byte) ([]byte, model.ID, error) {
	var r T
	return nil, "", decode(k, v, &r)
}

// Info implements model.Inspector. It counts records by their keys and opens none.
func (s *Store) Info(ctx context.Context) (model.StoreInfo, error) {
	file, err := s.raw.Info(ctx)
	if err != nil {
		return model.StoreInfo{}, err
	}
	info := model.StoreInfo{
		Path: file.Path, Kind: file.Kind, StoreID: s.vault.StoreID(), Format: seal.Format,
		Bytes: file.Bytes, Sequence: file.Sequence, Records: map[string]int{},
	}
	for _, k := range kinds {
		n, err := s.count(ctx, k.prefix)
		if err != nil {
			return info, err
		}
		info.Records[k.name] = n
	}
	return info, nil
}

func (s *Store) count(ctx context.Context, prefix string) (int, error) {
	n := 0
	err := s.pages(ctx, s.raw, kv.Range{Prefix: []byte(prefix), KeysOnly: true}, func(_ kv.Tx, items []kv.Item) error {
		n += len(items)
		return nil
	})
	return n, err
}

// pages calls fn with each page of a range, each in a transaction of its own, so that
// a writer waits for one page at most.
func (s *Store) pages(ctx context.Context, in kv.Store, r kv.Range, fn func(kv.Tx, []kv.Item) error) error {
	r.Limit = kv.MaxScan
	for {
		var items []kv.Item
		err := in.View(ctx, func(tx kv.Tx) (err error) {
			if items, err = tx.Scan(r); err != nil {
				return err
			}
			return fn(tx, items)
		})
		if err != nil || len(items) < r.Limit {
			return err
		}
		r.From = items[len(items)-1].Key
	}
}

// Check implements model.Inspector. It reads values through the raw store and opens
// each by itself, so that one damaged record does not hide the others. Writers may
// come between two pages: a record and its index are compared in one transaction.
func (s *Store) Check(ctx context.Context) (model.StoreReport, error) {
	report := model.StoreReport{Path: s.path, Problems: []string{}}
	problems, err := s.raw.Check(ctx)
	report.Problems = append(report.Problems, problems...)
	if err != nil || len(problems) > 0 {
		return report, err
	}
	for _, k := range kinds {
		err := s.pages(ctx, s.raw, kv.Range{Prefix: []byte(k.prefix)}, func(tx kv.Tx, items []kv.Item) error {
			sealed := s.vault.Tx(tx)
			for _, item := range items {
				report.Checked++
				if p := checkItem(sealed, item.Key, k.read); p != "" {
					report.Problems = append(report.Problems, p)
				}
			}
			return nil
		})
		if err != nil {
			return report, err
		}
	}
	return report, s.checkIndex(ctx, &report)
}

// checkItem opens one record, and looks whether its name, or the list of its user's keys,
// points back to it.
func checkItem(tx kv.Tx, key []byte, read func(k, v []byte) ([]byte, model.ID, error)) string {
	value, err := tx.Get(key)
	if err != nil {
		return err.Error()
	}
	index, id, err := read(key, value)
	if err != nil {
		return err.Error()
	}
	if index == nil {
		return ""
	}
	if owner, err := tx.Get(index); err != nil || model.ID(owner) != id {
		return fmt.Sprintf("the index does not lead to the record %s", model.Printable(string(key)))
	}
	return ""
}

// checkIndex looks for names that lead nowhere: there have to be as many as there are
// records, each of which was found to have its own.
func (s *Store) checkIndex(ctx context.Context, report *model.StoreReport) error {
	for _, k := range []struct{ index, records, what string }{
		{indexSpace, kindSpace, "space names lead to no space"},
		{indexClient, kindClient, "client names lead to no client"},
		{indexUser, kindUser, "usernames lead to no API user"},
		{indexSaved, kindSaved, "names of saved calls lead to no call"},
		{kindKeyOf, kindKey, "entries of users' keys lead to no API key"},
	} {
		names, err := s.count(ctx, k.index)
		if err != nil {
			return err
		}
		records, err := s.count(ctx, k.records)
		if err != nil {
			return err
		}
		if names <= records {
			continue
		}
		surplus, err := s.surplus(ctx, k.index, k.records)
		if err != nil {
			return err
		}
		if surplus > 0 {
			report.Problems = append(report.Problems, fmt.Sprintf("%d %s", surplus, k.what))
		}
	}
	return s.checkSyncNames(ctx, report)
}

// checkSyncNames looks for names of syncs that lead nowhere. Exports and imports have no
// names, so the records have to be opened; in one transaction, for the reason of surplus.
func (s *Store) checkSyncNames(ctx context.Context, report *model.StoreReport) error {
	names, err := s.count(ctx, indexTransfer)
	if err != nil || names == 0 {
		return err
	}
	var surplus int
	err = s.raw.View(ctx, func(tx kv.Tx) error {
		surplus = 0
		if err := each(tx, indexTransfer, func(kv.Item) { surplus++ }); err != nil {
			return err
		}
		sealed := s.vault.Tx(tx)
		return each(tx, kindTransfer, func(item kv.Item) {
			// One that does not open was told of; its name may be there or not.
			if t, err := get[transferRecord](sealed, item.Key); err != nil || t.Name != "" {
				surplus--
			}
		})
	})
	if err == nil && surplus > 0 {
		report.Problems = append(report.Problems, fmt.Sprintf("%d names of syncs lead to no sync", surplus))
	}
	return err
}

// each calls fn with the key of each record of a kind.
func each(tx kv.Tx, prefix string, fn func(kv.Item)) error {
	for r := (kv.Range{Prefix: []byte(prefix), Limit: kv.MaxScan, KeysOnly: true}); ; {
		items, err := tx.Scan(r)
		if err != nil {
			return err
		}
		for _, item := range items {
			fn(item)
		}
		if len(items) < r.Limit {
			return nil
		}
		r.From = items[len(items)-1].Key
	}
}

// surplus counts again what two ranges hold, in one transaction: between two counts
// somebody may have deleted a record with its name. It keeps writers waiting, so it runs
// only when there seems to be damage.
func (s *Store) surplus(ctx context.Context, names, records string) (n int, err error) {
	err = s.raw.View(ctx, func(tx kv.Tx) error {
		n = 0
		for prefix, sign := range map[string]int{names: 1, records: -1} {
			if err := each(tx, prefix, func(kv.Item) { n += sign }); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}
