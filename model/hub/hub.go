// Package hub is what an opened store offers: the use-cases, bound together for a
// screen or a command to be handed. It holds no rule of its own.
//
// It imports model and its use-cases only.
package hub

import (
	"context"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/audit"
	"ferry/model/calls"
	"ferry/model/clients"
	"ferry/model/gateway"
	"ferry/model/keys"
	"ferry/model/serving"
	"ferry/model/spaces"
	"ferry/model/tokens"
	"ferry/model/transfers"
)

// Hub is the use-cases on one opened store.
type Hub struct {
	Spaces    *spaces.Service
	Clients   *clients.Service
	Tokens    *tokens.Service
	Calls     *calls.Service
	Users     *apiusers.Service
	Keys      *keys.Service
	Serving   *serving.Service
	Gateway   *gateway.Service
	Transfers *transfers.Service
	Audit     *audit.Service
	Digest    model.KeyDigest   // by which a server knows an API key
	Server    model.ServerProbe // the server that runs on this store, if one does
	Inspector model.Inspector
	// Watch sends after every change to the store, by any process, until ctx ends.
	Watch func(ctx context.Context) (<-chan struct{}, error)
	Space model.Space // the space that is worked in
	Actor model.Actor // who works; put it into each context with model.WithActor
	Now   model.Clock
	// Close gives up what the hub holds. It is safe to call twice.
	Close func() error
}

// Ports is what a hub stands on.
type Ports struct {
	Store     model.Store
	Digest    model.KeyDigest
	Server    model.ServerProbe
	Inspector model.Inspector
	Source    model.TokenSource
	Caller    model.Caller
	Mover     model.Mover
	Files     model.Files
	Dir       string // beside the store, for journals; "" keeps none
	Now       model.Clock
	NewID     model.IDs
	Random    func(n int) []byte // nil: the system's secure random bytes
	Actor     model.Actor
	Close     func() error
}

// New binds the use-cases to their ports and enters the space called space.
// ENotFound when there is no such space.
func New(ctx context.Context, p Ports, space string) (*Hub, error) {
	tok := tokens.New(p.Store, p.Source, p.Now, p.NewID)
	call := calls.New(p.Store, tok, p.Caller, p.Now, p.NewID)
	moves := transfers.New(transfers.Ports{
		Store: p.Store, Calls: call, Mover: p.Mover, Files: p.Files, Dir: p.Dir, Now: p.Now, NewID: p.NewID,
	})
	h := &Hub{
		Spaces:  spaces.New(p.Store, p.Now, p.NewID, moves.Discard),
		Users:   apiusers.New(p.Store, p.Now, p.NewID),
		Keys:    keys.New(keys.Ports{Store: p.Store, Digest: p.Digest, Now: p.Now, NewID: p.NewID, Random: p.Random}),
		Serving: serving.New(p.Store, p.Now, p.NewID), Digest: p.Digest, Server: p.Server,
		Clients: clients.New(p.Store, p.Now, p.NewID), Gateway: gateway.New(p.Store, p.Now, p.NewID),
		Tokens: tok, Calls: call, Transfers: moves,
		Audit: audit.New(p.Store), Inspector: p.Inspector, Watch: p.Store.Watch,
		Actor: p.Actor, Now: p.Now, Close: p.Close,
	}
	var err error
	h.Space, err = h.Spaces.ByName(ctx, space)
	return h, err
}

// In returns the same hub in another space.
func (h *Hub) In(space model.Space) *Hub {
	out := *h
	out.Space = space
	return &out
}

// Context returns ctx with the hub's actor in it.
func (h *Hub) Context(ctx context.Context) context.Context { return model.WithActor(ctx, h.Actor) }

// Door is what stands before a hub: a store that may not exist yet and a vault that
// is locked.
type Door interface {
	// Status tells of the vault without opening it; ENotFound when there is no store.
	Status(ctx context.Context) (model.VaultStatus, error)
	// FindKey returns the key that flags, environment or files name. ELocked when only
	// a person can give one.
	FindKey(ctx context.Context) (model.Key, error)
	// NewIdentity makes an identity file and returns the key in it; path "" is where
	// FindKey looks on its own. It never overwrites: EExists.
	NewIdentity(ctx context.Context, path string) (model.Key, error)
	// IdentityPath is where FindKey looks on its own, for people to read.
	IdentityPath() string
	// Create makes the store, sealed for key. EExists when there is one.
	Create(ctx context.Context, key model.Key) error
	// Open opens it. ELocked, with one message for every reason, when key does not fit.
	Open(ctx context.Context, key model.Key) (*Hub, error)
}
