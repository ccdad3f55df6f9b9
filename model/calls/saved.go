package calls

import (
	"context"

	"ferry/model"
)

// errNotYet stands where saved calls are being built.
var errNotYet = model.Errorf(model.EInternal, "not built yet")

// Save keeps a call under a name, over one that has it already. EInvalid for a name or a
// path parameter that cannot be. What is secret by its name is left out; left says which.
func (s *Service) Save(ctx context.Context, space model.Space, c *model.Client, call model.SavedCall) (left []string, err error) {
	return nil, errNotYet
}

// Saved returns the saved calls of a client by name.
func (s *Service) Saved(ctx context.Context, c *model.Client) ([]model.SavedCall, error) {
	return nil, errNotYet
}

// SavedByName returns one saved call, ignoring case. ENotFound.
func (s *Service) SavedByName(ctx context.Context, c *model.Client, name string) (model.SavedCall, error) {
	return model.SavedCall{}, errNotYet
}

// Forget deletes a saved call. ENotFound.
func (s *Service) Forget(ctx context.Context, space model.Space, c *model.Client, name string) error {
	return errNotYet
}

// Fill puts values into the {name} places of a request's path, escaped as path segments.
// EInvalid with field "path" naming a place without a value or a value without a place.
func Fill(r model.Request, params []model.Param) (model.Request, error) { return r, errNotYet }

// Places returns the names of the {name} places in a path, in order, each once.
func Places(path string) []string { return nil }
