// Package spaces holds the rules about spaces: the compartments to which clients, API
// users and keys belong. One, called default, exists from the start and stays.
//
// It imports model only. Whatever belongs to a space is created only after Live has
// said, in the same transaction, that the space is there and not being deleted.
package spaces

import (
	"context"
	"slices"
	"strings"
	"time"

	"ferry/model"
)

// Service is the use-cases on spaces.
type Service struct {
	store   model.Store
	now     model.Clock
	newID   model.IDs
	discard Discard
}

// Discard removes what a transfer that will not go on has left outside of the store. It says
// nothing of what was gone already, and is called more than once.
type Discard func(ctx context.Context, t *model.Transfer)

// New returns the use-cases on store. Nothing but deleting a space needs discard.
func New(store model.Store, now model.Clock, newID model.IDs, discard Discard) *Service {
	return &Service{store: store, now: now, newID: newID, discard: discard}
}

// ByName returns the space called name, ignoring case; "" means the default space.
// ENotFound when there is none, EDisabled when it is being deleted.
func (s *Service) ByName(ctx context.Context, name string) (model.Space, error) {
	sp, err := s.Find(ctx, name)
	if err == nil && sp.Deleting {
		err = beingDeleted(sp)
	}
	return sp, err
}

// Find is ByName that also finds a space that is being deleted.
func (s *Service) Find(ctx context.Context, name string) (model.Space, error) {
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
			WithField("space").WithNext("see the names with: ferry space list")
	}
	return sp, err
}

// Get returns the space with id, also one that is being deleted. ENotFound.
func (s *Service) Get(ctx context.Context, id model.ID) (model.Space, error) {
	var sp model.Space
	err := s.store.View(ctx, func(tx model.Tx) (err error) {
		sp, err = tx.Spaces().Get(id)
		return err
	})
	return sp, err
}

// List returns every space sorted by name, those that are being deleted included.
func (s *Service) List(ctx context.Context) ([]model.Space, error) { return All(ctx, s.store) }

// All is Service.List on a store.
func All(ctx context.Context, store model.Store) ([]model.Space, error) {
	var out []model.Space
	err := model.EachPage(ctx, store, func(tx model.Tx, after model.ID, limit int) ([]model.Space, error) {
		return tx.Spaces().Page(after, limit)
	}, func(sp *model.Space) model.ID { return sp.ID }, func(page []model.Space) { out = append(out, page...) })
	slices.SortFunc(out, func(a, b model.Space) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	return out, err
}

// First writes what a new store starts with: the default space.
func First(tx model.Tx, id model.ID, at time.Time, by model.Actor) error {
	stamp := model.Stamp{At: at, By: by.Label()}
	return tx.Spaces().Put(model.Space{ID: id, Name: model.DefaultSpace, Revision: 1, Created: stamp, Updated: stamp})
}

// Live returns the space as it is stored now. ENotFound when it is gone, EDisabled when it
// is being deleted: nothing new belongs to it then.
func Live(tx model.Tx, id model.ID) (model.Space, error) {
	sp, err := tx.Spaces().Get(id)
	if err != nil {
		return sp, err
	}
	if sp.Deleting {
		return sp, beingDeleted(sp)
	}
	return sp, nil
}

func beingDeleted(sp model.Space) error {
	return model.Errorf(model.EDisabled, "the space %s is being deleted", sp.Name).
		WithField("space").WithNext("ferry space delete %s goes on with it", sp.Name)
}

// View is the outside shape of a space.
type View struct {
	ID        model.ID  `json:"id"`
	Name      string    `json:"name"`
	Protected bool      `json:"protected"`
	Deleting  bool      `json:"deleting,omitempty"`
	Revision  uint64    `json:"revision"`
	CreatedAt time.Time `json:"created_at"`
	CreatedBy string    `json:"created_by"`
	UpdatedAt time.Time `json:"updated_at"`
	UpdatedBy string    `json:"updated_by"`
}

// ViewOf returns the outside shape of sp.
func ViewOf(sp model.Space) View {
	return View{
		ID: sp.ID, Name: sp.Name, Protected: sp.Protected, Deleting: sp.Deleting, Revision: sp.Revision,
		CreatedAt: sp.Created.At.UTC(), CreatedBy: sp.Created.By, UpdatedAt: sp.Updated.At.UTC(), UpdatedBy: sp.Updated.By,
	}
}
