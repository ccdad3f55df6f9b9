package model

import (
	"context"
	"strconv"
	"time"
)

// AuditEntry says who changed, revealed or generated what, when and from where. It
// is written in the transaction of the change it tells of and never holds a secret.
type AuditEntry struct {
	ID     ID
	At     time.Time
	Actor  Actor
	Action string // "client.create", "token.fetch", "secret.reveal" …
	Space  string // the space's name at that time
	In     ID     // the space's id
	Target ID
	Name   string // the target's name at that time
	// Revision is the target's after the change, 0 when it has none. A conflict looks
	// up who made the revisions in between.
	Revision uint64
	Changes  []Change
}

// Change is one field before and after; a secret shows as set, changed or cleared.
type Change struct{ Field, From, To string }

// Actor is who acts.
type Actor struct {
	UID  int    // numeric user id of the operating system
	User string // its name, when known
	Slot string // the vault slot that unlocked the store
	SSH  string // SSH_CONNECTION, as claimed by the environment
	// APIUser is set when an API user acts through the hub API: User is its username then,
	// UID is -1, and Addr is where it came from.
	APIUser ID
	Addr    string
}

// Label is the short name by which an actor is shown and stamped.
func (a Actor) Label() string {
	if a.User != "" {
		return a.User
	}
	return "uid " + strconv.Itoa(a.UID)
}

type actorKey struct{}

// WithActor returns a context in which a acts.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorFrom returns who acts in ctx; an unknown actor has UID -1.
func ActorFrom(ctx context.Context) Actor {
	if a, ok := ctx.Value(actorKey{}).(Actor); ok {
		return a
	}
	return Actor{UID: -1, User: "unknown"}
}
