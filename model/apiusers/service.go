package apiusers

import (
	"context"

	"ferry/model"
	"ferry/model/keys"
)

// Service is the use-cases on API users.
type Service struct {
	store model.Store
	now   model.Clock
	newID model.IDs
}

// New returns the use-cases on store.
func New(store model.Store, now model.Clock, newID model.IDs) *Service {
	return &Service{store: store, now: now, newID: newID}
}

// ByName returns the user of this space with the username, ignoring case. ENotFound,
// also when a user of another space has it.
func (s *Service) ByName(ctx context.Context, space model.Space, username string) (model.APIUser, error) {
	var u model.APIUser
	err := s.store.View(ctx, func(tx model.Tx) (err error) {
		u, err = tx.Users().ByName(username)
		return err
	})
	if model.CodeOf(err) == model.ENotFound || err == nil && u.Space != space.ID {
		return model.APIUser{}, model.Errorf(model.ENotFound, "no API user %s in space %s", keys.Quoted(username), space.Name).
			WithField("username").WithNext("see the names with: ferry user list")
	}
	return u, err
}

// Get returns the user with id. ENotFound.
func (s *Service) Get(ctx context.Context, space model.Space, id model.ID) (model.APIUser, error) {
	var u model.APIUser
	err := s.store.View(ctx, func(tx model.Tx) (err error) {
		u, err = tx.Users().Get(space.ID, id)
		return err
	})
	return u, err
}
