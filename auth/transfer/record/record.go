// Package record looks into single records, which are JSON values as bytes: a field by its
// dotted name, a flat row for CSV and back, the places of a path, a digest of the content.
//
// It imports model, its rules on paths, and jsontext only, decodes nothing into maps, and
// bounds what it makes by a small multiple of what it is given. It never keeps a record.
package record

import (
	"github.com/go-json-experiment/json/jsontext"

	"ferry/model"
	"ferry/model/calls"
)

// Field returns the value at a dotted name ("price.amount"; "items.0.sku" counts elements
// from 0), as JSON; nil when there is none. The result is part of rec. A member whose own
// name holds dots ("@odata.id") is found too; where several fit, the longest name wins.
func Field(rec []byte, name string) []byte {
	w := open(rec)
	defer w.close()
	value, err := w.field(name)
	if err != nil {
		return nil
	}
	return value
}

// Text returns a scalar as a person writes it: a string without its quotes, a number, true,
// false; ok is false for null, for objects and arrays, and for nothing.
func Text(value []byte) (text string, ok bool) {
	switch jsontext.Value(value).Kind() {
	case '"':
		plain, err := jsontext.AppendUnquote(nil, trim(value))
		return string(plain), err == nil
	case '0', 't', 'f':
		return string(trim(value)), true
	}
	return "", false
}

// Expand fills the {field} places of a path from rec by the rules of calls.Fill, each value
// escaped so that it stays in its segment. EInvalid, field "path", naming the field that is
// missing, empty or no scalar.
func Expand(path string, rec []byte) (string, error) {
	names := calls.Places(path)
	params := make([]model.Param, 0, 4)
	for _, name := range names {
		value := Field(rec, name)
		text, ok := Text(value)
		switch {
		case value == nil || ok && text == "":
			return "", model.Errorf(model.EInvalid, "the record has no %s, which the path needs", name).WithField("path")
		case !ok:
			return "", model.Errorf(model.EInvalid, "%s is no text and no number, so it cannot stand in the path", name).WithField("path")
		}
		params = append(params, model.Param{Name: name, Value: text})
	}
	r, err := calls.Fill(model.Request{Path: path}, params)
	return r.Path, err
}

// field returns the value at the rest of a dotted name in the value that comes next. What
// it passes by is checked, what follows is not.
func (w *walker) field(name string) ([]byte, error) {
	switch w.dec.PeekKind() {
	case '{':
		return w.member(name)
	case '[':
		return w.element(name)
	}
	return nil, w.dec.SkipValue()
}

func (w *walker) member(name string) (found []byte, err error) {
	if _, err := w.dec.ReadToken(); err != nil {
		return nil, err
	}
	longest := -1
	for w.dec.PeekKind() == '"' {
		key, err := w.name()
		if err != nil {
			return nil, err
		}
		if len(key) <= longest || !begins(name, key) {
			if err := w.dec.SkipValue(); err != nil {
				return nil, err
			}
			continue
		}
		n := len(key) // key is overwritten below
		var value []byte
		if n == len(name) {
			value, err = w.value()
		} else {
			value, err = w.field(name[n+1:])
		}
		if err != nil {
			return nil, err
		}
		if value != nil {
			found, longest = value, n
		}
	}
	_, err = w.dec.ReadToken()
	return found, err
}

func (w *walker) element(name string) (found []byte, err error) {
	if _, err := w.dec.ReadToken(); err != nil {
		return nil, err
	}
	index, rest := index(name)
	for i := 0; w.dec.PeekKind() != ']'; i++ {
		switch {
		case i != index:
			err = w.dec.SkipValue()
		case rest == "":
			found, err = w.value()
		default:
			found, err = w.field(rest[1:])
		}
		if err != nil {
			return nil, err
		}
	}
	_, err = w.dec.ReadToken()
	return found, err
}

// begins reports whether a dotted name is key, or goes on after it.
func begins(name string, key []byte) bool {
	return len(key) <= len(name) && name[:len(key)] == string(key) && (len(key) == len(name) || name[len(key)] == '.')
}

// index returns the number that a dotted name begins with, -1 when it does not, and the
// rest with its dot. Only the plain spelling counts: 0, 7, 12, never 07.
func index(name string) (n int, rest string) {
	i := 0
	for ; i < len(name) && name[i] >= '0' && name[i] <= '9' && i < 9; i++ {
		n = n*10 + int(name[i]-'0')
	}
	if i == 0 || i > 1 && name[0] == '0' || i < len(name) && name[i] != '.' {
		return -1, ""
	}
	return n, name[i:]
}
