// Package outbound fetches tokens from other systems' authorization servers: it
// implements model.TokenSource on golang.org/x/oauth2. One file is one grant, one way of
// client authentication, or one endpoint.
//
// It imports model, auth/wire, x/oauth2 and go-jose. It caches nothing, decides nothing
// about when to fetch or how often, and never sends a credential twice, to a redirect,
// or over plain http beyond loopback unless the client says so; when and whether to
// fetch is the business of model/tokens.
package outbound
