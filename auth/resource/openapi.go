package resource

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"ferry/auth/problem"
)

// openAPIVersion is that of the specification which the document follows.
const openAPIVersion = "3.1.0"

// operation is one route in the document.
type operation struct {
	OperationID string                 `json:"operationId"`
	Summary     string                 `json:"summary"`
	Tags        []string               `json:"tags"`
	Security    *[]map[string][]string `json:"security,omitempty"`
	Parameters  []parameter            `json:"parameters,omitempty"`
	Body        *content               `json:"requestBody,omitempty"`
	Responses   map[string]*content    `json:"responses"`
}

type parameter struct {
	Name        string  `json:"name"`
	In          string  `json:"in"`
	Required    bool    `json:"required,omitempty"`
	Description string  `json:"description,omitempty"`
	Schema      *Schema `json:"schema"`
}

// content is a request body or a response.
type content struct {
	Ref         string                        `json:"$ref,omitempty"`
	Description string                        `json:"description,omitempty"`
	Required    bool                          `json:"required,omitempty"`
	Headers     map[string]map[string]*Schema `json:"headers,omitempty"`
	Content     map[string]map[string]*Schema `json:"content,omitempty"`
}

func contentOf(s *Schema, media ...string) map[string]map[string]*Schema {
	out := map[string]map[string]*Schema{}
	for _, m := range media {
		out[m] = map[string]*Schema{"schema": s}
	}
	return out
}

// document answers the OpenAPI document.
func (a *API) document(c *call) error {
	c.w.Header().Set("Content-Type", typeJSON)
	_, _ = c.w.Write(a.openAPI) // the caller may have gone
	return nil
}

// describe makes the OpenAPI document from the table of routes.
func (a *API) describe() []byte {
	paths := map[string]map[string]operation{}
	named := map[string]*Schema{}
	collect(problemShape, named)
	for i := range a.routes {
		r := &a.routes[i]
		if r.Hidden {
			continue
		}
		collect(r.Request, named)
		collect(r.Response, named)
		if paths[r.Pattern] == nil {
			paths[r.Pattern] = map[string]operation{}
		}
		paths[r.Pattern][strings.ToLower(r.Method)] = r.operation()
	}
	schemas := map[string]*Schema{}
	for name, s := range named {
		schemas[name] = s.body()
	}
	out, err := json.Marshal(map[string]any{
		"openapi": openAPIVersion,
		"info": map[string]any{
			"title": "ferry hub API", "version": orVersion(a.o.Version),
			"description": "Lists go on at next. ETag is a record's revision: give it as If-Match to change only what you have seen. " +
				"PATCH is a JSON merge patch (RFC 7396). Records that are protected, and every deletion, ask for ?confirm=NAME. " +
				"Paths below /restApi may end with a slash.",
		},
		"servers":  []any{map[string]string{"url": orRoot(a.o.PublicURL)}},
		"security": []any{map[string][]string{"oauth2": {}}},
		"paths":    paths,
		"components": map[string]any{
			"schemas": schemas, "responses": errorResponses(),
			"securitySchemes": map[string]any{"oauth2": map[string]any{
				"type": "oauth2", "description": "client id is the username of an API user, client secret one of its API keys",
				"flows": map[string]any{"clientCredentials": map[string]any{
					"tokenUrl": a.o.PublicURL + "/oauth2/token", "scopes": a.scopes(),
				}},
			}},
		},
	})
	if err != nil {
		return []byte("{}") // never: maps of plain values
	}
	return append(out, '\n')
}

func orVersion(v string) string {
	if v == "" {
		return "dev"
	}
	return v
}

func orRoot(origin string) string {
	if origin == "" {
		return "/"
	}
	return origin
}

// scopes are the permissions that routes ask for.
func (a *API) scopes() map[string]string {
	out := map[string]string{}
	for i := range a.routes {
		if p := string(a.routes[i].Permission); p != "" {
			area, verb, _ := strings.Cut(p, ":")
			out[p] = verb + " " + area
		}
	}
	return out
}

// errorStatuses are the statuses that a refusal has, with when it has them.
var errorStatuses = map[int]string{
	400: "The request cannot be: field and fields say what is wrong",
	401: "No access token, or one that is not valid",
	403: "The access token lacks the permission, or the record's name is needed to confirm",
	404: "There is no such record",
	406: "The answer is of a media type that was not accepted",
	409: "The state of the record does not allow it, or the name is taken",
	412: "The record was changed meanwhile",
	415: "The body is of a media type that is not taken",
	500: "Something went wrong inside the hub",
	503: "The hub is busy: try again",
}

