package storage

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"ferry/model"
	"ferry/storage/kv"
)

// maxPart bounds a record that holds many things, so that it fits in one transaction with
// what goes with it: a state and a run.
const maxPart = 512 << 10

// transfers implements model.TransferRepo. A name is claimed by syncs only: exports and
// imports have none.
type transfers struct{ tx kv.Tx }

func (r transfers) Get(space, id model.ID) (model.Transfer, error) {
	k, err := key(kindTransfer, space, id)
	if err != nil {
		return model.Transfer{}, noTransfer(string(id))
	}
	rec, err := get[transferRecord](r.tx, k)
	if errors.Is(err, kv.ErrNotFound) {
		return model.Transfer{}, noTransfer(string(id))
	}
	if err != nil {
		return model.Transfer{}, err
	}
	return rec.model(), nil
}

func (r transfers) ByName(space model.ID, name string) (model.Transfer, error) {
	if name == "" {
		return model.Transfer{}, noTransfer(name)
	}
	id, err := r.tx.Get(transferName(space, name))
	if errors.Is(err, kv.ErrNotFound) || errors.Is(err, kv.ErrKey) {
		return model.Transfer{}, noTransfer(name)
	}
	if err != nil {
		return model.Transfer{}, err
	}
	return r.Get(space, model.ID(id))
}

func (r transfers) Page(space, from model.ID, limit int) ([]model.Transfer, error) {
	prefix, err := key(kindTransfer, space)
	if err != nil {
		return nil, err
	}
	return page(r.tx, after(string(prefix)+"/", from, limit), transferRecord.model)
}

func (r transfers) Put(t model.Transfer) error {
	k, err := key(kindTransfer, t.Space, t.ID)
	if err != nil {
		return err
	}
	if err := r.claim(&t); err != nil {
		return err
	}
	if err := r.forget(k, t.Name); err != nil {
		return err
	}
	return put(r.tx, k, transferRecordOf(&t))
}

func (r transfers) claim(t *model.Transfer) error {
	if t.Name == "" {
		return nil
	}
	taken, err := claim(r.tx, transferName(t.Space, t.Name), t.ID)
	if err != nil || !taken {
		return err
	}
	return model.Errorf(model.EExists, "there is already a sync named %s in this space", model.Printable(t.Name)).
		WithField("name").WithNext("choose another name")
}

// forget frees the name that the record under k had, unless it keeps it.
func (r transfers) forget(k []byte, keep string) error {
	old, err := get[transferRecord](r.tx, k)
	if errors.Is(err, kv.ErrNotFound) {
		return nil
	}
	if err != nil || old.Name == "" || bytes.Equal(fold(old.Name), fold(keep)) {
		return err
	}
	return r.tx.Delete(transferName(model.ID(old.Space), old.Name))
}

func (r transfers) Delete(space, id model.ID) error {
	if _, err := r.Get(space, id); err != nil {
		return err
	}
	k, err := key(kindTransfer, space, id)
	if err != nil {
		return err
	}
	if err := r.forget(k, ""); err != nil {
		return err
	}
	for _, kind := range []string{kindTransferState, kindTransferFault} {
		k, err := key(kind, space, id)
		if err != nil {
			return err
		}
		if err := r.tx.Delete(k); err != nil {
			return err
		}
	}
	return r.tx.Delete(k)
}

func (r transfers) State(space, id model.ID) (model.TransferState, error) {
	k, err := key(kindTransferState, space, id)
	if err != nil {
		return model.TransferState{}, err
	}
	rec, err := found(get[stateRecord](r.tx, k))
	return rec.model(), err
}

func (r transfers) PutState(space model.ID, s model.TransferState) error {
	k, err := key(kindTransferState, space, s.Transfer)
	if err != nil {
		return err
	}
	if len(s.Checkpoint) > model.MaxCheckpoint {
		return model.Errorf(model.EInvalid, "the checkpoint has %d bytes, and %d are kept", len(s.Checkpoint), model.MaxCheckpoint).
			WithField("checkpoint").WithNext("report this: a checkpoint is small whatever is transferred")
	}
	return put(r.tx, k, stateRecordOf(&s))
}

func (r transfers) States(space, from model.ID, limit int) ([]model.TransferState, error) {
	prefix, err := key(kindTransferState, space)
	if err != nil {
		return nil, err
	}
	return page(r.tx, after(string(prefix)+"/", from, limit), stateRecord.model)
}

