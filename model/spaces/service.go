// Package spaces holds the rules about spaces: the compartments to which clients, API
// users and keys belong. One, called default, exists from the start and stays.
//
// It imports model only. Whatever belongs to a space is created only after Live has
// said, in the same transaction, that the space is there and not being deleted.
package spaces

import (
	"context"
	"time"

	"ferry/model"
)

// Service is the use-cases on spaces.
type Service struct {
	store model.Store
	now   model.Clock
	newID model.IDs
}

// New returns the use-cases on store.
func New(store model.Store, now model.Clock, newID model.IDs) *Service {
	return &Service{store: store, now: now, newID: newID}
}

// ByName returns the space called name, ignoring case; "" means the default space.
// ENotFound when there is none, EDisabled when it is being deleted.
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
			WithField("space").WithNext("see the names with: ferry space list")
	}
	return sp, err
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
		return sp, model.Errorf(model.EDisabled, "the space %s is being deleted", sp.Name).
			WithField("space").WithNext("ferry space delete %s goes on with it", sp.Name)
	}
	return sp, nil
}

var errNotYet = model.Errorf(model.EInternal, "not built yet")

// Get returns the space with id, also one that is being deleted. ENotFound.
func (s *Service) Get(ctx context.Context, id model.ID) (model.Space, error) {
	return model.Space{}, errNotYet
}

// Find is ByName that also finds a space that is being deleted.
func (s *Service) Find(ctx context.Context, name string) (model.Space, error) {
	return model.Space{}, errNotYet
}

// List returns every space sorted by name, those that are being deleted included.
func (s *Service) List(ctx context.Context) ([]model.Space, error) { return nil, errNotYet }

// Create makes a space. EInvalid for a name that cannot be, EExists for one that is taken.
func (s *Service) Create(ctx context.Context, name string, protected bool) (model.Space, error) {
	return model.Space{}, errNotYet
}

// Edit is what changes in a space; nil leaves a field as it is.
type Edit struct {
	Name      *string
	Protected *bool
	Revision  uint64 // the revision that was edited; 0: whatever is stored
}

// Update renames or protects a space. The issuer and token URL of a renamed space change,
// so access tokens issued before are refused. EInvalid for renaming the default space,
// EProtected when the space is protected and confirm is not its name, EConflict for
// another revision.
func (s *Service) Update(ctx context.Context, id model.ID, e Edit, confirm string) (model.Space, error) {
	return model.Space{}, errNotYet
}

// Contents is what a space holds.
type Contents struct {
	Clients int `json:"clients"`
	Users   int `json:"users"`
	Keys    int `json:"keys"`
}

// Empty reports whether there is nothing in the space.
func (c Contents) Empty() bool { return c == Contents{} }

// Contents counts what belongs to a space.
func (s *Service) Contents(ctx context.Context, id model.ID) (Contents, error) {
	return Contents{}, errNotYet
}

// Deletion is how a space is deleted.
type Deletion struct {
	Everything bool           // also when the space is not empty
	Revision   uint64         // 0: whatever is stored
	Progress   func(left int) // records still there, after each transaction; may be nil
}

// Delete removes a space, for ever. It always needs the name: EConfirm without it.
// EConflict when the space is not empty and Everything is not asked for. A space that
// holds something goes in steps: nobody can enter it any more, and a deletion that was
// cut off goes on when it is asked for again. The default space stays: EInvalid.
func (s *Service) Delete(ctx context.Context, id model.ID, d Deletion, confirm string) error {
	return errNotYet
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
