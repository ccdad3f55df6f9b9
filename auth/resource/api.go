package resource

import (
	"net/http"
	"slices"

	"ferry/auth/authority"
	"ferry/model/hub"
)

// Options is what the API stands on.
type Options struct {
	Hub       *hub.Hub
	Verify    func(*http.Request) (authority.Access, *authority.BearerError)
	PublicURL string // an origin, for links
	Version   string // of ferry, for the OpenAPI document
}

// API is the hub's own API. It may be used by any number of goroutines.
type API struct {
	o       Options
	routes  []Route
	openAPI []byte
}

// New makes the API.
func New(o Options) *API {
	a := &API{o: o}
	a.routes = a.table()
	a.openAPI = a.describe()
	return a
}

// Register adds every route to mux.
func (a *API) Register(mux *http.ServeMux) { a.register(mux.Handle) }

func (a *API) register(handle func(pattern string, h http.Handler)) {
	byPath := map[string][]*Route{}
	var order []string
	for i := range a.routes {
		for _, path := range a.routes[i].paths() {
			if byPath[path] == nil {
				order = append(order, path)
			}
			byPath[path] = append(byPath[path], &a.routes[i])
		}
	}
	for _, path := range order {
		handle(path, newEndpoint(a, byPath[path]))
	}
}

// Routes returns the table of routes.
func (a *API) Routes() []Route { return slices.Clone(a.routes) }
