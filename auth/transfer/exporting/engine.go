// Package exporting runs one export.
package exporting

import (
	"context"

	"ferry/model"
)

// Engine runs jobs of one kind; it keeps nothing between them.
type Engine struct {
	Compile model.FilterCompiler
	Now     model.Clock
}

var errNotYet = model.Errorf(model.EInternal, "not there yet")

// Check refuses what cannot run.
func (e Engine) Check(t *model.Transfer) error { return errNotYet }

// Run implements the method of model.Mover for this kind.
func (e Engine) Run(ctx context.Context, j model.Job) error { return errNotYet }
