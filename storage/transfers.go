package storage

import (
	"ferry/model"
	"ferry/storage/kv"
)

// transfers implements model.TransferRepo.
type transfers struct{ tx kv.Tx }

var errNotYet = model.Errorf(model.EInternal, "not there yet")

func (r transfers) Get(space, id model.ID) (model.Transfer, error) {
	return model.Transfer{}, errNotYet
}

func (r transfers) ByName(space model.ID, name string) (model.Transfer, error) {
	return model.Transfer{}, errNotYet
}

func (r transfers) Page(space, after model.ID, limit int) ([]model.Transfer, error) {
	return nil, errNotYet
}
func (r transfers) Put(model.Transfer) error        { return errNotYet }
func (r transfers) Delete(space, id model.ID) error { return errNotYet }
func (r transfers) State(space, id model.ID) (model.TransferState, error) {
	return model.TransferState{}, errNotYet
}
func (r transfers) PutState(space model.ID, s model.TransferState) error { return errNotYet }
func (r transfers) States(space, after model.ID, limit int) ([]model.TransferState, error) {
	return nil, errNotYet
}
func (r transfers) PutRun(model.TransferRun) error                      { return errNotYet }
func (r transfers) Runs(transfer model.ID) ([]model.TransferRun, error) { return nil, errNotYet }
func (r transfers) PutFaults(space, transfer model.ID, faults []model.TransferFault) error {
	return errNotYet
}
func (r transfers) Faults(space, transfer model.ID) ([]model.TransferFault, error) {
	return nil, errNotYet
}
func (r transfers) Shard(transfer model.ID, n int) ([]model.SyncEntry, error) { return nil, errNotYet }
func (r transfers) PutShard(transfer model.ID, n int, entries []model.SyncEntry) error {
	return errNotYet
}
func (r transfers) DeleteSome(transfer model.ID, limit int) (int, error) { return 0, errNotYet }
