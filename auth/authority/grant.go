package authority

import (
	"context"
	"slices"
	"strings"
)

// Grant is one grant type of a token endpoint: it decides on whose behalf a token is
// issued. The client has been authenticated and may use the grant.
type Grant interface {
	// Type is the value of grant_type that selects the grant.
	Type() string
	// Subject returns who the token speaks for.
	Subject(ctx context.Context, client Client, form Form) (string, *Error)
}

// Table is the grants of one endpoint by type.
type Table map[string]Grant

// Grants makes a table.
func Grants(grants ...Grant) Table {
	t := make(Table, len(grants))
	for _, g := range grants {
		t[g.Type()] = g
	}
	return t
}

// Types returns the grant types in order, for metadata.
func (t Table) Types() []string {
	types := make([]string, 0, len(t))
	for name := range t {
		types = append(types, name)
	}
	slices.Sort(types)
	return types
}

// scopesFor decides which scopes a token gets (RFC 6749 §3.3): those asked for, all
// of which the client must have; its default ones when it asks for none.
func scopesFor(client Client, requested string) ([]string, *Error) {
	scopes, ok := splitScope(requested)
	if !ok {
		return nil, fail(InvalidScope, "the scope is malformed")
	}
	if len(scopes) == 0 {
		scopes = client.Default
	}
	for _, s := range scopes {
		if !slices.Contains(client.Scopes, s) {
			return nil, fail(InvalidScope, "the client may not have a scope it asked for")
		}
	}
	for _, s := range client.Required {
		if !slices.Contains(scopes, s) {
			return nil, fail(InvalidScope, "the scope "+s+" is required")
		}
	}
	return scopes, nil
}

// splitScope splits at single spaces; a scope is made of %x21 / %x23-5B / %x5D-7E.
func splitScope(text string) ([]string, bool) {
	if text == "" {
		return nil, true
	}
	var scopes []string
	for _, s := range strings.Split(text, " ") {
		if s == "" || strings.ContainsFunc(s, func(r rune) bool {
			return r <= ' ' || r > '~' || r == '"' || r == '\\'
		}) {
			return nil, false
		}
		if !slices.Contains(scopes, s) {
			scopes = append(scopes, s)
		}
	}
	return scopes, true
}
