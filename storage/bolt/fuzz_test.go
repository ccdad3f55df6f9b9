package bolt

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// FuzzPages gives the readers of the file any bytes: they end, and never panic.
func FuzzPages(f *testing.F) {
	page := make([]byte, 1024)
	binary.NativeEndian.PutUint16(page[8:], leafTag)
	f.Add(bytes.Repeat(page, 4), []byte("key"), uint64(3))
	f.Add([]byte{0xED, 0x0C, 0xDA, 0xED}, []byte(nil), uint64(0))
	f.Fuzz(func(t *testing.T, file, key []byte, root uint64) {
		r := bytes.NewReader(file)
		m, _, found := newestMeta(r)
		if !found {
			m = meta{pageSize: 1024, root: root, freelist: root, high: uint64(len(file) / 1024)}
		}
		if uint64(len(file)) < m.high*uint64(m.pageSize) { // as readMeta refuses it
			return
		}
		if freelistSane(r, m) && m.freelist != noFreelist && m.freelist >= m.high {
			t.Fatal("a list of free pages beyond the end is sane")
		}
		_ = freelistPlausible(r, m)
		_ = walkPages(r, m)
		_ = newPages(r, m).prove(tour{from: key, items: 10, leaves: 2})
		_ = newPages(r, m).prove(tour{from: key, reverse: true, items: 10, leaves: 2})
	})
}
