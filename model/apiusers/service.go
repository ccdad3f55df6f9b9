package apiusers

import (
	"context"

	"ferry/model"
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

var errNotYet = model.Errorf(model.EInternal, "not built yet")

// Report is what is to be said about a draft.
type Report struct{ Problems []model.FieldError }

// Err returns the problems as one EInvalid error, nil when there are none.
func (r Report) Err() error { return model.Invalid(r.Problems) }

// Check says what is wrong with a draft. The fields are username, description, ttl_minutes,
// permissions, from and expires_at. Whether the name is free and whether the clients
// of call permissions exist is found out on saving.
func Check(d Draft, now model.Clock) Report { return Report{} }

// DraftOf returns the draft that changes nothing in u.
func (s *Service) DraftOf(ctx context.Context, space model.Space, u model.APIUser) (Draft, error) {
	return Draft{}, errNotYet
}

// Create saves a new user: active, without OAuth 2.0 unless the draft says so. EInvalid
// with every field at fault, EExists when the username is taken anywhere in the store,
// EProtected when the space is protected and confirm is not its name, EPermission when
// the actor grants what it lacks.
func (s *Service) Create(ctx context.Context, space model.Space, d Draft, confirm string) (model.APIUser, error) {
	return model.APIUser{}, errNotYet
}

// Update saves an edit. EConflict when the draft's revision is not the stored one any
// more; EPermission when the actor grants what it lacks or the user may do more than it.
func (s *Service) Update(ctx context.Context, space model.Space, id model.ID, d Draft, confirm string) (model.APIUser, error) {
	return model.APIUser{}, errNotYet
}

// SetState activates or disables a user. A disabled user gets no tokens, and those that
// it has are refused.
func (s *Service) SetState(ctx context.Context, space model.Space, id model.ID, st model.State, confirm string) (model.APIUser, error) {
	return model.APIUser{}, errNotYet
}

// Delete removes a user with all its keys, for ever. It always needs the username:
// EConfirm without it. Revision 0 means whatever is stored.
func (s *Service) Delete(ctx context.Context, space model.Space, id model.ID, revision uint64, confirm string) error {
	return errNotYet
}

// Dependents says in words what is lost with a user: "2 active API keys".
func (s *Service) Dependents(ctx context.Context, space model.Space, id model.ID) ([]string, error) {
	return nil, errNotYet
}

// ByName returns the user of this space with the username, ignoring case. ENotFound,
// also when a user of another space has it.
func (s *Service) ByName(ctx context.Context, space model.Space, username string) (model.APIUser, error) {
	return model.APIUser{}, errNotYet
}

// Get returns the user with id. ENotFound.
func (s *Service) Get(ctx context.Context, space model.Space, id model.ID) (model.APIUser, error) {
	return model.APIUser{}, errNotYet
}

// View returns the outside shape of u, with the names of clients.
func (s *Service) View(ctx context.Context, space model.Space, u model.APIUser) (View, error) {
	return View{}, errNotYet
}

// List returns every user of space sorted by username. Loaded, when not nil, is called
// with the count so far after each page.
func (s *Service) List(ctx context.Context, space model.Space, loaded func(n int)) ([]Summary, error) {
	return nil, errNotYet
}

// Views returns the outside shape of every user of space that Filter would let through
// query, sorted by username.
func (s *Service) Views(ctx context.Context, space model.Space, query string) ([]ListedView, error) {
	return nil, errNotYet
}

// Filter appends to dst the positions of the rows whose username, description or labels
// of keys hold every word of query, ignoring case.
func Filter(dst []int, rows []Summary, query string) []int { return dst }