// PutRun relies on ids that sort by time: the newest run is the last.
func (r transfers) PutRun(run model.TransferRun) error {
	k, err := key(kindTransferRun, run.Transfer, run.ID)
	if err != nil {
		return err
	}
	if err := put(r.tx, k, runRecordOf(&run)); err != nil {
		return err
	}
	kept, err := r.tx.Scan(kv.Range{
		Prefix: ofTransfer(kindTransferRun, run.Transfer), Limit: model.MaxRuns + kv.MaxWrites/2, Reverse: true, KeysOnly: true,
	})
	if err != nil {
		return err
	}
	for _, item := range kept[min(len(kept), model.MaxRuns):] {
		if err := r.tx.Delete(item.Key); err != nil {
			return err
		}
	}
	return nil
}

func (r transfers) Runs(transfer model.ID) ([]model.TransferRun, error) {
	if _, err := key(kindTransferRun, transfer); err != nil {
		return nil, err
	}
	return page(r.tx, kv.Range{Prefix: ofTransfer(kindTransferRun, transfer), Limit: model.MaxRuns, Reverse: true}, runRecord.model)
}

// PutFaults keeps the newest, those of one moment in the order they are given in.
func (r transfers) PutFaults(space, transfer model.ID, faults []model.TransferFault) error {
	k, err := key(kindTransferFault, space, transfer)
	if err != nil {
		return err
	}
	if len(faults) == 0 {
		return r.tx.Delete(k)
	}
	faults = slices.Clone(faults)
	slices.SortStableFunc(faults, func(a, b model.TransferFault) int { return b.At.Compare(a.At) })
	rec := faultsRecordOf(transfer, faults[:min(len(faults), model.MaxFaults)])
	for {
		b, err := encode(rec)
		if err != nil {
			return err
		}
		if len(b) <= maxPart || len(rec.Faults) == 0 {
			return r.tx.Put(k, b)
		}
		rec.Faults = rec.Faults[:len(rec.Faults)/2]
	}
}

func (r transfers) Faults(space, transfer model.ID) ([]model.TransferFault, error) {
	k, err := key(kindTransferFault, space, transfer)
	if err != nil {
		return nil, err
	}
	rec, err := found(get[faultsRecord](r.tx, k))
	return rec.model(), err
}

func (r transfers) Shard(transfer model.ID, n int) ([]model.SyncEntry, error) {
	k, err := shardKey(transfer, n)
	if err != nil {
		return nil, err
	}
	rec, err := found(get[shardRecord](r.tx, k))
	return rec.model(), err
}

// PutShard removes a shard that holds nothing. Entries that are gone are not kept.
func (r transfers) PutShard(transfer model.ID, n int, entries []model.SyncEntry) error {
	k, err := shardKey(transfer, n)
	if err != nil {
		return err
	}
	rec := shardRecordOf(transfer, entries)
	if len(rec.Entries) == 0 {
		return r.tx.Delete(k)
	}
	b, err := encode(rec)
	if err != nil {
		return err
	}
	if len(b) > maxPart {
		return model.Errorf(model.EInvalid, "part %d of what the sync remembers has %d bytes, and %d fit", n, len(b), maxPart).
			WithField("key").WithNext("choose a shorter key field: --key FIELD")
	}
	return r.tx.Put(k, b)
}

func (r transfers) DeleteSome(transfer model.ID, limit int) (left int, err error) {
	if _, err := key(kindTransferRun, transfer); err != nil {
		return 0, err
	}
	for _, kind := range []string{kindTransferRun, kindSyncShard} {
		items, err := r.tx.Scan(kv.Range{Prefix: ofTransfer(kind, transfer), Limit: kv.MaxScan, KeysOnly: true})
		if err != nil {
			return 0, err
		}
		n := min(max(limit, 0), len(items))
		for _, item := range items[:n] {
			if err := r.tx.Delete(item.Key); err != nil {
				return 0, err
			}
		}
		limit -= n
		left += len(items) - n
	}
	return left, nil
}

// ofTransfer is the prefix of what belongs to one transfer.
func ofTransfer(kind string, transfer model.ID) []byte { return []byte(kind + string(transfer) + "/") }

// maxShards keeps the numbers of shards in the order of their keys.
const maxShards = 1_000_000

func shardKey(transfer model.ID, n int) ([]byte, error) {
	if n < 0 || n >= maxShards {
		return nil, model.Errorf(model.EInvalid, "a sync has no part %d", n).WithField("id")
	}
	return key(kindSyncShard, transfer, model.ID(fmt.Sprintf("%06d", n)))
}

func noTransfer(name string) error {
	return model.Errorf(model.ENotFound, "there is no transfer %s", model.Printable(name)).
		WithNext("see which there are with: ferry transfer list")
}
