package bolt

import (
	"encoding/binary"
	"hash/fnv"
	"io"
	"os"
)

// bbolt keeps two meta pages and writes them in turn, so that one is whole whenever
// the power goes. We read them before bbolt does, because it trusts what it maps.
const (
	metaMagic   = 0xED0CDAED
	metaVersion = 2
	metaOffset  = 16 // after the page header
	metaLen     = 64
	metaSummed  = 56 // bytes under the checksum
	pageHeader  = 16
	freelistTag = 0x10
	noFreelist  = ^uint64(0)
)

// meta is what we need of a meta page.
type meta struct {
	pageSize int64
	root     uint64 // page of the root bucket
	freelist uint64 // page of the list of free pages
	high     uint64 // pages in use: the high-water mark
	txid     uint64 // the last committed transaction
}

// parseMeta reads the meta at the start of b. known says that b is bbolt's at all.
func parseMeta(b []byte) (m meta, known, ok bool) {
	ne := binary.NativeEndian
	known = ne.Uint32(b) == metaMagic
	sum := fnv.New64a()
	_, _ = sum.Write(b[:metaSummed])
	m = meta{
		pageSize: int64(ne.Uint32(b[8:])),
		root:     ne.Uint64(b[16:]),
		freelist: ne.Uint64(b[32:]),
		high:     ne.Uint64(b[40:]),
		txid:     ne.Uint64(b[48:]),
	}
	ok = known && ne.Uint32(b[4:]) == metaVersion && ne.Uint64(b[56:]) == sum.Sum64() &&
		m.pageSize >= 1024 && m.pageSize <= 1<<16 && m.high < 1<<40
	return m, known, ok
}

// newestMeta returns the newer of the whole meta pages. found is false when there is
// none, known says whether the file looks like bbolt's nevertheless.
func newestMeta(r io.ReaderAt) (m meta, known, found bool) {
	var buf [metaLen]byte
	try := func(at int64) bool {
		if _, err := r.ReadAt(buf[:], at+metaOffset); err != nil {
			return false
		}
		got, magic, ok := parseMeta(buf[:])
		known = known || magic
		if ok && (!found || got.txid > m.txid) {
			m, found = got, true
		}
		return ok
	}
	if try(0) {
		try(m.pageSize)
		return m, known, found
	}
	// The first one is broken and with it the page size: look where the other may be.
	for size := int64(1024); size <= 1<<16; size <<= 1 {
		if try(size) {
			break
		}
	}
	return m, known, found
}

// readMeta reads the state of an open file and refuses one that bbolt would stumble
// over: empty, foreign, cut short, or with a list of free pages that cannot be.
func (s *Store) readMeta(f *os.File) (meta, error) {
	st, err := f.Stat()
	if err != nil {
		return meta{}, err
	}
	if st.Size() == 0 {
		return meta{}, s.empty()
	}
	m, known, found := newestMeta(f)
	switch {
	case !found && known:
		return m, s.garbled()
	case !found:
		return m, s.foreign()
	case st.Size() < int64(m.high)*m.pageSize: //nolint:gosec // below 2^40
		return m, s.truncated(st.Size(), int64(m.high)*m.pageSize) //nolint:gosec // below 2^40
	}
	if !freelistPlausible(f, m) {
		return m, s.garbled()
	}
	return m, nil
}

// freelistPlausible keeps bbolt from making a list of a garbled length.
func freelistPlausible(r io.ReaderAt, m meta) bool {
	if m.freelist == noFreelist {
		return true
	}
	var b [pageHeader + 8]byte
	if m.freelist >= m.high {
		return false
	}
	if _, err := r.ReadAt(b[:], int64(m.freelist)*m.pageSize); err != nil { //nolint:gosec // below high
		return false
	}
	count := uint64(binary.NativeEndian.Uint16(b[10:]))
	if count == 0xFFFF {
		count = binary.NativeEndian.Uint64(b[pageHeader:])
	}
	return binary.NativeEndian.Uint16(b[8:]) == freelistTag && count <= m.high
}

// freelistSane proves that the list of free pages is a sorted one of pages of this file.
// bbolt would write over whatever page it is told is free.
func freelistSane(r io.ReaderAt, m meta) bool {
	if m.freelist == noFreelist {
		return true
	}
	ne, at := binary.NativeEndian, int64(m.freelist)*m.pageSize //nolint:gosec // below high
	var head [pageHeader + 8]byte
	if _, err := r.ReadAt(head[:], at); err != nil {
		return false
	}
	count, skip := uint64(ne.Uint16(head[10:])), int64(pageHeader)
	if count == 0xFFFF {
		count, skip = ne.Uint64(head[pageHeader:]), pageHeader+8
	}
	// It spans just the pages it needs, or one more: all of them are freed when it moves.
	pages, need := 1+uint64(ne.Uint32(head[12:])), count*8+uint64(skip)
	size := uint64(m.pageSize) //nolint:gosec // up to 64 KiB
	if ne.Uint64(head[:]) != m.freelist || need > pages*size || pages > need/size+2 || m.freelist+pages > m.high {
		return false
	}
	ids := make([]byte, count*8)
	if _, err := r.ReadAt(ids, at+skip); err != nil {
		return false
	}
	last := uint64(1)
	for ; len(ids) > 0; ids = ids[8:] {
		id := ne.Uint64(ids)
		if id <= last || id >= m.high || id == m.freelist || id == m.root {
			return false
		}
		last = id
	}
	return true
}
