// Package resource is the hub's own API over HTTP: REST below /restApi, read-only OData
// below /odata/v4, and the OpenAPI document that describes both. One table of routes
// feeds the router, the guard and the document, so that no handler can be reached but
// through the guard, and none is undocumented.
//
// It imports model and its use-cases, auth/access, auth/authority and auth/odata. Every
// rule is a use-case's: this package says who asks, what was asked for, and what came of
// it. It must never answer with a secret, except the text of a new API key, once.
package resource
