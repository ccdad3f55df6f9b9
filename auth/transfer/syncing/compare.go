package syncing

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"
)

// owned are the dotted names of members that the target sets itself, whatever is sent:
// times of change, as most systems have them. What they hold at the target says nothing.
type owned map[string]bool

// maxOwned bounds how many are learned, maxLessons from how many answers.
const (
	maxOwned   = 32
	maxLessons = 64
)

// learn adds the members of sent that came back as another time than was sent. Only times
// are learned: another value that differs may be what the target made of ours.
// after wants the other time to be a later one.
func (o owned) learn(sent, back any, path string, after bool) {
	switch s := sent.(type) {
	case map[string]any:
		b, ok := back.(map[string]any)
		if !ok {
			return
		}
		for name, value := range s {
			if other, there := b[name]; there {
				o.learn(value, other, join(path, name), after)
			}
		}
	case string:
		b, ok := back.(string)
		if !ok || len(o) >= maxOwned {
			return
		}
		x, err1 := time.Parse(time.RFC3339, s)
		y, err2 := time.Parse(time.RFC3339, b)
		if err1 == nil && err2 == nil && (y.After(x) || !after && y.Before(x)) {
			o[path] = true
		}
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// without returns a record without what the target sets itself.
func (o owned) without(rec []byte) []byte {
	v, ok := decode(rec)
	if len(o) == 0 || !ok {
		return rec
	}
	o.strip(v, "")
	out, err := json.Marshal(v)
	if err != nil {
		return rec
	}
	return out
}

func (o owned) strip(v any, path string) {
	members, ok := v.(map[string]any)
	if !ok {
		return
	}
	for name, value := range members {
		if at := join(path, name); o[at] {
			delete(members, name)
		} else {
			o.strip(value, at)
		}
	}
}

// restrict returns the members of whole that part has too, however deep, so that what a
// server adds (id, updatedAt) does not matter; nil when whole is no JSON. A record that
// lies in an envelope ("data", "d") is taken out of it, and what the target owns has the
// values of part. This is for records that are looked up, which are few; so plain
// decoding will do.
func (o owned) restrict(whole, part []byte) []byte {
	w, ok1 := decode(whole)
	p, ok2 := decode(part)
	if !ok1 || !ok2 {
		return nil
	}
	out, err := json.Marshal(o.common(unwrap(w, p), p, ""))
	if err != nil {
		return nil
	}
	return out
}

func unwrap(w, p any) any {
	fields, isObject := p.(map[string]any)
	if outer, ok := w.(map[string]any); ok && isObject {
		for _, name := range []string{"data", "d"} {
			_, wanted := fields[name]
			if inner, is := outer[name].(map[string]any); is && !wanted {
				return inner
			}
		}
	}
	return w
}

func decode(b []byte) (v any, ok bool) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return nil, false
	}
	_, err := d.Token()
	return v, err == io.EOF
}

func (o owned) common(w, p any, path string) any {
	switch p := p.(type) {
	case map[string]any:
		whole, ok := w.(map[string]any)
		if !ok {
			return w
		}
		out := map[string]any{}
		for name, member := range p {
			at := join(path, name)
			if value, ok := whole[name]; ok && o[at] {
				out[name] = member
			} else if ok {
				out[name] = o.common(value, member, at)
			}
		}
		return out
	case []any:
		whole, ok := w.([]any)
		if !ok || len(whole) != len(p) {
			return w
		}
		out := make([]any, len(p))
		for i := range p {
			out[i] = o.common(whole[i], p[i], path+"[]")
		}
		return out
	}
	return w
}

// same reports whether two values are the same to a server: numbers by what they amount
// to, and null like nothing.
func same(a, b []byte) bool {
	v, ok1 := decode(a)
	w, ok2 := decode(b)
	return ok1 && ok2 && equal(v, w)
}

func equal(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		other, ok := b.(map[string]any)
		if !ok {
			return false
		}
		for name := range other {
			if _, ok := a[name]; !ok && other[name] != nil {
				return false
			}
		}
		for name, value := range a {
			if !equal(value, other[name]) {
				return false
			}
		}
		return true
	case []any:
		other, ok := b.([]any)
		if !ok || len(a) != len(other) {
			return false
		}
		for i := range a {
			if !equal(a[i], other[i]) {
				return false
			}
		}
		return true
	case json.Number:
		other, ok := b.(json.Number)
		return ok && (a == other || equalNumbers(string(a), string(other)))
	}
	return a == b
}

// equalNumbers compares numbers of so few digits that a float64 tells them apart.
func equalNumbers(a, b string) bool {
	const exact = 15
	digits := func(s string) int {
		mantissa, _, _ := strings.Cut(strings.ToLower(s), "e")
		return len(strings.TrimLeft(strings.NewReplacer("-", "", ".", "").Replace(mantissa), "0"))
	}
	x, err1 := strconv.ParseFloat(a, 64)
	y, err2 := strconv.ParseFloat(b, 64)
	return err1 == nil && err2 == nil && x == y && digits(a) <= exact && digits(b) <= exact
}
