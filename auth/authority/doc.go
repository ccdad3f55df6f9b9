// Package authority is the core of an OAuth 2.0 token endpoint: it reads the form,
// authenticates the client, looks the grant up in a table and answers as RFC 6749
// §5 says. Who the clients are and what a token looks like is handed in, so that the
// sandbox and the hub's own authority share one reading of the protocol.
//
// It imports model and the standard library. It must never print or store a secret,
// tell an unknown client id from a wrong secret by answer or by time, or answer
// without Cache-Control: no-store.
package authority
