// Package resource is the hub's own API over HTTP: REST below /restApi, read-only OData
// below /odata/v4, and the OpenAPI document that describes both. One table of routes
// feeds the router, the guard and the document, so that no handler can be reached but
// through the guard, and none is undocumented.
//
// Lists are read as a whole and answered a page at a time, in the order of a key that a
// record keeps, so that pages hold while records come and go. The audit log is longer than
// memory: REST reads at most 100,000 entries of it for one answer, OData reads on as far as
// $filter and $count make it, 1,000 entries at a time, and $orderby holds 20,000 rows at most.
//
// It imports model and its use-cases, auth/access, auth/authority, auth/odata and auth/problem. Every
// rule is a use-case's: this package says who asks, what was asked for, and what came of
// it. It must never answer with a secret, except the text of a new API key, once.
package resource
