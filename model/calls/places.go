package calls

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"ferry/model"
)

// braces escapes those that are no place.
var braces = strings.NewReplacer("{", "%7B", "}", "%7D")

// Fill puts values into the {name} places of a request's path, each escaped so that it
// stays within the segment it stands in. Other braces of the path are escaped; what
// follows a ? is left as it is. EInvalid with field "path" naming a place without a
// value, a value without a place, or a value that would change which path it is.
func Fill(r model.Request, params []model.Param) (model.Request, error) {
	given, err := values(r.Path, params)
	if err != nil {
		return r, err
	}
	path, query, hasQuery := strings.Cut(r.Path, "?")
	var b strings.Builder
	for _, part := range pieces(path) {
		if part.name == "" {
			b.WriteString(braces.Replace(part.text))
			continue
		}
		value, ok := given[part.name]
		if !ok || value == "" {
			return r, model.Errorf(model.EInvalid, "the path has a place {%s} without a value", model.Printable(part.name)).WithField("path").
				WithNext("give it one; a brace that is meant is written %%7B")
		}
		b.WriteString(segment(value))
	}
	filled := b.String()
	if err := sameShape(path, filled); err != nil {
		return r, err
	}
	if r.Path = filled; hasQuery {
		r.Path += "?" + query
	}
	return r, nil
}

// Places returns the names of the {name} places in a path, in order, each once.
func Places(path string) []string {
	path, _, _ = strings.Cut(path, "?")
	var out []string
	for _, part := range pieces(path) {
		if part.name != "" && !slices.Contains(out, part.name) {
			out = append(out, part.name)
		}
	}
	return out
}

// piece of a path is a place, when it has a name, or text.
type piece struct{ text, name string }

func pieces(path string) []piece {
	var out []piece
	text := 0
	for i := 0; i < len(path); i++ {
		if path[i] != '{' {
			continue
		}
		end := strings.IndexAny(path[i+1:], "{}")
		if end < 1 || path[i+1+end] != '}' || !placeName(path[i+1:i+1+end]) {
			continue
		}
		out = append(out, piece{text: path[text:i]}, piece{name: path[i+1 : i+1+end]})
		i += end + 1
		text = i + 1
	}
	return append(out, piece{text: path[text:]})
}

func placeName(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' || r == '.')
	})
}

// values returns the parameters by name. Each has a place, and is given once.
func values(path string, params []model.Param) (map[string]string, error) {
	places, out := Places(path), map[string]string{}
	for _, p := range params {
		name := model.Printable(p.Name)
		if !slices.Contains(places, p.Name) {
			e := model.Errorf(model.EInvalid, "the path has no place {%s}", name).WithField("path")
			if len(places) > 0 {
				return nil, e.WithNext("its places are {%s}", strings.Join(places, "}, {"))
			}
			return nil, e.WithNext("write the place into the path, as in /orders/{%s}", name)
		}
		if _, twice := out[p.Name]; twice {
			return nil, model.Errorf(model.EInvalid, "the value of {%s} is given twice", name).WithField("path")
		}
		if strings.ContainsFunc(p.Value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return nil, model.Errorf(model.EInvalid, "the value of {%s} holds a control character", name).WithField("path")
		}
		out[p.Name] = p.Value
	}
	return out, nil
}

// segment escapes a value as a part of one path segment: all but the unreserved
// characters (RFC 3986 §2.3).
func segment(value string) string {
	var b strings.Builder
	for i := range len(value) {
		c := value[i]
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// sameShape refuses a filled path in which values have become a "." or "..", which
// servers resolve: alone in their segment, or beside a slash that is escaped.
func sameShape(template, filled string) error {
	was := strings.Split(template, "/")
	for i, seg := range strings.Split(filled, "/") {
		if braces.Replace(was[i]) == seg {
			continue // nothing was filled in
		}
		plain, err := url.PathUnescape(seg)
		if err != nil {
			continue // an escape of the template that is none; whoever sends says so
		}
		for part := range strings.FieldsFuncSeq(plain, func(r rune) bool { return r == '/' || r == '\\' }) {
			if part == "." || part == ".." {
				return model.Errorf(model.EInvalid, "the value of a place in the path makes a %q of it, which leads to another path", part).
					WithField("path").WithNext("write the path itself instead of the place")
			}
		}
	}
	return nil
}
