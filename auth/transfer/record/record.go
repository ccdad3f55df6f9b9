// Package record looks into single records, which are JSON values as bytes: a field by its
// dotted name, a flat row for CSV and back, the places of a path, a digest of the content.
//
// It imports model and jsontext only, decodes nothing into maps where bytes will do, and
// bounds what it makes by a small multiple of what it is given.
package record

import (
	"github.com/go-json-experiment/json/jsontext"

	"ferry/model"
)

var errNotYet = model.Errorf(model.EInternal, "not there yet")

// Field returns the value at a dotted name ("price.amount"; "items.0.sku" counts elements
// from 0), as JSON; nil when there is none.
func Field(rec []byte, name string) []byte { return nil }

// Text returns a scalar as a person writes it: a string without its quotes, a number, true,
// false; ok is false for null, for objects and arrays, and for nothing.
func Text(value []byte) (text string, ok bool) { return "", false }

// Cell is one scalar of a record by its dotted name.
type Cell struct {
	Name  string
	Value []byte // JSON
}

// Flatten appends the scalars of rec, nested ones by dotted names; empty objects and arrays,
// and arrays of scalars, are one cell of JSON. A record that is no object is one cell "value".
func Flatten(dst []Cell, rec []byte) ([]Cell, error) { return dst, errNotYet }

// Expand fills the {field} places of a path from rec, each value escaped so that it stays in
// its segment. EInvalid naming the field that is missing or no scalar.
func Expand(path string, rec []byte) (string, error) { return "", errNotYet }

// Hash returns a digest of the content: the same for the same values whatever the order of
// members, the blanks or the spelling of strings. Numbers differ by their text.
func Hash(rec []byte) ([16]byte, error) { return [16]byte{}, errNotYet }

// AppendLine appends rec without blanks outside of strings, so that it holds no line end.
func AppendLine(dst, rec []byte) ([]byte, error) { return dst, errNotYet }

var _ jsontext.Value
