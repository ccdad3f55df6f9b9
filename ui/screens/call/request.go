package call

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"ferry/model"
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
	body    *field.Area
	lastRow int
}

// pair is one query parameter or header. Its id stays when another row goes.
type pair struct {
	id          string
	name, value *field.Line
}

// fill makes the request show r.
func (c *Call) fill(r model.Request) {
	c.req = request{method: strings.ToUpper(r.Method), path: field.NewLine(r.Path), body: &field.Area{}, lastRow: c.req.lastRow}
	if !slices.Contains(methods, c.req.method) {
		c.req.method = http.MethodGet
	}
	if r.Path == "" {
		c.req.path.Set("/")
	}
	c.req.path.Lead = "/"
	c.req.path.Placeholder = "(path below the base URL)"
	c.req.body.Placeholder = "(no body)"
	c.req.body.Set(string(r.Body))
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
	if kind == "query" {
		c.req.query = append(c.req.query, row)
	} else {
		row.value.Secret = clients.SecretByName(p.Name)
		c.req.headers = append(c.req.headers, row)
	}
	return row
}

func (c *Call) removePair(id string) {
	keep := func(rows []*pair) []*pair {
		return slices.DeleteFunc(slices.Clone(rows), func(p *pair) bool { return p.id == id })
	}
	c.req.query, c.req.headers = keep(c.req.query), keep(c.req.headers)
	c.focus = "query.add"
	if strings.HasPrefix(id, "header.") {
		c.focus = "header.add"
	}
}

// build returns the request as it is sent. Rows left quite empty are no rows.
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
	if !c.req.body.Empty() {
		r.Body = []byte(c.req.body.Value())
	}
	return r
}

// suggestion is what history would add to the typed path, "" when it knows nothing.
func (c *Call) suggestion() string {
	typed := c.req.path.Value()
	if typed == "" || !c.req.path.AtEnd() {
		return ""
	}
	for _, h := range c.history {
		if rest, ok := strings.CutPrefix(h.Path, typed); ok && rest != "" {
			return rest
		}
	}
	return ""
}
