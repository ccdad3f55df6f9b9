package calls

import (
	"context"

	"ferry/model"
)

// Link returns a model.Link to a client for as long as a transfer runs, until ctx ends.
// Changes says that methods that may change data will be used: EProtected without the
// name of a protected client in confirm (or when confirmed says that it was given when the
// transfer was saved). Errors are those of Do.
func (s *Service) Link(ctx context.Context, space model.Space, c *model.Client, changes bool, confirm string, confirmed bool) (model.Link, error) {
	return nil, model.Errorf(model.EInternal, "not there yet")
}