func errorResponses() map[string]*content {
	out := map[string]*content{}
	for status, when := range errorStatuses {
		c := &content{Description: when, Content: contentOf(problemShape, problem.MediaType)}
		if status == http.StatusUnauthorized {
			c.Headers = map[string]map[string]*Schema{"WWW-Authenticate": {"schema": {Type: []string{"string"}}}}
		}
		out["E"+strconv.Itoa(status)] = c
	}
	return out
}

// operation describes the route.
func (r *Route) operation() operation {
	op := operation{OperationID: r.id(), Summary: r.Summary, Tags: []string{r.tag()}, Responses: map[string]*content{}}
	switch {
	case r.Public:
		op.Security = &[]map[string][]string{}
	case r.Permission != "":
		op.Security = &[]map[string][]string{{"oauth2": {string(r.Permission)}}}
	}
	for _, place := range []string{"id", "user", "client"} {
		if strings.Contains(r.Pattern, "{"+place+"}") {
			op.Parameters = append(op.Parameters, parameter{Name: place, In: "path", Required: true, Description: "id, or name where there is one", Schema: text("")})
		}
	}
	for _, p := range r.Query {
		op.Parameters = append(op.Parameters, parameter{Name: p.Name, In: "query", Description: p.Description, Schema: p.Schema})
	}
	if r.changes() {
		op.Parameters = append(op.Parameters, parameter{Name: "If-Match", In: "header", Description: "the ETag of the record that was seen", Schema: text("")})
	}
	if r.Request != nil {
		media := []string{typeJSON}
		if r.Method == http.MethodPatch {
			media = append(media, typeMergePatch)
		}
		op.Body = &content{Required: len(r.Request.Required) > 0 || r.changes(), Content: contentOf(r.Request, media...)}
	}
	op.Responses[strconv.Itoa(r.Status)] = r.success(r.Status)
	if r.Creates {
		op.Responses["201"] = r.success(http.StatusCreated)
	}
	for _, status := range r.refusals() {
		op.Responses[strconv.Itoa(status)] = &content{Ref: "#/components/responses/E" + strconv.Itoa(status)}
	}
	return op
}

// success describes what the route answers when all is well.
func (r *Route) success(status int) *content {
	out := &content{Description: r.Summary, Headers: map[string]map[string]*Schema{}}
	if r.Response != nil {
		media := r.Media
		if media == "" {
			media = typeJSON
		}
		if media == typeJSON {
			out.Content = contentOf(r.Response, media)
		} else {
			out.Content = contentOf(text(""), media)
		}
	}
	if r.ETag {
		out.Headers["ETag"] = map[string]*Schema{"schema": text("the revision")}
	}
	if status == http.StatusCreated {
		out.Headers["Location"] = map[string]*Schema{"schema": text("the new record")}
	}
	return out
}

// refusals are the statuses of the errors that the route can answer.
func (r *Route) refusals() []int {
	if r.Public {
		return []int{http.StatusNotAcceptable}
	}
	out := []int{400, 401, 403, 404, 406, 500, 503}
	if r.changes() {
		out = append(out, 412)
	}
	if r.Method != http.MethodGet {
		out = append(out, 409)
	}
	if r.Request != nil {
		out = append(out, 415)
	}
	return out
}

// id names the operation: "getClientsById".
func (r *Route) id() string {
	var b strings.Builder
	b.WriteString(strings.ToLower(r.Method))
	for part := range strings.FieldsFuncSeq(r.Pattern, func(c rune) bool { return strings.ContainsRune("/{}$.", c) }) {
		if part == "id" {
			part = "byId"
		}
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

func (r *Route) tag() string {
	parts := strings.Split(strings.Trim(r.Pattern, "/"), "/")
	if parts[0] == "restApi" {
		return parts[1]
	}
	return parts[0]
}

// collect finds every schema with a name.
func collect(s *Schema, into map[string]*Schema) {
	if s == nil || s.Name != "" && into[s.Name] != nil {
		return
	}
	if s.Name != "" {
		into[s.Name] = s
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		collect(s.Properties[name], into)
	}
	collect(s.Items, into)
	collect(s.Rest, into)
}
