// Package serving holds the rules of the hub's authority: its settings, its signing
// keys, and who may get an access token and use one. A server reads all of it into a
// Directory, an immutable picture in memory that it loads anew after every change of
// the store, so that a request touches no store.
//
// It imports model and its use-cases only. It must never hand out a signing key but to
// the server that signs with it.
package serving
