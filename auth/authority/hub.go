package authority

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"ferry/auth/access"
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
	o      HubOptions
	grants Table
	types  []string // of grants
	limit  *limiter
	keys   atomic.Pointer[ring]
	taking sync.Mutex // while a directory's keys are taken apart
	ended  ended

	verified remembered[proof]
}

// NewHub makes the authorization server.
func NewHub(o HubOptions) *Hub {
	if o.Now == nil {
		o.Now = time.Now
	}
	h := &Hub{o: o, grants: Grants(ClientCredentials{}), limit: newLimiter(o.Now())}
	h.types = h.grants.Types()
	return h
}

// issuer returns the issuer of a space (RFC 8414 §2). Names of spaces need no escaping.
func (h *Hub) issuer(space *model.Space) string {
	if space.Name == model.DefaultSpace {
		return h.o.PublicURL
	}
	return h.o.PublicURL + "/spaces/" + space.Name
}

// realm is one space for the length of one request: everything in it is decided by one
// directory and at one moment.
type realm struct {
	hub   *Hub
	dir   *serving.Directory
	space *model.Space
	now   time.Time
	entry *access.Entry
}

// realmFor returns the realm of a request to a space's endpoint, nil when there is no
// such space. The name is that of the path; "" is the default space.
func (h *Hub) realmFor(r *http.Request, name string) *realm {
	if name == "" {
		name = model.DefaultSpace
	}
	dir := h.o.Directory()
	space := dir.Space(name)
	if space == nil {
		return nil
	}
	m := &realm{hub: h, dir: dir, space: space, now: h.o.Now(), entry: access.From(r)}
	m.entry.Space = space.Name
	return m
}

// refuse notes why a request is refused, unless somebody who knew better has.
func (m *realm) refuse(reason string) {
	if m.entry.Reason == "" {
		m.entry.Reason = reason
	}
}
