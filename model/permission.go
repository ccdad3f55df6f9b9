package model

import (
	"context"
	"slices"
	"strings"
)

// Permission is one thing an API user may do: "clients:view", "audit:view" … or
// "call:ID" for one API client through the gateway. It is stored with the client's id
// and shown with its name, so that it follows a client that is renamed. The same words
// are the scopes of access tokens.
type Permission string

// The verbs of a permission, in the order of the grid's columns.
const (
	VerbView   = "view"
	VerbEdit   = "edit"
	VerbCreate = "create"
	VerbDelete = "delete"
)

// The permissions outside the grid.
const (
	AuditView        Permission = "audit:view"
	TransfersRun     Permission = "transfers:run"
	TokensIntrospect Permission = "tokens:introspect"
)

// PermissionAreas are the rows of the grid, PermissionVerbs its columns.
func PermissionAreas() []string {
	return []string{"clients", "apiUsers", "keys", "transfers", "spaces"}
}

// PermissionVerbs are the columns of the grid.
func PermissionVerbs() []string { return []string{VerbView, VerbEdit, VerbCreate, VerbDelete} }

// Permit names one cell of the grid.
func Permit(area, verb string) Permission { return Permission(area + ":" + verb) }

// Permissions are all but the call permissions, in the order in which they are shown.
func Permissions() []Permission {
	var out []Permission
	for _, area := range PermissionAreas() {
		for _, verb := range PermissionVerbs() {
			out = append(out, Permit(area, verb))
		}
	}
	return append(out, TransfersRun, AuditView, TokensIntrospect)
}

const callPrefix = "call:"

// CallPermission is the permission to call one API client through the gateway.
func CallPermission(client ID) Permission { return Permission(callPrefix + string(client)) }

// Callee returns which client a call permission is for: an id as it is stored, a name
// as it is typed. ok is false for every other permission.
func (p Permission) Callee() (client string, ok bool) {
	return strings.CutPrefix(string(p), callPrefix)
}

// Known reports whether p is a call permission or one of Permissions.
func (p Permission) Known() bool {
	if client, ok := p.Callee(); ok {
		return client != ""
	}
	return slices.Contains(Permissions(), p)
}

// Permits is a set of permissions.
type Permits map[Permission]struct{}

// NewPermits makes a set.
func NewPermits(list ...Permission) Permits {
	s := make(Permits, len(list))
	for _, p := range list {
		s[p] = struct{}{}
	}
	return s
}

// Has reports whether p is in the set.
func (s Permits) Has(p Permission) bool {
	_, ok := s[p]
	return ok
}

// Lacks returns the first of list that is not in the set, "" when none is lacking.
func (s Permits) Lacks(list []Permission) Permission {
	for _, p := range list {
		if !s.Has(p) {
			return p
		}
	}
	return ""
}

type permitsKey struct{}

// WithPermits returns a context in which the actor, an API user, may do what s holds.
func WithPermits(ctx context.Context, s Permits) context.Context {
	return context.WithValue(ctx, permitsKey{}, s)
}

// Lacking returns the first of list that the actor in ctx does not have itself, ""
// when it has them all. An operator, who holds the key of the vault, has every one; an
// API user without permits has none.
func Lacking(ctx context.Context, list []Permission) Permission {
	if ActorFrom(ctx).APIUser == "" {
		return ""
	}
	s, _ := ctx.Value(permitsKey{}).(Permits)
	return s.Lacks(list)
}

// RequireAll is the rule that nobody passes on, or takes over, what it lacks itself:
// EPermission when the actor lacks one of list. What says in words what was asked for:
// "change the API user robot".
func RequireAll(ctx context.Context, list []Permission, what string) error {
	p := Lacking(ctx, list)
	if p == "" {
		return nil
	}
	shown := string(p)
	if _, ok := p.Callee(); ok {
		shown = "a call permission"
	}
	return Errorf(EPermission, "you may not %s: you lack %s yourself", what, shown).
		WithField("permissions").WithNext("ask an operator of the hub")
}

type ownPermitsKey struct{}

// WithOwnPermits returns a context in which the actor, an API user, may do to itself what s holds.
// It is more than what WithPermits says where a rule of the gateway narrows a permission to
// call: that is not to be passed on, but it does not keep the actor from its own keys.
func WithOwnPermits(ctx context.Context, s Permits) context.Context {
	return context.WithValue(ctx, ownPermitsKey{}, s)
}

// RequireAllOf is RequireAll for what is done to the API user with the id target.
func RequireAllOf(ctx context.Context, target ID, list []Permission, what string) error {
	if own, ok := ctx.Value(ownPermitsKey{}).(Permits); ok && ActorFrom(ctx).APIUser == target {
		ctx = WithPermits(ctx, own)
	}
	return RequireAll(ctx, list, what)
}
