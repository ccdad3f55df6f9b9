package syncing

import (
	"context"
	"hash/maphash"

	"ferry/model"
)

// memory is what the sync remembers, packed so that a million keys take less than 100 MB:
// a digest stands for each key, and ETags lie one behind the other. It is not safe for
// concurrent use.
type memory struct {
	seeds [2]maphash.Seed
	slots table
	etags [][]byte // chunks of etagChunk bytes
	known int      // entries that were there at the beginning
}

// digest stands for a key within one run, and is never zero. 127 bits of two keyed hashes: nobody can make
// two keys meet, and a million meet by chance once in 10^26 runs.
type digest [2]uint64

// slot is one entry.
type slot struct {
	hash  [16]byte
	etag  uint32 // where it lies, plus one; 0 is none
	flags uint8
}

const (
	stored   = 1 << iota // Memory has an entry
	unsure               // as in model.SyncEntry
	conflict             // as in model.SyncEntry
	seen                 // the source has the record, in this run
	sent                 // it was written in this run
)

// etagChunk bounds an ETag, and is small enough not to waste.
const etagChunk = 64 << 10

// maxETagChunks bounds all ETags to 2 GiB.
const maxETagChunks = 1 << 15

// maxETag is the longest ETag that is remembered; a longer one is no ETag.
const maxETag = 1 << 10

func loadMemory(ctx context.Context, from model.SyncMemory) (*memory, error) {
	m := &memory{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}}
	err := from.Each(ctx, func(e model.SyncEntry) error {
		if !e.Gone {
			m.put(m.digest(e.Key), e, 0)
			m.known++
		}
		return nil
	})
	return m, err
}

func (m *memory) digest(key string) digest {
	return digest{maphash.String(m.seeds[0], key), maphash.String(m.seeds[1], key) | 1}
}

// put makes the slot of an entry, and keeps flags besides those of the entry.
func (m *memory) put(d digest, e model.SyncEntry, flags uint8) {
	s := slot{hash: e.Hash, flags: flags}
	if old := m.slots.get(d); m.etag(old) == e.ETag {
		s.etag = old.etag
	} else {
		s.etag = m.keepETag(e.ETag)
	}
	if !e.Gone {
		s.flags |= stored
	}
	if e.Unsure {
		s.flags |= unsure
	}
	if e.Conflict {
		s.flags |= conflict
	}
	m.slots.set(d, s)
}

func (m *memory) keepETag(etag string) uint32 {
	n := len(m.etags)
	if etag == "" || len(etag) > maxETag || n > maxETagChunks {
		return 0
	}
	if n == 0 || len(m.etags[n-1])+len(etag)+2 > etagChunk {
		m.etags = append(m.etags, make([]byte, 0, etagChunk))
		n++
	}
	at := len(m.etags[n-1])
	m.etags[n-1] = append(append(m.etags[n-1], byte(len(etag)>>8), byte(len(etag))), etag...) //nolint:gosec // maxETag bounds it
	return uint32((n-1)*etagChunk+at) + 1                                                     //nolint:gosec // maxETagChunks bounds it
}

func (m *memory) etag(s slot) string {
	if s.etag == 0 {
		return ""
	}
	at := int(s.etag - 1)
	chunk := m.etags[at/etagChunk][at%etagChunk:]
	n := int(chunk[0])<<8 | int(chunk[1])
	return string(chunk[2 : 2+n])
}

// entry is the way back from put.
func (m *memory) entry(key string, s slot) model.SyncEntry {
	return model.SyncEntry{
		Key: key, Hash: s.hash, ETag: m.etag(s),
		Unsure: s.flags&unsure != 0, Conflict: s.flags&conflict != 0, Gone: s.flags&stored == 0,
	}
}

// gone counts what is remembered and not in the source.
func (m *memory) gone() int {
	n := 0
	for s := range m.slots.all() {
		if s.flags&(stored|seen) == stored {
			n++
		}
	}
	return n
}
