package transfers

import (
	"context"
	"crypto/sha256"
	"encoding/binary"

	"ferry/model"
)

// maxDepth bounds the tree: 2^18 leaves hold more than any sync has.
const maxDepth = 18

// A node of the tree has the number 2n+1 or 2n+2 when n is the one above it; node 0 is the
// root. A node that was split holds one entry, without a key.

func shardOf(node int) int { return logShards + node }

func isSplit(list []model.SyncEntry) bool { return len(list) == 1 && list[0].Key == "" }

var split = []model.SyncEntry{{Hash: [16]byte{1}}}

// side is which way the digest of a key goes at a depth.
func side(key string, depth int) int {
	sum := sha256.Sum256([]byte(key))
	return int(binary.BigEndian.Uint32(sum[:4]) >> (31 - depth) & 1)
}

func (m *memory) node(ctx context.Context, node int) (list []model.SyncEntry, err error) {
	err = m.store.View(ctx, func(tx model.Tx) (err error) {
		list, err = tx.Transfers().Shard(m.id, shardOf(node))
		return err
	})
	return list, err
}

// leaves hands over every leaf below a node.
func (m *memory) leaves(ctx context.Context, node, depth int, fn func(node, depth int, list []model.SyncEntry) error) error {
	list, err := m.node(ctx, node)
	if err != nil {
		return err
	}
	if !isSplit(list) {
		return fn(node, depth, list)
	}
	for child := range 2 {
		if err := m.leaves(ctx, 2*node+1+child, depth+1, fn); err != nil {
			return err
		}
	}
	return nil
}

// fold puts what the log holds into the tree, a few shards a transaction, and then empties
// the log.
func (m *memory) fold(ctx context.Context) error {
	w := &writer{m: m}
	if err := m.foldInto(ctx, w, 0, 0, m.log); err != nil {
		return err
	}
	if err := w.flush(ctx); err != nil {
		return err
	}
	used := m.used
	err := m.store.Update(ctx, func(tx model.Tx) error {
		for n := range used {
			if err := tx.Transfers().PutShard(m.id, n, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		m.log, m.used, m.last = map[string]model.SyncEntry{}, 0, nil
	}
	return err
}

// foldInto puts entries below a node.
func (m *memory) foldInto(ctx context.Context, w *writer, node, depth int, entries map[string]model.SyncEntry) error {
	if len(entries) == 0 {
		return nil
	}
	list, err := m.node(ctx, node)
	if err != nil {
		return err
	}
	if isSplit(list) {
		for child := range 2 {
			below := map[string]model.SyncEntry{}
			for key, e := range entries {
				if side(key, depth) == child {
					below[key] = e
				}
			}
			if err := m.foldInto(ctx, w, 2*node+1+child, depth+1, below); err != nil {
				return err
			}
		}
		return nil
	}
	merged := make([]model.SyncEntry, 0, len(list)+len(entries))
	for _, e := range list {
		if _, newer := entries[e.Key]; !newer {
			merged = append(merged, e)
		}
	}
	for _, e := range entries {
		if !e.Gone {
			merged = append(merged, e)
		}
	}
	return w.leaf(ctx, node, depth, merged)
}

// writer gathers shards into transactions.
type writer struct {
	m     *memory
	batch []shard
	bytes int
}

type shard struct {
	node int
	list []model.SyncEntry
}

// leaf writes a leaf, split as often as its size asks for. What it is split into is written
// with it or before it: until a node says that it is split, nobody looks below.
func (w *writer) leaf(ctx context.Context, node, depth int, list []model.SyncEntry) error {
	if sizeOfAll(list) <= w.m.most.leaf || depth >= maxDepth || len(list) < 2 {
		return w.put(ctx, node, list)
	}
	var below [2][]model.SyncEntry
	for _, e := range list {
		n := side(e.Key, depth)
		below[n] = append(below[n], e)
	}
	for child, part := range below {
		if err := w.leaf(ctx, 2*node+1+child, depth+1, part); err != nil {
			return err
		}
	}
	return w.put(ctx, node, split)
}

func (w *writer) put(ctx context.Context, node int, list []model.SyncEntry) error {
	size := sizeOfAll(list)
	if len(w.batch) > 0 && (w.bytes+size > w.m.most.tx || len(w.batch) >= w.m.most.writes) {
		if err := w.flush(ctx); err != nil {
			return err
		}
	}
	w.batch, w.bytes = append(w.batch, shard{node, list}), w.bytes+size
	return nil
}

func (w *writer) flush(ctx context.Context) error {
	batch := w.batch
	w.batch, w.bytes = nil, 0
	if len(batch) == 0 {
		return nil
	}
	return w.m.store.Update(ctx, func(tx model.Tx) error {
		for _, s := range batch {
			if err := tx.Transfers().PutShard(w.m.id, shardOf(s.node), s.list); err != nil {
				return err
			}
		}
		return nil
	})
}
