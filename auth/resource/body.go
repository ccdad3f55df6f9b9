package resource

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"ferry/model"
)

// Limits on what a caller sends.
const (
	maxBody  = 1 << 20 // bytes
	maxDepth = 16      // levels of objects and lists
)

// The media types of bodies.
const (
	typeJSON       = "application/json"
	typeMergePatch = "application/merge-patch+json"
)

// object is a JSON object as parseObject makes them: members are nil, bool, string,
// json.Number, []any or object.
type object map[string]any

// body reads the request's body as one JSON object of the route's schema. A route whose
// body may be left out gets an empty object.
func (c *call) body() (object, error) {
	raw, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, maxBody))
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		return nil, faulty("body", "is longer than 1 MiB")
	}
	if err != nil {
		return nil, faulty("body", "could not be read to its end").WithCause(err)
	}
	if len(raw) == 0 && len(c.route.Request.Required) == 0 && c.route.Method == http.MethodPost {
		return object{}, nil
	}
	if err := c.media(); err != nil {
		return nil, err
	}
	v, err := parseObject(raw)
	if err != nil {
		return nil, err
	}
	return v, model.Invalid(c.route.Request.check("", v, nil))
}

// media refuses a body of another type than the route takes: 415.
func (c *call) media() error {
	types := []string{typeJSON}
	if c.route.Method == http.MethodPatch {
		types = append(types, typeMergePatch)
	}
	h := c.r.Header
	media, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	charset := params["charset"]
	switch {
	case len(h.Values("Content-Type")) == 1 && err == nil && slices.Contains(types, media) &&
		(charset == "" || strings.EqualFold(charset, "utf-8")) && h.Get("Content-Encoding") == "":
		return nil
	case h.Get("Content-Encoding") != "":
		return &statusError{http.StatusUnsupportedMediaType, "a body is sent without Content-Encoding", ""}
	}
	return &statusError{http.StatusUnsupportedMediaType, "the body must be " + strings.Join(types, " or ") + " in UTF-8", ""}
}

// faulty is EInvalid for one field.
func faulty(field, message string) *model.Error {
	return &model.Error{
		Code: model.EInvalid, Message: field + ": " + message, Field: field,
		Fields: []model.FieldError{{Field: field, Message: message}},
	}
}

// parseObject reads exactly one JSON object (RFC 8259). What that RFC leaves open is
// refused: a name given twice, text that is not UTF-8, depth beyond maxDepth.
func parseObject(raw []byte) (object, error) {
	switch {
	case !utf8.Valid(raw):
		return nil, faulty("body", "is not UTF-8")
	case !json.Valid(raw):
		return nil, faulty("body", "must be exactly one JSON object")
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	v, err := parseValue(dec, "", 0)
	if err != nil {
		return nil, err
	}
	if o, ok := v.(object); ok {
		return o, nil
	}
	return nil, faulty("body", "must be a JSON object")
}

func parseValue(dec *json.Decoder, path string, depth int) (any, error) {
	tok, err := dec.Token()
	if err != nil { // never: the text is valid
		return nil, faulty("body", "must be exactly one JSON object")
	}
	delim, nested := tok.(json.Delim)
	if !nested {
		return tok, nil
	}
	if depth == maxDepth {
		return nil, faulty(orBody(path), "is nested too deeply")
	}
	if delim == '[' {
		return parseList(dec, path, depth)
	}
	out := object{}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, faulty("body", "must be exactly one JSON object")
		}
		member := join(path, clip(name.(string)))
		if _, twice := out[name.(string)]; twice {
			return nil, faulty(member, "is given twice")
		}
		if out[name.(string)], err = parseValue(dec, member, depth+1); err != nil {
			return nil, err
		}
	}
	_, err = dec.Token()
	return out, err
}

func parseList(dec *json.Decoder, path string, depth int) (any, error) {
	out := []any{}
	for dec.More() {
		v, err := parseValue(dec, join(path, strconv.Itoa(len(out))), depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	_, err := dec.Token()
	return out, err
}

func orBody(path string) string {
	if path == "" {
		return "body"
	}
	return path
}

// into puts an object that its schema has let through into a Go value.
func (o object) into(v any) error {
	raw, err := json.Marshal(o)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, v); err != nil {
		// The schema has seen every type; what is left is a number that Go cannot hold.
		return faulty("body", "holds a value that cannot be").WithCause(err)
	}
	return nil
}

// asObject turns a Go value into the object that an answer would hold.
func asObject(v any) (object, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return parseObject(raw)
}

// merged applies a JSON merge patch (RFC 7396 §2).
func merged(target, patch object) object {
	out := object{}
	for name, v := range target {
		out[name] = v
	}
	for name, v := range patch {
		switch v := v.(type) {
		case nil:
			delete(out, name)
		case object:
			was, _ := out[name].(object)
			out[name] = merged(was, v)
		default:
			out[name] = v
		}
	}
	return out
}
