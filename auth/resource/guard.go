package resource

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"ferry/auth/access"
	"ferry/auth/authority"
	"ferry/auth/problem"
	"ferry/model"
	"ferry/model/hub"
)

// call is one request that passed the guard.
type call struct {
	a     *API
	w     http.ResponseWriter
	r     *http.Request
	ctx   context.Context // who acts, and with what permissions
	route *Route
	hub   *hub.Hub // in the space of the access token
	may   authority.Access
}

// endpoint is every route of one path.
type endpoint struct {
	a      *API
	routes map[string]*Route // by method
	allow  string
}

func newEndpoint(a *API, routes []*Route) *endpoint {
	e := &endpoint{a: a, routes: map[string]*Route{}}
	methods := []string{http.MethodOptions}
	for _, r := range routes {
		e.routes[r.Method] = r
		methods = append(methods, r.Method)
		if r.Method == http.MethodGet {
			e.routes[http.MethodHead] = r
			methods = append(methods, http.MethodHead)
		}
	}
	slices.Sort(methods)
	e.allow = strings.Join(methods, ", ")
	return e
}

// ServeHTTP finds the route and lets the caller through to it, or does not.
func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	route := e.routes[r.Method]
	if route == nil {
		h.Set("Allow", e.allow)
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		refuse(w, r, &statusError{http.StatusMethodNotAllowed, "this method does nothing here", ""})
		return
	}
	if !route.Hidden {
		access.From(r).Route = strings.TrimSuffix(route.Pattern, "{$}")
	}
	c := &call{a: e.a, w: w, r: r, ctx: r.Context(), route: route}
	if !route.Public && !c.admit() {
		return
	}
	err := c.acceptable()
	if err == nil {
		err = c.queryKnown()
	}
	if err == nil {
		err = route.handle(c)
	}
	if err != nil {
		refuse(w, r, err)
	}
}

// admit is the guard: who asks, whether its space is still there, and whether it may. It
// has answered when it returns false.
func (c *call) admit() bool {
	entry := access.From(c.r)
	may, refusal := c.a.o.Verify(c.r)
	if refusal == nil {
		entry.Client = may.User.Username
		var err error
		if refusal, err = c.enter(may); err != nil {
			refuse(c.w, c.r, err)
			return false
		}
	}
	if refusal == nil && c.route.Permission != "" && !may.Permits.Has(c.route.Permission) {
		refusal = authority.Insufficient(string(c.route.Permission))
	}
	if refusal != nil {
		if entry.Reason == "" {
			entry.Reason = refusal.Code
		}
		if entry.Reason == "" {
			entry.Reason = "no_token"
		}
		refusal.Write(c.w)
		return false
	}
	return true
}

// enter goes into the space of the access token as it is stored now, as the API user. A
// space that is gone, or going, takes its tokens with it.
func (c *call) enter(may authority.Access) (*authority.BearerError, error) {
	space, err := c.a.o.Hub.Spaces.Get(c.r.Context(), may.Space.ID)
	if model.CodeOf(err) == model.ENotFound || err == nil && space.Deleting {
		return &authority.BearerError{
			Status: http.StatusUnauthorized, Code: "invalid_token", Description: "the access token is not valid any more",
		}, nil
	}
	if err != nil {
		return nil, err
	}
	entry := access.From(c.r)
	entry.Space = space.Name
	actor := model.Actor{UID: -1, User: may.User.Username, APIUser: may.User.ID}
	if entry.Addr.IsValid() {
		actor.Addr = entry.Addr.String()
	}
	// What a rule of the gateway takes away, this API does not give back.
	permits, err := c.a.o.Hub.Gateway.Unruled(c.r.Context(), space.ID, may.User.ID, may.Permits)
	if err != nil {
		return nil, err
	}
	c.may, c.hub = may, c.a.o.Hub.In(space)
	c.ctx = model.WithOwnPermits(model.WithPermits(model.WithActor(c.r.Context(), actor), permits), may.Permits)
	return nil, nil
}

// acceptable refuses a request that wants another media type than the answer's (RFC 9110
// §12.5.1): 406. Quality values only matter where they are 0.
func (c *call) acceptable() error {
	lines := c.r.Header.Values("Accept")
	media := c.route.Media
	if media == "" {
		media = typeJSON
	}
	if len(lines) == 0 || c.route.Hidden || c.route.Response == nil {
		return nil
	}
	major, _, _ := strings.Cut(media, "/")
	for _, line := range lines {
		for item := range strings.SplitSeq(line, ",") {
			kind, params, _ := strings.Cut(strings.ToLower(item), ";")
			switch strings.TrimSpace(kind) {
			case media, major + "/*", "*/*", problem.MediaType:
				if !refused(params) {
					return nil
				}
			case "":
				return nil // an empty Accept asks for nothing
			}
		}
	}
	return &statusError{http.StatusNotAcceptable, "the answer is " + media, ""}
}

// refused reports whether the parameters of a media range hold a quality of 0.
func refused(params string) bool {
	for p := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		if name == "q" {
			return strings.Trim(value, "0.") == ""
		}
	}
	return false
}

// reply answers a record, with its revision when the route says so.
func (c *call) reply(revision uint64, v any) error {
	if c.route.ETag {
		c.w.Header().Set("ETag", etag(revision))
		if c.route.Method == http.MethodGet && !c.route.Live && c.unchanged(revision) {
			c.w.WriteHeader(http.StatusNotModified)
			return nil
		}
	}
	c.w.Header().Set("Content-Type", typeJSON)
	write(c.w, c.route.Status, v)
	return nil
}

// created is reply for a record that is new.
func (c *call) created(area string, id model.ID, revision uint64, v any) error {
	return c.createdAt(area+"/"+string(id), revision, v)
}

// createdAt is created for a record that is found below /restApi by something else than an id.
func (c *call) createdAt(place string, revision uint64, v any) error {
	h := c.w.Header()
	h.Set("Location", c.a.o.PublicURL+restPath+"/"+place)
	h.Set("ETag", etag(revision))
	h.Set("Content-Type", typeJSON)
	write(c.w, http.StatusCreated, v)
	return nil
}

// gone answers a deletion.
func (c *call) gone() error {
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}
