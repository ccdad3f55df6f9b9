package resource

import (
	"net/http"
	"strings"

	"ferry/model"
)

// Route is one thing that the API answers.
type Route struct {
	Method     string           // GET answers HEAD too
	Pattern    string           // a path of net/http, without method; below /restApi also with a slash at its end
	Permission model.Permission // what the caller needs; "" means any valid access token
	Public     bool             // no access token is needed
	Hidden     bool             // not in the document: it answers paths that nothing else does
	Summary    string
	Query      []Param // the parameters of the query that it takes
	Request    *Schema // the body; nil: none is read
	Status     int     // of success
	Response   *Schema // the body of success; nil: none, or not described here
	Media      string  // the media type of Response; "" means application/json
	Creates    bool    // a PUT makes a record that is not there: 201 then
	ETag       bool    // success carries the revision as ETag
	Live       bool    // the answer changes without a new revision too: it is never 304
	handle     func(*call) error
}

// Param is one parameter of a query.
type Param struct {
	Name        string
	Description string
	Schema      *Schema
}

// paths returns the patterns under which a route is found.
func (r *Route) paths() []string {
	if strings.HasPrefix(r.Pattern, "/restApi/") && !strings.HasSuffix(r.Pattern, "/") {
		return []string{r.Pattern, r.Pattern + "/{$}"}
	}
	return []string{r.Pattern}
}

// changes reports whether the route changes a record that is there.
func (r *Route) changes() bool {
	return r.Method == http.MethodPut || r.Method == http.MethodPatch || r.Method == http.MethodDelete
}

// The areas of permissions that the API answers for.
const (
	areaClients   = "clients"
	areaUsers     = "apiUsers"
	areaKeys      = "keys"
	areaSpaces    = "spaces"
	areaTransfers = "transfers"

	areaRules = "gatewayRules" // by the permissions of API users
)

const (
	restPath  = "/restApi"
	odataPath = "/odata/v4"
	hooksPath = "/hooks"
)

// table makes the one table of routes.
func (a *API) table() []Route {
	var out []Route
	for _, part := range [][]Route{
		a.clientRoutes(), a.userRoutes(), a.keyRoutes(), a.spaceRoutes(), a.transferRoutes(), a.ruleRoutes(), a.auditRoutes(), a.odataRoutes(),
	} {
		out = append(out, part...)
	}
	return append(out,
		Route{
			Method: http.MethodGet, Pattern: "/openapi.json", Public: true, Status: http.StatusOK,
			Summary: "This document", Response: &Schema{Type: []string{"object"}, Rest: &Schema{}}, handle: a.document,
		},
		Route{Method: http.MethodGet, Pattern: restPath + "/", Hidden: true, Status: http.StatusNotFound, Summary: "Nothing", handle: nothing},
	)
}

func nothing(*call) error {
	return &statusError{http.StatusNotFound, "there is nothing here: /openapi.json says what there is", ""}
}

// The verbs by which the methods of REST are permitted.
var verbs = map[string]string{
	http.MethodGet: model.VerbView, http.MethodPost: model.VerbCreate, http.MethodPut: model.VerbEdit,
	http.MethodPatch: model.VerbEdit, http.MethodDelete: model.VerbDelete,
}

// rest makes a route below /restApi that needs the permission of its area and method.
func rest(method, area, below, summary string, handle func(*call) error) Route {
	status := http.StatusOK
	switch method {
	case http.MethodPost:
		status = http.StatusCreated
	case http.MethodDelete:
		status = http.StatusNoContent
	}
	return Route{
		Method: method, Pattern: restPath + "/" + area + below, Permission: model.Permit(area, verbs[method]),
		Summary: summary, Status: status, handle: handle,
	}
}

// with returns the route with its bodies and query described.
func (r Route) with(request, response *Schema, query ...Param) Route {
	r.Request, r.Response, r.Query = request, response, query
	return r
}

// tagged returns the route as one whose success carries an ETag.
func (r Route) tagged() Route {
	r.ETag = true
	return r
}
