package resource

import (
	"net/http"

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
	o      Options
	routes []Route
}

// New makes the API.
func New(o Options) *API { return &API{o: o} }

// Register adds every route to mux.
func (a *API) Register(mux *http.ServeMux) {}

// Routes returns the table of routes.
func (a *API) Routes() []Route { return a.routes }
