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
	Subject(ctx context.Context, client Client, form *Form) (string, *Error)
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
// of which the client must have; its default ones when it asks for none. They are
// returned also joined by spaces.
func scopesFor(client *Client, requested string) (scopes []string, joined string, fault *Error) {
	if requested == "" {
		scopes, joined = client.Default, client.Joined
		if joined == "" {
			joined = strings.Join(scopes, " ")
		}
	} else if scopes, fault = splitScope(client, requested); fault != nil {
		return nil, "", fault
	} else {
		joined = strings.Join(scopes, " ")
	}
	for _, s := range client.Required {
		if !slices.Contains(scopes, s) {
			return nil, "", fail(InvalidScope, "the scope "+s+" is required")
		}
	}
	return scopes, joined, nil
}

// splitScope splits at single spaces and leaves out what is repeated; a scope is made of
// %x21 / %x23-5B / %x5D-7E.
func splitScope(client *Client, text string) ([]string, *Error) {
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }) {
		return nil, errScope
	}
	var scopes []string
	for s := range strings.SplitSeq(text, " ") {
		if s == "" {
			return nil, errScope
		}
		if slices.Contains(scopes, s) {
			continue
		}
		// Looked for before the next is read, so that a long list costs no more than the
		// client has scopes.
		if !slices.Contains(client.Scopes, s) {
			return nil, fail(InvalidScope, "the client may not have a scope it asked for")
		}
		scopes = append(scopes, s)
	}
	return scopes, nil
}

var errScope = fail(InvalidScope, "the scope is malformed")
