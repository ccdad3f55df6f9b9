package journal

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"slices"
	"time"

	"ferry/model"
)

// Replay hands over every whole entry of the files from number gen on, in order, and
// returns the highest number there is. What follows a torn entry was never acknowledged
// to anybody, and is left out.
func Replay(dir string, id model.ID, gen uint64, fn func(Entry)) (highest uint64, err error) {
	numbers := files(dir, id)
	slices.Sort(numbers)
	j := Journal{dir: dir, id: id}
	for _, n := range numbers {
		highest = max(highest, n)
		if n < gen {
			continue
		}
		data, err := os.ReadFile(j.name(n))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return highest, failed(err)
		}
		for len(data) > 0 {
			e, size := decode(data)
			if size == 0 {
				break
			}
			fn(e)
			data = data[size:]
		}
	}
	return highest, nil
}

// Faults are written so that those of a run that was killed are not lost to the person who
// looks for them.
func appendFaults(b []byte, faults []model.TransferFault) []byte {
	b = binary.AppendUvarint(b, uint64(len(faults)))
	for i := range faults {
		f := &faults[i]
		for _, n := range []int64{f.At.UnixMilli(), f.Record, f.Row, int64(f.Status)} {
			b = binary.AppendVarint(b, n)
		}
		for _, s := range []string{f.Key, string(f.Kind), f.Reason} {
			b = binary.AppendUvarint(b, uint64(len(s)))
			b = append(b, s...)
		}
	}
	return b
}

type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) byte() byte {
	if len(d.b) == 0 {
		d.bad = true
		return 0
	}
	c := d.b[0]
	d.b = d.b[1:]
	return c
}

func (d *decoder) uint() uint64 {
	n, k := binary.Uvarint(d.b)
	if k <= 0 {
		d.bad, d.b = true, nil
		return 0
	}
	d.b = d.b[k:]
	return n
}

func (d *decoder) int() int64 { return int64(d.uint()) } //nolint:gosec // what encode wrote

func (d *decoder) signed() int64 {
	n, k := binary.Varint(d.b)
	if k <= 0 {
		d.bad, d.b = true, nil
		return 0
	}
	d.b = d.b[k:]
	return n
}

func (d *decoder) text() string {
	n := d.uint()
	if n > uint64(len(d.b)) {
		d.bad, d.b = true, nil
		return ""
	}
	s := string(d.b[:n])
	d.b = d.b[n:]
	return s
}

func (d *decoder) faults() []model.TransferFault {
	n := d.uint()
	if n > uint64(len(d.b)) { // each takes more than a byte
		d.bad = true
		return nil
	}
	var out []model.TransferFault
	for range n {
		f := model.TransferFault{At: time.UnixMilli(d.signed()).UTC(), Record: d.signed(), Row: d.signed(), Status: int(d.signed())}
		f.Key, f.Kind, f.Reason = d.text(), model.FaultKind(d.text()), d.text()
		if d.bad {
			return nil
		}
		out = append(out, f)
	}
	return out
}
