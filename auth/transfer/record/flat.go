package record

import (
	"strconv"
)

// Cell is one scalar of a record by its dotted name.
type Cell struct {
	Name  string
	Value []byte // JSON
}

// Flatten appends the scalars of rec, nested ones by dotted names; empty objects and arrays,
// and arrays of scalars, are one cell of JSON. A record that is no object is one cell "value".
// Values are parts of rec. Elements of other arrays are numbered from 0, as Field counts.
// What lies below a name of maxName bytes is one cell, so that deep records stay small.
// EInvalid for what is no JSON.
func Flatten(dst []Cell, rec []byte) ([]Cell, error) {
	w := open(rec)
	defer w.close()
	start := len(dst)
	var err error
	if w.dec.PeekKind() == '{' {
		dst, err = w.flattenObject(dst)
	} else {
		var value []byte
		value, err = w.value()
		dst = append(dst, Cell{Name: "value", Value: value})
	}
	if err == nil {
		err = w.end()
	}
	if err != nil {
		return dst[:start], broken(err)
	}
	return dst, nil
}

func (w *walker) flatten(dst []Cell) ([]Cell, error) {
	if len(w.path) < maxName {
		switch w.dec.PeekKind() {
		case '{':
			return w.flattenObject(dst)
		case '[':
			return w.flattenArray(dst)
		}
	}
	value, err := w.value()
	return append(dst, Cell{Name: w.cellName(), Value: value}), err
}

func (w *walker) flattenObject(dst []Cell) ([]Cell, error) {
	if _, err := w.dec.ReadToken(); err != nil {
		return dst, err
	}
	mark, begin := len(w.path), w.dec.InputOffset()-1
	root, empty := w.dec.StackDepth() == 1, true
	for w.dec.PeekKind() == '"' {
		key, err := w.name()
		if err != nil {
			return dst, err
		}
		empty = false
		if !root {
			w.path = append(w.path, '.')
		}
		w.path = append(w.path, key...)
		if dst, err = w.flatten(dst); err != nil {
			return dst, err
		}
		w.path = w.path[:mark]
	}
	if _, err := w.dec.ReadToken(); err != nil {
		return dst, err
	}
	if empty && !root {
		dst = append(dst, Cell{Name: w.cellName(), Value: w.since(begin)})
	}
	return dst, nil
}

// flattenArray appends one cell for an array of scalars, and the cells of its elements for
// any other: which it is shows only at its end, so the cells are taken back then.
func (w *walker) flattenArray(dst []Cell) ([]Cell, error) {
	if _, err := w.dec.ReadToken(); err != nil {
		return dst, err
	}
	mark, begin, start := len(w.path), w.dec.InputOffset()-1, len(dst)
	scalars := true
	for i := 0; ; i++ {
		kind := w.dec.PeekKind()
		if kind == ']' {
			break
		}
		scalars = scalars && kind != '{' && kind != '['
		w.path = strconv.AppendInt(append(w.path, '.'), int64(i), 10)
		var err error
		if dst, err = w.flatten(dst); err != nil {
			return dst, err
		}
		w.path = w.path[:mark]
	}
	if _, err := w.dec.ReadToken(); err != nil {
		return dst, err
	}
	if scalars {
		dst = append(dst[:start], Cell{Name: w.cellName(), Value: w.since(begin)})
	}
	return dst, nil
}

// since returns the part of the record from begin to where the walker is.
func (w *walker) since(begin int64) []byte {
	end := w.dec.InputOffset()
	return w.rec[begin:end:end]
}

// cellName returns w.path as a string, the same one for every record that has it.
func (w *walker) cellName() string {
	if name, ok := w.names[string(w.path)]; ok {
		return name
	}
	name := string(w.path)
	if len(name) <= maxName {
		if len(w.names) >= maxNames {
			clear(w.names)
		}
		w.names[name] = name
	}
	return name
}
