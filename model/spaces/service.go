// Package spaces holds the rules about spaces, as far as there are any yet: one
// space, called default, exists from the start.
//
// It imports model only.
package spaces

import (
	"context"
	"time"

	"ferry/model"
)

// Service is the use-cases on spaces.
type Service struct{ store model.Store }

// New returns the use-cases on store.
func New(store model.Store) *Service { return &Service{store: store} }

// ByName returns the space called name, ignoring case; "" means the default space.
// ENotFound when there is none.
func (s *Service) ByName(ctx context.Context, name string) (model.Space, error) {
	if name == "" {
		name = model.DefaultSpace
	}
	var sp model.Space
	err := s.store.View(ctx, func(tx model.Tx) (err error) {
		sp, err = tx.Spaces().ByName(name)
		return err
	})
	if model.CodeOf(err) == model.ENotFound {
		return sp, model.Errorf(model.ENotFound, "no space %q", model.Printable(name)).
			WithField("space").WithNext("leave --space out for the space %s", model.DefaultSpace)
	}
	return sp, err
}

// First writes what a new store starts with: the default space.
func First(tx model.Tx, id model.ID, at time.Time, by model.Actor) error {
	stamp := model.Stamp{At: at, By: by.Label()}
	return tx.Spaces().Put(model.Space{ID: id, Name: model.DefaultSpace, Revision: 1, Created: stamp, Updated: stamp})
}
