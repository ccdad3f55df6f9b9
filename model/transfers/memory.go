package transfers

import (
	"context"
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
	most  limits

	mu     sync.Mutex
	loaded bool
	log    map[string]model.SyncEntry // the newest entry of each key in the log
	used   int                        // shards of the log that hold something
	last   []model.SyncEntry          // what the last one of them holds
}

// logShards is how many shards the log has: few enough to be dropped in one transaction.
const logShards = 64

// limits say how the shards are used, in bytes unless they say otherwise.
type limits struct {
	logKeys int // keys of a log that is not folded yet
	leaf    int // a shard of the tree that holds more is split; 512 KiB would be the end
	shard   int // of the log
	tx      int // of a transaction, which takes 1 MiB
	writes  int // in a transaction, which takes 100
}

var usual = limits{logKeys: 50_000, leaf: 96 << 10, shard: 256 << 10, tx: 640 << 10, writes: 90}

// entryBytes is about what an entry takes beside its texts.
const entryBytes = 40

func newMemory(store model.Store, id model.ID) *memory {
	return &memory{store: store, id: id, most: usual}
}

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
	if m.used+len(parts) > logShards || len(m.log)+len(entries) > m.most.logKeys {
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
			if bytes += sizeOfAll(part); count > 0 && bytes > m.most.tx {
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
	return m.used > 0 && sizeOfAll(m.last)+sizeOfAll(part) <= m.most.leaf
}

// parts cuts entries into shards of the log.
func (m *memory) parts(entries []model.SyncEntry) [][]model.SyncEntry {
	var out [][]model.SyncEntry
	size := m.most.shard
	for _, e := range entries {
		e = logged(e)
		if size += sizeOf(&e); size > m.most.shard {
			out, size = append(out, nil), sizeOf(&e)
		}
		out[len(out)-1] = append(out[len(out)-1], e)
	}
	return out
}
