package authority

import (
	"context"
	"net/http"
	"time"

	"ferry/model"
	"ferry/model/serving"
)

// HubOptions are what the hub's authority stands on.
type HubOptions struct {
	PublicURL string                                                // the origin, issuer of space default
	Aliases   []string                                              // further token endpoints; one segment may be {space}
	Directory func() *serving.Directory                             // the newest picture; an atomic load
	Digest    model.KeyDigest                                       // how keys are kept
	Now       model.Clock                                           // nil: the system's clock
	Revoke    func(ctx context.Context, t model.RevokedToken) error // stores it and makes the next Directory hold it
	Used      func(u serving.Use)                                   // counts an issued token; must not block
}

// Hub is the hub's own authorization server. It may be used by any number of goroutines.
type Hub struct {
	o HubOptions
}

// NewHub makes the authorization server.
func NewHub(o HubOptions) *Hub {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Hub{o: o}
}

// Register adds every route of the authority to mux.
func (h *Hub) Register(mux *http.ServeMux) {}

// Access is what the access token of a request permits.
type Access struct {
	User    *serving.User
	Space   *model.Space
	Scopes  []string      // of the token, those that the user has now
	Permits model.Permits // the same as permissions
	ID      string        // the token's "jti"
	Key     model.ID      // the API key that it was issued for
	Expires time.Time
}

// Verify says what a request's access token permits (RFC 6750 §2.1, RFC 9068 §4), or why
// it permits nothing.
func (h *Hub) Verify(r *http.Request) (Access, *BearerError) {
	return Access{}, &BearerError{Status: http.StatusUnauthorized, Description: "an access token is required"}
}
