package transfers

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"sync"

	"ferry/model"
)

// memory is a model.SyncMemory over the shards of a store. What is saved goes to a log
// first, a transaction each time: the first logShards shards. When the log is full it is
// folded into a binary tree of shards, in which an entry lies where a digest of its key says;
// a shard that has grown too large is split in two. So a save costs what it holds, and not
// a shard for each of its entries, and a fold that is cut off is simply done again: the log is
// dropped last, and says the same as what is folded already.
type memory struct {
	store model.Store
	id    model.ID

	mu     sync.Mutex
	loaded bool
	log    map[string]model.SyncEntry // the newest entry of each key in the log
	used   int                        // shards of the log that hold something
	last   []model.SyncEntry          // what the last one of them holds
}

// How the shards are used. A shard that holds leafBytes is split; 512 KiB would be the end.
const (
	logShards  = 64
	logKeys    = 50_000 // of a log that is not folded yet
	leafBytes  = 96 << 10
	shardBytes = 256 << 10 // of a shard of the log
	txBytes    = 640 << 10 // of a transaction, which takes 1 MiB
	txWrites   = 90        // and 100 writes
	maxDepth   = 18
)

// entryBytes is about what an entry takes beside its texts.
const entryBytes = 40

func newMemory(store model.Store, id model.ID) *memory { return &memory{store: store, id: id} }

func sizeOf(e *model.SyncEntry) int { return len(e.Key) + len(e.ETag) + entryBytes }

func sizeOfAll(list []model.SyncEntry) (n int) {
	for i := range list {
		n += sizeOf(&list[i])
	}
	return n
}

// load reads the log. An entry that forgets its key is kept in it as one with no hash.
func (m *memory) load(ctx context.Context) error {
	if m.loaded {
		return nil
	}
	m.log, m.used, m.last = map[string]model.SyncEntry{}, 0, nil
	for n := range logShards {
		var list []model.SyncEntry
		err := m.store.View(ctx, func(tx model.Tx) (err error) {
			list, err = tx.Transfers().Shard(m.id, n)
			return err
		})
		if err != nil {
			return err
		}
		if len(list) == 0 {
			break
		}
		m.used, m.last = n+1, list
		for _, e := range list {
			m.log[e.Key] = unlogged(e)
		}
	}
	m.loaded = true
	return nil
}

// A shard keeps no entry that is gone, so the log holds a mark instead: no ETag can hold a
// control character (RFC 9110 §8.8.3).
const goneMark = "\x00gone"

func logged(e model.SyncEntry) model.SyncEntry {
	if e.Gone {
		return model.SyncEntry{Key: e.Key, ETag: goneMark}
	}
	return e
}

func unlogged(e model.SyncEntry) model.SyncEntry {
	if e.ETag == goneMark {
		return model.SyncEntry{Key: e.Key, Gone: true}
	}
	return e
}

// Each implements model.SyncMemory.
func (m *memory) Each(ctx context.Context, fn func(model.SyncEntry) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.load(ctx); err != nil {
		return err
	}
	err := m.leaves(ctx, 0, 0, func(_, _ int, list []model.SyncEntry) error {
		for _, e := range list {
			if _, newer := m.log[e.Key]; newer {
				continue
			}
			if err := fn(e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, e := range m.log {
		if e.Gone {
			continue
		}
		if err := fn(e); err != nil {
			return err
		}
	}
	return nil
}

// Save implements model.SyncMemory.
func (m *memory) Save(ctx context.Context, entries []model.SyncEntry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.load(ctx); err != nil {
		return err
	}
	for i := range entries {
		if entries[i].Key == "" {
			return model.Errorf(model.EInvalid, "a record without a key cannot be remembered").WithField("key").
				WithNext("choose a field that every record has: --key FIELD")
		}
	}
	parts := m.parts(entries)
	if m.used+len(parts) > logShards || len(m.log)+len(entries) > logKeys {
		if err := m.fold(ctx); err != nil {
			return err
		}
		parts = m.parts(entries)
	}
	first := m.used
	if len(parts) > 0 && m.fits(parts[0]) {
		first--
		parts[0] = append(m.last[:len(m.last):len(m.last)], parts[0]...)
	}
	for n := 0; n < len(parts); { // one transaction, unless keys are very long
		count, bytes := 0, 0
		for _, part := range parts[n:] {
			if bytes += sizeOfAll(part); count > 0 && bytes > txBytes {
				break
			}
			count++
		}
		some, at := parts[n:n+count], first+n
		err := m.store.Update(ctx, func(tx model.Tx) error {
			for i, part := range some {
				if err := tx.Transfers().PutShard(m.id, at+i, part); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			m.loaded = false // what is there is read again
			return err
		}
		m.used, m.last = at+count, some[count-1]
		for _, part := range some {
			for _, e := range part {
				m.log[e.Key] = unlogged(e)
			}
		}
		n += count
	}
	return nil
}

// fits reports whether a part may be added to the last shard of the log: small saves share
// one.
func (m *memory) fits(part []model.SyncEntry) bool {
	return m.used > 0 && sizeOfAll(m.last)+sizeOfAll(part) <= leafBytes
}

// parts cuts entries into shards of the log.
func (m *memory) parts(entries []model.SyncEntry) [][]model.SyncEntry {
	var out [][]model.SyncEntry
	size := shardBytes
	for _, e := range entries {
		e = logged(e)
		if size += sizeOf(&e); size > shardBytes {
			out, size = append(out, nil), sizeOf(&e)
		}
		out[len(out)-1] = append(out[len(out)-1], e)
	}
	return out
}

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
	if sizeOfAll(list) <= leafBytes || depth >= maxDepth || len(list) < 2 {
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
	if len(w.batch) > 0 && (w.bytes+size > txBytes || len(w.batch) >= txWrites) {
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
