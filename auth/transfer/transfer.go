// Package transfer is the engine that moves records: model.Mover over the packages below
// it, one for each kind of transfer. paging reads the pages of a source, record looks into
// single records, exporting, importing and syncing are the three kinds.
//
// They import model and its use-cases for rules, and JSON, jq comes in as a port. They
// must never hold a whole transfer in memory, open a file but through model.Files, or put
// a header, a token or the body of a request into an error.
package transfer

import (
	"context"
	"time"

	"ferry/auth/transfer/exporting"
	"ferry/auth/transfer/importing"
	"ferry/auth/transfer/syncing"
	"ferry/model"
)

// Mover implements model.Mover.
type Mover struct {
	export exporting.Engine
	imp    importing.Engine
	sync   syncing.Engine
}

var _ model.Mover = (*Mover)(nil)

// New returns a Mover that compiles jq with compile.
func New(compile model.FilterCompiler, now model.Clock) *Mover {
	return &Mover{
		export: exporting.Engine{Compile: compile, Now: now},
		imp:    importing.Engine{Compile: compile, Now: now},
		sync:   syncing.Engine{Compile: compile, Now: now},
	}
}

// Check implements model.Mover.
func (m *Mover) Check(t *model.Transfer) error {
	switch t.Kind {
	case model.KindExport:
		return m.export.Check(t)
	case model.KindImport:
		return m.imp.Check(t)
	}
	return m.sync.Check(t)
}

// NextRun implements model.Mover.
func (m *Mover) NextRun(schedule string, after time.Time) (time.Time, error) {
	return syncing.NextRun(schedule, after)
}

// Export implements model.Mover.
func (m *Mover) Export(ctx context.Context, j model.Job) error { return m.export.Run(ctx, j) }

// Import implements model.Mover.
func (m *Mover) Import(ctx context.Context, j model.Job) error { return m.imp.Run(ctx, j) }

// Preview implements model.Mover.
func (m *Mover) Preview(ctx context.Context, j model.Job, n int) ([]model.PlannedRequest, error) {
	return m.imp.Preview(ctx, j, n)
}

// Sync implements model.Mover.
func (m *Mover) Sync(ctx context.Context, j model.Job) error { return m.sync.Run(ctx, j) }

// Forget implements model.Mover.
func (m *Mover) Forget(dir string, transfer model.ID) { importing.Forget(dir, transfer) }
