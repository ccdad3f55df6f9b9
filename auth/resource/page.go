package resource

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"ferry/model"
)

// How many items an answer holds.
const (
	defaultLimit = 100
	maxLimit     = 1000
	maxSearch    = 200 // characters of q
)

// The parameters of lists.
var (
	paramLimit = Param{"limit", "the most items of one answer", &Schema{
		Type: []string{"integer"}, Minimum: new(int64(1)), Maximum: new(int64(maxLimit)), Default: defaultLimit,
	}}
	paramAfter = Param{"after", "where to go on: what next holds", &Schema{Type: []string{"string"}}}
	paramQ     = Param{"q", "only what holds every one of these words, ignoring case", &Schema{Type: []string{"string"}, MaxLength: maxSearch}}
	paramName  = Param{"confirm", "the record's name: needed for whatever is protected", &Schema{Type: []string{"string"}}}
	paramSpace = Param{"confirm", "the space's name: needed when it is protected", &Schema{Type: []string{"string"}}}
	paramSure  = Param{"confirm", "the record's name", &Schema{Type: []string{"string"}}}
)

// queryKnown refuses parameters that the route does not take, and any that is given
// twice: one that is mistyped would give a wrong answer that looks right. OData checks
// its own.
func (c *call) queryKnown() error {
	if !strings.HasPrefix(c.route.Pattern, restPath) || c.route.Hidden {
		return nil
	}
	values, err := url.ParseQuery(c.r.URL.RawQuery)
	if err != nil {
		return faulty("query", "is malformed")
	}
	for name, vs := range values {
		if !slices.ContainsFunc(c.route.Query, func(p Param) bool { return p.Name == name }) {
			return faulty(clip(name), "is not a parameter of this request")
		}
		if len(vs) > 1 {
			return faulty(name, "is given twice")
		}
	}
	return nil
}

func (c *call) query(name string) string { return c.r.URL.Query().Get(name) }

// confirm is the name that the caller gave to confirm.
func (c *call) confirm() string { return c.query("confirm") }

func (c *call) limit() (int, error) {
	text := c.query("limit")
	if text == "" && !c.r.URL.Query().Has("limit") {
		return defaultLimit, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxLimit {
		return 0, faulty("limit", "must be between 1 and "+strconv.Itoa(maxLimit))
	}
	return n, nil
}

// search returns the words to look for.
func (c *call) search() (string, error) {
	q := c.query("q")
	if len([]rune(q)) > maxSearch {
		return "", faulty("q", "has at most "+strconv.Itoa(maxSearch)+" characters")
	}
	return q, nil
}

// holds reports whether text holds every word of q, ignoring case.
func holds(text, q string) bool {
	text = strings.ToLower(text)
	for _, word := range strings.Fields(strings.ToLower(q)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// listing is one page of a list.
type listing[T any] struct {
	Items []T     `json:"items"`
	Next  *string `json:"next"` // null: there is no more
}

// listOf describes a page of items.
func listOf(item *Schema) *Schema {
	return &Schema{
		Type: []string{"object"}, Required: []string{"items", "next"},
		Properties: map[string]*Schema{
			"items": {Type: []string{"array"}, Items: item},
			"next":  {Type: []string{"string", "null"}, Description: "the URL of the next page; null at the end"},
		},
	}
}

// page answers one page of all, in the order of their keys. A key names the place of an
// item for good, so that a page begins where the one before ended, whatever was added
// or removed in between.
func page[T any](c *call, all []T, key func(*T) string) error {
	limit, err := c.limit()
	if err != nil {
		return err
	}
	after, err := base64.RawURLEncoding.DecodeString(c.query("after"))
	if err != nil {
		return faulty("after", "is not what next held")
	}
	slices.SortFunc(all, func(a, b T) int { return strings.Compare(key(&a), key(&b)) })
	from, _ := slices.BinarySearchFunc(all, string(after), func(item T, last string) int {
		if last == "" || key(&item) > last {
			return 1
		}
		return -1
	})
	out := listing[T]{Items: all[from:min(from+limit, len(all))]}
	if len(out.Items) == 0 {
		out.Items = []T{}
	}
	if from+limit < len(all) {
		last := key(&out.Items[len(out.Items)-1])
		out.Next = c.further("after", base64.RawURLEncoding.EncodeToString([]byte(last)))
	}
	return c.reply(0, out)
}

// further is the URL of this request with another place to begin at.
func (c *call) further(param, place string) *string {
	values := c.r.URL.Query()
	values.Set(param, place)
	link := c.a.o.PublicURL + strings.TrimSuffix(c.r.URL.Path, "/") + "?" + values.Encode()
	return &link
}

// named is the key of a record in a list sorted by name.
func named(name string, id model.ID) string { return strings.ToLower(name) + "\x00" + string(id) }

// newest is the key of a record in a list of which the newest comes first.
func newest(id model.ID) string {
	out := []byte(id)
	for i := range out {
		out[i] = 0xff - out[i]
	}
	return string(out)
}

// isID reports whether text may be an id: 26 characters of Crockford base32.
func isID(text string) bool {
	return len(text) == 26 && strings.Trim(text, "0123456789abcdefghjkmnpqrstvwxyz") == ""
}

// find returns the record that the path names, by id or else by name.
func find[T any](c *call, byID func(model.ID) (T, error), byName func(string) (T, error)) (T, error) {
	return findIn(c, "id", byID, byName)
}

// findIn is find for another place in the path.
func findIn[T any](c *call, place string, byID func(model.ID) (T, error), byName func(string) (T, error)) (T, error) {
	text := c.r.PathValue(place)
	if isID(text) {
		if out, err := byID(model.ID(text)); model.CodeOf(err) != model.ENotFound {
			return out, err
		}
	}
	if byName == nil {
		var none T
		return none, &statusError{http.StatusNotFound, "there is no such record", ""}
	}
	return byName(text)
}
