package storage

import (
	"ferry/model"
	"ferry/storage/kv"
)

// rules implements model.RuleRepo.
type rules struct{ tx kv.Tx }

var errNotYet = model.Errorf(model.EInternal, "not there yet")

func (r rules) Get(space, user, client model.ID) (model.GatewayRule, error) {
	return model.GatewayRule{}, errNotYet
}
func (r rules) Put(model.GatewayRule) error               { return errNotYet }
func (r rules) Delete(space, user, client model.ID) error { return errNotYet }
func (r rules) Page(space, afterUser, afterClient model.ID, limit int) ([]model.GatewayRule, error) {
	return nil, errNotYet
}
