package resource

import (
	"maps"
	"slices"

	"ferry/model"
)

// text, flag and the like describe the simple members of a record.
func text(description string) *Schema {
	return &Schema{Type: []string{"string"}, Description: description}
}

func flag(description string) *Schema {
	return &Schema{Type: []string{"boolean"}, Description: description}
}

func count(description string) *Schema {
	return &Schema{Type: []string{"integer"}, Description: description, Minimum: new(int64(0))}
}

func instant(description string) *Schema {
	return &Schema{Type: []string{"string"}, Format: "date-time", Description: description}
}

func texts(description string, most int) *Schema {
	return &Schema{Type: []string{"array"}, Items: &Schema{Type: []string{"string"}}, MaxItems: most, Description: description}
}

func oneOf(description string, of ...any) *Schema {
	return &Schema{Type: []string{"string"}, Enum: of, Description: description}
}

// or returns the schema with further types.
func (s *Schema) or(types ...string) *Schema {
	out := s.clone()
	out.Type = append(slices.Clone(s.Type), types...)
	return out
}

// fixed returns the schema as one of a member that a caller cannot set.
func (s *Schema) fixed() *Schema {
	out := s.clone()
	out.ReadOnly = true
	return out
}

// normally returns the schema with what a missing member means.
func (s *Schema) normally(v any) *Schema {
	out := s.clone()
	out.Default = v
	return out
}

// record describes an object. Members of parts are put together.
func record(name, description string, required []string, parts ...map[string]*Schema) *Schema {
	s := &Schema{Name: name, Description: description, Type: []string{"object"}, Required: required, Properties: map[string]*Schema{}}
	for _, part := range parts {
		maps.Copy(s.Properties, part)
	}
	return s
}

// extended returns the schema under another name with further members, all required.
func (s *Schema) extended(name, description string, members map[string]*Schema) *Schema {
	out := s.clone()
	out.Name, out.Description = name, description
	maps.Copy(out.Properties, members)
	out.Required = slices.Concat(s.Required, slices.Sorted(maps.Keys(members)))
	return out
}

// stamps are the members that every editable record has.
func stamps() map[string]*Schema {
	return map[string]*Schema{
		"id": text("").fixed(), "revision": count("counts saves, from 1; also the ETag").fixed(),
		"created_at": instant("").fixed(), "created_by": text("").fixed(),
		"updated_at": instant("").fixed(), "updated_by": text("").fixed(),
	}
}

var stamped = []string{"id", "revision", "created_at", "created_by", "updated_at", "updated_by"}

// states are those of a client and of an API user.
func states() *Schema {
	return oneOf("a disabled one can do nothing", string(model.Active), string(model.Disabled)).normally(string(model.Active))
}

// secretShown is how an answer shows a secret, secretGiven how a request gives one.
func secretShown() *Schema {
	return &Schema{
		Type: []string{"object"}, Description: "whether there is a secret; it is never shown",
		Properties: map[string]*Schema{"set": flag("")}, Required: []string{"set"},
	}
}

func secretGiven() *Schema {
	s := secretShown().or("string", "null")
	s.Description = `the new secret; {"set":true}, or nothing, keeps the stored one; null clears it`
	return s
}

// problemShape describes an error answer (RFC 9457).
var problemShape = record("Problem", "An error (RFC 9457)", []string{"title", "status", "detail"}, map[string]*Schema{
	"type": text(`always "about:blank"`), "title": text("the status in words"), "status": count("the HTTP status"),
	"detail": text("what is wrong"), "code": text("what kind of error it is, for programs"),
	"field": text("the member or parameter at fault"), "next": text("what to do next"),
	"fields": {Type: []string{"array"}, Description: "every member at fault", Items: record("", "", []string{"field", "message"},
		map[string]*Schema{"field": text(""), "message": text("")})},
	"scope": text("the permission that is lacking (RFC 6750)"),
})
