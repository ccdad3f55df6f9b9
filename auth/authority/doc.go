// Package authority is the core of an OAuth 2.0 token endpoint: it reads the form,
// authenticates the client, looks the grant up in a table and answers as RFC 6749
// §5 says. Who the clients are and what a token looks like is handed in, so that the
// sandbox and the hub's own authority share one reading of the protocol.
//
// Hub is the authority of the hub itself, on that core: token endpoints a space,
// introspection, revocation, JWKS and metadata, and the check of access tokens, whose
// signature is checked once (verified.go), and of API keys for the gateway (caller.go).
//
// It imports model and its use-cases, auth/access, auth/problem, go-jose (public keys as
// JSON) and the standard library. It must never touch a store while it answers a token request, print
// or store a secret, tell an unknown client id from a wrong secret by answer or by time,
// or let a cache keep what holds a token.
package authority
