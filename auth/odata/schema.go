package odata

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"
	"time"
)

// Kind is the type of a property or of an expression.
type Kind string

// The kinds, by their names in the metadata, with the Go type of a value in a row. A
// nullable property may also be nil.
const (
	String         Kind = "Edm.String"         // string
	Int64          Kind = "Edm.Int64"          // int64
	Double         Kind = "Edm.Double"         // float64, finite
	Boolean        Kind = "Edm.Boolean"        // bool
	Date           Kind = "Edm.Date"           // time.Time at midnight UTC
	DateTimeOffset Kind = "Edm.DateTimeOffset" // time.Time

	null Kind = "null" // the literal only
)

// Property is one property of an entity type.
type Property struct {
	Name     string // a simple identifier
	Kind     Kind
	Nullable bool
}

// Set is one entity set. Names are simple identifiers.
type Set struct {
	Name       string
	Type       string
	Key        string // the name of the key property
	Properties []Property
	Len        func() int
	// Row returns row i with a value for each property, in their order. Rows keep
	// their place between requests, or paging would skip or repeat some.
	Row func(i int) []any
	// Each, when set, gives the rows instead of Len and Row: one by one in the order of
	// their keys, which are strings, until yield returns false; with after, those behind
	// the row that has it as key. They may change between requests.
	Each   func(ctx context.Context, after string, yield func(row []any) bool) error
	Newest bool // Each begins with the greatest key
}

func (s *Set) index(name string) (int, bool) {
	for i, p := range s.Properties {
		if p.Name == name {
			return i, true
		}
	}
	return 0, false
}

// appendValue writes one value as OData JSON.
func appendValue(b *bytes.Buffer, k Kind, v any) {
	switch v := v.(type) {
	case string:
		b.Write(quoteJSON(v))
	case int64:
		b.WriteString(strconv.FormatInt(v, 10))
	case float64:
		text, err := json.Marshal(v)
		if err != nil { // not finite
			text = []byte("null")
		}
		b.Write(text)
	case bool:
		b.WriteString(strconv.FormatBool(v))
	case time.Time:
		layout := time.RFC3339Nano
		if k == Date {
			layout = time.DateOnly
		}
		b.Write(quoteJSON(v.UTC().Format(layout)))
	default:
		b.WriteString("null")
	}
}

func quoteJSON(s string) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil { // never: a string can always be encoded
		return []byte(`""`)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
