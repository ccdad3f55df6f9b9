package resource

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"ferry/model"
)

// Schema is the part of JSON Schema 2020-12 that the API describes its bodies with. The
// same value documents a body and checks one that came, so that the two cannot differ.
type Schema struct {
	// Name is its place among the components of the OpenAPI document; "" is spelled out
	// wherever it is used.
	Name string `json:"-"`

	Description string             `json:"description,omitempty"`
	Type        []string           `json:"type,omitempty"`
	Format      string             `json:"format,omitempty"` // "date-time" is checked, the rest is for readers
	Enum        []any              `json:"enum,omitempty"`
	Properties  map[string]*Schema `json:"properties,omitempty"`
	Required    []string           `json:"required,omitempty"`
	// Rest is what members that are not among Properties must be; nil allows none.
	Rest      *Schema `json:"-"`
	Items     *Schema `json:"items,omitempty"`
	Minimum   *int64  `json:"minimum,omitempty"`
	Maximum   *int64  `json:"maximum,omitempty"`
	MaxLength int     `json:"maxLength,omitempty"` // characters
	MaxItems  int     `json:"maxItems,omitempty"`
	ReadOnly  bool    `json:"readOnly,omitempty"`
	WriteOnly bool    `json:"writeOnly,omitempty"`
	Default   any     `json:"default,omitempty"`
	Examples  []any   `json:"examples,omitempty"`
}

// MarshalJSON writes the schema, or a reference to it when it has a name.
func (s *Schema) MarshalJSON() ([]byte, error) {
	if s.Name != "" {
		return json.Marshal(map[string]string{"$ref": "#/components/schemas/" + s.Name})
	}
	type plain Schema
	var additional any
	if slices.Contains(s.Type, "object") {
		if additional = false; s.Rest != nil {
			additional = s.Rest
		}
	}
	return json.Marshal(struct {
		*plain
		Additional any `json:"additionalProperties,omitempty"`
	}{(*plain)(s), additional})
}

// body returns the schema without its name: what the components hold.
func (s *Schema) body() *Schema {
	out := *s
	out.Name = ""
	return &out
}

func (s *Schema) clone() *Schema {
	out := *s
	out.Properties = maps.Clone(s.Properties)
	return &out
}

// patch returns the schema of a JSON merge patch (RFC 7396) of what s describes: every
// member may be missing, and may be null.
func (s *Schema) patch(name string) *Schema {
	out := s.clone()
	out.Name, out.Required = name, nil
	for member, of := range out.Properties {
		if of.ReadOnly {
			continue
		}
		p := of.clone()
		if len(p.Properties) > 0 && slices.Contains(p.Type, "object") {
			p = p.patch("")
		}
		p.Default, p.Name = nil, ""
		if p.Rest != nil {
			p.Rest = p.Rest.or("null")
		}
		if !slices.Contains(p.Type, "null") {
			p.Type = append(slices.Clone(p.Type), "null")
		}
		if p.Enum != nil && !slices.Contains(p.Enum, nil) {
			p.Enum = append(slices.Clone(p.Enum), nil)
		}
		out.Properties[member] = p
	}
	return out
}

