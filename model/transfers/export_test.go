package transfers

import (
	"context"

	"ferry/model"
)

// Memory is what a sync remembers.
type Memory = memory

// NewMemory returns the memory of a sync; a small one splits and folds after a few entries.
func NewMemory(store model.Store, id model.ID, small bool) *Memory {
	m := newMemory(store, id)
	if small {
		m.most = limits{logKeys: 60, leaf: 600, shard: 1000, tx: 3000, writes: 8}
	}
	return m
}

// Fold empties the log.
func (m *memory) Fold(ctx context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.load(ctx); err != nil {
		return err
	}
	return m.fold(ctx)
}
