// Package gateway forwards requests of API users to the clients of a space: check, limit,
// inject, proxy. A caller presents an access token of our authority; it is taken away, and
// the client's own credentials are put in its place.
//
// It imports model, its use-cases and the packages of auth. It must never let a credential of
// one side reach the other, an error or a log, follow a redirect, buffer a body beyond what a
// retry may need, or speak to an address that the client's base URL does not name.
package gateway

import (
	"context"
	"net/http"

	"ferry/auth/authority"
	"ferry/auth/wire"
	"ferry/model"
	"ferry/model/hub"
	"ferry/model/serving"
)

// Options of a gateway.
type Options struct {
	Ctx       context.Context // of the server: couriers live as long
	Hub       *hub.Hub
	Directory func() *serving.Directory // the newest picture of the store
	Verify    func(*http.Request) (authority.Access, *authority.BearerError)
	Pool      *wire.Pool // connections to upstreams
	PublicURL string     // for Location
}

// Gateway is an http.Handler for /gw/{client}/… and /spaces/{space}/gw/{client}/….
type Gateway struct{ o Options }

// New makes a gateway.
func New(o Options) *Gateway { return &Gateway{o: o} }

// Owns reports whether a path, as it was sent, is the gateway's.
func Owns(escaped string) bool { return false }

// ServeHTTP implements http.Handler.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.WriteHeader(http.StatusNotFound)
}

// Traffic tells of every client that was asked for since the server started, by space and name.
func (g *Gateway) Traffic() []model.ClientTraffic { return nil }
