package record

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

// span is where the encoding of one member lies in walker.enc.
type span struct{ from, to int }

// Hash returns a digest of the content: the same for the same values whatever the order of
// members, the blanks or the spelling of strings. Numbers differ by their text. EInvalid
// for what is no JSON, holds invalid UTF-8 or names a member twice.
//
// It is the first half of a SHA-256 over an encoding in which nothing can be taken for
// something else: each value begins with its kind, scalars give their length, an object is
// the digest of its members sorted by their encoding, an array that of its elements.
func Hash(rec []byte) ([16]byte, error) {
	w := open(rec)
	defer w.close()
	err := w.encode()
	if err == nil {
		err = w.end()
	}
	if err != nil {
		return [16]byte{}, broken(err)
	}
	sum := sha256.Sum256(w.enc)
	return [16]byte(sum[:16]), nil
}

// encode appends the encoding of the next value to w.enc.
func (w *walker) encode() error {
	switch kind := w.dec.PeekKind(); kind {
	case '{':
		return w.encodeObject()
	case '[':
		return w.encodeArray()
	case '"':
		v, err := w.dec.ReadValue()
		if err != nil {
			return err
		}
		text, err := w.plain(v)
		w.put('"', text)
		return err
	default: // a number or a literal, or what ReadValue refuses
		v, err := w.dec.ReadValue()
		w.put(byte(kind), v)
		return err
	}
}

func (w *walker) put(kind byte, text []byte) {
	w.enc = append(w.enc, kind)
	w.enc = binary.AppendUvarint(w.enc, uint64(len(text)))
	w.enc = append(w.enc, text...)
}

// fold replaces what was appended since mark by its kind and digest.
func (w *walker) fold(kind byte, mark int) {
	sum := sha256.Sum256(w.enc[mark:])
	w.enc = append(append(w.enc[:mark], kind), sum[:]...)
}

func (w *walker) encodeObject() error {
	if _, err := w.dec.ReadToken(); err != nil {
		return err
	}
	mark, first := len(w.enc), len(w.members)
	for w.dec.PeekKind() == '"' {
		from := len(w.enc)
		key, err := w.name()
		if err != nil {
			return err
		}
		w.put('"', key)
		if err := w.encode(); err != nil {
			return err
		}
		w.members = append(w.members, span{from, len(w.enc)})
	}
	if _, err := w.dec.ReadToken(); err != nil {
		return err
	}
	w.sort(w.members[first:])
	w.members = w.members[:first]
	w.fold('{', mark)
	return nil
}

// sort puts the encodings of members, which are the end of w.enc, into their order. No two
// are equal, for no two have one name.
func (w *walker) sort(members []span) {
	compare := func(a, b span) int { return bytes.Compare(w.enc[a.from:a.to], w.enc[b.from:b.to]) }
	if slices.IsSortedFunc(members, compare) {
		return
	}
	slices.SortFunc(members, compare)
	w.sorted = w.sorted[:0]
	for _, m := range members {
		w.sorted = append(w.sorted, w.enc[m.from:m.to]...)
	}
	copy(w.enc[len(w.enc)-len(w.sorted):], w.sorted)
}

func (w *walker) encodeArray() error {
	if _, err := w.dec.ReadToken(); err != nil {
		return err
	}
	mark := len(w.enc)
	for w.dec.PeekKind() != ']' {
		if err := w.encode(); err != nil {
			return err
		}
	}
	if _, err := w.dec.ReadToken(); err != nil {
		return err
	}
	w.fold('[', mark)
	return nil
}
