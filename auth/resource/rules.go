package resource

import (
	"net/http"
	"strings"

	"ferry/model"
	"ferry/model/gateway"
)

// The shapes of a rule of the gateway.
var (
	ruleShape = record("GatewayRule", "What one API user may do with one API client through the gateway; call:CLIENT without a rule is for every method and path",
		[]string{"user", "client", "read_only", "methods", "paths", "per_second", "per_day", "max_body", "revision", "updated_at", "updated_by"}, ruleMembers())
	ruleInput = record("GatewayRuleInput", "What a rule is to be", nil, ruleMembers())
)

func ruleMembers() map[string]*Schema {
	body := count("bytes of a request's body; 0: 64 MiB").normally(0)
	body.Maximum = new(int64(model.MaxGatewayBody))
	return map[string]*Schema{
		"user": text("the username").fixed(), "client": text("the API client's name").fixed(),
		"read_only": flag("GET, HEAD and OPTIONS alone, whatever methods says").normally(false),
		"methods":   texts("empty: all but CONNECT and TRACE", model.MaxGatewayMethods),
		"paths":     texts(`patterns below the base URL, as in "/orders/**": * is one segment or a part of one, ** any number; empty: all`, model.MaxGatewayPaths),
		"per_second": (&Schema{
			Type: []string{"number"}, Description: "requests a second; 0: no limit",
		}).normally(0),
		"per_day":  count("requests a day (UTC), counted by each server; 0: no limit").normally(0),
		"max_body": body,
		"revision": count("counts saves, from 1; also the ETag").fixed(), "updated_at": instant("").fixed(), "updated_by": text("").fixed(),
	}
}

// ruleBody is what a request says about a rule; its schema has seen it.
type ruleBody struct {
	ReadOnly  bool        `json:"read_only"`
	Methods   []string    `json:"methods"`
	Paths     []string    `json:"paths"`
	PerSecond float64     `json:"per_second"`
	PerDay    wholeNumber `json:"per_day"`
	MaxBody   wholeNumber `json:"max_body"`
}

// between returns the names of the user and the client that the path names, by id or name.
func between(c *call) (user, client string, err error) {
	u, err := c.user(c.r.PathValue("user"))
	if err != nil {
		return "", "", err
	}
	cl, err := findIn(c, "client",
		func(id model.ID) (model.Client, error) { return c.hub.Clients.Get(c.ctx, c.hub.Space, id) },
		func(name string) (model.Client, error) { return c.hub.Clients.ByName(c.ctx, c.hub.Space, name) })
	return u.Username, cl.Name, err
}

func findRule(c *call) (gateway.RuleView, error) {
	user, client, err := between(c)
	if err != nil {
		return gateway.RuleView{}, err
	}
	return c.hub.Gateway.Get(c.ctx, c.hub.Space, user, client)
}

// ruleEditing is how rules are read and changed.
func ruleEditing() *editing[gateway.RuleView] {
	return &editing[gateway.RuleView]{
		find:     findRule,
		show:     func(_ *call, v gateway.RuleView) (any, error) { return v, nil },
		revision: func(v gateway.RuleView) uint64 { return v.Revision },
		input:    ruleInput,
		save: func(c *call, v gateway.RuleView, w wanted) (gateway.RuleView, error) {
			d, err := ruleDraft(w.members)
			if err != nil {
				return v, err
			}
			d.User, d.Client, d.Revision = v.User, v.Client, w.revision
			return c.hub.Gateway.Set(c.ctx, c.hub.Space, d, c.confirm())
		},
	}
}

func ruleDraft(want object) (gateway.RuleDraft, error) {
	var b ruleBody
	err := want.into(&b)
	return gateway.RuleDraft{
		ReadOnly: b.ReadOnly, Methods: b.Methods, Paths: b.Paths,
		PerSecond: b.PerSecond, PerDay: int64(b.PerDay), MaxBody: int64(b.MaxBody),
	}, err
}

func (a *API) ruleRoutes() []Route {
	e := ruleEditing()
	sure := Param{"confirm", "the client's name: needed when it, or the space, is protected and the rule lets more through than before", &Schema{Type: []string{"string"}}}
	only := func(name, what string) Param {
		return Param{name, "only the rules of this " + what + ", by username or name", &Schema{Type: []string{"string"}}}
	}
	route := func(method, below, summary string, handle func(*call) error) Route {
		r := rest(method, areaRules, below, summary, handle)
		r.Permission = model.Permit(areaUsers, model.VerbEdit)
		if method == http.MethodGet {
			r.Permission = model.Permit(areaUsers, model.VerbView)
		}
		return r
	}
	put := route(http.MethodPut, "/{user}/{client}", "Set a rule of the gateway", func(c *call) error { return putRule(c, e) }).
		with(ruleInput, ruleShape, sure).tagged()
	put.Creates = true
	return []Route{
		route(http.MethodGet, "", "List the rules of the gateway", listRules).
			with(nil, listOf(ruleShape), paramLimit, paramAfter, paramQ, only("user", "API user"), only("client", "API client")),
		route(http.MethodGet, "/{user}/{client}", "Show a rule of the gateway", e.one).with(nil, ruleShape).tagged(),
		put,
		route(http.MethodDelete, "/{user}/{client}", "Remove a rule of the gateway: every method and path is allowed then", e.remove(
			func(c *call, v gateway.RuleView, revision uint64) error {
				return c.hub.Gateway.RemoveIfRevision(c.ctx, c.hub.Space, v.User, v.Client, revision, c.confirm())
			})).with(nil, nil, sure),
	}
}

func listRules(c *call) error {
	q, err := c.search()
	if err != nil {
		return err
	}
	rules, err := c.hub.Gateway.List(c.ctx, c.hub.Space, c.query("user"), c.query("client"))
	if model.CodeOf(err) == model.ENotFound {
		// The list itself is there: what it names is at fault.
		return faulty(model.AsError(err).Field, "there is none of this name in this space")
	}
	if err != nil {
		return err
	}
	all := []gateway.RuleView{}
	for _, v := range rules {
		if holds(v.User+" "+v.Client+" "+strings.Join(v.Paths, " "), q) {
			all = append(all, v)
		}
	}
	return page(c, all, func(v *gateway.RuleView) string { return named(v.User, model.ID(strings.ToLower(v.Client))) })
}

// putRule replaces a rule, or makes it where there is none.
func putRule(c *call, e *editing[gateway.RuleView]) error {
	user, client, err := between(c)
	if err != nil {
		return err
	}
	switch _, err := c.hub.Gateway.Get(c.ctx, c.hub.Space, user, client); {
	case err == nil:
		return e.handle(c)
	case model.CodeOf(err) != model.ENotFound:
		return err
	case c.r.Header.Get("If-Match") != "":
		return &statusError{http.StatusPreconditionFailed, "there is no such rule any more", "If-Match"}
	}
	body, err := c.body()
	if err != nil {
		return err
	}
	if err := model.Invalid(e.readOnly(object{"user": user, "client": client}, body)); err != nil {
		return err
	}
	d, err := ruleDraft(e.writable(body))
	if err != nil {
		return err
	}
	d.User, d.Client, d.Fresh = user, client, true
	v, err := c.hub.Gateway.Set(c.ctx, c.hub.Space, d, c.confirm())
	if err != nil {
		return c.conflict(err)
	}
	return c.createdAt(areaRules+"/"+user+"/"+client, v.Revision, v)
}
