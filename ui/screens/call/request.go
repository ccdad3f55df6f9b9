package call

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"ferry/model"
	"ferry/model/calls"
	"ferry/model/clients"
	"ferry/ui/widget/field"
)

// methods are what can be chosen, the most used first.
var methods = []string{
	http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodHead, http.MethodOptions,
}

// request is what is typed.
type request struct {
	method  string
	path    *field.Line
	query   []*pair
	headers []*pair
	places  map[string]*field.Line // values of the {name} places in the path
	form    []*pair                // the body, while it is written as a form
	asForm  bool
	body    *field.Area
	raw     []byte // a body that is no text to be edited, while nothing is typed
	lastRow int
}

// pair is one query parameter or header. Its id stays when another row goes.
type pair struct {
	id          string
	name, value *field.Line
}

// fill makes the request show r.
func (c *Call) fill(r model.Request) {
	c.req = request{method: strings.ToUpper(r.Method), path: field.NewLine(r.Path), body: &field.Area{}, places: map[string]*field.Line{}, lastRow: c.req.lastRow}
	if !slices.Contains(methods, c.req.method) {
		c.req.method = http.MethodGet
	}
	if r.Path == "" {
		c.req.path.Set("/")
	}
	c.req.path.Lead = "/"
	c.req.path.Placeholder = "(path below the base URL)"
	c.setBody(r.Body, "")
	for _, p := range r.Query {
		c.addPair("query", p)
	}
	for _, p := range r.Headers {
		c.addPair("header", p)
	}
}

func (c *Call) addPair(kind string, p model.Param) *pair {
	c.req.lastRow++
	row := &pair{id: kind + "." + strconv.Itoa(c.req.lastRow), name: field.NewLine(p.Name), value: field.NewLine(p.Value)}
	row.name.Placeholder, row.value.Placeholder = "(name)", "(value)"
	row.value.Secret = clients.SecretByName(p.Name)
	switch kind {
	case "query":
		c.req.query = append(c.req.query, row)
	case "form":
		c.req.form = append(c.req.form, row)
	default:
		c.req.headers = append(c.req.headers, row)
	}
	return row
}

func (c *Call) removePair(id string) {
	keep := func(rows []*pair) []*pair {
		return slices.DeleteFunc(slices.Clone(rows), func(p *pair) bool { return p.id == id })
	}
	c.req.query, c.req.headers, c.req.form = keep(c.req.query), keep(c.req.headers), keep(c.req.form)
	kind, _, _ := strings.Cut(id, ".")
	c.focus = kind + ".add"
}

// place is the field for the value of a place in the path. It stays when the place is
// typed over for a moment.
func (c *Call) place(name string) *field.Line {
	l := c.req.places[name]
	if l == nil {
		l = field.NewLine("")
		l.Placeholder, l.Secret = "(value)", clients.SecretByName(name)
		c.req.places[name] = l
	}
	return l
}

// placed are the values that were typed for the places of the path.
func (c *Call) placed() []model.Param {
	var out []model.Param
	for _, name := range calls.Places(c.req.path.Value()) {
		if l := c.place(name); !l.Empty() {
			out = append(out, model.Param{Name: name, Value: l.Value()})
		}
	}
	return out
}

// toForm writes the body as a form from here on, or as text again.
func (c *Call) toForm() {
	if c.req.asForm {
		c.req.body.Set(encoded(c.req.form))
		c.req.asForm, c.req.form, c.focus = false, nil, "body"
		return
	}
	c.req.asForm, c.req.form = true, nil
	for pair := range strings.SplitSeq(strings.TrimSpace(c.req.body.Value()), "&") {
		name, value, ok := strings.Cut(pair, "=")
		name, err1 := url.QueryUnescape(name)
		value, err2 := url.QueryUnescape(value)
		if ok && err1 == nil && err2 == nil && name != "" && !strings.ContainsAny(name, "{\"\n") {
			c.addPair("form", model.Param{Name: name, Value: value})
		}
	}
	if len(c.req.form) == 0 {
		c.addPair("form", noParam)
	}
	c.focus = c.req.form[0].id
	if c.req.method == http.MethodGet {
		c.req.method = http.MethodPost
	}
}

// encoded is a form as it is sent (application/x-www-form-urlencoded).
func encoded(form []*pair) string {
	var out []string
	for _, p := range form {
		if !p.name.Empty() {
			out = append(out, url.QueryEscape(p.name.Value())+"="+url.QueryEscape(p.value.Value()))
		}
	}
	return strings.Join(out, "&")
}

// build returns the request as it is typed, its places not filled in. Rows left quite
// empty are no rows.
func (c *Call) build() model.Request {
	params := func(rows []*pair) []model.Param {
		var out []model.Param
		for _, p := range rows {
			if !p.name.Empty() || !p.value.Empty() {
				out = append(out, model.Param{Name: strings.TrimSpace(p.name.Value()), Value: p.value.Value()})
			}
		}
		return out
	}
	r := model.Request{
		Method: c.req.method, Path: strings.TrimSpace(c.req.path.Value()),
		Query: params(c.req.query), Headers: params(c.req.headers),
	}
	switch {
	case c.req.asForm:
		r.Body = []byte(encoded(c.req.form))
		if header(r.Headers, "Content-Type") == "" {
			r.Headers = append(r.Headers, model.Param{Name: "Content-Type", Value: "application/x-www-form-urlencoded"})
		}
	case !c.req.body.Empty():
		r.Body = []byte(c.req.body.Value())
	default:
		r.Body = c.req.raw
	}
	return r
}

// suggestion is what saved calls and history would add to the typed path, "" when it knows nothing.
func (c *Call) suggestion() string {
	typed := c.req.path.Value()
	if typed == "" || !c.req.path.AtEnd() {
		return ""
	}
	for _, path := range c.paths {
		if rest, ok := strings.CutPrefix(path, typed); ok && rest != "" {
			return rest
		}
	}
	return ""
}
