package serving

import (
	"context"

	"ferry/model"
)

// Service is the use-cases on serving the hub.
type Service struct {
	store model.Store
	now   model.Clock
	newID model.IDs
}

// New returns the use-cases on store.
func New(store model.Store, now model.Clock, newID model.IDs) *Service {
	return &Service{store: store, now: now, newID: newID}
}

// operator refuses everybody who acts through the hub API: how the hub is served is
// decided by who holds the key of the vault. No permission stands for it, so there is no
// route that leads here either.
func operator(ctx context.Context, what string) error {
	if model.ActorFrom(ctx).APIUser == "" {
		return nil
	}
	return model.Errorf(model.EPermission, "an API user may not %s", what).WithNext("ask an operator of the hub")
}

// audited writes an entry of something that concerns the whole hub. It belongs to the
// space default, whose operators serve it.
func audited(tx model.Tx, e model.AuditEntry) error {
	sp, err := tx.Spaces().ByName(model.DefaultSpace)
	if err != nil && model.CodeOf(err) != model.ENotFound {
		return err
	}
	e.Space, e.In = model.DefaultSpace, sp.ID
	return tx.Audit().Append(e)
}
