package authority

import "context"

// ClientCredentials is the client credentials grant (RFC 6749 §4.4): the client
// speaks for itself.
type ClientCredentials struct{}

// Type returns "client_credentials".
func (ClientCredentials) Type() string { return "client_credentials" }

// Subject returns the client's id.
func (ClientCredentials) Subject(_ context.Context, client Client, _ *Form) (string, *Error) {
	return client.ID, nil
}