// check appends what is wrong with v, a value as parseJSON makes them, to faults. Members
// that are read-only are left to whoever knows what they were.
func (s *Schema) check(path string, v any, faults []model.FieldError) []model.FieldError {
	wrong := func(format string, args ...any) []model.FieldError {
		field := path
		if field == "" {
			field = "body"
		}
		return append(faults, model.FieldError{Field: field, Message: fmt.Sprintf(format, args...)})
	}
	kind := kindOf(v)
	if len(s.Type) > 0 && !slices.Contains(s.Type, kind) {
		if kind != "number" || !slices.Contains(s.Type, "integer") {
			return wrong("must be %s", words(s.Type))
		}
		if v = whole(v); v == nil {
			return wrong("must be a whole number")
		}
	}
	if s.Enum != nil && !slices.Contains(s.Enum, v) {
		return wrong("must be %s", choices(s.Enum))
	}
	switch v := v.(type) {
	case string:
		if s.MaxLength > 0 && utf8.RuneCountInString(v) > s.MaxLength {
			return wrong("has at most %d characters", s.MaxLength)
		}
		if s.Format == "date-time" && !isTime(v) {
			return wrong("must be a time as in 2027-01-31T12:00:00Z")
		}
	case int64:
		if s.Minimum != nil && v < *s.Minimum || s.Maximum != nil && v > *s.Maximum {
			return wrong("must be %s", span(s.Minimum, s.Maximum))
		}
	case []any:
		if s.MaxItems > 0 && len(v) > s.MaxItems {
			return wrong("has at most %d entries", s.MaxItems)
		}
		for i, item := range v {
			faults = s.Items.check(join(path, strconv.Itoa(i)), item, faults)
		}
	case object:
		faults = s.checkMembers(path, v, faults)
	}
	return faults
}

func (s *Schema) checkMembers(path string, v object, faults []model.FieldError) []model.FieldError {
	for _, name := range slices.Sorted(maps.Keys(v)) {
		of, known := s.Properties[name]
		switch {
		case known && of.ReadOnly:
		case known:
			faults = of.check(join(path, name), v[name], faults)
		case s.Rest != nil:
			faults = s.Rest.check(join(path, name), v[name], faults)
		default:
			faults = append(faults, model.FieldError{Field: join(path, clip(name)), Message: "is not known here"})
		}
	}
	for _, name := range s.Required {
		if _, there := v[name]; !there {
			faults = append(faults, model.FieldError{Field: join(path, name), Message: "is needed"})
		}
	}
	return faults
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// clip makes a name that somebody sent fit for an answer.
func clip(name string) string {
	const most = 64
	if r := []rune(model.Printable(name)); len(r) > most {
		return string(r[:most]) + "…"
	}
	return model.Printable(name)
}

func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "string"
	case bool:
		return "boolean"
	case json.Number:
		return "number"
	case []any:
		return "array"
	}
	return "object"
}

// whole returns a number without a fraction as int64, nil for any other. 5.0 and 5e0 are
// whole too (JSON Schema Core §4.2.1).
func whole(v any) any {
	text := string(v.(json.Number))
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	const exact = 1 << 53 // up to here a float64 holds every whole number
	if f, err := strconv.ParseFloat(text, 64); err == nil && f == math.Trunc(f) && math.Abs(f) <= exact {
		return int64(f)
	}
	return nil
}

// wholeNumber is an integer in a request, however it is written.
type wholeNumber int64

// UnmarshalJSON reads what whole takes, and null as 0.
func (n *wholeNumber) UnmarshalJSON(raw []byte) error {
	if string(raw) == "null" {
		return nil
	}
	v, ok := whole(json.Number(raw)).(int64)
	if !ok {
		return strconv.ErrSyntax
	}
	*n = wholeNumber(v)
	return nil
}

func isTime(s string) bool {
	_, err := time.Parse(time.RFC3339, s)
	return err == nil
}

// words says in English which types are allowed.
func words(types []string) string {
	names := map[string]string{
		"string": "a string", "boolean": "true or false", "integer": "a whole number", "number": "a number",
		"array": "a list", "object": "an object", "null": "null",
	}
	out := make([]string, len(types))
	for i, t := range types {
		out[i] = names[t]
	}
	return strings.Join(out, " or ")
}

func choices(of []any) string {
	out := make([]string, 0, len(of))
	for _, v := range of {
		if v == nil {
			v = "null"
		}
		out = append(out, fmt.Sprint(v))
	}
	return strings.Join(out, " or ")
}

func span(low, high *int64) string {
	switch {
	case low == nil:
		return fmt.Sprintf("at most %d", *high)
	case high == nil:
		return fmt.Sprintf("at least %d", *low)
	}
	return fmt.Sprintf("between %d and %d", *low, *high)
}
